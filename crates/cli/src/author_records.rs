//! The records of an author on a CPAN, and the chain of accepted ones.

use cpan_sigstore_core::{finding::Exit, identity::IdentityPolicy, release::PauseId};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_gate::{RecordFile, RecordRefused, TrustStore, records};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{
    chain::{AppendResult, ChainContext, RecordChain},
    record::AuthorRecord,
};
use jiff::Timestamp;

use crate::error::CommandError;

/// An author's records.
pub struct Found {
    /// The accepted records: those in the trust store, continued by those on the CPAN.
    pub history: RecordChain,
    /// The result for each record on the CPAN.
    pub results: Vec<AppendResult>,
    /// Files on the CPAN that are no signed records, by version.
    pub refused: Vec<(u32, RecordRefused)>,
    /// The number of files on the CPAN.
    pub files: usize,
}

impl Found {
    /// Reads the author's directory. Records in the trust store are kept.
    ///
    /// # Errors
    /// A CPAN without a usable answer, or a trust store that cannot be used.
    pub async fn at(
        cpan: &Cpan,
        author: &PauseId,
        memory: &TrustStore,
        verifier: &Verifier,
    ) -> Result<Self, CommandError> {
        Self::beside(memory.record_chain(author).await?, cpan, verifier).await
    }

    /// The same, continuing a known chain.
    async fn beside(
        chain: RecordChain,
        cpan: &Cpan,
        verifier: &Verifier,
    ) -> Result<Self, CommandError> {
        let files = records::read(cpan, chain.author(), 1, Some(verifier)).await?;
        Ok(Self::among(&files, chain, verifier))
    }

    /// The same of files that are at hand.
    pub fn among(files: &[RecordFile], chain: RecordChain, verifier: &Verifier) -> Self {
        let mut history = chain;
        let context = ChainContext::at(Timestamp::now());
        let report = records::extend(&mut history, files, verifier, context);
        Self {
            history,
            results: report.results,
            refused: report.refused,
            files: files.len(),
        }
    }

    /// The records that are not accepted, with the reasons.
    pub fn disputed(&self) -> Vec<String> {
        let refused = self
            .refused
            .iter()
            .map(|(version, why)| format!("version {version} is no signed record: {why}"));
        let others = self.results.iter().filter(|it| !it.outcome.is_in_chain());
        refused.chain(others.map(AppendResult::to_string)).collect()
    }

    /// The accepted records, if there are no others beside them.
    ///
    /// # Errors
    /// Another record in the directory, which has to be resolved first.
    pub fn undisputed(&self) -> Result<&RecordChain, CommandError> {
        match self.disputed().into_iter().next() {
            Some(found) => Err(disputed(self.history.author(), &found)),
            None => Ok(&self.history),
        }
    }
}

/// A record on CPAN that is not the author's.
pub fn disputed(author: &PauseId, found: &str) -> CommandError {
    CommandError::new(
        Exit::IdentityMismatch,
        format!(
            "invalid records of {author}: expected one chain, found a record that is not accepted: {found}"
        ),
    )
    .hinted("inspect the records with `cpan-sigstore author check`; if somebody else uploaded it, change your PAUSE password and restore your own files with `cpan-sigstore author upload FILE`")
}

/// The identities of a record that may sign now.
pub fn signing_now(record: &AuthorRecord) -> Vec<IdentityPolicy> {
    let now = [Timestamp::now()];
    let counting = record.identities().iter().filter(|it| it.counts_at(&now));
    counting.map(|it| it.identity.clone()).collect()
}

/// The authorized signers of an author, by the record on CPAN. `None` without a record, or if it cannot be
/// read; users then reject the release later, so nothing depends on it.
pub async fn may_sign(
    cpan: &Cpan,
    author: &PauseId,
    verifier: &Verifier,
) -> Option<Vec<IdentityPolicy>> {
    match Found::beside(RecordChain::new(author.clone()), cpan, verifier).await {
        Ok(found) => found.history.tip().map(|tip| signing_now(tip.record())),
        Err(error) => {
            tracing::info!(%error, "cannot read the author record");
            None
        }
    }
}
