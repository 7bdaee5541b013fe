//! Signed notes (`signed-note`): a text, and signatures by name and key id.

use std::fmt;

use crate::{
    encoding::{excerpt, from_base64, to_base64},
    key::{KeyId, SigningKey, VerifierKey, is_name},
};

/// Largest note that is read, in bytes.
pub const NOTE_LIMIT: usize = 256 * 1024;
/// Most signatures of a note.
pub const SIGNATURES_LIMIT: usize = 100;
/// The start of a signature's line.
const DASH: &str = "— ";
/// Bytes of the key id before a signature.
const ID_BYTES: usize = 4;

/// Reasons why bytes are no signed note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The note is too large.
    #[error("invalid note: expected at most {NOTE_LIMIT} bytes, found {0}")]
    Size(usize),
    /// The bytes are no text, or have control characters.
    #[error("invalid note: expected UTF-8 without control characters other than line feeds")]
    Text,
    /// No empty line separates text and signatures, or there is no text or no signature.
    #[error("invalid note: expected a text, an empty line, and signatures")]
    Form,
    /// A line of the signatures is none.
    #[error("invalid signature of a note: expected `— NAME BASE64`, found `{0}`")]
    Signature(String),
    /// There are too many signatures.
    #[error("invalid note: expected at most {SIGNATURES_LIMIT} signatures")]
    TooMany,
}

/// A signature of a note, which nobody verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: KeyId,
    bytes: Vec<u8>,
}

impl NoteSignature {
    pub(crate) fn new(key: &VerifierKey, bytes: Vec<u8>) -> Self {
        Self {
            name: key.name().to_owned(),
            id: key.id(),
            bytes,
        }
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }

    /// Reads a line without its line feed.
    pub(crate) fn parse(line: &str) -> Result<Self, NoteError> {
        let invalid = || NoteError::Signature(excerpt(line));
        let rest = line.strip_prefix(DASH).ok_or_else(invalid)?;
        let (name, signature) = rest.split_once(' ').ok_or_else(invalid)?;
        let bytes = from_base64(signature).ok_or_else(invalid)?;
        let (id, bytes) = bytes.split_first_chunk::<ID_BYTES>().ok_or_else(invalid)?;
        if !is_name(name) || bytes.is_empty() {
            return Err(invalid());
        }
        Ok(Self {
            name: name.to_owned(),
            id: KeyId(*id),
            bytes: bytes.to_vec(),
        })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id.0, &self.bytes[..]].concat();
        write!(f, "{DASH}{} {}", self.name, to_base64(&bytes))
    }
}

/// A text with signatures, which nobody verified. Its text form is that of `signed-note`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Signs a text that ends in a line feed.
    ///
    /// # Errors
    /// [`NoteError::Text`] or [`NoteError::Form`] for a text that a note cannot have.
    pub fn sign(text: String, key: &SigningKey) -> Result<Self, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Form);
        }
        if !is_text(&text) {
            return Err(NoteError::Text);
        }
        let signature = NoteSignature::new(key.verifier(), key.sign(text.as_bytes()));
        Ok(Self {
            text,
            signatures: vec![signature],
        })
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError`] if it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_LIMIT {
            return Err(NoteError::Size(bytes.len()));
        }
        let all = std::str::from_utf8(bytes).map_err(|_| NoteError::Text)?;
        if !is_text(all) {
            return Err(NoteError::Text);
        }
        let blank = all.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, signatures) = (&all[..=blank], &all[blank + 2..]);
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Form)?;
        let mut parsed = Vec::new();
        for line in signatures.split('\n') {
            if parsed.len() == SIGNATURES_LIMIT {
                return Err(NoteError::TooMany);
            }
            parsed.push(NoteSignature::parse(line)?);
        }
        Ok(Self {
            text: text.to_owned(),
            signatures: parsed,
        })
    }

    /// The text, with the line feed at its end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature, in the place of an earlier one by the same key.
    pub fn add(&mut self, signature: NoteSignature) {
        let is_other = |old: &NoteSignature| old.name != signature.name || old.id != signature.id;
        self.signatures.retain(is_other);
        self.signatures.push(signature);
    }
}

/// Whether a text has no control characters of ASCII but line feeds.
fn is_text(text: &str) -> bool {
    text.bytes().all(|byte| byte >= 0x20 || byte == b'\n')
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The note of golang.org/x/mod's documentation.
    const PETERS: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PRIVATE: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    #[test]
    fn reads_and_signs_notes_as_other_programs_do() {
        let note = Note::parse(PETERS.as_bytes()).unwrap();
        let key: VerifierKey = KEY.parse().unwrap();
        let [signature] = note.signatures() else {
            panic!("one signature")
        };
        assert!(signature.is_by(&key));
        assert!(key.verifies(note.text().as_bytes(), signature.bytes()));
        assert!(!key.verifies(b"another text\n", signature.bytes()));
        assert_eq!(note.to_string(), PETERS);
        let key = SigningKey::parse(PRIVATE).unwrap();
        let signed = Note::sign(note.text().to_owned(), &key).unwrap();
        assert_eq!(signed.to_string(), PETERS);
    }

    #[test]
    fn rejects_bytes_that_are_no_note() {
        let line = PETERS.rsplit_once("\n\n").unwrap().1;
        let cases = [
            String::new(),
            "text\n".to_owned(),
            "text\n\n".to_owned(),
            format!("text\n{line}"),
            format!("te\tt\n\n{line}"),
            format!("te\u{0}t\n\n{line}"),
            format!("text\r\n\r\n{line}"),
            format!("text\n\n{}", line.trim_end()),
            format!("text\n\n{line}x\n"),
            format!("text\n\n{}", line.replace("— ", "- ")),
            format!("text\n\n{}", line.replace(" x08", "  x08")),
            format!("text\n\n{}", line.replace("AM=", "AM")),
            format!("text\n\n{}", line.replace("AM=", "AN=")),
            "text\n\n— name AAAAAA==\n".to_owned(),
            "text\n\n— na+me AAAAAAA=\n".to_owned(),
            format!("text\n\n{}", line.repeat(SIGNATURES_LIMIT + 1)),
            format!("{}\n\n{line}", "x".repeat(NOTE_LIMIT)),
        ];
        for case in cases {
            assert!(Note::parse(case.as_bytes()).is_err(), "{}", excerpt(&case));
        }
        assert!(Note::parse(b"te\xffxt\n\n").is_err());
        let most = format!("text\n\n{}", line.repeat(SIGNATURES_LIMIT));
        assert!(Note::parse(most.as_bytes()).is_ok());
    }

    #[test]
    fn replaces_signature_of_the_same_key() {
        let mut note = Note::parse(PETERS.as_bytes()).unwrap();
        let same = NoteSignature {
            bytes: vec![1],
            ..note.signatures()[0].clone()
        };
        note.add(same);
        assert_eq!(note.signatures().len(), 1);
        let other = NoteSignature {
            name: "other".to_owned(),
            ..note.signatures()[0].clone()
        };
        note.add(other);
        assert_eq!(note.signatures().len(), 2);
    }
}
