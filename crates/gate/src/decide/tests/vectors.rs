//! The test vectors of the standard that are about the decision.

use std::{collections::BTreeMap, fs};

use cpan_sigstore_core::{
    identity::WorkflowClaims,
    reason::OwnerProof,
    release::{PackageName, ReleasePath},
};
use cpan_sigstore_records::{
    chain::{ChainContext, SignedRecord},
    record::AuthorRecord,
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;
use crate::store::{PackageOwner, Scope, main_package};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Case {
    #[serde(default)]
    name: String,
    #[serde(default)]
    section: String,
    release: ReleaseName,
    now: Timestamp,
    policy: String,
    trust_material_days: Option<i64>,
    signature: Option<Signed>,
    archive: Option<String>,
    remembered: Remembered,
    /// The packages whose entries in the package index lead to the release.
    #[serde(default)]
    packages: Vec<PackageName>,
    index: Option<Index>,
    directory: Vec<Record>,
    overrides: Vec<Sha256Digest>,
    /// Absent in a question of the suite.
    expected: Option<Expected>,
    /// Whether a question of the suite wants to know what an admitted release teaches.
    #[serde(default)]
    wants_remembers: bool,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct ReleaseName(ReleasePath);

impl TryFrom<String> for ReleaseName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| text)
    }
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Signed {
    Refused {
        refused: String,
    },
    Untold {
        untold: String,
    },
    Valid {
        signer: Name,
        signed: Vec<Timestamp>,
        statement: Option<String>,
    },
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Name {
    kind: String,
    subject: String,
    issuer: String,
    /// Claims of the certificate, by the names of section 3.3.
    #[serde(default)]
    claims: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    record: String,
    signer: Name,
    signed: Vec<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Remembered {
    records: Vec<Record>,
    author: Option<Name>,
    distribution: Option<Distribution>,
    signed: Option<String>,
    /// The owners of packages.
    #[serde(default)]
    owners: Vec<PackageOwner>,
    /// How it is known of authors that they sign.
    #[serde(default)]
    signing: BTreeMap<String, String>,
    /// The distributions that authors hand over, by their newest record.
    #[serde(default)]
    handed_over: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// The newest release of the distribution to which a package index led, of each author.
    #[serde(default)]
    newest: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Distribution {
    signer: Name,
    author: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Index {
    #[serde(default)]
    absent: bool,
    #[serde(default)]
    future: bool,
    #[serde(default)]
    age_days: i64,
    #[serde(default)]
    records: Vec<Record>,
    /// The owners of packages.
    #[serde(default)]
    packages: BTreeMap<PackageName, Vec<String>>,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    finding: String,
    decision: String,
    exit: u8,
    binding: Option<String>,
    /// The source of the owners; absent in cases without packages.
    owner: Option<String>,
    /// What an admitted release teaches; absent in cases that do not test it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remembers: Option<Remembers>,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Remembers {
    author: bool,
    distribution: bool,
    records: bool,
    /// The packages whose owners are new or were first signed.
    #[serde(default)]
    packages: Vec<PackageName>,
    #[serde(default)]
    newest: bool,
}

impl Name {
    fn signer(&self) -> SignerIdentity {
        let name = self.subject.clone();
        SignerIdentity {
            subject: match self.kind.as_str() {
                "email" => Subject::Email(name),
                "uri" => Subject::Uri(name),
                "username" => Subject::Username(name),
                other => panic!("{other}"),
            },
            issuer: self.issuer.clone(),
            claims: self.claims(),
        }
    }

    fn claims(&self) -> CiClaims {
        let extension = |claim: &str| match claim {
            "owner-id" => "source-repository-owner-identifier",
            "ref" => "source-repository-ref",
            "repository" => "source-repository-uri",
            "repository-id" => "source-repository-identifier",
            "workflow" => "build-config-uri",
            other => panic!("{other}"),
        };
        let entries = self.claims.iter();
        let entries = entries.map(|(claim, value)| (extension(claim), value.clone()));
        CiClaims::new(entries.collect(), WorkflowClaims::default())
    }

    pub(crate) fn seen(&self) -> StableIdentity {
        StableIdentity::from(&self.signer())
    }
}

impl Record {
    fn signed(&self) -> SignedRecord {
        let record = AuthorRecord::parse(self.record.as_bytes()).unwrap();
        SignedRecord::proved(record, self.signer.signer(), self.signed.clone())
    }
}

fn all(records: &[Record]) -> Vec<SignedRecord> {
    records.iter().map(Record::signed).collect()
}

pub(crate) fn place(records: &[Record]) -> PlaceRecords {
    PlaceRecords {
        signed: all(records),
        refused: Vec::new(),
    }
}

impl Signed {
    /// The result of a verifier.
    pub(crate) fn signature(stated: Option<&Self>) -> Signature {
        match stated {
            None => Signature::Absent,
            Some(Self::Refused { refused }) => {
                let mut causes = Cause::ALL.iter();
                let cause = causes.find(|cause| cause.code() == refused).unwrap();
                Signature::Invalid(VerificationFailure::new(*cause, "something else"))
            }
            Some(Self::Untold { untold }) => Signature::Undetermined(untold.clone()),
            Some(Self::Valid {
                signer,
                signed,
                statement,
            }) => verified(signer.signer(), signed.clone(), statement.clone()),
        }
    }
}

/// The finding about an archive.
pub(crate) fn assessed(archive: Option<&str>) -> ArchiveAssessment {
    match archive {
        None => ArchiveAssessment::Fits,
        Some("name-mismatch") => look(Finding::NameMismatch),
        Some("name-unchecked") => look(Finding::NameUnchecked),
        Some("archive-hostile") => look(Finding::ArchiveHostile),
        Some(other) => panic!("{other}"),
    }
}

impl Case {
    fn index(&self) -> Option<IndexAge> {
        let operator = || "https://index.example".to_owned();
        Some(match self.index.as_ref()? {
            Index { absent: true, .. } => IndexAge::Absent {
                operator: operator(),
            },
            Index { future: true, .. } => IndexAge::InFuture {
                operator: operator(),
                signed: self.now,
            },
            index => IndexAge::Signed {
                operator: operator(),
                age: SignedDuration::from_hours(24 * index.age_days),
            },
        })
    }

    fn owners(&self) -> OwnerEvidence {
        let known = self.remembered.owners.iter();
        let main = main_package(&self.release.0);
        let known = known
            .filter(|it| self.packages.contains(&it.package) || main.as_ref() == Some(&it.package));
        let ids = |ids: &[String]| ids.iter().map(|id| id.parse().unwrap()).collect();
        let proof = |word: &str| match word {
            "record" => OwnerProof::Record,
            "pinned" => OwnerProof::Pinned,
            release => OwnerProof::Release(release.parse().unwrap()),
        };
        let index = self.index.iter().flat_map(|index| &index.packages);
        let signing = self.remembered.signing.iter();
        let distribution = self.release.0.name.distribution();
        let handed_over = self.remembered.handed_over.iter();
        let successors = handed_over
            .filter_map(|(id, to)| Some((id.parse().unwrap(), ids(to.get(distribution)?))));
        OwnerEvidence {
            attested: index
                .map(|(name, owners)| (name.clone(), ids(owners)))
                .collect(),
            known: known.map(|it| (it.package.clone(), it.clone())).collect(),
            permitted: BTreeMap::new(),
            is_index_logged: false,
            signing: signing
                .map(|(id, it)| (id.parse().unwrap(), proof(it)))
                .collect(),
            successors: successors.collect(),
        }
    }

    fn evidence(&self) -> Evidence {
        let remembered = &self.remembered;
        let author = self.release.0.author.clone();
        let sources = ChainSources {
            known: RecordChain::restored(author, all(&remembered.records)).unwrap(),
            first_seen: remembered.author.as_ref().map(Name::seen),
            index: self
                .index
                .as_ref()
                .map_or_else(PlaceRecords::default, |index| place(&index.records)),
            directory: place(&self.directory),
            overrides: self.overrides.clone(),
        };
        let distribution = remembered.distribution.as_ref();
        Evidence {
            log: None,
            digest: Sha256Digest::new([1; 32]),
            signature: Signed::signature(self.signature.as_ref()),
            archive: assessed(self.archive.as_deref()),
            known: StoreRows {
                author: sources.first_seen.clone(),
                distribution: distribution
                    .map(|it| FirstSigner {
                        author: it.author.parse().unwrap(),
                        identity: it.signer.seen(),
                    })
                    .into_iter()
                    .collect(),
                signed: remembered.signed.as_ref().map(|it| it.parse().unwrap()),
                newest: remembered
                    .newest
                    .iter()
                    .map(|it| it.parse().unwrap())
                    .collect(),
                ..StoreRows::default()
            },
            owners: self.owners(),
            authorized: AuthorizedSigners::of(&sources, self.now),
            sources,
            undetermined: None,
            index: self.index(),
            trust_age: self
                .trust_material_days
                .map(|days| SignedDuration::from_hours(24 * days)),
        }
    }
}

impl Case {
    fn decide(&self, wants_remembers: bool) -> Expected {
        let policy = Policy::parse(&self.policy).unwrap();
        let rules = policy.rules(&self.release.0, &self.packages);
        let evidence = self.evidence();
        let verdict = decide(&self.release.0, &evidence, &rules);
        let remembers = wants_remembers && verdict.admits();
        let remembers = remembers.then(|| {
            let lesson = Lesson::of(&self.release.0, &evidence, &rules, self.now);
            let scope = lesson.signature.map(|it| it.scope);
            let packages = lesson.packages.into_iter().map(|it| it.package);
            Remembers {
                author: scope == Some(Scope::Author),
                distribution: scope.is_some(),
                records: lesson.signature.is_some_and(|it| it.chain),
                packages: packages.collect(),
                newest: lesson.is_newest,
            }
        });
        let binding = serde_json::to_value(verdict.binding).unwrap();
        let owner = serde_json::to_value(verdict.owner).unwrap();
        Expected {
            finding: verdict.finding.code().to_owned(),
            decision: verdict.decision.code().to_owned(),
            exit: verdict.exit() as u8,
            binding: binding.as_str().map(str::to_owned),
            owner: owner.as_str().map(str::to_owned),
            remembers,
        }
    }

    fn check(&self) {
        let expected = self.expected.as_ref().unwrap();
        let found = self.decide(expected.remembers.is_some());
        assert_eq!(found, *expected, "{} ({})", self.name, self.section);
    }
}

/// The verdict that the suite asks for.
pub(crate) fn answer(case: Value) -> Value {
    let case: Case = serde_json::from_value(case).unwrap();
    serde_json::to_value(case.decide(case.wants_remembers)).unwrap()
}

/// Checks the text of one case.
pub(super) fn decides(text: &str) {
    serde_json::from_str::<Case>(text).unwrap().check();
}

#[test]
fn decides_as_test_vectors_say() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/spec/vectors/gate.json"
    );
    let cases: Vec<Case> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert!(cases.len() > 60);
    cases.iter().for_each(Case::check);
}

/// Records that arrive one after the other.
#[derive(Deserialize)]
struct Succession {
    author: String,
    now: Timestamp,
    overrides: Vec<Sha256Digest>,
    arrivals: Vec<Record>,
}

/// The outcomes and the chain that the suite asks for.
pub(crate) fn connect(case: Value) -> Value {
    let case: Succession = serde_json::from_value(case).unwrap();
    let context = ChainContext {
        now: case.now,
        overrides: &case.overrides,
    };
    let mut chain = RecordChain::new(case.author.parse().unwrap());
    let mut outcomes = Vec::new();
    for arrival in &case.arrivals {
        outcomes.push(chain.append(arrival.signed(), context)[0].outcome.code());
    }
    let chain = chain.records().iter();
    let chain: Vec<_> = chain.map(|it| it.record().digest().to_string()).collect();
    json!({"outcomes": outcomes, "chain": chain})
}

/// Checks the text of one case.
pub(super) fn connects(text: &str) {
    let mut case: Value = serde_json::from_str(text).unwrap();
    let mut outcomes = Vec::new();
    for arrival in case["arrivals"].as_array_mut().unwrap() {
        outcomes.push(arrival.as_object_mut().unwrap().remove("outcome"));
    }
    let expected = json!({"outcomes": outcomes, "chain": case["chain"].take()});
    assert_eq!(connect(case), expected);
}
