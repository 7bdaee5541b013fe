//! The records of an author, verified unless they are known.

use cpan_sigstore_records::chain::RecordChain;

use crate::{RecordFile, authorized::PlaceRecords, candidate::Trust, records};

/// The records of an author as they were found.
pub(crate) struct Records {
    /// The chain in the trust store.
    pub known: RecordChain,
    /// The records in the author index.
    pub index: Vec<RecordFile>,
    /// The records in the author's directory.
    pub directory: Vec<RecordFile>,
}

/// The same records after verification.
pub(crate) struct CollectedRecords {
    pub index: PlaceRecords,
    pub directory: PlaceRecords,
    /// Why they could not be verified.
    pub undetermined: Option<String>,
}

impl Records {
    /// Verifies the records that are not known.
    pub fn inspect(&self, trust: &Trust) -> CollectedRecords {
        match trust {
            Trust::Material(verifier) => CollectedRecords {
                index: records::verify_new(&self.known, &self.index, verifier),
                directory: records::verify_new(&self.known, &self.directory, verifier),
                undetermined: None,
            },
            Trust::None(reason) => {
                let mut files = self.index.iter().chain(&self.directory);
                let is_news = files.any(|file| !self.known.has(file));
                CollectedRecords {
                    index: PlaceRecords::default(),
                    directory: PlaceRecords::default(),
                    undetermined: is_news.then(|| reason.clone()),
                }
            }
        }
    }
}
