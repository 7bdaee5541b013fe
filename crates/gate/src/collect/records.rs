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

#[cfg(test)]
mod tests {
    use cpan_sigstore_core::identity::{
        AuthorIdentity, CiClaims, IdentityPolicy, SignerIdentity, Subject,
    };
    use cpan_sigstore_records::{
        chain::SignedRecord,
        record::{AuthorRecord, Releases},
    };
    use jiff::Timestamp;

    use super::*;

    /// A chain of records by one signer, one for each version.
    fn chain(length: u32) -> RecordChain {
        let issuer = "https://issuer.example";
        let identities = vec![AuthorIdentity {
            identity: IdentityPolicy::exact("tim@x", issuer),
            from: None,
            until: None,
        }];
        let signer = SignerIdentity {
            subject: Subject::Email("tim@x".into()),
            issuer: issuer.into(),
            claims: CiClaims::default(),
        };
        let author = "TIMLEGGE".parse().unwrap();
        let first = AuthorRecord::first(author, identities.clone(), Releases::Mixed).unwrap();
        let mut records = vec![first];
        for _ in 1..length {
            let before = records.last().unwrap();
            let next = before.next(identities.clone(), Releases::Mixed);
            records.push(next.unwrap());
        }
        let signed = |record| SignedRecord::proved(record, signer.clone(), vec![Timestamp::MIN]);
        let signed = records.into_iter().map(signed).collect();
        RecordChain::restored("TIMLEGGE".parse().unwrap(), signed).unwrap()
    }

    fn files(chain: &RecordChain) -> Vec<RecordFile> {
        let file = |signed: &SignedRecord| RecordFile {
            version: signed.record().version(),
            json: signed.record().json().to_vec(),
            bundle: Some(b"{}".to_vec()),
        };
        chain.records().iter().map(file).collect()
    }

    #[test]
    fn inspects_every_record_of_a_long_chain() {
        let trust = Trust::None("no trust material".to_owned());
        for place in ["index", "directory"] {
            let mut records = Records {
                known: chain(300),
                index: Vec::new(),
                directory: Vec::new(),
            };
            let all = files(&chain(300));
            let more = files(&chain(301));
            for (files, is_news) in [(all, false), (more, true)] {
                match place {
                    "index" => records.index = files,
                    _ => records.directory = files,
                }
                let undetermined = records.inspect(&trust).undetermined;
                assert_eq!(undetermined.is_some(), is_news, "{place}");
            }
        }
    }
}
