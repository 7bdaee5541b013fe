//! Binds each log entry to the log that it names.
//!
//! The library accepts a checkpoint of any trusted log for any entry. Here the entry's own log must
//! have signed the checkpoint, and a Rekor v2 checkpoint must have this log's name. The library
//! also does not compare the validity of a Rekor v2 log with the time of signing, because its
//! entries have no time.

use cpan_sigstore_core::cause::Cause;
use sigstore_verify::{
    trust_root::TrustedRoot,
    types::{Checkpoint, DerPublicKey, KindVersion, LogKeyId, TimeRange, TransparencyLogEntry},
};
use url::Url;

use super::proof::SignedTime;
use crate::{
    bundle::VerificationFailure,
    transparency::{RekorLog, SignedTree},
};

/// The trusted logs.
pub(super) struct TrustedLogs(Vec<TrustedLog>);

struct TrustedLog {
    key_id: LogKeyId,
    key: DerPublicKey,
    base_url: String,
    valid_for: Option<TimeRange>,
}

impl TrustedLogs {
    pub fn new(root: &TrustedRoot) -> Self {
        Self(
            root.tlogs
                .iter()
                .map(|log| TrustedLog {
                    key_id: log.log_id.key_id.clone(),
                    key: log.public_key.raw_bytes.clone(),
                    base_url: log.base_url.clone(),
                    valid_for: log.public_key.valid_for,
                })
                .collect(),
        )
    }

    /// Returns the address of the log that an entry names, if it is trusted.
    pub fn url(&self, entry: &TransparencyLogEntry) -> Option<&str> {
        self.find(entry).map(|log| log.base_url.as_str())
    }

    /// Returns all logs.
    pub fn all(&self) -> Vec<RekorLog> {
        let logs = self.0.iter();
        logs.map(|log| RekorLog::new(log.key_id.clone(), log.key.clone(), &log.base_url))
            .collect()
    }

    /// Returns the tree of an entry's checkpoint, which was verified; `None` if the entry has none.
    pub fn tree(&self, entry: &TransparencyLogEntry) -> Option<SignedTree> {
        let log = self.find(entry)?;
        let envelope = &entry.inclusion_proof.as_ref()?.checkpoint;
        let id = hex::encode(log.key_id.as_bytes());
        let checkpoint = envelope.checkpoint()?;
        Some(SignedTree::new(
            &id,
            &log.base_url,
            checkpoint,
            envelope.envelope(),
        ))
    }

    fn find(&self, entry: &TransparencyLogEntry) -> Option<&TrustedLog> {
        self.0.iter().find(|log| log.key_id == entry.log_id.key_id)
    }

    /// Refuses an entry of an unknown log, or with a checkpoint of another log.
    pub fn bind(&self, entry: &TransparencyLogEntry) -> Result<(), VerificationFailure> {
        let log = self.find(entry).ok_or_else(|| {
            VerificationFailure::new(
                Cause::LogUnknown,
                format!("an entry in the log {}", entry.log_id.key_id),
            )
        })?;
        let Some(checkpoint) = entry
            .inclusion_proof
            .as_ref()
            .and_then(|proof| proof.checkpoint.checkpoint())
        else {
            // This is the old format. Sigstore's own formats without a checkpoint are refused when
            // read.
            return Ok(());
        };
        let hint = log.hint();
        if !checkpoint
            .signatures()
            .iter()
            .any(|signature| signature.key_id.as_slice() == hint)
        {
            return Err(VerificationFailure::new(
                Cause::CheckpointOrigin,
                format!(
                    "a checkpoint of `{}` without a signature of {}",
                    checkpoint.origin(),
                    log.base_url
                ),
            ));
        }
        // The library accepts a signature of any trusted log, so no other log may have signed.
        if let Some(other) = self.signed_by_another(log, checkpoint) {
            return Err(VerificationFailure::new(
                Cause::CheckpointOrigin,
                format!(
                    "a checkpoint with a signature of {} for an entry in {}",
                    other.base_url, log.base_url
                ),
            ));
        }
        // A Rekor v1 log names itself after its machine, a Rekor v2 log after its address
        // (rekor-tiles, `--hostname`).
        if entry.kind_version == KindVersion::HashedRekordV002
            && !is_named(log, checkpoint.origin())
        {
            return Err(VerificationFailure::new(
                Cause::CheckpointOrigin,
                format!(
                    "a checkpoint of `{}` for an entry in {}",
                    checkpoint.origin(),
                    log.base_url
                ),
            ));
        }
        Ok(())
    }

    fn signed_by_another(&self, log: &TrustedLog, checkpoint: &Checkpoint) -> Option<&TrustedLog> {
        self.0.iter().find(|other| {
            other.key_id != log.key_id
                && checkpoint
                    .signatures()
                    .iter()
                    .any(|signature| signature.key_id.as_slice() == other.hint())
        })
    }

    /// Refuses an entry of a log that was not trusted at a time of signing.
    pub fn check_times(
        &self,
        entry: &TransparencyLogEntry,
        times: &[SignedTime],
    ) -> Result<(), VerificationFailure> {
        let Some((log, period)) = self.find(entry).and_then(|log| Some((log, log.valid_for?)))
        else {
            return Ok(());
        };
        match times.iter().find(|signed| !period.contains(signed.time)) {
            None => Ok(()),
            Some(signed) => Err(VerificationFailure::new(
                Cause::LogUnknown,
                format!(
                    "an entry in {}, which was not trusted at {}",
                    log.base_url, signed.time
                ),
            )),
        }
    }
}

impl TrustedLog {
    /// Returns the key hint of a checkpoint's signature: the start of the log's id (C2SP signed
    /// notes).
    fn hint(&self) -> &[u8] {
        self.key_id.as_bytes().get(..4).unwrap_or_default()
    }
}

fn is_named(log: &TrustedLog, origin: &str) -> bool {
    let host = Url::parse(&log.base_url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host == origin)
}
