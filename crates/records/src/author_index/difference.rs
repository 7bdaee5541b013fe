//! The changes from one index to the next, as people read them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use super::{AuthorIndex, AuthorIndexError, Override, PackageOwners, Transfer};
use crate::record::{self, AuthorRecord};
use cpan_sigstore_core::release::{PackageName, PauseId};

/// The changes from one index to a later one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// The known packages with other authors: those with another owner first.
    pub owners: Vec<OwnerChange>,
    /// The transfers that were not announced before.
    pub transfers: Vec<Transfer>,
    /// The transfers that are not announced any more, and did not take effect.
    pub withdrawn_transfers: Vec<Transfer>,
    /// The number of packages that were not known before.
    pub new_packages: usize,
    /// The authors whose records changed.
    pub authors: Vec<AuthorChange>,
    /// The overrides that were not there before.
    pub announced: Vec<Override>,
    /// The overrides that are not there any more.
    pub withdrawn: Vec<Override>,
}

/// A known package whose authors changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnerChange {
    /// The package.
    pub package: PackageName,
    /// Its authors before.
    pub before: PackageOwners,
    /// Its authors now; `None` if it is not in the index any more, so that nothing is known of it.
    pub after: Option<PackageOwners>,
}

/// The changes of one author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthorChange {
    /// Which author.
    pub author: PauseId,
    /// The newest version before; 0 where there was none.
    pub from: u32,
    /// The newest version now; 0 where there is none.
    pub to: u32,
    /// The first version whose record is another one, as after an override.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<u32>,
    /// The changes of the newest record, in words.
    pub changes: Vec<String>,
}

/// Compares two indexes.
///
/// # Errors
/// The records of an author are invalid.
pub fn difference(
    before: &AuthorIndex,
    after: &AuthorIndex,
) -> Result<Difference, AuthorIndexError> {
    let ids: BTreeSet<&PauseId> = before
        .authors()
        .chain(after.authors())
        .map(|author| author.id())
        .collect();
    let mut authors = Vec::new();
    for id in ids {
        let (old, new) = (before.author(id), after.author(id));
        if old.map(|author| author.text()) == new.map(|author| author.text()) {
            continue;
        }
        let records = |index: &AuthorIndex| -> Result<Vec<AuthorRecord>, AuthorIndexError> {
            let Some(author) = index.author(id) else {
                return Ok(Vec::new());
            };
            Ok(author.entries()?.into_iter().map(|it| it.record).collect())
        };
        authors.push(AuthorChange::of(id, &records(before)?, &records(after)?));
    }
    let lacks = |index: &AuthorIndex, one: &Override| !index.overrides().contains(one);
    let only = |a: &AuthorIndex, b: &AuthorIndex| {
        let only = a.overrides().iter().filter(|one| lacks(b, one));
        only.cloned().collect::<Vec<_>>()
    };
    let is_withdrawn = |one: &Transfer| after.owners_of(&one.package) != one.owners.as_ref();
    let mut withdrawn_transfers = transfers_in_one(before, after);
    withdrawn_transfers.retain(is_withdrawn);
    let owners = owner_changes(before.packages(), after.packages());
    let gone = owners.iter().filter(|change| change.after.is_none());
    let kept = before.packages().len() - gone.count();
    Ok(Difference {
        transfers: transfers_in_one(after, before),
        withdrawn_transfers,
        new_packages: after.packages().len() - kept,
        owners,
        authors,
        announced: only(after, before),
        withdrawn: only(before, after),
    })
}

/// Returns the transfers in one index that are not in the other.
fn transfers_in_one(index: &AuthorIndex, other: &AuthorIndex) -> Vec<Transfer> {
    let known = other.transfers().iter().map(|one| (&one.package, one));
    let known: BTreeMap<&PackageName, &Transfer> = known.collect();
    let transfers = index.transfers().iter();
    let only = transfers.filter(|one| known.get(&one.package) != Some(one));
    only.cloned().collect()
}

/// Returns the known packages whose authors changed: those with another owner first, then by name.
///
/// Both lists are sorted by the bytes of the names.
pub fn owner_changes<'a>(
    before: impl IntoIterator<Item = &'a (PackageName, PackageOwners)>,
    after: &[(PackageName, PackageOwners)],
) -> Vec<OwnerChange> {
    let mut rest = after.iter().peekable();
    let mut changes = Vec::new();
    for (package, before) in before {
        while rest.next_if(|(name, _)| name < package).is_some() {}
        let now = rest.next_if(|(name, _)| name == package);
        let after = now.map(|(_, owners)| owners);
        if after != Some(before) {
            changes.push(OwnerChange {
                package: package.clone(),
                before: before.clone(),
                after: after.cloned(),
            });
        }
    }
    changes.sort_by_key(|change| !change.has_other_owner());
    changes
}

impl OwnerChange {
    /// Whether the owner changed, or the package is gone, and not only the co-maintainers changed.
    pub fn has_other_owner(&self) -> bool {
        let after = self.after.as_ref();
        after.is_none_or(|after| after.owner() != self.before.owner())
    }
}

impl fmt::Display for OwnerChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} to ", self.package, self.before)?;
        match &self.after {
            Some(after) => write!(f, "{after}"),
            None => f.write_str("nobody known"),
        }
    }
}

impl AuthorChange {
    fn of(author: &PauseId, before: &[AuthorRecord], after: &[AuthorRecord]) -> Self {
        let version = |records: &[AuthorRecord]| records.last().map_or(0, AuthorRecord::version);
        let replaced = before.iter().zip(after).find(|(old, new)| old != new);
        let changes = match after.last() {
            Some(tip) if before.last() != Some(tip) => record::difference(before.last(), tip),
            _ => Vec::new(),
        };
        Self {
            author: author.clone(),
            from: version(before),
            to: version(after),
            replaced: replaced.map(|(old, _)| old.version()),
            changes: changes.iter().map(ToString::to_string).collect(),
        }
    }
}

impl fmt::Display for AuthorChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let author = &self.author;
        match (self.from, self.to) {
            (0, to) => write!(f, "{author}: new, version {to}")?,
            (from, 0) => write!(f, "{author}: gone, version {from} before")?,
            (from, to) if from == to => write!(f, "{author}: version {to}, with another text")?,
            (from, to) => write!(f, "{author}: version {to} after {from}")?,
        }
        if let Some(version) = self.replaced {
            write!(f, "; other records from version {version} on")?;
        }
        Ok(())
    }
}

impl Difference {
    /// Returns whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
