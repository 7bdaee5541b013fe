//! The records of an author as a server knows them, and whether they require signatures.

use std::time::SystemTime;

use cpan_sigstore_core::{digest::Sha256Digest, identity::SignerIdentity, release::PauseId};
use cpan_sigstore_cpan::folder;
use cpan_sigstore_records::{
    chain::RecordChain,
    record::{AuthorRecord, RecordName, Releases},
};
use jiff::Timestamp;

use super::{ServerGate, ServerGateError};
use crate::{RecordFile, authorized::AuthorizedSigners};

/// The records of an author, and what they require.
pub(super) struct AuthorState {
    /// The accepted records, whether or not they are in effect.
    pub chain: RecordChain,
    /// The records in the author's directory that the decision may use: none before they are in effect.
    pub records: Vec<RecordFile>,
    /// Whether the newest record in effect requires signatures.
    pub required: bool,
    /// When the first record will be in effect, if it is not yet.
    pub in_effect_from: Option<Timestamp>,
    /// Digests of records that replace others by an operator's override.
    pub overrides: Vec<Sha256Digest>,
    /// Why records could not be verified.
    pub undetermined: Option<String>,
}

impl AuthorState {
    /// Whether the author has a record that is in effect.
    pub fn has_record(&self) -> bool {
        self.chain.tip().is_some() && self.in_effect_from.is_none()
    }

    /// Whether the newest record in effect lets an identity sign, at these times.
    pub fn authorizes(&self, signer: &SignerIdentity, times: &[Timestamp]) -> bool {
        use cpan_sigstore_core::identity::{AuthorIdentity, Membership};
        let membership = AuthorIdentity::compare(self.chain.identities(), signer, times);
        membership == Membership::Authorized
    }
}

impl ServerGate<'_> {
    /// Reads the records of an author. A chain that is in effect is remembered, so that nobody takes it back by deleting
    /// or replacing its files.
    pub(super) async fn author_state(
        &self,
        author: &PauseId,
        now: Timestamp,
    ) -> Result<AuthorState, ServerGateError> {
        let known = self.gate.known_version(author).await?;
        let records = self
            .gate
            .newer_records::<ServerGateError>(self.tree, author);
        let records = records.await?;
        let collector = self.gate.collector();
        let (mut sources, undetermined) = collector.chain_sources(author, &records, now).await?;
        let mut authorized = AuthorizedSigners::of(&sources, now);
        let mut in_effect_from = None;
        if known == 0 && authorized.has_record() {
            in_effect_from = self.first_record_from(author, &authorized, now).await?;
        }
        if authorized.is_news
            && in_effect_from.is_none()
            && let Some(other) = self.gate.remember_chain(&authorized, now).await?
        {
            sources.known = other;
            authorized = AuthorizedSigners::of(&sources, now);
        }
        // A record that cannot be verified now is no reason to require less.
        let may_require = undetermined.is_some() && records.iter().any(states_signed);
        Ok(AuthorState {
            required: in_effect_from.is_none() && (authorized.all_signed() || may_require),
            chain: authorized.history,
            records: match in_effect_from {
                None => records,
                Some(_) => Vec::new(),
            },
            in_effect_from,
            overrides: sources.overrides,
            undetermined,
        })
    }

    /// Returns when a first record will be in effect; `None` if it is.
    ///
    /// Its age is that of its file or of its first sight here, the older of the two. A second upload of the same bytes
    /// gives the file a new date, but not the first sight.
    async fn first_record_from(
        &self,
        author: &PauseId,
        authorized: &AuthorizedSigners,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, ServerGateError> {
        let Some(first) = authorized.history.get(1) else {
            return Ok(None);
        };
        let name = RecordName {
            author: author.clone(),
            version: 1,
        };
        let key = format!("{}#{}", name.path(), first.record().digest());
        let store = self.gate.trust_store();
        let seen = store.first_sight_of(&key, author, now).await?;
        let written = self.written(&name.path()).unwrap_or(seen);
        let from = seen.min(written).checked_add(self.first_record_wait);
        Ok(from.ok().filter(|from| *from > now))
    }

    /// Returns when a published file was written.
    fn written(&self, path: &str) -> Option<Timestamp> {
        let metadata = folder::metadata(self.tree.folder()?, path).ok()??;
        let since = metadata.modified().ok()?;
        let since = since.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()
    }
}

fn states_signed(file: &RecordFile) -> bool {
    AuthorRecord::parse(&file.json).is_ok_and(|record| record.releases() == Releases::Signed)
}
