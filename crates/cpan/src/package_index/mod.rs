//! `02packages.details.txt`, which names the release that contains a package, and its sibling files.
//!
//! PAUSE signs none of them, so nothing rests on their content: the gate judges each release that they lead
//! to. A client gets only text that was rendered from parsed data ([`PackageIndex::to_text`],
//! [`render_site_file`]): some clients run or search these files as a whole, header included.

mod author_list;
mod error;
mod module_list;
mod package_authors;
mod packed;
mod permissions;
mod releases;
#[cfg(test)]
mod tests;

pub use error::PackageIndexError;
pub use package_authors::PackageAuthors;
pub use packed::{PackedError, pack, unpack};
pub use permissions::{Permission, PermissionList};
pub use releases::ReleasePackages;

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    ops::Range,
};

use cpan_sigstore_core::release::{PackageName, ReleasePath};
use jiff::{SignedDuration, Timestamp, civil::DateTime, fmt::rfc2822, tz::TimeZone};

use crate::path::SiteFile;
use error::{excerpt, http_date, is_control};

/// Size limit of an unpacked index, in bytes; `02packages.details.txt` has some 25 million.
pub const SIZE_LIMIT: usize = 128 * 1024 * 1024;
/// Limit of the time by which the date of an index may be ahead of this machine's clock.
///
/// An index from the future would make all honest ones look old.
pub const AHEAD_LIMIT: SignedDuration = SignedDuration::from_mins(10);

/// Limit of the packages that lead to one release. The largest ones on CPAN have some 9000.
pub const PACKAGES_LIMIT: usize = 20_000;

/// The fields that PAUSE writes into the header. All others are left out.
const FIELDS: [&str; 8] = [
    "File",
    "URL",
    "Description",
    "Columns",
    "Intended-For",
    "Written-By",
    "Line-Count",
    "Last-Updated",
];

/// A parsed `02packages.details.txt`.
///
/// It has one entry for each package. Its entries lead to releases only and are sorted without regard to
/// case, which cpm's binary search needs.
#[derive(Debug)]
pub struct PackageIndex {
    text: String,
    date: Option<Timestamp>,
    entries: Vec<Entry>,
    dropped: Vec<String>,
    miscount: Option<Miscount>,
}

/// A number of packages in the header that is not the number of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Miscount {
    /// The number that the header states.
    pub stated: usize,
    /// The number of lines.
    pub found: usize,
}

/// The places of the three words of a line.
#[derive(Clone, Debug)]
struct Entry {
    package: Range<usize>,
    version: Range<usize>,
    path: Range<usize>,
}

/// An entry of the package index: the package, and the path of a release below `authors/id/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IndexEntry<'a> {
    /// The package.
    pub package: &'a str,
    /// The path.
    pub path: &'a str,
}

impl IndexEntry<'_> {
    /// The PAUSE id in the path.
    pub fn author(&self) -> &str {
        self.path.split('/').nth(2).unwrap_or_default()
    }
}

impl PackageIndex {
    /// Parses an unpacked index.
    ///
    /// Lines whose path is no release's, and lines with characters that no package has, are left out: no
    /// client can install from them. Tools of private CPANs leave out the number of lines and the date, or write
    /// the date in another form or without a time zone; such an index has no date here.
    ///
    /// The number of lines protects against an accident only, because an attacker states the right one. More
    /// lines than stated are all read. Fewer lines may be the beginning of an index: one with a date is refused,
    /// and one without a date is no better protected against an old one either ([`PackageIndex::miscount`]).
    ///
    /// # Errors
    /// [`PackageIndexError`] if the text has another form than PAUSE's, is cut off, has a package in its
    /// header, or states two things of one package.
    pub fn parse(text: Vec<u8>) -> Result<Self, PackageIndexError> {
        // A line that is not UTF-8 has no valid package or path, and is left out below.
        let text = String::from_utf8(text)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        // Tools and editors on Windows write its ends of lines, and a mark at the beginning.
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        let text = match text.contains("\r\n") {
            true => text.replace("\r\n", "\n"),
            false => text,
        };
        let (header, body) = text.split_once("\n\n").ok_or(PackageIndexError::NoHeader)?;
        let Header { date, count } = Header::parse(header)?;
        let start = text.len() - body.len();
        let mut lines = 0;
        let mut entries = Vec::new();
        for line in body.lines() {
            lines += 1;
            let at = line.as_ptr() as usize - body.as_ptr() as usize + start;
            entries.push(
                Entry::parse(line, at).ok_or_else(|| PackageIndexError::Line(excerpt(line)))?,
            );
        }
        let miscount = count
            .filter(|stated| *stated != lines)
            .map(|stated| Miscount {
                stated,
                found: lines,
            });
        if let Some(Miscount { stated, found }) = miscount
            && date.is_some()
            && found < stated
        {
            return Err(PackageIndexError::Count {
                expected: stated,
                found,
            });
        }
        let mut index = Self {
            date,
            entries: Vec::new(),
            dropped: Vec::new(),
            miscount,
            text,
        };
        index.take(entries)?;
        Ok(index)
    }

