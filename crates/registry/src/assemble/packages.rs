//! The authors of packages: those of the index before, and those that `06perms.txt` states now.
//!
//! The author of the release that the package index has now is among them: PAUSE checked the permission when it
//! indexed the release, and keeps the entry when the permission ends later.
//!
//! Nobody signs the two lists, and the operator's signature makes their content binding for everybody who uses the
//! index. An attacker who serves them for one build must not move a package whose signatures mean something. So a
//! change is announced first, as an override is, if an author of the package before or after it has a record.
//! It takes effect if the list still states it seven days later, or if the operator accepts it. A list that says
//! otherwise in the meantime withdraws it.
//!
//! Other changes take effect at once: nobody who signs is concerned, and real permissions change every day. They
//! are limited in number, so that a wrong list cannot replace everything. One uploader may have thousands of packages
//! and change them all in an hour, and must not stop the build of everybody's index. So many changes of one owner's
//! packages are announced as well, and add no more to the number than the limit of one owner.

use std::collections::{BTreeMap, BTreeSet};

use cpan_sigstore_core::release::{PackageName, PauseId};
use cpan_sigstore_cpan::{
    Cpan,
    package_index::{PackageIndex, PermissionList},
    path::SiteFile,
};
use cpan_sigstore_records::author_index::{
    AuthorIndex, MAINTAINERS_LIMIT, PackageOwners, Transfer,
};
use jiff::Timestamp;

use super::{BuildError, folder::Stamp};

/// Changes that one build applies without an announcement, if the index is small.
const CHANGES_LIMIT: usize = 1000;
/// One in so many packages may change in one build without an announcement, if that is more.
const CHANGES_SHARE: usize = 50;

/// Changes of one owner's packages that one build applies without an announcement. It is a tenth of [`CHANGES_LIMIT`],
/// so that a few uploaders cannot exhaust that.
const OWNER_CHANGES_LIMIT: usize = CHANGES_LIMIT / 10;

/// The changes of packages that the operator accepts, without waiting for them to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptedOwners {
    /// Those of these packages.
    Of(BTreeSet<PackageName>),
    /// All of this build, in any number.
    All,
}

impl AcceptedOwners {
    /// Whether nothing is accepted.
    pub fn is_none(&self) -> bool {
        *self == Self::Of(BTreeSet::new())
    }

    fn includes(&self, package: &PackageName) -> bool {
        match self {
            Self::Of(packages) => packages.contains(package),
            Self::All => true,
        }
    }
}

/// The stamps of the packed and plain list of permissions and package index, by which the next build recognizes them.
pub(super) type ListStamps = [Option<Stamp>; 4];

/// What a CPAN states about the authors of packages.
pub(super) enum Listed {
    /// The same as at the last build.
    Unchanged,
    /// Nothing: it has no list.
    Absent,
    /// These authors, without so many lines of no package or author.
    Owners(BTreeMap<PackageName, PackageOwners>, usize),
}

/// The packages of the next index.
pub(super) struct Merged {
    pub packages: BTreeMap<PackageName, PackageOwners>,
    pub transfers: Vec<Transfer>,
}

/// Returns the stamps of the lists in a folder.
///
/// # Errors
/// [`BuildError::Read`] if a link leads out of the folder.
pub(super) fn stamps(folder: &std::path::Path) -> Result<ListStamps, BuildError> {
    let [permissions, packages] = [SiteFile::Permissions.path(), SiteFile::Packages.path()];
    let stamp =
        |path: &str| Stamp::below(folder, path).map_err(BuildError::read(folder.join(path)));
    Ok([
        stamp(&format!("{permissions}.gz"))?,
        stamp(permissions)?,
        stamp(&format!("{packages}.gz"))?,
        stamp(packages)?,
    ])
}

/// Reads the lists of a CPAN.
///
/// # Errors
/// [`BuildError`] if one cannot be fetched, or is invalid.
pub(super) async fn read(cpan: &Cpan) -> Result<Listed, BuildError> {
    let Some(text) = cpan.site_file(SiteFile::Permissions).await? else {
        return Ok(Listed::Absent);
    };
    let list = PermissionList::parse(&text)?;
    let mut owners = list.owners();
    if let Some(text) = cpan.site_file(SiteFile::Packages).await? {
        add_indexed(&mut owners, &PackageIndex::parse(text)?);
    }
    Ok(Listed::Owners(owners, list.dropped()))
}

