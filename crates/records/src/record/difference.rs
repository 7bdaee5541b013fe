//! The changes from one record to the next, as a person reads them before confirmation.

use std::fmt;

use jiff::Timestamp;

use super::{AuthorRecord, RecoveryKey, Releases};
use cpan_sigstore_core::{identity::AuthorIdentity, release::PauseId};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another identity may sign.
    Added(AuthorIdentity),
    /// An identity is removed: none of its signatures is valid any more, not even older ones.
    Removed(AuthorIdentity),
    /// An identity is authorized at other times.
    Period {
        /// The identity before.
        before: Box<AuthorIdentity>,
        /// The identity now.
        after: Box<AuthorIdentity>,
    },
    /// Whether all releases are signed.
    Releases(Releases),
    /// Another author may release a distribution.
    HandedOver {
        /// The distribution.
        distribution: String,
        /// The other author.
        to: PauseId,
    },
    /// Another author may release a distribution no more.
    TakenBack {
        /// The distribution.
        distribution: String,
        /// The other author.
        from: PauseId,
    },
    /// Another recovery key, or none any more.
    RecoveryKey {
        /// The key before.
        before: Option<RecoveryKey>,
        /// The key now.
        after: Option<RecoveryKey>,
    },
    /// A recovery key signed it.
    Recovery,
}

impl Change {
    /// Returns whether it makes signatures valid that were not.
    pub fn widens(&self) -> bool {
        match self {
            Self::Added(_) | Self::HandedOver { .. } | Self::RecoveryKey { .. } => true,
            Self::Removed(_) | Self::TakenBack { .. } | Self::Recovery => false,
            Self::Releases(releases) => *releases == Releases::Mixed,
            Self::Period { before, after } => {
                let starts = |from: Option<Timestamp>| from.unwrap_or(Timestamp::MIN);
                let ends = |until: Option<Timestamp>| until.unwrap_or(Timestamp::MAX);
                starts(after.from) < starts(before.from) || ends(after.until) > ends(before.until)
            }
        }
    }
}

/// Returns the changes; all of a first record is new.
pub fn difference(before: Option<&AuthorRecord>, after: &AuthorRecord) -> Vec<Change> {
    let mut gone: Vec<&AuthorIdentity> = Vec::new();
    let mut new: Vec<&AuthorIdentity> = after.identities().iter().collect();
    for identity in before.map_or(&[][..], AuthorRecord::identities) {
        match new.iter().position(|other| *other == identity) {
            Some(at) => drop(new.remove(at)),
            None => gone.push(identity),
        }
    }
    let mut changes = Vec::new();
    for before in gone {
        let same = new
            .iter()
            .position(|after| after.identity == before.identity);
        changes.push(match same {
            Some(at) => Change::Period {
                before: Box::new(before.clone()),
                after: Box::new(new.remove(at).clone()),
            },
            None => Change::Removed(before.clone()),
        });
    }
    changes.extend(new.into_iter().cloned().map(Change::Added));
    if before.map(AuthorRecord::releases) != Some(after.releases()) {
        changes.push(Change::Releases(after.releases()));
    }
    let key = |record: &AuthorRecord| record.recovery_key().copied();
    let keys = (before.and_then(key), key(after));
    if let (before, after) = keys
        && before != after
    {
        changes.push(Change::RecoveryKey { before, after });
    }
    if after.is_recovery() {
        changes.push(Change::Recovery);
    }
    let stated = |record: Option<&AuthorRecord>, distribution: &str, id: &PauseId| {
        record.is_some_and(|record| record.successors(distribution).contains(id))
    };
    changes.extend(
        hand_overs(Some(after))
            .filter(|(distribution, to)| !stated(before, distribution, to))
            .map(|(distribution, to)| Change::HandedOver { distribution, to }),
    );
    changes.extend(
        hand_overs(before)
            .filter(|(distribution, from)| !stated(Some(after), distribution, from))
            .map(|(distribution, from)| Change::TakenBack { distribution, from }),
    );
    changes
}

/// Each distribution of a record with each author to whom it is handed over.
fn hand_overs(record: Option<&AuthorRecord>) -> impl Iterator<Item = (String, PauseId)> {
    let stated = record.into_iter().flat_map(AuthorRecord::distributions);
    stated.flat_map(|(distribution, authors)| {
        authors.iter().map(|id| (distribution.clone(), id.clone()))
    })
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(identity) => write!(f, "+ {identity}"),
            Self::Removed(identity) => write!(
                f,
                "- {identity}: none of its signatures is valid any more, not even older ones"
            ),
            Self::Period { before, after } => {
                write!(f, "~ {}: valid {}", before.identity, period(after))?;
                write!(f, " (was: {})", period(before))
            }
            Self::Releases(Releases::Signed) => {
                f.write_str("~ releases: all are signed; one without a bundle is refused")
            }
            Self::Releases(Releases::Mixed) => {
                f.write_str("~ releases: some are signed, some are not")
            }
            Self::HandedOver { distribution, to } => {
                write!(f, "+ {distribution}: releases by {to} are legitimate, too")
            }
            Self::TakenBack { distribution, from } => {
                write!(
                    f,
                    "- {distribution}: releases by {from} are not legitimate any more"
                )
            }
            Self::RecoveryKey { after, before } => match (before, after) {
                (_, None) => f.write_str("- recovery key"),
                (None, Some(key)) => write!(f, "+ recovery key {key}"),
                (Some(before), Some(key)) => write!(f, "~ recovery key {key} (was: {before})"),
            },
            Self::Recovery => f.write_str("~ signed by the recovery key"),
        }
    }
}

fn period(identity: &AuthorIdentity) -> String {
    match (identity.from, identity.until) {
        (None, None) => "always".to_owned(),
        (Some(from), None) => format!("from {from} on"),
        (None, Some(until)) => format!("for signatures before {until}"),
        (Some(from), Some(until)) => format!("from {from} until {until}"),
    }
}
