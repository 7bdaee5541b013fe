//! The files under `modules/`, and the list of authors.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{packages::Package, path, permissions::Permissions, version};

/// Writer of the indexes.
const WRITER: &str = "PAUSE of the sandbox";

/// The indexed packages, and who may have them indexed.
#[derive(Default)]
pub(super) struct Index {
    /// By the name in lower case, by which the list is sorted.
    packages: BTreeMap<String, IndexedPackage>,
    permissions: Permissions,
}

struct IndexedPackage {
    package: Package,
    /// The distribution, under `authors/id`.
    path: String,
}

impl Index {
    /// Indexes a distribution's packages if they belong to its author and their versions do not
    /// decrease.
    pub(super) fn add(&mut self, distribution: &str, packages: Vec<Package>) {
        let author = path::author(distribution);
        for package in packages {
            if !self.permissions.claim(&package.name, author) {
                continue;
            }
            let key = package.name.to_lowercase();
            let known = self.packages.get(&key);
            if known.is_some_and(|known| {
                version::compare(&package.version, &known.package.version) == Ordering::Less
            }) {
                continue;
            }
            let path = distribution.to_owned();
            self.packages.insert(key, IndexedPackage { package, path });
        }
    }

    /// Removes a deleted distribution from the index.
    pub(super) fn remove(&mut self, distribution: &str) {
        self.packages
            .retain(|_, indexed| indexed.path != distribution);
    }

    /// `02packages.details.txt`.
    pub(super) fn packages(&self, now: Timestamp) -> String {
        let mut text = format!(
            "File:         02packages.details.txt\n\
             URL:          http://www.perl.com/CPAN/modules/02packages.details.txt\n\
             Description:  Package names found in directory $CPAN/authors/id/\n\
             Columns:      package name, version, path\n\
             Intended-For: Automated fetch routines, namespace documentation.\n\
             Written-By:   {WRITER}\n\
             Line-Count:   {}\n\
             Last-Updated: {}\n\n",
            self.packages.len(),
            http_date(now),
        );
        for IndexedPackage { package, path } in self.packages.values() {
            let Package { name, version } = package;
            // PAUSE's columns, and its rule for long names.
            let (width, version_width) = if name.len() > 30 {
                (38_usize.saturating_sub(version.len()), version.len())
            } else {
                (30, 8)
            };
            text.push_str(&format!(
                "{name:<width$} {version:>version_width$}  {path}\n"
            ));
        }
        text
    }

    /// `06perms.txt`.
    pub(super) fn permissions(&self, now: Timestamp) -> String {
        let owned = self.permissions.all();
        let mut text = format!(
            "File:        06perms.txt\n\
             Description: CSV file of upload permission to the CPAN per namespace\n    \
                 best-permission is one of \"m\" for \"modulelist\", \"f\" for\n    \
                 \"first-come\", \"c\" for \"co-maint\"\n\
             Columns:     package,userid,best-permission\n\
             Line-Count:  {}\n\
             Written-By:  {WRITER}\n\
             Date:        {}\n\n",
            owned.len(),
            http_date(now),
        );
        for (package, user) in owned {
            text.push_str(&format!("{package},{user},f\n"));
        }
        text
    }
}

/// `03modlist.data`, which has been empty since PAUSE gave up the list.
pub(super) fn module_list(now: Timestamp) -> String {
    format!(
        "File:        03modlist.data\n\
         Description: The list of registered modules, which is no longer kept.\n\
         Modcount:    0\n\
         Written-By:  {WRITER}\n\
         Date:        {}\n\n\
         package CPAN::Modulelist;\n\
         sub data {{ return {{}}; }}\n\
         1;\n",
        http_date(now),
    )
}

/// `01mailrc.txt`.
pub(super) fn authors(ids: &[&str]) -> String {
    let lines = ids
        .iter()
        .map(|id| format!("alias {id:<10} \"{id} <CENSORED>\"\n"));
    lines.collect()
}

/// Returns a date in HTTP's form (RFC 9110, section 5.6.7).
pub(super) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