    /// Sorts the entries, refuses contradictions, and leaves out what no client can install.
    fn take(&mut self, mut entries: Vec<Entry>) -> Result<(), PackageIndexError> {
        entries.sort_by_cached_key(|entry| {
            let package = self.word(&entry.package);
            (package.to_ascii_lowercase(), package.to_owned())
        });
        for pair in entries.windows(2) {
            if let [one, two] = pair
                && self.word(&one.package) == self.word(&two.package)
                && (self.word(&one.version), self.word(&one.path))
                    != (self.word(&two.version), self.word(&two.path))
            {
                let package = excerpt(self.word(&two.package));
                return Err(PackageIndexError::PackageTwice(package));
            }
        }
        entries.dedup_by(|two, one| self.word(&one.package) == self.word(&two.package));
        let (kept, dropped): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| {
            PackageName::is_valid(self.word(&entry.package))
                && is_version(self.word(&entry.version))
                && self.word(&entry.path).parse::<ReleasePath>().is_ok()
        });
        self.dropped = dropped
            .iter()
            .map(|entry| excerpt(self.word(&entry.package)))
            .collect();
        self.entries = kept;
        self.leave_out_crowded();
        Ok(())
    }

    /// Leaves out the entries of releases to which too many packages lead. One author could stop the whole index
    /// otherwise.
    fn leave_out_crowded(&mut self) {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for entry in self.entries() {
            *counts.entry(entry.path).or_default() += 1;
        }
        counts.retain(|_, count| *count > PACKAGES_LIMIT);
        let crowded: HashSet<String> = counts.into_keys().map(str::to_owned).collect();
        if crowded.is_empty() {
            return;
        }
        let entries = self.entries().filter(|entry| crowded.contains(entry.path));
        let left_out: Vec<_> = entries.map(|entry| excerpt(entry.package)).collect();
        self.dropped.extend(left_out);
        self.retain(|entry| !crowded.contains(entry.path));
    }

    /// All entries, sorted by package without regard to case.
    pub fn entries(&self) -> impl Iterator<Item = IndexEntry<'_>> {
        self.entries.iter().map(|entry| self.entry(entry))
    }

    /// Leaves out entries.
    pub fn retain(&mut self, keep: impl Fn(IndexEntry<'_>) -> bool) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.retain(|entry| keep(self.entry(entry)));
        self.entries = entries;
    }

    /// The packages of each release.
    pub fn releases(&self) -> ReleasePackages {
        ReleasePackages::of(self.entries())
    }

    fn entry(&self, entry: &Entry) -> IndexEntry<'_> {
        IndexEntry {
            package: self.word(&entry.package),
            path: below_authors(self.word(&entry.path)),
        }
    }

    /// The date in its header, which nobody vouches for; `None` if it has none that means the same everywhere.
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// Checks that the index is not dated in the future.
    ///
    /// # Errors
    /// [`PackageIndexError::InTheFuture`] if its date is more than [`AHEAD_LIMIT`] ahead of `now`.
    pub fn check_date(&self, now: Timestamp) -> Result<(), PackageIndexError> {
        match self.date {
            Some(found) if found.duration_since(now) > AHEAD_LIMIT => {
                Err(PackageIndexError::InTheFuture { found, now })
            }
            _ => Ok(()),
        }
    }

    /// The wrong number of packages in the header; `None` if it is right, or not there.
    pub fn miscount(&self) -> Option<Miscount> {
        self.miscount
    }

    /// The packages that were left out, because their lines lead to no release.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// The names of all packages, sorted without regard to case.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| self.word(&entry.package))
    }

    /// The release that contains a package.
    pub fn find(&self, package: &str) -> Option<ReleasePath> {
        let key = |name: &str| (name.to_ascii_lowercase(), name.to_owned());
        let wanted = key(package);
        let at = self
            .entries
            .binary_search_by(|entry| key(self.word(&entry.package)).cmp(&wanted))
            .ok()?;
        self.word(&self.entries.get(at)?.path).parse().ok()
    }

    /// The index as clients get it: a header of constants, the date and the count, and the entries.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(1024 + self.entries.len() * 100);
        text.push_str(
            "File:         02packages.details.txt\n\
             URL:          http://www.cpan.org/modules/02packages.details.txt\n\
             Description:  Package names found in directory $CPAN/authors/id/\n\
             Columns:      package name, version, path\n\
             Intended-For: Automated fetch routines, namespace documentation.\n\
             Written-By:   cpan-sigstore\n",
        );
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Line-Count:   {}", self.entries.len());
        if let Some(date) = self.date {
            let _ = writeln!(text, "Last-Updated: {}", http_date(date));
        }
        text.push('\n');
        for entry in &self.entries {
            let [package, version, path] =
                [&entry.package, &entry.version, &entry.path].map(|word| self.word(word));
            text.push_str(&[package, version, below_authors(path)].join(" "));
            text.push('\n');
        }
        text
    }

    fn word(&self, at: &Range<usize>) -> &str {
        self.text.get(at.clone()).unwrap_or_default()
    }
}

