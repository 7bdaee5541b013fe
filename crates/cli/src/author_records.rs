//! The records of an author on a CPAN, and which of them count.

use cpan_sigstore_core::{identity::IdentityPolicy, release::PauseId};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_gate::{RecordFile, RecordRefused, TrustStore, records};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{
    chain::{AppendResult, ChainContext, RecordChain, Report},
    record::AuthorRecord,
};
use jiff::Timestamp;

use crate::{commands::AuthorError, failure::Failure};

/// What there is of an author's records.
pub struct Found {
    /// Those that count: what is remembered here, continued by what the CPAN has.
    pub history: RecordChain,
    /// What became of each that the CPAN has.
    pub results: Vec<AppendResult>,
    /// What the CPAN has that is no signed record, by version.
    pub refused: Vec<(u32, RecordRefused)>,
    /// How many files the CPAN has.
    pub files: usize,
}

impl Found {
    /// Looks at the author's directory. What is remembered stands.
    ///
    /// # Errors
    /// Where the CPAN gives no answer of use, or the memory cannot be used.
    pub async fn at(
        cpan: &Cpan,
        author: &PauseId,
        memory: &TrustStore,
        verifier: &Verifier,
    ) -> Result<Self, Failure> {
        Self::beside(memory.record_chain(author).await?, cpan, verifier).await
    }

    /// The same, beside what is known otherwise.
    async fn beside(
        history: RecordChain,
        cpan: &Cpan,
        verifier: &Verifier,
    ) -> Result<Self, Failure> {
        let files = cpan.author_records(history.author(), 1).await?;
        Ok(Self::among(&files, history, verifier))
    }

    /// The same of files that are at hand.
    pub fn among(files: &[RecordFile], mut history: RecordChain, verifier: &Verifier) -> Self {
        let context = ChainContext::at(Timestamp::now());
        let Report { results, refused } = records::extend(&mut history, files, verifier, context);
        Self {
            history,
            results,
            refused,
            files: files.len(),
        }
    }

    /// What does not count, and why, in words.
    pub fn disputed(&self) -> Vec<String> {
        let refused = self
            .refused
            .iter()
            .map(|(version, why)| format!("version {version} is no signed record: {why}"));
        let others = self.results.iter().filter(|it| !it.outcome.is_in_chain());
        refused.chain(others.map(AppendResult::to_string)).collect()
    }

    /// The records that count, where nothing else lies beside them.
    ///
    /// # Errors
    /// Where something does: whoever put it there has to be dealt with first.
    pub fn undisputed(&self) -> Result<&RecordChain, AuthorError> {
        match self.disputed().into_iter().next() {
            Some(found) => Err(AuthorError::Disputed {
                author: self.history.author().clone(),
                found,
            }),
            None => Ok(&self.history),
        }
    }
}

/// The identities of a record that count now.
pub fn signing_now(record: &AuthorRecord) -> Vec<IdentityPolicy> {
    let now = [Timestamp::now()];
    let counting = record.identities().iter().filter(|it| it.counts_at(&now));
    counting.map(|it| it.identity.clone()).collect()
}

/// Who has to sign the releases of an author, so that others believe them: whom the author's record on CPAN
/// names. `None` where there is no record, or it cannot be told; nothing rests on it but what others will say.
pub async fn may_sign(
    cpan: &Cpan,
    author: &PauseId,
    verifier: &Verifier,
) -> Option<Vec<IdentityPolicy>> {
    match Found::beside(RecordChain::new(author.clone()), cpan, verifier).await {
        Ok(found) => found.history.tip().map(|tip| signing_now(tip.record())),
        Err(failure) => {
            tracing::info!(%failure, "cannot see whether the author has said who signs");
            None
        }
    }
}