/// Adds the author of the release that the package index has now, to packages with permissions.
fn add_indexed(owners: &mut BTreeMap<PackageName, PackageOwners>, index: &PackageIndex) {
    for entry in index.entries() {
        let package = entry.package.parse::<PackageName>();
        let (Ok(package), Ok(author)) = (package, entry.author().parse::<PauseId>()) else {
            continue;
        };
        let Some(known) = owners.get_mut(&package) else {
            continue;
        };
        if known.includes(&author) || known.maintainers().len() >= MAINTAINERS_LIMIT {
            continue;
        }
        let maintainers = known.maintainers().iter().cloned().chain([author]);
        if let Some(more) = PackageOwners::new(known.owner().cloned(), maintainers) {
            *known = more;
        }
    }
}

/// Returns the packages of the next index.
///
/// `has_record` states whether an author has a record in the next index.
///
/// # Errors
/// [`BuildError::TooManyOwners`] if more packages change than one build may change.
pub(super) fn merge(
    previous: &AuthorIndex,
    found: BTreeMap<PackageName, PackageOwners>,
    has_record: impl Fn(&PauseId) -> bool,
    accepted: &AcceptedOwners,
    now: Timestamp,
) -> Result<Merged, BuildError> {
    let had_record = |author: &PauseId| previous.author(author).is_some();
    let pending = previous.transfers().iter();
    let pending: BTreeMap<&PackageName, &Transfer> = pending
        .map(|transfer| (&transfer.package, transfer))
        .collect();
    let mut packages = found;
    let announced = |package: &PackageName, after: Option<&PackageOwners>| {
        let pending = pending.get(package).copied();
        pending.filter(|one| one.owners.as_ref() == after)
    };
    let mut changes = Vec::new();
    for (package, before) in previous.packages() {
        let after = packages.get(package);
        let is_due = announced(package, after).is_some_and(|one| now >= one.effective);
        if after == Some(before) || accepted.includes(package) || is_due {
            continue;
        }
        // An author who gets a record together with a package does not keep the package against its owner.
        let is_signed = before.authors().any(had_record)
            || after.is_some_and(|after| after.authors().any(&has_record));
        changes.push((package, before, is_signed));
    }
    let unsigned = changes.iter().filter(|(.., is_signed)| !is_signed);
    let by_owner = count_by_owner(unsigned.map(|(_, before, _)| *before));
    let limit = CHANGES_LIMIT.max(previous.packages().len() / CHANGES_SHARE);
    let found = by_owner
        .values()
        .map(|it| *it.min(&OWNER_CHANGES_LIMIT))
        .sum();
    if found > limit {
        return Err(BuildError::TooManyOwners { found, limit });
    }
    let is_bulk = |before: &PackageOwners| {
        let changes = by_owner.get(&before.authors().next()).copied();
        changes.is_some_and(|changes| changes > OWNER_CHANGES_LIMIT)
    };
    let mut transfers = Vec::new();
    for (package, before, is_signed) in changes {
        if !is_signed && !is_bulk(before) {
            continue;
        }
        let after = packages.get(package);
        transfers.push(match announced(package, after) {
            Some(announced) => announced.clone(),
            None => Transfer::announce(package.clone(), after.cloned(), now)?,
        });
        packages.insert(package.clone(), before.clone());
    }
    Ok(Merged {
        packages,
        transfers,
    })
}

/// The number of packages of each owner, or of each first co-maintainer of those without an owner.
fn count_by_owner<'a>(
    packages: impl Iterator<Item = &'a PackageOwners>,
) -> BTreeMap<Option<&'a PauseId>, usize> {
    let mut counts = BTreeMap::new();
    for owners in packages {
        *counts.entry(owners.authors().next()).or_default() += 1;
    }
    counts
}

impl Merged {
    /// Whether it is what an index has.
    pub fn is_in(&self, index: &AuthorIndex) -> bool {
        let known = index.packages().iter().map(|(name, owners)| (name, owners));
        self.packages.iter().eq(known) && self.transfers == index.transfers()
    }
}

#[cfg(test)]
mod tests {
    use cpan_sigstore_core::identity::{AuthorIdentity, IdentityPolicy};
    use cpan_sigstore_records::author_index::{Draft, Entry};
    use cpan_sigstore_records::record::{AuthorRecord, Releases};
    use jiff::SignedDuration;

    use super::*;

