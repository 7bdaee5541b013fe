//! What is another from one index to the next, as people read it.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;

use super::{AuthorIndex, AuthorIndexError, Override};
use crate::record::{self, AuthorRecord};
use cpan_sigstore_core::release::PauseId;

/// What is another in a later index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The authors of whom something else stands in it.
    pub authors: Vec<AuthorChange>,
    /// The overrides that were not there before.
    pub announced: Vec<Override>,
    /// The overrides that are not there any more.
    pub withdrawn: Vec<Override>,
}

/// What is another of an author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthorChange {
    /// Which author.
    pub author: PauseId,
    /// The newest version before; 0 where there was none.
    pub from: u32,
    /// The newest version now; 0 where there is none.
    pub to: u32,
    /// The first version in whose place stands another record, as after an override.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<u32>,
    /// What the newest records say, in words.
    pub changes: Vec<String>,
}

/// Compares two indexes.
///
/// # Errors
/// Where what stands at an author is none.
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
    Ok(Difference {
        authors,
        announced: only(after, before),
        withdrawn: only(before, after),
    })
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
            write!(f, "; from version {version} on other records stand in it")?;
        }
        Ok(())
    }
}

impl Difference {
    /// Whether nothing is another.
    pub fn is_empty(&self) -> bool {
        self.authors.is_empty() && self.announced.is_empty() && self.withdrawn.is_empty()
    }
}
