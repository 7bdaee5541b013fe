//! Checkpoints (`tlog-checkpoint`): signed tree heads, and their cosignatures (`tlog-cosignature`).

use std::fmt;

use crate::{
    encoding::{SIZE_LIMIT, decimal, excerpt},
    hash::NodeHash,
    key::{Algorithm, SigningKey, VerifierKey},
    note::{Note, NoteError, NoteSignature},
    tree::TreeHead,
};

/// Bytes of the time before a cosignature.
const TIME_BYTES: usize = 8;

/// A tree head of a log, as somebody claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's own name, which is also the name of its key.
    pub origin: String,
    /// The tree.
    pub tree: TreeHead,
    /// Further lines. They mean nothing here.
    pub extensions: Vec<String>,
}

/// Reasons why the text of a note is no checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFormError {
    /// The note is none.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// There are fewer than three lines, or one is empty.
    #[error("invalid checkpoint: expected the lines origin, size and root, none of them empty")]
    Lines,
    /// The size is no plain decimal number.
    #[error(
        "invalid size of a checkpoint: expected a decimal number up to {SIZE_LIMIT}, found `{0}`"
    )]
    Size(String),
    /// The root is no hash.
    #[error("invalid root of a checkpoint: expected the base64 of 32 bytes, found `{0}`")]
    Root(String),
}

impl Checkpoint {
    /// A checkpoint without further lines.
    pub fn new(origin: &str, tree: TreeHead) -> Self {
        Self {
            origin: origin.to_owned(),
            tree,
            extensions: Vec::new(),
        }
    }

    /// Reads the text of a note.
    ///
    /// # Errors
    /// [`CheckpointFormError`] if it is no checkpoint.
    pub fn parse(text: &str) -> Result<Self, CheckpointFormError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointFormError::Lines)?;
        let mut lines = lines.split('\n');
        let mut next = || lines.next().filter(|line| !line.is_empty());
        let mut line = || next().ok_or(CheckpointFormError::Lines);
        let (origin, size, root) = (line()?, line()?, line()?);
        let size = decimal(size).ok_or_else(|| CheckpointFormError::Size(excerpt(size)))?;
        let root =
            NodeHash::from_base64(root).ok_or_else(|| CheckpointFormError::Root(excerpt(root)))?;
        let extensions: Vec<_> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(CheckpointFormError::Lines);
        }
        Ok(Self {
            origin: origin.to_owned(),
            tree: TreeHead { size, root },
            extensions,
        })
    }

    /// Signs the checkpoint as its log.
    ///
    /// # Errors
    /// [`NoteError`] if the origin or a further line cannot be in a note.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, NoteError> {
        Note::sign(self.to_string(), key)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.tree.size, self.tree.root)?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A witness's statement that it saw a checkpoint that continues all earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The witness.
    pub witness: String,
    /// The time of the statement, in Unix seconds, by the witness's clock.
    pub time: u64,
}

/// A checkpoint whose signatures satisfy a policy.
///
/// Only [`LogPolicy::verify`](crate::policy::LogPolicy::verify) creates one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
    cosigned: Vec<Cosigned>,
}

impl VerifiedCheckpoint {
    pub(crate) fn new(checkpoint: Checkpoint, note: Note, cosigned: Vec<Cosigned>) -> Self {
        Self {
            checkpoint,
            note,
            cosigned,
        }
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.checkpoint.origin
    }

    /// The tree.
    pub const fn tree(&self) -> &TreeHead {
        &self.checkpoint.tree
    }

    /// The note with all its signatures, as it can be shown and verified again.
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// The verified cosignatures.
    pub fn cosigned(&self) -> &[Cosigned] {
        &self.cosigned
    }
}

/// Cosigns a checkpoint as a witness does, at a time in Unix seconds.
///
/// A witness verifies first that the checkpoint continues the one that it cosigned before.
pub fn cosign(note: &Note, key: &SigningKey, time: u64) -> NoteSignature {
    let signature = key.sign(&cosigned_message(note.text(), time));
    NoteSignature::new(
        key.verifier(),
        [&time.to_be_bytes(), &signature[..]].concat(),
    )
}