struct Header {
    date: Option<Timestamp>,
    count: Option<usize>,
}

impl Header {
    fn parse(header: &str) -> Result<Self, PackageIndexError> {
        let mut values: [Option<&str>; FIELDS.len()] = [None; FIELDS.len()];
        for line in header.lines() {
            let (name, value) =
                field(line).ok_or_else(|| PackageIndexError::HeaderLine(excerpt(line)))?;
            let Some(at) = FIELDS.iter().position(|known| *known == name) else {
                continue;
            };
            if let Some(place) = values.get_mut(at)
                && place.replace(value).is_some()
            {
                return Err(PackageIndexError::FieldTwice(FIELDS[at]));
            }
        }
        let [.., count, date] = values;
        let date = date.and_then(dated);
        let count = count.map(|count| {
            let count: Option<usize> = count.parse().ok();
            count.ok_or(PackageIndexError::Number("Line-Count"))
        });
        Ok(Self {
            date,
            count: count.transpose()?,
        })
    }
}

/// Reads the date of an index: that of PAUSE, of RFC 3339, or Perl's `gmtime` and `date -u` with their time zone.
/// `None` for any other text, such as Perl's `localtime`, which OrePAN2 writes: nobody can compare it.
fn dated(date: &str) -> Option<Timestamp> {
    if let Ok(date) = rfc2822::parse(date) {
        return Some(date.timestamp());
    }
    if let Ok(date) = date.parse() {
        return Some(date);
    }
    let utc = |local: &str, form: &str| {
        let local = DateTime::strptime(form, local).ok()?;
        TimeZone::UTC.to_timestamp(local).ok()
    };
    [" GMT", " UTC"].iter().find_map(|zone| {
        let local = date.strip_suffix(zone);
        local
            .and_then(|local| utc(local, "%a %b %d %H:%M:%S %Y"))
            .or_else(|| utc(date, &format!("%a %b %d %H:%M:%S{zone} %Y")))
    })
}

/// A path below `authors/id/`, as PAUSE writes it.
pub fn below_authors(path: &str) -> &str {
    path.strip_prefix("authors/id/").unwrap_or(path)
}

/// Splits `Name: value`. A name is letters and hyphens, and a blank follows its colon, so that no package
/// with a version and a path has this form.
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    let is_value = value.is_empty() || value.starts_with([' ', '\t']);
    (is_name && is_value && !value.chars().any(is_control)).then(|| (name, value.trim()))
}

impl Entry {
    /// Finds the three words of a line that begins at `start`.
    fn parse(line: &str, start: usize) -> Option<Self> {
        let mut words = line.split_ascii_whitespace().map(|word| {
            let at = start + (word.as_ptr() as usize - line.as_ptr() as usize);
            at..at + word.len()
        });
        let entry = Self {
            package: words.next()?,
            version: words.next()?,
            path: words.next()?,
        };
        words.next().is_none().then_some(entry)
    }
}

fn is_version(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_graphic())
}

/// Renders a sibling of the package index from its data.
///
/// # Errors
/// [`PackageIndexError`] if the text is not what its name states.
pub fn render_site_file(file: SiteFile, text: Vec<u8>) -> Result<String, PackageIndexError> {
    match file {
        SiteFile::Packages => Ok(PackageIndex::parse(text)?.to_text()),
        SiteFile::Authors => author_list::render(&text),
        SiteFile::Permissions => Ok(PermissionList::parse(&text)?.to_text()),
        SiteFile::ModuleList => module_list::render(&text),
    }
}
