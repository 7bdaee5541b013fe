//! Requests to a witness, and its responses (`tlog-witness`).

use std::fmt;

use crate::{
    checkpoint::cosignature_time,
    encoding::{decimal, excerpt},
    hash::NodeHash,
    key::VerifierKey,
    note::{Note, NoteError, NoteSignature, SIGNATURES_LIMIT},
    tree::PROOF_LIMIT,
};

/// The path of the request, below the address of a witness.
pub const ADD_CHECKPOINT: &str = "add-checkpoint";
/// The media type of the size in a response with status 409.
pub const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";
/// Largest response that is read, in bytes.
pub const RESPONSE_LIMIT: usize = 64 * 1024;

/// A request to cosign a checkpoint. Its text is the body of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the tree that the witness cosigned last.
    pub old: u64,
    /// The consistency proof from that tree.
    pub proof: Vec<NodeHash>,
    /// The checkpoint.
    pub checkpoint: Note,
}

/// Reasons why a body is no request to a witness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A line has another form.
    #[error("invalid request to a witness: expected {expected}, found `{found}`")]
    Form {
        /// The form.
        expected: &'static str,
        /// The line.
        found: String,
    },
    /// The checkpoint is none.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl AddCheckpoint {
    /// Reads the body of a request, as a witness does.
    ///
    /// # Errors
    /// [`RequestError`] if it is none.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let form = |expected, found: &str| RequestError::Form {
            expected,
            found: excerpt(found),
        };
        let text = std::str::from_utf8(body).map_err(|_| form("UTF-8", "other bytes"))?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or_else(|| form("an empty line", text))?;
        let mut lines = head.split('\n');
        let line = lines.next().unwrap_or_default();
        let old = line.strip_prefix("old ").and_then(decimal);
        let old = old.ok_or_else(|| form("`old SIZE`", line))?;
        let mut proof = Vec::new();
        for line in lines {
            let hash = NodeHash::from_base64(line).filter(|_| proof.len() < PROOF_LIMIT);
            proof.push(hash.ok_or_else(|| form("at most 63 hashes", line))?);
        }
        let checkpoint = Note::parse(note.as_bytes())?;
        Ok(Self {
            old,
            proof,
            checkpoint,
        })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Returns the size in the body of a response with status 409; `None` if there is none.
pub fn conflict_size(body: &[u8]) -> Option<u64> {
    decimal(std::str::from_utf8(body).ok()?.strip_suffix('\n')?)
}

/// Reasons why a response has no cosignature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// It is no list of signatures.
    #[error(transparent)]
    Form(#[from] NoteError),
    /// None of the signatures is by the key of the witness.
    #[error("no cosignature by the key {0}")]
    Missing(VerifierKey),
    /// The signature is not by that key, or of another checkpoint.
    #[error("invalid cosignature by {0}")]
    Invalid(String),
    /// The witness's clock is behind a leaf of the tree.
    #[error(
        "invalid cosignature by {witness}: expected a time from {leaf} on, when the newest leaf was logged, found {time}"
    )]
    Time {
        /// The witness.
        witness: String,
        /// The time of the newest leaf.
        leaf: u64,
        /// The time of the cosignature.
        time: u64,
    },
}

