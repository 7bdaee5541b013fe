//! `06perms.txt`: who may have each package indexed.

use std::{collections::BTreeMap, fmt};

use cpan_sigstore_core::{
    release::{PackageName, PauseId},
    text,
};
use cpan_sigstore_records::author_index::PackageOwners;
use jiff::{Timestamp, fmt::rfc2822};

use super::error::{PackageIndexError, http_date, invalid};
use crate::path::SiteFile;

/// A parsed `06perms.txt`: a header, a blank line, and lines of `package,userid,m|f|c`.
///
/// Lines whose package or user has a form that none has are left out. The list has one line for each package and
/// author, and one owner of a package at most.
#[derive(Debug)]
pub struct PermissionList {
    date: Option<Timestamp>,
    lines: Vec<Line>,
    dropped: usize,
}

/// A permission for a package, as PAUSE orders them: an author has the best one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// `m`: the author registered the package in the module list, which made them the owner.
    ModuleList,
    /// `f`: the author uploaded the package first, and is the owner if nobody registered it.
    FirstCome,
    /// `c`: the owner lets the author upload it, too.
    CoMaintainer,
}

#[derive(Debug, PartialEq, Eq)]
struct Line {
    package: PackageName,
    author: PauseId,
    permission: Permission,
}

impl Permission {
    const fn code(self) -> &'static str {
        match self {
            Self::ModuleList => "m",
            Self::FirstCome => "f",
            Self::CoMaintainer => "c",
        }
    }

    fn at(code: &str) -> Option<Self> {
        let all = [Self::ModuleList, Self::FirstCome, Self::CoMaintainer];
        all.into_iter().find(|one| one.code() == code)
    }
}

impl PermissionList {
    /// Parses an unpacked list.
    ///
    /// # Errors
    /// [`PackageIndexError`] if the text has another form than PAUSE's, is cut off, or gives a package two owners.
    pub fn parse(text: &[u8]) -> Result<Self, PackageIndexError> {
        let refused = |expected, found: &str| Err(invalid(SiteFile::Permissions, expected, found));
        // A name that is not UTF-8 is left out like any other that is no package's.
        let text = String::from_utf8_lossy(text);
        let Some((header, body)) = text.split_once("\n\n") else {
            return refused("a header, a blank line, and lines", &text);
        };
        let fields = |name: &str| -> Vec<&str> {
            let lines = header.lines();
            lines.filter_map(|line| line.strip_prefix(name)).collect()
        };
        let stated = fields("Line-Count:");
        let count = match stated[..] {
            [count] => count.trim().parse::<usize>().ok(),
            _ => None,
        };
        let mut list = Self {
            date: match fields("Date:")[..] {
                [date] => rfc2822::parse(date.trim())
                    .ok()
                    .map(|date| date.timestamp()),
                _ => None,
            },
            lines: Vec::with_capacity(body.len() / 24),
            dropped: 0,
        };
        let mut found = 0;
        for line in body.lines() {
            found += 1;
            match Line::parse(line) {
                Some(Some(line)) => list.lines.push(line),
                Some(None) => list.dropped += 1,
                None => return refused("lines of `package,userid,m|f|c`", line),
            }
        }
        if count != Some(found) || !(body.is_empty() || body.ends_with('\n')) {
            return refused(
                "as many lines as `Line-Count` states once",
                &text::count(found, "line"),
            );
        }
        list.sort()?;
        Ok(list)
    }

    fn sort(&mut self) -> Result<(), PackageIndexError> {
        self.lines.sort_by(|one, two| one.key().cmp(&two.key()));
        self.lines.dedup();
        let lines = self.lines.chunk_by(|one, two| one.package == two.package);
        for lines in lines {
            let is_twice = |pair: &[Line]| matches!(pair, [one, two] if one.author == two.author);
            let count = |permission| {
                let owners = lines.iter().filter(|line| line.permission == permission);
                owners.count()
            };
            if lines.windows(2).any(is_twice)
                || count(Permission::ModuleList) > 1
                || count(Permission::FirstCome) > 1
            {
                let found = lines.first().map(ToString::to_string).unwrap_or_default();
                return Err(invalid(
                    SiteFile::Permissions,
                    "one owner of each package, and one permission of each author",
                    &found,
                ));
            }
        }
        Ok(())
    }

    /// The date in its header, which nobody vouches for.
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// The number of lines that were left out.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The owner and the co-maintainers of each package. The author who registered a package owns it, and the
    /// first uploader is a co-maintainer then, as PAUSE has it.
    pub fn owners(&self) -> BTreeMap<PackageName, PackageOwners> {
        let lines = self.lines.chunk_by(|one, two| one.package == two.package);
        let owners = lines.filter_map(|lines| {
            let first = lines.first()?;
            let owner = lines.iter().min_by_key(|line| line.permission);
            let owner = owner.filter(|line| line.permission != Permission::CoMaintainer);
            let owner = owner.map(|line| line.author.clone());
            let authors = lines.iter().map(|line| line.author.clone());
            Some((first.package.clone(), PackageOwners::new(owner, authors)?))
        });
        owners.collect()
    }

    /// The list as clients get it: a header of constants, the count and the date, and the lines.
    pub fn to_text(&self) -> String {
        let mut lines = String::with_capacity(self.lines.len() * 40);
        for line in &self.lines {
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        let date = self.date.map_or_else(String::new, |date| {
            format!("Date:        {}\n", http_date(date))
        });
        format!(
            "File:        06perms.txt\n\
             Description: CSV file of upload permission to the CPAN per namespace\n    \
             best-permission is one of \"m\" for \"modulelist\", \"f\" for\n    \
             \"first-come\", \"c\" for \"co-maint\"\n\
             Columns:     package,userid,best-permission\n\
             Line-Count:  {}\n\
             Written-By:  cpan-sigstore\n\
             {date}\n\
             {lines}",
            self.lines.len()
        )
    }
}

impl Line {
    /// Reads a line; `Some(None)` if its package or user has a form that none has, and `None` for another text.
    fn parse(line: &str) -> Option<Option<Self>> {
        // A name may have a comma in it, as the database of PAUSE allows.
        let mut parts = line.rsplitn(3, ',');
        let (permission, author, package) = (parts.next()?, parts.next()?, parts.next()?);
        let permission = Permission::at(permission)?;
        let author = author
            .parse()
            .ok()
            .filter(|id: &PauseId| id.as_str() == author);
        let line = package.parse().ok().zip(author);
        Some(line.map(|(package, author)| Self {
            package,
            author,
            permission,
        }))
    }

    fn key(&self) -> (&PackageName, &PauseId, Permission) {
        (&self.package, &self.author, self.permission)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let permission = self.permission.code();
        write!(f, "{},{},{permission}", self.package, self.author)
    }
}