    const NOW: &str = "2026-11-24T12:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn days(count: i64) -> Timestamp {
        now() + SignedDuration::from_hours(24 * count)
    }

    fn name(text: &str) -> PackageName {
        text.parse().unwrap()
    }

    fn list(packages: &[(&str, &str)]) -> BTreeMap<PackageName, PackageOwners> {
        let one = |(package, authors): &(&str, &str)| {
            let mut authors = authors.split(' ').map(|id| id.parse().unwrap());
            (
                name(package),
                PackageOwners::new(authors.next(), authors).unwrap(),
            )
        };
        packages.iter().map(one).collect()
    }

    #[test]
    fn counts_the_author_of_the_indexed_release_as_maintainer() {
        let index = PackageIndex::parse(
            b"File: 02packages.details.txt\n\n\
              Handed::On 1.0 O/OL/OLD/Handed-On-1.0.tar.gz\n\
              Own::Mod 1.0 T/TI/TIM/Own-Mod-1.0.tar.gz\n\
              Unlisted 1.0 O/OL/OLD/Unlisted-1.0.tar.gz\n"
                .to_vec(),
        );
        let mut owners = list(&[("Handed::On", "NEW CO"), ("Own::Mod", "TIM CO")]);
        add_indexed(&mut owners, &index.unwrap());
        let expected = list(&[("Handed::On", "NEW CO OLD"), ("Own::Mod", "TIM CO")]);
        assert_eq!(owners, expected);
    }

    /// The next index of a build; the authors with a record.
    struct Build {
        index: AuthorIndex,
        recorded: Vec<PauseId>,
    }

    impl Build {
        fn first(packages: &[(&str, &str)], recorded: &[&str]) -> Self {
            let mut draft = Draft::after(None);
            let recorded: Vec<PauseId> = recorded.iter().map(|id| id.parse().unwrap()).collect();
            for id in &recorded {
                put(&mut draft, id);
            }
            draft.set_packages(list(packages), Vec::new());
            let index = draft.finish(now()).unwrap();
            Self { index, recorded }
        }

        fn next(&self, packages: &[(&str, &str)], accepted: &[&str], now: Timestamp) -> Self {
            let accepted = accepted.iter().map(|package| name(package)).collect();
            let merged = merge(
                &self.index,
                list(packages),
                |id| self.recorded.contains(id),
                &AcceptedOwners::Of(accepted),
                now,
            );
            let merged = merged.unwrap();
            let is_same = merged.is_in(&self.index);
            let mut draft = Draft::after(Some(&self.index));
            for id in &self.recorded {
                put(&mut draft, id);
            }
            draft.set_packages(merged.packages, merged.transfers);
            let index = draft.finish(now).unwrap();
            assert_eq!(
                is_same,
                index.packages() == self.index.packages()
                    && index.transfers() == self.index.transfers()
            );
            Self {
                index,
                recorded: self.recorded.clone(),
            }
        }

        fn with_record(mut self, id: &str) -> Self {
            self.recorded.push(id.parse().unwrap());
            self
        }

        fn of(&self, package: &str) -> String {
            let owners = self.index.owners_of(&name(package));
            owners.map_or("unknown".to_owned(), ToString::to_string)
        }

        fn pending(&self) -> Vec<&str> {
            let transfers = self.index.transfers().iter();
            transfers
                .map(|transfer| transfer.package.as_str())
                .collect()
        }
    }

    fn put(draft: &mut Draft<'_>, id: &PauseId) {
        let identity = AuthorIdentity {
            identity: IdentityPolicy::exact("a@x", "https://issuer.example"),
            from: None,
            until: None,
        };
        let record = AuthorRecord::first(id.clone(), vec![identity], Releases::Mixed).unwrap();
        let bundle = "{}".to_owned();
        draft.put(id.clone(), &[Entry { record, bundle }]);
    }

    const HONEST: &[(&str, &str)] = &[("Good::Mod", "TIM CO"), ("Plain", "NOREC")];

    #[test]
    fn moves_no_package_of_a_signing_author_by_one_hostile_list() {
        let one = Build::first(HONEST, &["TIM", "EVIL"]);
        for hostile in [
            &[("Good::Mod", "EVIL"), ("Plain", "NOREC")][..],
            &[("Good::Mod", "TIM CO EVIL"), ("Plain", "NOREC")],
            &[("Good::Mod", "CO"), ("Plain", "NOREC")],
            &[("Plain", "NOREC")],
            &[("Good::Mod", "TIM CO"), ("Plain", "EVIL")],
        ] {
            let two = one.next(hostile, &[], days(1));
            assert_eq!(
                (two.of("Good::Mod"), two.of("Plain")),
                ("TIM with CO".into(), "NOREC".into())
            );
            assert_eq!(two.pending().len(), 1, "{hostile:?}");
            // The honest list of the next day withdraws it, and the clock begins again after that.
            let three = two.next(HONEST, &[], days(2));
            assert_eq!(three.pending(), [""; 0]);
            let four = three.next(hostile, &[], days(9));
            assert_eq!(
                (four.of("Good::Mod"), four.of("Plain")),
                ("TIM with CO".into(), "NOREC".into())
            );
        }
    }

    #[test]
    fn applies_a_transfer_that_is_stated_for_a_week() {
        let one = Build::first(HONEST, &["TIM"]);
        let moved = &[("Good::Mod", "NEW"), ("Plain", "NOREC")];
        let two = one.next(moved, &[], now());
        let three = two.next(moved, &[], days(7) - SignedDuration::from_secs(1));
        assert_eq!(
            (three.of("Good::Mod"), three.pending()),
            ("TIM with CO".into(), vec!["Good::Mod"])
        );
        let four = three.next(moved, &[], days(7));
        assert_eq!(
            (four.of("Good::Mod"), four.pending().len()),
            ("NEW".into(), 0)
        );
        // Another one in between begins a week of its own.
        let other = two.next(&[("Good::Mod", "OTHER"), ("Plain", "NOREC")], &[], days(6));
        let other = other.next(&[("Good::Mod", "OTHER"), ("Plain", "NOREC")], &[], days(8));
        assert_eq!(other.of("Good::Mod"), "TIM with CO");
    }

    #[test]
    fn applies_a_transfer_at_once_that_the_operator_accepts() {
        let one = Build::first(HONEST, &["TIM"]);
        let two = one.next(&[("Good::Mod", "NEW")], &["Good::Mod"], now());
        assert_eq!(
            (two.of("Good::Mod"), two.pending().len()),
            ("NEW".into(), 0)
        );
        // Packages of which no author has a record follow the list.
        assert_eq!(two.of("Plain"), "unknown");
    }

    #[test]
    fn gives_back_a_package_whose_new_author_gets_a_record_later() {
        let one = Build::first(HONEST, &["TIM"]);
        let two = one.next(&[("Good::Mod", "TIM CO"), ("Plain", "EVIL")], &[], now());
        assert_eq!(two.of("Plain"), "EVIL");
        let three = two.with_record("EVIL").next(HONEST, &[], days(1));
        assert_eq!(three.of("Plain"), "NOREC");
    }

    #[test]
    fn limits_changes_that_no_author_with_a_record_is_concerned_in() {
        let names: Vec<[String; 2]> = (0..=CHANGES_LIMIT)
            .map(|at| [format!("P{at}"), format!("NOREC{}", at / 50)])
            .collect();
        let packages: Vec<_> = names
            .iter()
            .map(|[name, owner]| (&name[..], &owner[..]))
            .collect();
        let one = Build::first(&packages, &[]);
        let run = |accepted: &AcceptedOwners| {
            merge(&one.index, BTreeMap::new(), |_| false, accepted, now())
        };
        let none = AcceptedOwners::Of(BTreeSet::new());
        assert!(matches!(
            run(&none),
            Err(BuildError::TooManyOwners {
                found: 1001,
                limit: 1000
            })
        ));
        assert!(run(&AcceptedOwners::All).unwrap().packages.is_empty());
    }

    #[test]
    fn one_uploader_stops_no_build() {
        let names: Vec<String> = (0..2000).map(|at| format!("Evil{at:04}")).collect();
        let list = |owner, honest| -> Vec<(&str, &str)> {
            let packages = names.iter().map(|name| (&name[..], owner));
            packages.chain([("Plain", honest)]).collect()
        };
        // New packages, and then other owners of all of them.
        let one = Build::first(HONEST, &["TIM"]);
        let one = one.next(
            &[list("EVIL", "NOREC"), HONEST.to_vec()].concat(),
            &[],
            now(),
        );
        let given = [list("EVIL OTHER", "NEW"), HONEST[..1].to_vec()].concat();
        let two = one.next(&given, &[], days(1));
        assert_eq!(
            (two.of("Plain"), two.of("Evil0000")),
            ("NEW".into(), "EVIL".into())
        );
        assert_eq!(two.pending().len(), 2000);
        let three = two.next(&given, &[], days(7));
        assert_eq!(three.of("Evil0000"), "EVIL");
        let four = three.next(&given, &[], days(8));
        assert_eq!(
            (four.of("Evil0000"), four.pending().len()),
            ("EVIL with OTHER".into(), 0)
        );
        // He deletes them all, and a few uploaders do so at once.
        let five = four.next(&[("Good::Mod", "TIM CO"), ("Plain", "OTHER")], &[], days(9));
        assert_eq!(
            (five.of("Plain"), five.pending().len()),
            ("OTHER".into(), 2000)
        );
    }
}
