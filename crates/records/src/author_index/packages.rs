//! The authors who may provide a package, and announced changes of them.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use super::{AuthorIndexError, OVERRIDE_DELAY};
use cpan_sigstore_core::release::{PackageName, PauseId};

/// How long everybody can see a transfer before it is in effect.
pub const TRANSFER_DELAY: SignedDuration = OVERRIDE_DELAY;
/// Most co-maintainers of a package.
pub const MAINTAINERS_LIMIT: usize = 1000;

/// The authors who may provide a package: its owner, and its co-maintainers in order. It names at least one.
///
/// A few packages on CPAN have co-maintainers and no owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageOwners {
    owner: Option<PauseId>,
    maintainers: Vec<PauseId>,
}

/// A change of a package's authors, which the operator announces before it is in effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transfer {
    /// When the operator first announced it.
    pub announced: Timestamp,
    /// The earliest time at which the operator applies it.
    pub effective: Timestamp,
    /// The authors afterwards; `None` if the package is to leave the index.
    pub owners: Option<PackageOwners>,
    /// The package.
    pub package: PackageName,
}

impl PackageOwners {
    /// Returns the authors of a package; `None` if there is nobody.
    pub fn new(
        owner: Option<PauseId>,
        maintainers: impl IntoIterator<Item = PauseId>,
    ) -> Option<Self> {
        let mut maintainers: Vec<PauseId> = maintainers
            .into_iter()
            .filter(|maintainer| owner.as_ref() != Some(maintainer))
            .collect();
        maintainers.sort_unstable();
        maintainers.dedup();
        (owner.is_some() || !maintainers.is_empty()).then_some(Self { owner, maintainers })
    }

    /// Reads the one text that [`Self::to_json`] writes; `None` for any other text.
    pub fn from_json(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('[')?.strip_suffix(']')?.split(',');
        let id = |part: &str| -> Option<PauseId> {
            let text = part.strip_prefix('"')?.strip_suffix('"')?;
            text.parse().ok().filter(|id: &PauseId| id.as_str() == text)
        };
        let owner = match parts.next()? {
            "null" => None,
            part => Some(id(part)?),
        };
        let mut maintainers: Vec<PauseId> = Vec::new();
        for part in parts {
            let next = id(part)?;
            let is_sorted = maintainers.last().is_none_or(|last| *last < next);
            if !is_sorted || owner.as_ref() == Some(&next) || maintainers.len() == MAINTAINERS_LIMIT
            {
                return None;
            }
            maintainers.push(next);
        }
        (owner.is_some() || !maintainers.is_empty()).then_some(Self { owner, maintainers })
    }

    /// Returns the authors as a JSON list without white space: the owner or `null`, and the co-maintainers.
    pub fn to_json(&self) -> String {
        let mut text = match &self.owner {
            Some(owner) => format!("[\"{owner}\""),
            None => "[null".to_owned(),
        };
        for maintainer in &self.maintainers {
            text.push_str(",\"");
            text.push_str(maintainer.as_str());
            text.push('"');
        }
        text.push(']');
        text
    }

    /// Returns the owner, if there is one.
    pub fn owner(&self) -> Option<&PauseId> {
        self.owner.as_ref()
    }

    /// Returns the co-maintainers, sorted.
    pub fn maintainers(&self) -> &[PauseId] {
        &self.maintainers
    }

    /// Returns all of them, the owner first.
    pub fn authors(&self) -> impl Iterator<Item = &PauseId> {
        self.owner.iter().chain(&self.maintainers)
    }

    /// Whether an author is one of them.
    pub fn includes(&self, author: &PauseId) -> bool {
        self.authors().any(|one| one == author)
    }
}

impl fmt::Display for PackageOwners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.owner {
            Some(owner) => write!(f, "{owner}")?,
            None => f.write_str("no owner")?,
        }
        for (at, maintainer) in self.maintainers.iter().enumerate() {
            let before = if at == 0 { " with " } else { ", " };
            write!(f, "{before}{maintainer}")?;
        }
        Ok(())
    }
}

impl Serialize for PackageOwners {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let owner = std::iter::once(self.owner.as_ref());
        serializer.collect_seq(owner.chain(self.maintainers.iter().map(Some)))
    }
}

impl Transfer {
    /// Returns a transfer, announced now, to the second.
    ///
    /// # Errors
    /// [`AuthorIndexError`] if the time is one at which no index is built.
    pub fn announce(
        package: PackageName,
        owners: Option<PackageOwners>,
        now: Timestamp,
    ) -> Result<Self, AuthorIndexError> {
        let announced = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let effective = announced
            .checked_add(TRANSFER_DELAY)
            .map_err(|_| AuthorIndexError::value("effective", "a time in the calendar", now))?;
        Ok(Self {
            announced,
            effective,
            owners,
            package,
        })
    }

    pub(super) fn check(&self) -> Result<(), AuthorIndexError> {
        if self.announced.duration_until(self.effective) < TRANSFER_DELAY {
            return Err(AuthorIndexError::value(
                "effective",
                "a time at least seven days after `announced`",
                self.effective,
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to ", self.package)?;
        match &self.owners {
            Some(owners) => write!(f, "{owners}")?,
            None => f.write_str("nobody")?,
        }
        write!(f, ", from {} on", self.effective)
    }
}