/// Returns a witness's cosignature of a checkpoint from the body of its response. It is not earlier than `newest`,
/// the time of the newest leaf.
///
/// # Errors
/// [`CosignatureError`] if there is none, or it is invalid.
pub fn cosignature(
    body: &[u8],
    checkpoint: &Note,
    key: &VerifierKey,
    newest: u64,
) -> Result<NoteSignature, CosignatureError> {
    let text = std::str::from_utf8(body).map_err(|_| NoteError::Text)?;
    let lines = text.strip_suffix('\n').ok_or(NoteError::Form)?.split('\n');
    let mut found = None;
    for (count, line) in lines.enumerate() {
        if count == SIGNATURES_LIMIT {
            return Err(NoteError::TooMany.into());
        }
        let signature = NoteSignature::parse(line)?;
        if signature.is_by(key) && found.is_none() {
            found = Some(signature);
        }
    }
    let signature = found.ok_or_else(|| CosignatureError::Missing(key.clone()))?;
    let invalid = || CosignatureError::Invalid(key.name().to_owned());
    let time = cosignature_time(checkpoint.text(), key, &signature).ok_or_else(invalid)?;
    if time < newest {
        let witness = key.name().to_owned();
        return Err(CosignatureError::Time {
            witness,
            leaf: newest,
            time,
        });
    }
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checkpoint::{Checkpoint, cosign},
        key::{Algorithm, SigningKey},
        tree::TreeHead,
    };

    fn checkpoint(size: u64) -> Note {
        let log = SigningKey::from_seed("log", Algorithm::Ed25519, [1; 32]).unwrap();
        let root = NodeHash::of_leaf(&size.to_be_bytes());
        Checkpoint::new("log", TreeHead { size, root })
            .sign(&log)
            .unwrap()
    }

    fn witness() -> SigningKey {
        SigningKey::from_seed("witness", Algorithm::CosignatureV1, [2; 32]).unwrap()
    }

    #[test]
    fn writes_requests_as_the_format_does() {
        let hash = NodeHash::of_leaf(b"hash");
        let request = AddCheckpoint {
            old: 3,
            proof: vec![hash],
            checkpoint: checkpoint(5),
        };
        let text = request.to_string();
        assert!(
            text.starts_with(&format!("old 3\n{hash}\n\nlog\n5\n")),
            "{text}"
        );
        assert_eq!(AddCheckpoint::parse(text.as_bytes()).unwrap(), request);
        for (from, to) in [
            ("old 3", "old 03"),
            ("old", "new"),
            ("\n\n", "\n"),
            ("5", "\t"),
        ] {
            assert!(
                AddCheckpoint::parse(text.replacen(from, to, 1).as_bytes()).is_err(),
                "{to}"
            );
        }
        let long = AddCheckpoint {
            proof: vec![hash; PROOF_LIMIT + 1],
            ..request
        };
        assert!(AddCheckpoint::parse(long.to_string().as_bytes()).is_err());
    }

    #[test]
    fn takes_cosignature_of_this_checkpoint_and_witness_only() {
        let (note, witness) = (checkpoint(5), witness());
        let key = witness.verifier();
        let other = SigningKey::from_seed("witness", Algorithm::CosignatureV1, [3; 32]).unwrap();
        let line =
            |signer: &SigningKey, note: &Note, time| format!("{}\n", cosign(note, signer, time));
        let good = line(&witness, &note, 100);
        let take = |body: &str| cosignature(body.as_bytes(), &note, key, 100);
        assert_eq!(take(&good).unwrap().to_string() + "\n", good);
        assert!(take(&(line(&other, &note, 100) + &good)).is_ok());
        let missing = Err(CosignatureError::Missing(key.clone()));
        assert_eq!(take(&line(&other, &note, 100)), missing);
        let invalid = Err(CosignatureError::Invalid("witness".to_owned()));
        assert_eq!(take(&line(&witness, &checkpoint(6), 100)), invalid);
        let early = take(&line(&witness, &note, 99));
        assert!(matches!(
            early,
            Err(CosignatureError::Time {
                leaf: 100,
                time: 99,
                ..
            })
        ));
        for body in [
            "",
            "\n",
            "error",
            &good.repeat(SIGNATURES_LIMIT + 1),
            good.trim_end(),
        ] {
            assert!(take(body).is_err(), "{}", excerpt(body));
        }
    }

    #[test]
    fn reads_size_of_a_conflict() {
        assert_eq!(conflict_size(b"17\n"), Some(17));
        for body in [
            &b""[..],
            b"17",
            b"017\n",
            b"17\n\n",
            b"-1\n",
            b" 17\n",
            b"\xff\n",
        ] {
            assert_eq!(conflict_size(body), None, "{body:?}");
        }
    }
}
