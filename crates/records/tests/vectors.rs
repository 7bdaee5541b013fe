//! The test vectors of the standard, as far as they are about records and their succession.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

use std::{fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{CiClaims, SignerIdentity, Subject},
};
use cpan_sigstore_records::{
    chain::{ChainContext, RecordChain, SignedRecord},
    record::{AuthorRecord, RecordError},
};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};

fn spec(file: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec");
    fs::read_to_string(folder.join(file)).unwrap()
}

/// The text of the standard, all sections.
fn standard() -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec");
    let pages = fs::read_dir(folder)
        .unwrap()
        .map(|page| page.unwrap().path());
    pages
        .filter(|page| page.extension().is_some_and(|extension| extension == "md"))
        .map(|page| fs::read_to_string(page).unwrap())
        .collect()
}

fn cases<T: DeserializeOwned>(file: &str) -> Vec<T> {
    serde_json::from_str(&spec(&format!("vectors/{file}"))).unwrap()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordCase {
    name: String,
    section: String,
    record: Option<String>,
    /// The text in base64, if it is no UTF-8.
    bytes: Option<String>,
    accepted: bool,
    digest: Option<Sha256Digest>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuccessionCase {
    name: String,
    section: String,
    author: String,
    now: Timestamp,
    overrides: Vec<Sha256Digest>,
    arrivals: Vec<Arrival>,
    chain: Vec<Sha256Digest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrival {
    record: String,
    signer: Name,
    signed: Vec<Timestamp>,
    outcome: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    kind: String,
    subject: String,
    issuer: String,
}

impl Name {
    fn signer(self) -> SignerIdentity {
        SignerIdentity {
            subject: match self.kind.as_str() {
                "email" => Subject::Email(self.subject),
                "uri" => Subject::Uri(self.subject),
                "username" => Subject::Username(self.subject),
                other => panic!("{other}"),
            },
            issuer: self.issuer,
            claims: CiClaims::default(),
        }
    }
}

#[test]
fn reads_records_and_rejects_everything_else() {
    let cases: Vec<RecordCase> = cases("records.json");
    assert!(cases.len() > 40);
    for case in cases {
        let name = format!("{} ({})", case.name, case.section);
        let text = match (case.record, case.bytes) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(bytes)) => STANDARD.decode(bytes).unwrap(),
            _ => panic!("{name}: expected a record or bytes"),
        };
        match (AuthorRecord::parse(&text), case.accepted) {
            (Ok(record), true) => {
                assert_eq!(Some(record.digest()), case.digest, "{name}");
                assert_eq!(record.json(), text, "{name}");
            }
            (Err(error), false) => {
                let kind = match error {
                    RecordError::TooLarge(_) | RecordError::Shape(_) => "shape",
                    RecordError::NotCanonical { .. } => "not-canonical",
                    RecordError::Value { .. } => "value",
                };
                assert_eq!(Some(kind), case.error.as_deref(), "{name}: {error}");
            }
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}

#[test]
fn builds_each_chain_by_the_rules() {
    let cases: Vec<SuccessionCase> = cases("succession.json");
    assert!(cases.len() > 25);
    for case in cases {
        let name = format!("{} ({})", case.name, case.section);
        let context = ChainContext {
            now: case.now,
            overrides: &case.overrides,
        };
        let mut chain = RecordChain::new(case.author.parse().unwrap());
        for arrival in case.arrivals {
            let record = AuthorRecord::parse(arrival.record.as_bytes()).unwrap();
            let signed = SignedRecord::proved(record, arrival.signer.signer(), arrival.signed);
            let results = chain.append(signed, context);
            assert_eq!(results[0].outcome.code(), arrival.outcome, "{name}");
        }
        let found = chain.records().iter();
        let found: Vec<_> = found.map(|signed| signed.record().digest()).collect();
        assert_eq!(found, case.chain, "{name}");
    }
}

#[test]
fn finds_the_section_of_each_vector_in_the_standard() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        section: String,
    }
    let text = standard();
    for file in ["records.json", "succession.json", "gate.json"] {
        let cases: Vec<Case> = cases(file);
        let mut names: Vec<_> = cases.iter().map(|case| &case.name).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{file}: a name stands twice");
        for case in cases {
            let is_there = text.lines().any(|line| {
                line.starts_with(&format!("{} ", case.section))
                    || line.starts_with(&format!("# {} ", case.section))
            });
            assert!(is_there, "{file}: {} of {}", case.section, case.name);
        }
    }
}
