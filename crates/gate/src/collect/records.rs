//! An author's records, verified as far as they are not known already.

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{author_index::OVERRIDE_DELAY, chain::History};
use jiff::Timestamp;

use crate::{
    RecordFile, authorized::PlaceRecords, candidate::Trust, records, records::RECORDS_LIMIT,
    store::NotedOverride,
};

/// The records of an author, as they were found.
pub(crate) struct Records {
    /// What is remembered.
    pub known: History,
    /// What the index has.
    pub index: Vec<RecordFile>,
    /// What lies in the author's directory.
    pub directory: Vec<RecordFile>,
}

/// The same, verified.
pub(crate) struct CollectedRecords {
    pub index: PlaceRecords,
    pub directory: PlaceRecords,
    /// Why they could not be verified.
    pub undetermined: Option<String>,
}

impl Records {
    /// Verifies those that are not known.
    pub fn inspect(&self, trust: &Trust) -> CollectedRecords {
        let (index, directory) = (self.news(&self.index), self.news(&self.directory));
        match trust {
            Trust::Material(verifier) => CollectedRecords {
                index: found(verifier, &index),
                directory: found(verifier, &directory),
                undetermined: None,
            },
            Trust::None(reason) => {
                let is_news = !index.is_empty() || !directory.is_empty();
                CollectedRecords {
                    index: PlaceRecords::default(),
                    directory: PlaceRecords::default(),
                    undetermined: is_news.then(|| reason.clone()),
                }
            }
        }
    }

    /// Those that are not known yet, to the letter.
    fn news<'a>(&self, files: &'a [RecordFile]) -> Vec<&'a RecordFile> {
        let known = |file: &&RecordFile| {
            let digest = Sha256Digest::of(&file.json);
            let mut chain = self.known.chain().iter();
            chain.any(|signed| signed.record().digest() == digest)
        };
        let limited = files.iter().take(RECORDS_LIMIT);
        limited.filter(|file| !known(file)).collect()
    }
}

fn found(verifier: &Verifier, files: &[&RecordFile]) -> PlaceRecords {
    let mut found = PlaceRecords::default();
    for file in files {
        match records::verify(verifier, file) {
            Ok(signed) => found.signed.push(signed),
            Err(refused) => found.refused.push((file.version, refused)),
        }
    }
    found
}

/// The overrides of an operator that count by now. Whatever date the operator wrote into one, whoever it
/// concerns has some days from when it was first seen here.
pub(crate) fn effective(overrides: &[NotedOverride], now: Timestamp) -> Vec<Sha256Digest> {
    let counts = |noted: &&NotedOverride| {
        now >= noted.effective && now.duration_since(noted.noted) >= OVERRIDE_DELAY
    };
    let overrides = overrides.iter().filter(counts);
    overrides.map(|noted| noted.record).collect()
}
