//! The records of an author on a CPAN, and which of them count.

use cpan_sigstore_core::{
    release::PauseId,
    succession::{History, Learned, Terms},
};
use cpan_sigstore_gate::{Memory, RecordRefused, records};
use cpan_sigstore_mirror::upstream::Upstream;
use cpan_sigstore_sigstore::verify::Verifier;
use jiff::Timestamp;

use super::AuthorError;
use crate::failure::Failure;

/// What there is of an author's records.
pub struct Found {
    /// Those that count: what is remembered here, continued by what the CPAN has.
    pub history: History,
    /// What became of each that the CPAN has.
    pub learned: Vec<Learned>,
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
        cpan: &Upstream,
        author: &PauseId,
        memory: &Memory,
        verifier: &Verifier,
    ) -> Result<Self, Failure> {
        let mut history = memory.history(author).await?;
        let files = cpan.author_records(author, 1).await?;
        let (mut signed, mut refused) = (Vec::new(), Vec::new());
        for file in &files {
            match records::verify(verifier, file) {
                Ok(record) => signed.push(record),
                Err(why) => refused.push((file.version, why)),
            }
        }
        let learned = history.learn_all(signed, Terms::at(Timestamp::now()));
        Ok(Self {
            history,
            learned,
            refused,
            files: files.len(),
        })
    }

    /// What does not count, and why, in words.
    pub fn disputed(&self) -> Vec<String> {
        let refused = self
            .refused
            .iter()
            .map(|(version, why)| format!("version {version} is no signed record: {why}"));
        let others = self.learned.iter().filter(|it| !it.outcome.counts());
        refused.chain(others.map(Learned::to_string)).collect()
    }

    /// The records that count, where nothing else lies beside them.
    ///
    /// # Errors
    /// Where something does: whoever put it there has to be dealt with first.
    pub fn undisputed(&self) -> Result<&History, AuthorError> {
        match self.disputed().into_iter().next() {
            Some(found) => Err(AuthorError::Disputed {
                author: self.history.author().clone(),
                found,
            }),
            None => Ok(&self.history),
        }
    }
}
