//! The package index in the log: everybody has to see the same.

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_tlog::{
    leaf::PACKAGE_INDEX_PATH,
    proof::{SIZE as PROOF_LIMIT, SUFFIX},
};
use jiff::{SignedDuration, Timestamp};

use super::{LogAnswer, LogClient, LoggedFile};
use crate::{
    TrustStore,
    store::{StoredFork, TrustStoreError},
};

/// Whether everybody sees a package index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexStanding {
    /// A log has it.
    Logged,
    /// No log is known to have it, or none is used.
    #[default]
    Unlogged,
}

/// The state of a package index in the logs.
#[derive(Debug)]
pub(crate) enum IndexCheck {
    /// A log has it, and it is new enough.
    Logged,
    /// The log had a newer one for longer than the policy allows.
    Superseded {
        /// When the log saw this one.
        found: Timestamp,
        /// When the log saw the newer one.
        newer: Timestamp,
    },
    /// No log is known to have it.
    Unlogged(String),
    /// A log cannot be read.
    Undetermined(String),
    /// A log signed two histories.
    Forked(Box<StoredFork>),
}

impl LogClient {
    /// Checks the unpacked package index. Of two proofs, the one that is about it is used.
    pub(crate) async fn check_index(
        &self,
        store: &TrustStore,
        digest: Sha256Digest,
        now: Timestamp,
    ) -> Result<IndexCheck, TrustStoreError> {
        let Ok(path) = PACKAGE_INDEX_PATH.parse() else {
            return Ok(IndexCheck::Unlogged(PACKAGE_INDEX_PATH.to_owned()));
        };
        self.refresh(store, now).await?;
        let mut search = self.search(store).await?;
        // The refresh may have read the newest leaf already.
        for log in &self.logs {
            let newest = store.log(&log.key).await?.and_then(|state| state.index);
            if newest.is_some_and(|newest| newest.digest == digest) && search.forked.is_none() {
                return Ok(IndexCheck::Logged);
            }
        }
        let name = format!("{PACKAGE_INDEX_PATH}{SUFFIX}");
        let mut other = None;
        let sites = self.logs.iter().filter_map(|log| log.site.as_ref());
        for (at, site) in self.beside.iter().chain(sites).enumerate() {
            if search.forked.is_some() {
                break;
            }
            let is_beside = at == 0 && self.beside.is_some();
            let place = if is_beside { "the CPAN" } else { "the log" };
            let proof = match site.read(&name, PROOF_LIMIT, now).await {
                Ok(Some(proof)) => proof,
                Ok(None) => continue,
                Err(reason) => {
                    if !is_beside {
                        search.undetermined.get_or_insert(reason);
                    }
                    continue;
                }
            };
            match self.verify(store, &path, &proof, now).await? {
                Ok(logged) if logged.leaf().leaf().digest() == digest => {
                    return self.is_superseded(store, &logged, now).await;
                }
                Ok(logged) => other = Some(logged),
                Err(refused) => {
                    let reason = refused.note(place, &mut search);
                    if !is_beside {
                        search.undetermined.get_or_insert(reason);
                    }
                }
            }
        }
        Ok(match (search.answer(), other) {
            (LogAnswer::Forked(fork), _) => IndexCheck::Forked(fork),
            (_, Some(other)) => IndexCheck::Unlogged(format!(
                "expected {}, as logged at {}, found {digest}",
                other.leaf().leaf().digest(),
                other.time()
            )),
            (LogAnswer::Undetermined(reason), None) => IndexCheck::Undetermined(reason),
            (_, None) => {
                let notes = search.notes.join("; ");
                let reason = "expected a proof of the package index, found none";
                IndexCheck::Unlogged(match notes.is_empty() {
                    true => reason.to_owned(),
                    false => format!("{reason}: {notes}"),
                })
            }
        })
    }

    /// Whether the log had a newer package index for too long.
    async fn is_superseded(
        &self,
        store: &TrustStore,
        logged: &LoggedFile,
        now: Timestamp,
    ) -> Result<IndexCheck, TrustStoreError> {
        let origin = logged.leaf().checkpoint().origin();
        let log = self.logs.iter().find(|log| log.origin == origin);
        let newest = match log {
            Some(log) => store.log(&log.key).await?.and_then(|state| state.index),
            None => None,
        };
        let days = i64::from(self.settings.package_index_age);
        let limit = SignedDuration::from_hours(24 * days);
        Ok(match newest {
            Some(newest)
                if newest.leaf > logged.leaf().index()
                    && now.duration_since(newest.time) >= limit =>
            {
                IndexCheck::Superseded {
                    found: logged.time(),
                    newer: newest.time,
                }
            }
            _ => IndexCheck::Logged,
        })
    }
}
