//! The facts that led to a decision, as data.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::{
    decision::Decision,
    finding::Finding,
    origin::Origin,
    release::{PackageName, PauseId, ReleasePath},
};

/// What an author's record chain rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// It continues the chain in the trust store.
    Known,
    /// The author index has it.
    Index,
    /// It is in the author's directory, and the author's first signer signed a version of it.
    Connected,
    /// It is in the author's directory, and nothing is known of the author.
    New,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known => "it follows on what is remembered",
            Self::Index => "it is in the author index",
            Self::Connected => "the author's first signer agreed to it",
            Self::New => "it was never seen before",
        })
    }
}

/// One fact that led to a decision. Its `Display`, one sentence, is its JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A trusted release is always allowed.
    AlwaysAllowed,
    /// Undetermined is never a pass.
    NeverAllowed,
    /// No policy can allow this finding.
    AlwaysDenied(Finding),
    /// A key of the policy decides about the finding.
    PolicyKey {
        /// The key.
        key: &'static str,
        /// The decision that it states.
        value: Decision,
        /// The section that states it.
        origin: Origin,
    },
    /// `require-signed` decides about the finding.
    RequireSigned(Origin),
    /// `require-logged` of the policy decides about the finding.
    RequireLogged(Origin),
    /// The log has these bytes under this path.
    Logged {
        /// The name of the log.
        origin: String,
        /// The index of the leaf.
        index: u64,
        /// When the log saw the file.
        time: Timestamp,
    },
    /// A proof is not used, for this reason.
    ProofRejected(String),
    /// `digest` of the policy decides what the archive is.
    DigestPinned(Origin),
    /// A signed archive is another release than its name says.
    SignedMismatch,
    /// Another finding, which did not decide.
    Also {
        /// The finding.
        finding: Finding,
        /// The value that would have been right.
        expected: Option<String>,
        /// The value that is there instead.
        found: Option<String>,
    },
    /// The signer was compared with the author's record.
    Record {
        /// The author.
        author: PauseId,
        /// The newest version.
        version: u32,
        /// What the chain rests on.
        provenance: Provenance,
    },
    /// A record is not part of the chain, for this reason.
    RecordRejected(String),
    /// No source names the owner of packages that lead to the release.
    OwnerFirstSeen {
        /// The first of them.
        package: PackageName,
        /// The number of the others.
        more: usize,
        /// The author to whom the package index leads.
        author: PauseId,
        /// Whether the CPAN log has that index.
        is_logged: bool,
    },
    /// The policy names the authors.
    OwnerPinned(Origin),
    /// The author index names the owners of a package.
    OwnerAttested(PackageName),
    /// A known owner signs, so no other author replaces them without proof.
    OwnerSigns {
        /// The owner.
        author: PauseId,
        /// How that is known.
        proof: OwnerProof,
    },
    /// An owner hands over the distribution to the author of the release.
    HandedOver {
        /// The distribution.
        distribution: String,
        /// The owner.
        owner: PauseId,
        /// The author of the release.
        author: PauseId,
    },
    /// The distribution was first seen from another author.
    FirstSeenFrom {
        /// The distribution.
        distribution: String,
        /// The other author.
        author: PauseId,
        /// The identity that signed it.
        signer: String,
    },
}

/// How it is known that an owner signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerProof {
    /// A signed release was admitted.
    Release(ReleasePath),
    /// The owner has an author record.
    Record,
    /// The policy pins the owner's identities.
    Pinned,
}

impl fmt::Display for OwnerProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(path) => write!(f, "signs: {path} was admitted"),
            Self::Record => f.write_str("has an author record"),
            Self::Pinned => f.write_str("has pinned identities"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlwaysAllowed => f.write_str("a trusted release is always allowed"),
            Self::NeverAllowed => f.write_str("an undetermined release is never allowed"),
            Self::AlwaysDenied(finding) => write!(f, "{finding} is always denied"),
            Self::PolicyKey { key, value, origin } => {
                write!(f, "decided by `{key} = \"{value}\"` of {origin}")
            }
            Self::RequireSigned(Origin::Caller) => {
                f.write_str("decided by a request to require signatures")
            }
            Self::RequireSigned(origin) => {
                write!(f, "decided by `require-signed = true` of {origin}")
            }
            Self::RequireLogged(origin) => {
                write!(f, "decided by `require-logged = true` of {origin}")
            }
            Self::Logged {
                origin,
                index,
                time,
            } => write!(
                f,
                "everybody gets these bytes: leaf {index} of {origin}, logged at {time}"
            ),
            Self::ProofRejected(note) => write!(f, "a proof of the log is not used: {note}"),
            Self::DigestPinned(origin) => write!(f, "decided by `digest` of {origin}"),
            Self::SignedMismatch => f.write_str(
                "name-mismatch of a signed release is always denied, unless the policy states its digest",
            ),
            Self::Also {
                finding,
                expected,
                found,
            } => {
                write!(f, "also {finding}")?;
                for (label, value) in [("expected", expected), ("found", found)] {
                    if let Some(value) = value {
                        write!(f, ", {label} {value}")?;
                    }
                }
                Ok(())
            }
            Self::Record {
                author,
                version,
                provenance,
            } => write!(
                f,
                "version {version} of the record of {author}: {provenance}"
            ),
            Self::RecordRejected(note) => f.write_str(note),
            Self::OwnerFirstSeen {
                package,
                more,
                author,
                is_logged,
            } => {
                write!(f, "nothing is known about the owner of {package}")?;
                match more {
                    0 => {}
                    1 => f.write_str(" and one other package")?,
                    more => write!(f, " and {more} other packages")?,
                }
                let index = match is_logged {
                    true => "the package index, which everybody sees in the log,",
                    false => "only the package index, which nobody signs,",
                };
                write!(f, ": {index} leads to {author}")
            }
            Self::OwnerPinned(origin) => write!(f, "decided by `authors` of {origin}"),
            Self::OwnerAttested(package) => {
                write!(
                    f,
                    "decided by the author index, which names the owners of {package}"
                )
            }
            Self::OwnerSigns { author, proof } => {
                write!(f, "always denied, because the owner {author} {proof}")
            }
            Self::HandedOver {
                distribution,
                owner,
                author,
            } => write!(
                f,
                "the record of {owner} hands over {distribution} to {author}"
            ),
            Self::FirstSeenFrom {
                distribution,
                author,
                signer,
            } => write!(
                f,
                "{distribution} was first seen from {author}, signed by {signer}"
            ),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
