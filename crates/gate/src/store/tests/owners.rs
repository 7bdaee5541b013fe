//! The authors of packages by an operator's index, and histories that skip a number.

use std::collections::BTreeMap;

use cpan_sigstore_core::release::PackageName;
use cpan_sigstore_records::author_index::{AuthorIndex, Draft, PackageOwners};

use super::*;

const OPERATOR: &str = "https://operator.example/index.json";
const OTHER: &str = "https://other.example/index.json";
const NOW: &str = "2026-11-24T00:00:00Z";
const LATER: &str = "2026-11-25T00:00:00Z";
const MUCH_LATER: &str = "2027-03-25T00:00:00Z";

fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

fn owners(json: &str) -> PackageOwners {
    PackageOwners::from_json(json).unwrap()
}

fn next(previous: Option<&AuthorIndex>, packages: &[(&str, &str)]) -> AuthorIndex {
    let mut draft = Draft::after(previous);
    let packages = packages.iter();
    let packages = packages.map(|(package, json)| (name(package), owners(json)));
    draft.set_packages(packages.collect(), Vec::new());
    draft.finish(time(NOW)).unwrap()
}

async fn take(memory: &TrustStore, index: &AuthorIndex, now: &str) -> Result<(), TrustStoreError> {
    let taken = memory.take_in_index(OPERATOR, index, time(now), time(now));
    taken.await.map(drop)
}

async fn told(memory: &TrustStore, packages: &[&str]) -> BTreeMap<String, String> {
    let packages: Vec<PackageName> = packages.iter().map(|package| name(package)).collect();
    let found = memory.attested_owners(OPERATOR, &packages).await.unwrap();
    let found = found.into_iter();
    found
        .map(|(package, owners)| (package.to_string(), owners.to_json()))
        .collect()
}

fn expected(packages: &[(&str, &str)]) -> BTreeMap<String, String> {
    let packages = packages.iter();
    packages
        .map(|(package, json)| ((*package).to_owned(), (*json).to_owned()))
        .collect()
}

pub async fn owners_of_packages(memory: &TrustStore) {
    memory.forget(&Forget::All).await.unwrap();
    let packages = &[
        ("Foo", r#"["TIM"]"#),
        ("Foo::Bar", r#"["TIM","CO"]"#),
        ("foo::bar", r#"["OTHER"]"#),
        ("Orphan", r#"[null,"CO"]"#),
    ];
    let one = next(None, packages);
    assert!(told(memory, &["Foo"]).await.is_empty());
    take(memory, &one, NOW).await.unwrap();
    let asked = ["Foo", "Foo::Bar", "foo::bar", "Orphan", "Unknown"];
    assert_eq!(told(memory, &asked).await, expected(packages));
    assert_eq!(told(memory, &["Foo::bar"]).await, BTreeMap::new());
    let elsewhere = memory.attested_owners(OTHER, &[name("Foo")]).await.unwrap();
    assert!(elsewhere.is_empty());
    assert_eq!(memory.attested_package_count(OPERATOR).await.unwrap(), 4);
    // All packages of a package index at once.
    let many: Vec<String> = (0..1000).map(|at| format!("Many::P{at}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).chain(asked).collect();
    assert_eq!(told(memory, &many).await, expected(packages));

    let changed = &[
        ("Foo", r#"["TIM"]"#),
        ("Foo::Bar", r#"["TIM","CO","NEW"]"#),
        ("foo::bar", r#"["EVIL"]"#),
        ("New", r#"["TIM"]"#),
    ];
    let two = next(Some(&one), changed);
    let changes = memory.owner_changes_in(OPERATOR, &two).await.unwrap();
    let texts: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "Orphan: no owner with CO to nobody known",
            "foo::bar: OTHER to EVIL",
            "Foo::Bar: TIM with CO to TIM with CO, NEW",
        ]
    );
    take(memory, &two, LATER).await.unwrap();
    assert_eq!(told(memory, &asked).await, expected(&changed[..3]));
    let noted = memory.attested_owner_changes(OPERATOR).await.unwrap();
    assert_eq!(noted.len(), 3);
    assert_eq!(noted[0].noted, time(LATER));
    assert!(noted.iter().all(|one| changes.contains(&one.change)));
    let after = |package: &str| {
        let noted = noted.iter().find(|one| one.change.package == name(package));
        noted.unwrap().change.after.clone()
    };
    assert_eq!(after("foo::bar"), Some(owners(r#"["EVIL"]"#)));

    // A refused index changes nothing.
    assert!(take(memory, &one, LATER).await.is_err());
    assert_eq!(told(memory, &asked).await, expected(&changed[..3]));
    assert_eq!(memory.owner_changes_in(OPERATOR, &two).await.unwrap(), []);
    let three = next(Some(&two), &[]);
    take(memory, &three, MUCH_LATER).await.unwrap();
    assert!(told(memory, &asked).await.is_empty());
    let noted = memory.attested_owner_changes(OPERATOR).await.unwrap();
    assert!(noted.iter().all(|one| one.noted == time(MUCH_LATER)));
    memory
        .forget(&Forget::Index(OPERATOR.to_owned()))
        .await
        .unwrap();
    assert_eq!(memory.attested_owner_changes(OPERATOR).await.unwrap(), []);
}

#[tokio::test]
async fn rejects_author_index_that_skips_a_number_to_hide_a_fork() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("trust-store.sqlite");
    let memory = TrustStore::open(place.to_str().unwrap()).await.unwrap();
    let one = next(None, &[]);
    let two = next(Some(&one), &[("Foo", r#"["TIM"]"#)]);
    take(&memory, &two, NOW).await.unwrap();
    // Number 4 of another history, whose numbers 2 and 3 nobody has seen.
    let other = next(Some(&one), &[("Foo", r#"["EVIL"]"#)]);
    let other = next(Some(&next(Some(&other), &[])), &[("Foo", r#"["EVIL"]"#)]);
    let refused = take(&memory, &other, LATER).await.unwrap_err();
    assert!(
        matches!(refused, TrustStoreError::IndexForked { number: 2, kept, .. } if kept == two.digest()),
        "{refused}"
    );
    // Number 4 of the same history is accepted although number 3 was not seen.
    let four = next(Some(&next(Some(&two), &[])), &[("Foo", r#"["NEW"]"#)]);
    take(&memory, &four, LATER).await.unwrap();
    assert_eq!(
        told(&memory, &["Foo"]).await,
        expected(&[("Foo", r#"["NEW"]"#)])
    );
}

#[test]
fn rejects_author_index_whose_history_does_not_reach_back() {
    let index = next(Some(&next(None, &[])), &[]);
    let follows = |number| super::follows(OPERATOR, (number, Sha256Digest::new([7; 32])), &index);
    assert!(matches!(
        follows(0),
        Err(TrustStoreError::IndexGap {
            kept: 0,
            found: 2,
            ..
        })
    ));
    assert!(matches!(
        follows(1),
        Err(TrustStoreError::IndexForked { .. })
    ));
    assert!(matches!(
        follows(3),
        Err(TrustStoreError::IndexRolledBack { .. })
    ));
}