/// Returns the time of a witness's cosignature of a note; `None` if the witness did not make it.
pub(crate) fn cosignature_time(
    note_text: &str,
    key: &VerifierKey,
    signature: &NoteSignature,
) -> Option<u64> {
    let (time, ed25519) = signature.bytes().split_first_chunk::<TIME_BYTES>()?;
    let time = u64::from_be_bytes(*time);
    let is_cosignature = key.algorithm() == Algorithm::CosignatureV1 && signature.is_by(key);
    let verifies = is_cosignature
        && time <= SIZE_LIMIT
        && key.verifies(&cosigned_message(note_text, time), ed25519);
    verifies.then_some(time)
}

/// Whether a log signed a note.
pub(crate) fn is_signed_by(note_text: &str, key: &VerifierKey, signature: &NoteSignature) -> bool {
    key.algorithm() == Algorithm::Ed25519
        && signature.is_by(key)
        && key.verifies(note_text.as_bytes(), signature.bytes())
}

fn cosigned_message(note_text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{note_text}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "f+7CoKgXKE/tNys9TTXcr/ad6U/K3xvznmzew9y6SP0=";

    #[test]
    fn reads_one_text_for_each_checkpoint() {
        for text in [
            format!("example.com/log\n0\n{ROOT}\n"),
            format!("origin with spaces — and more\n123\n{ROOT}\nextension 1\nextension 2\n"),
        ] {
            assert_eq!(Checkpoint::parse(&text).unwrap().to_string(), text);
        }
        for text in [
            String::new(),
            "\n".to_owned(),
            "o\n1\n".to_owned(),
            format!("o\n1\n{ROOT}"),
            format!("\n1\n{ROOT}\n"),
            format!("o\n01\n{ROOT}\n"),
            format!("o\n-1\n{ROOT}\n"),
            format!("o\n9223372036854775808\n{ROOT}\n"),
            format!("o\n1\n{ROOT} \n"),
            format!("o\n1\n{}\n", &ROOT[..40]),
            format!("o\n1\n{ROOT}\n\n"),
            format!("o\n1\n{ROOT}\na\n\nb\n"),
        ] {
            assert!(Checkpoint::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn cosigns_time_and_every_line() {
        let log = SigningKey::from_seed("log", Algorithm::Ed25519, [1; 32]).unwrap();
        let witness = SigningKey::from_seed("witness", Algorithm::CosignatureV1, [2; 32]).unwrap();
        let text = format!("log\n5\n{ROOT}\nextension\n");
        let note = Note::sign(text.clone(), &log).unwrap();
        let cosignature = cosign(&note, &witness, 1_700_000_000);
        let key = witness.verifier();
        assert_eq!(
            cosignature_time(&text, key, &cosignature),
            Some(1_700_000_000)
        );
        for (from, to) in [
            ("log", "loh"),
            ("5", "6"),
            ("f+7C", "f+7D"),
            ("extension", ""),
        ] {
            let other = text.replacen(from, to, 1);
            assert_eq!(cosignature_time(&other, key, &cosignature), None, "{other}");
        }
        let line = cosignature.to_string();
        for at in "— witness ".len()..line.len() - 1 {
            let mut bytes = line.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = NoteSignature::parse(std::str::from_utf8(&bytes).unwrap());
            let time = changed
                .ok()
                .and_then(|changed| cosignature_time(&text, key, &changed));
            assert_eq!(time, None, "{at}");
        }
    }

    #[test]
    fn tells_signature_of_log_from_cosignature() {
        let seed = [3; 32];
        let log = SigningKey::from_seed("same", Algorithm::Ed25519, seed).unwrap();
        let witness = SigningKey::from_seed("same", Algorithm::CosignatureV1, seed).unwrap();
        let note = Note::sign(format!("same\n5\n{ROOT}\n"), &log).unwrap();
        let [signature] = note.signatures() else {
            panic!("one signature")
        };
        assert!(is_signed_by(note.text(), log.verifier(), signature));
        assert_eq!(
            cosignature_time(note.text(), witness.verifier(), signature),
            None
        );
        let cosignature = cosign(&note, &witness, 7);
        assert!(!is_signed_by(note.text(), log.verifier(), &cosignature));
    }
}
