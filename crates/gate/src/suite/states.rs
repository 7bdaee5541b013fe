//! Proof that a sequence of releases leads to each state of `gate.json`. Co-holders of a package come from an author index
//! or from permissions, which no release has here: of several holders the first is compared.

use std::{collections::BTreeSet, fs};

use cpan_sigstore_core::{identity::StableIdentity, policy::Policy, release::ReleasePath};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{SUITE, sequences::Step};
use crate::{Gate, TrustStore, decide::tests::vectors::Name, store::PackageOwner};

/// A release, and the policy by which it is admitted.
struct Admission {
    policy: String,
    step: Value,
}

fn id(path: &Value) -> &str {
    path.as_str().unwrap().split('/').nth(4).unwrap()
}

fn admission(release: &Value, now: &str, signer: &Value, more: &Value) -> Admission {
    let signature = (!signer.is_null()).then(|| json!({ "signer": signer, "signed": [now] }));
    let mut step = json!({ "release": release, "now": now, "signature": signature });
    for (key, value) in more.as_object().unwrap() {
        step[key] = value.clone();
    }
    Admission {
        policy: String::new(),
        step,
    }
}

/// The releases that lead to the state of a case.
fn admissions(case: &Value) -> Vec<Admission> {
    let state = &case["remembered"];
    let author = id(&case["release"]);
    let stranger = json!({ "kind": "email", "subject": "else@example.org", "issuer": "https://accounts.example" });
    let of = |path: &Value| match &state["author"] {
        signer if id(path) == author && !signer.is_null() => signer.clone(),
        _ => stranger.clone(),
    };
    let mut all = Vec::new();
    let owners = state["owners"].as_array().into_iter().flatten();
    for owner in owners.clone() {
        let (path, seen) = (&owner["path"], owner["seen"].as_str().unwrap());
        let packages = json!({ "packages": [owner["package"]] });
        let is_signed = owner["signed"] == *path;
        let signer = if is_signed { of(path) } else { Value::Null };
        all.push(admission(path, seen, &signer, &packages));
    }
    for owner in owners.filter(|it| !it["signed"].is_null()) {
        let packages = json!({ "packages": [owner["package"]] });
        let (path, seen) = (&owner["signed"], owner["seen"].as_str().unwrap());
        all.push(admission(path, seen, &of(path), &packages));
    }
    let records = state["records"].as_array().unwrap();
    let time = records.first().map_or("2026-01-01T00:00:00Z", |it| {
        it["signed"][0].as_str().unwrap()
    });
    let pin = |section: &str, signer: &Value| {
        format!(
            "[{section}]\nidentities = [{{ subject = {}, issuer = {} }}]\n",
            signer["subject"], signer["issuer"]
        )
    };
    if !state["author"].is_null() {
        // A release of a distribution that the case is not about, and those that bring the records one by one.
        let (folder, _) = case["release"].as_str().unwrap().rsplit_once('/').unwrap();
        let first = json!(format!("{folder}/Acme-First-0.01.tar.gz"));
        all.push(admission(&first, time, &state["author"], &json!({})));
        for count in 1..=records.len() {
            let known = json!({ "directory": records[..count] });
            let signer = &records[0]["signer"];
            let step = admission(&first, time, signer, &known).step;
            let policy = match signer["subject"] == state["author"]["subject"] {
                true => String::new(),
                false => pin(&format!("author.{author}"), signer),
            };
            all.push(Admission { policy, step });
        }
    }
    if let Some(first) = state["distribution"].as_object() {
        let (signer, of) = (&first["signer"], first["author"].as_str().unwrap());
        let name = case["release"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap();
        let path = json!(format!("authors/id/{}/{}/{of}/{name}", &of[..1], &of[..2]));
        let path = if of == author {
            &state["signed"]
        } else {
            &path
        };
        let step = admission(path, time, signer, &json!({})).step;
        all.push(Admission {
            policy: pin("distribution.Foo-Bar", signer),
            step,
        });
    }
    for newest in state["newest"].as_array().into_iter().flatten() {
        let packages = json!({ "packages": [format!("Package::Of::{}", id(newest))] });
        all.push(admission(
            newest,
            "2026-11-20T00:00:00Z",
            &of(newest),
            &packages,
        ));
    }
    all
}

/// The parts of a state that the trust store lacks after these releases.
async fn lacking(case: &Value) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("trust-store.sqlite");
    let place = place.to_str().unwrap();
    let store = TrustStore::open(place).await.unwrap();
    for Admission { policy, step } in admissions(case) {
        let store = store.clone();
        let gate = Gate::without_trust("a test", Policy::parse(&policy).unwrap(), store);
        let step: Step = serde_json::from_value(step).unwrap();
        step.verdict(&gate).await;
    }
    let state = &case["remembered"];
    let path: ReleasePath = case["release"].as_str().unwrap().parse().unwrap();
    let mut lacking = Vec::new();
    let mut expect = |what: &str, is_there: bool| {
        if !is_there {
            lacking.push(what.to_owned());
        }
    };
    let known = store.known(&path, &[]).await.unwrap();
    let is_same = |identity: Option<&StableIdentity>, signer: &Value| {
        let signer: Option<Name> = serde_json::from_value(signer.clone()).unwrap();
        signer.is_none_or(|it| identity == Some(&it.seen()))
    };
    expect("author", is_same(known.author.as_ref(), &state["author"]));
    expect(
        "signed",
        state["signed"].is_null()
            || id(&state["signed"]) != path.author.as_str()
            || known.signed_by(&path.author).is_some(),
    );
    let chain = store.record_chain(&path.author).await.unwrap();
    expect(
        "records",
        chain.records().len() == state["records"].as_array().unwrap().len(),
    );
    let first = &state["distribution"];
    let remembered = known
        .distribution
        .iter()
        .find(|it| Some(it.author.as_str()) == first["author"].as_str());
    expect(
        "distribution",
        first.is_null() || is_same(remembered.map(|it| &it.identity), &first["signer"]),
    );
    for owner in state["owners"].as_array().into_iter().flatten() {
        let owner: PackageOwner = serde_json::from_value(owner.clone()).unwrap();
        let known = store
            .known(&path, std::slice::from_ref(&owner.package))
            .await
            .unwrap();
        let known = known.packages.get(&owner.package);
        expect(
            "owners",
            known.is_some_and(|it| it.holders.first() == owner.holders.first()),
        );
    }
    for newest in state["newest"].as_array().into_iter().flatten() {
        expect(
            "newest",
            known
                .newest
                .iter()
                .any(|it| it.to_string() == newest.as_str().unwrap()),
        );
    }
    lacking
}

#[test]
fn releases_lead_to_each_state_of_the_test_vectors() {
    let text = fs::read_to_string(format!("{SUITE}/../vectors/gate.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let runtime = Runtime::new().unwrap();
    let mut unreachable = Vec::new();
    // Many cases have the same state.
    let mut states = BTreeSet::new();
    for case in &cases {
        let state = format!("{} {}", id(&case["release"]), case["remembered"]);
        if !states.insert(state) {
            continue;
        }
        let lacking = runtime.block_on(lacking(case));
        if !lacking.is_empty() {
            unreachable.push(format!("{}: {}", case["name"], lacking.join(", ")));
        }
    }
    assert!(unreachable.is_empty(), "{}", unreachable.join("\n"));
}
