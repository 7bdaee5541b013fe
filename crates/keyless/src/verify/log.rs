//! Binding each log entry to the log that it names.
//!
//! The library accepts a checkpoint by any trusted log, wherever the entry says it is. Here the
//! checkpoint has to carry a signature by the entry's own log, and, for Rekor v2, this log's name. Nor
//! does it compare the end of a Rekor v2 log, whose entries carry no time, with the time of signing.

use cpan_sigstore_core::cause::Cause;
use sigstore_verify::{
    trust_root::TrustedRoot,
    types::{Checkpoint, KindVersion, LogKeyId, TimeRange, TransparencyLogEntry},
};
use url::Url;

use super::proof::SignedTime;
use crate::bundle::Refused;

/// The trusted logs, as far as entries are bound to them.
pub(super) struct Logs(Vec<Log>);

struct Log {
    key_id: LogKeyId,
    base_url: String,
    valid_for: Option<TimeRange>,
}

impl Logs {
    pub fn new(root: &TrustedRoot) -> Self {
        Self(
            root.tlogs
                .iter()
                .map(|log| Log {
                    key_id: log.log_id.key_id.clone(),
                    base_url: log.base_url.clone(),
                    valid_for: log.public_key.valid_for,
                })
                .collect(),
        )
    }

    /// The address of the log that an entry names, if it is trusted.
    pub fn url(&self, entry: &TransparencyLogEntry) -> Option<&str> {
        self.find(entry).map(|log| log.base_url.as_str())
    }

    fn find(&self, entry: &TransparencyLogEntry) -> Option<&Log> {
        self.0.iter().find(|log| log.key_id == entry.log_id.key_id)
    }

    /// Refuses an entry of an unknown log, or with a checkpoint of another log.
    pub fn bind(&self, entry: &TransparencyLogEntry) -> Result<(), Refused> {
        let log = self.find(entry).ok_or_else(|| {
            Refused::new(
                Cause::LogUnknown,
                format!("an entry in the log {}", entry.log_id.key_id),
            )
        })?;
        let Some(checkpoint) = entry
            .inclusion_proof
            .as_ref()
            .and_then(|proof| proof.checkpoint.checkpoint())
        else {
            // The old format; bundles in Sigstore's own formats were refused when they were read.
            return Ok(());
        };
        let hint = log.hint();
        if !checkpoint
            .signatures()
            .iter()
            .any(|signature| signature.key_id.as_slice() == hint)
        {
            return Err(Refused::new(
                Cause::CheckpointOrigin,
                format!(
                    "a checkpoint of `{}` without a signature by {}",
                    checkpoint.origin(),
                    log.base_url
                ),
            ));
        }
        // The library takes a signature by any trusted log for good, so none by another may be there.
        if let Some(other) = self.signed_by_another(log, checkpoint) {
            return Err(Refused::new(
                Cause::CheckpointOrigin,
                format!(
                    "a checkpoint with a signature by {} for an entry in {}",
                    other.base_url, log.base_url
                ),
            ));
        }
        // A Rekor v1 log names itself after the machine it runs on, a Rekor v2 log after its address
        // (rekor-tiles, `--hostname`).
        if entry.kind_version == KindVersion::HashedRekordV002 && !named(log, checkpoint.origin()) {
            return Err(Refused::new(
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

    fn signed_by_another(&self, log: &Log, checkpoint: &Checkpoint) -> Option<&Log> {
        self.0.iter().find(|other| {
            other.key_id != log.key_id
                && checkpoint
                    .signatures()
                    .iter()
                    .any(|signature| signature.key_id.as_slice() == other.hint())
        })
    }

    /// Refuses an entry of a log that was not trusted at one of the times of signing.
    pub fn check_times(
        &self,
        entry: &TransparencyLogEntry,
        times: &[SignedTime],
    ) -> Result<(), Refused> {
        let Some((log, period)) = self.find(entry).and_then(|log| Some((log, log.valid_for?)))
        else {
            return Ok(());
        };
        match times.iter().find(|signed| !period.contains(signed.time)) {
            None => Ok(()),
            Some(signed) => Err(Refused::new(
                Cause::LogUnknown,
                format!(
                    "an entry in {}, which is not trusted for what was signed at {}",
                    log.base_url, signed.time
                ),
            )),
        }
    }
}

impl Log {
    /// By what a checkpoint's signature names its key: the start of the log's id (C2SP signed notes).
    fn hint(&self) -> &[u8] {
        self.key_id.as_bytes().get(..4).unwrap_or_default()
    }
}

fn named(log: &Log, origin: &str) -> bool {
    let host = Url::parse(&log.base_url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host == origin)
}
