//! Policies (`tlog-policy`): the logs that a client knows, their witnesses, and the quorum.

mod parse;
#[cfg(test)]
mod tests;

pub use parse::{POLICY_LIMIT, PolicyError};

use crate::{
    checkpoint::{
        Checkpoint, CheckpointFormError, Cosigned, VerifiedCheckpoint, cosignature_time,
        is_signed_by,
    },
    key::VerifierKey,
    note::Note,
};

/// A log that a policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLog {
    /// The key; its name is the origin of the log's checkpoints.
    pub key: VerifierKey,
    /// The address of the log's files.
    pub url: Option<String>,
}

/// A witness that a policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownWitness {
    /// Its name in the policy.
    pub name: String,
    /// The key.
    pub key: VerifierKey,
    /// The address to which checkpoints are submitted.
    pub url: Option<String>,
}

/// A witness or a group, by its position among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// Members of which some have to cosign. It has only groups of smaller positions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<Member>,
}

/// The logs that a client knows, and the cosignatures that it requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPolicy {
    logs: Vec<KnownLog>,
    witnesses: Vec<KnownWitness>,
    groups: Vec<Group>,
    quorum: Option<Member>,
}

/// Reasons why bytes are no checkpoint that satisfies a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// They are no checkpoint.
    #[error(transparent)]
    Form(#[from] CheckpointFormError),
    /// The policy has no log of this name.
    #[error("unknown log `{0}`: the policy has no key of it")]
    UnknownLog(String),
    /// The log did not sign.
    #[error("no signature of {0}")]
    Unsigned(String),
    /// The signature of a known key is not by that key.
    #[error("invalid signature of {0}")]
    Invalid(String),
    /// There are too few cosignatures.
    #[error(
        "too few witnesses: expected the quorum of the policy, found {}",
        shown(found)
    )]
    Quorum {
        /// The witnesses that cosigned.
        found: Vec<String>,
    },
}

fn shown(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

impl LogPolicy {
    /// A policy of one log without witnesses.
    pub fn of_log(key: VerifierKey) -> Self {
        let logs = vec![KnownLog { key, url: None }];
        Self {
            logs,
            witnesses: Vec::new(),
            groups: Vec::new(),
            quorum: None,
        }
    }

    /// The logs.
    pub fn logs(&self) -> &[KnownLog] {
        &self.logs
    }

    /// The log of this name.
    pub fn log(&self, origin: &str) -> Option<&KnownLog> {
        self.logs.iter().find(|log| log.key.name() == origin)
    }

    /// Whether witnesses have to cosign.
    pub const fn has_quorum(&self) -> bool {
        self.quorum.is_some()
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[KnownWitness] {
        &self.witnesses
    }

    /// Verifies a checkpoint: the log of its origin signed it, and enough witnesses cosigned.
    ///
    /// Signatures of other keys have no effect. Of two signatures by one key, the first is valid.
    ///
    /// # Errors
    /// [`CheckpointError`] if the policy is not satisfied, or the signature of a known key is invalid.
    pub fn verify(&self, bytes: &[u8]) -> Result<VerifiedCheckpoint, CheckpointError> {
        let note = Note::parse(bytes).map_err(CheckpointFormError::from)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        let log = self.log(&checkpoint.origin);
        let log = log.ok_or_else(|| CheckpointError::UnknownLog(checkpoint.origin.clone()))?;
        let mut signatures = note.signatures().iter();
        let signature = signatures
            .find(|signature| signature.is_by(&log.key))
            .ok_or_else(|| CheckpointError::Unsigned(checkpoint.origin.clone()))?;
        if !is_signed_by(note.text(), &log.key, signature) {
            return Err(CheckpointError::Invalid(checkpoint.origin.clone()));
        }
        let times = self.cosignature_times(&note)?;
        let cosigned: Vec<_> = self
            .witnesses
            .iter()
            .zip(&times)
            .filter_map(|(witness, time)| {
                let time = (*time)?;
                Some(Cosigned {
                    witness: witness.name.clone(),
                    time,
                })
            })
            .collect();
        if !self
            .quorum
            .is_none_or(|quorum| self.is_satisfied(quorum, &times))
        {
            let found = cosigned
                .into_iter()
                .map(|cosigned| cosigned.witness)
                .collect();
            return Err(CheckpointError::Quorum { found });
        }
        Ok(VerifiedCheckpoint::new(checkpoint, note, cosigned))
    }

    /// The time of each witness's cosignature.
    fn cosignature_times(&self, note: &Note) -> Result<Vec<Option<u64>>, CheckpointError> {
        let time_of = |witness: &KnownWitness| {
            let mut signatures = note.signatures().iter();
            let Some(signature) = signatures.find(|signature| signature.is_by(&witness.key)) else {
                return Ok(None);
            };
            match cosignature_time(note.text(), &witness.key, signature) {
                Some(time) => Ok(Some(time)),
                None => Err(CheckpointError::Invalid(witness.name.clone())),
            }
        };
        self.witnesses.iter().map(time_of).collect()
    }

    fn is_satisfied(&self, member: Member, times: &[Option<u64>]) -> bool {
        match member {
            Member::Witness(at) => times.get(at).is_some_and(Option::is_some),
            Member::Group(at) => self.groups.get(at).is_some_and(|group| {
                let satisfied = group
                    .members
                    .iter()
                    .filter(|one| self.is_satisfied(**one, times));
                satisfied.count() >= group.threshold
            }),
        }
    }
}
