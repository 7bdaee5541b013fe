//! The trees that a trusted log signed.

use cpan_sigstore_core::cause::Cause;
use sigstore_verify::{
    crypto::VerificationKey,
    types::{Checkpoint, DerPublicKey, LogKeyId},
};
use url::Url;

use crate::bundle::{VerificationFailure, is_checkpoint};

/// Largest tree: readers of other languages have signed numbers.
const SIZE_LIMIT: u64 = i64::MAX as u64;

/// A log of the trusted root.
pub struct RekorLog {
    id: String,
    key_id: LogKeyId,
    key: DerPublicKey,
    url: String,
}

/// The tree of a checkpoint that its log signed.
///
/// # Security
///
/// Only the verifier creates one. It proves what the log signed, and not that the log shows everybody the same tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTree {
    log: String,
    url: String,
    size: u64,
    root: [u8; 32],
    note: String,
}

impl RekorLog {
    pub(crate) fn new(key_id: LogKeyId, key: DerPublicKey, url: &str) -> Self {
        Self {
            id: hex::encode(key_id.as_bytes()),
            key_id,
            key,
            url: url.to_owned(),
        }
    }

    /// The id of the log's key, in hexadecimal.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The address in the trusted root.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Verifies a checkpoint that the log itself serves. A log of tiles names itself after its host.
    ///
    /// # Errors
    /// [`VerificationFailure`] if it is none, names another log, or the log did not sign it.
    pub fn verify(&self, note: &str) -> Result<SignedTree, VerificationFailure> {
        let checkpoint = read(note)?;
        if !is_host_of(checkpoint.origin(), &self.url) {
            return Err(VerificationFailure::new(
                Cause::CheckpointOrigin,
                format!("a checkpoint of `{}` at {}", checkpoint.origin(), self.url),
            ));
        }
        let invalid = |found: &str| VerificationFailure::new(Cause::CheckpointInvalid, found);
        let key = VerificationKey::from_spki(&self.key)
            .map_err(|_| invalid("a checkpoint of a log whose key is of an unknown kind"))?;
        let hint = self.key_id.as_bytes().get(..4).unwrap_or_default();
        let is_signed = checkpoint.signatures().iter().any(|signature| {
            signature.key_id.as_slice() == hint
                && key
                    .verify(checkpoint.signed_data(), &signature.signature)
                    .is_ok()
        });
        match is_signed {
            true => Ok(SignedTree::new(&self.id, &self.url, &checkpoint, note)),
            false => Err(invalid("a checkpoint that the log did not sign")),
        }
    }
}

impl SignedTree {
    /// The tree of a checkpoint whose signature was verified.
    pub(crate) fn new(log: &str, url: &str, checkpoint: &Checkpoint, note: &str) -> Self {
        Self {
            log: log.to_owned(),
            url: url.to_owned(),
            size: checkpoint.tree_size(),
            root: *checkpoint.root_hash().as_bytes(),
            note: note.to_owned(),
        }
    }

    /// The id of the log's key, in hexadecimal.
    pub fn log(&self) -> &str {
        &self.log
    }

    /// The address of the log in the trusted root.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of entries.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hash of the root.
    pub const fn root(&self) -> &[u8; 32] {
        &self.root
    }

    /// The checkpoint, with its signatures.
    pub fn note(&self) -> &str {
        &self.note
    }
}

/// Reads a checkpoint in its one form.
fn read(note: &str) -> Result<Checkpoint, VerificationFailure> {
    let unreadable =
        || VerificationFailure::new(Cause::CheckpointInvalid, "an unreadable checkpoint");
    if !is_checkpoint(note) {
        return Err(unreadable());
    }
    let checkpoint = Checkpoint::from_text(note).map_err(|_| unreadable())?;
    match checkpoint.tree_size() <= SIZE_LIMIT {
        true => Ok(checkpoint),
        false => Err(unreadable()),
    }
}

fn is_host_of(origin: &str, url: &str) -> bool {
    let url = Url::parse(url).ok();
    url.as_ref().and_then(Url::host_str) == Some(origin)
}
