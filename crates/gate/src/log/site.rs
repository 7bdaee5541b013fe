//! A place with files of a log: its own address, or a CPAN with proofs beside its files.

use std::sync::{Mutex, PoisonError};

use cpan_sigstore_cpan::Cpan;
use jiff::{SignedDuration, Timestamp};

/// Time for which a place that could not be read is not tried again.
const DOWN: SignedDuration = SignedDuration::from_secs(60);

/// A place with files of a log. Nothing that it returns is trusted.
#[derive(Debug)]
pub(super) struct Site {
    files: Cpan,
    /// When the last read failed, and why.
    failed: Mutex<Option<(Timestamp, String)>>,
}

impl Site {
    /// The files of a log behind an address, in the form that a CPAN's has.
    pub fn new(files: Cpan) -> Self {
        Self {
            files,
            failed: Mutex::default(),
        }
    }

    /// Reads a file of at most `limit` bytes; `None` if there is none.
    ///
    /// # Errors
    /// The reason why the place cannot be read. It is not tried again for a minute.
    pub async fn read(
        &self,
        path: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, String> {
        if let Some((then, reason)) = self.failure()
            && now.duration_since(then) < DOWN
        {
            return Err(reason);
        }
        match self.files.file(path, limit).await {
            Ok(bytes) => Ok(bytes),
            // The place answers, and only this file is of no use.
            Err(error) if error.is_too_large() => Err(error.to_string()),
            Err(error) => {
                let reason = error.to_string();
                let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                *failed = Some((now, reason.clone()));
                Err(reason)
            }
        }
    }

    fn failure(&self) -> Option<(Timestamp, String)> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.clone()
    }
}
