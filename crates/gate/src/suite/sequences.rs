//! Releases one after the other, with the trust store that each leaves behind.

use std::path::Path;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    policy::Policy,
    release::{PackageName, ReleasePath},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    ArchiveFile, Candidate, Gate, IndexStanding, TrustStore,
    authorized::{AuthorizedSigners, ChainSources, PlaceRecords},
    decide::tests::vectors::{Record, Signed, assessed, place},
    evidence::Evidence,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    policy: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Step {
    release: String,
    now: Timestamp,
    #[serde(default)]
    packages: Vec<PackageName>,
    signature: Option<Signed>,
    archive: Option<String>,
    #[serde(default)]
    directory: Vec<Record>,
}

pub(super) fn answer(case: Value) -> Value {
    let case: Case = serde_json::from_value(case).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("trust-store.sqlite");
    let runtime = Runtime::new().unwrap();
    let verdicts = runtime.block_on(async {
        let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        let policy = Policy::parse(&case.policy).unwrap();
        let gate = Gate::without_trust("a test", policy, store);
        let mut verdicts = Vec::new();
        for step in &case.steps {
            verdicts.push(step.verdict(&gate).await);
        }
        verdicts
    });
    json!({ "verdicts": verdicts })
}

impl Step {
    pub(super) async fn verdict(&self, gate: &Gate) -> Value {
        let path: ReleasePath = self.release.parse().unwrap();
        let candidate = Candidate {
            path: &path,
            // The assessment of the archive is given.
            archive: ArchiveFile::Unhashed(Path::new("")),
            bundle: None,
            records: &[],
            packages: &self.packages,
            permissions: None,
            index: IndexStanding::Unlogged,
            log_proof: None,
        };
        let rules = gate.policy().rules(&path, &self.packages);
        let evidence = self.evidence(gate, &candidate).await;
        let verdict = gate.settle(&candidate, &rules, evidence, self.now).await;
        let verdict = verdict.unwrap();
        json!({
            "finding": verdict.finding.code(),
            "decision": verdict.decision.code(),
            "exit": verdict.exit() as u8,
            "binding": verdict.binding,
            "owner": verdict.owner,
        })
    }

    async fn evidence(&self, gate: &Gate, candidate: &Candidate<'_>) -> Evidence {
        let store = gate.trust_store();
        let author = &candidate.path.author;
        let known = store.known(candidate.path, candidate.packages).await;
        let mut known = known.unwrap();
        let packages = std::mem::take(&mut known.packages);
        let owners = gate.collector();
        let owners = owners.owners(candidate, packages, &known.newest, self.now);
        let owners = owners.await.unwrap();
        let sources = ChainSources {
            known: store.record_chain(author).await.unwrap(),
            first_seen: known.author.clone(),
            index: PlaceRecords::default(),
            directory: place(&self.directory),
            overrides: Vec::new(),
        };
        Evidence {
            digest: Sha256Digest::new([1; 32]),
            signature: Signed::signature(self.signature.as_ref()),
            archive: assessed(self.archive.as_deref()),
            known,
            owners,
            authorized: AuthorizedSigners::of(&sources, self.now),
            sources,
            undetermined: None,
            index: None,
            trust_age: Some(SignedDuration::ZERO),
            log: None,
        }
    }
}
