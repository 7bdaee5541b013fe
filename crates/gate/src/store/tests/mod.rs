mod chain;
mod migration;
mod operator;
mod owners;
mod packages;
mod served;
mod server;
mod watch;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{CiClaims, SignerIdentity, Subject},
    release::ReleasePath,
};

use super::*;

fn identity(name: &str) -> StableIdentity {
    StableIdentity::from(&SignerIdentity {
        subject: Subject::Email(name.into()),
        issuer: "https://issuer.example".into(),
        claims: CiClaims::default(),
    })
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn path(text: &str) -> ReleasePath {
    text.parse().unwrap()
}

const RELEASE: &str = "authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz";
const OTHERS: &str = "authors/id/O/OT/OTHER/Foo-Bar-1.03.tar.gz";

async fn see(memory: &TrustStore, release: &str, name: &str) -> StoreRows {
    see_as(memory, release, name, Scope::Author).await
}

async fn see_as(memory: &TrustStore, release: &str, name: &str, scope: Scope) -> StoreRows {
    memory
        .remember(
            &AdmittedRelease {
                path: &path(release),
                signature: Some(AdmittedSignature {
                    scope,
                    digest: Sha256Digest::new([7; 32]),
                    identity: identity(name),
                    signed: time("2026-11-01T00:00:00Z"),
                }),
                packages: Vec::new(),
                is_newest: false,
                now: time("2026-11-24T00:00:00Z"),
            },
            &[],
        )
        .await
        .unwrap()
}

/// A run of the author's workflow, with the ids of repository and owner as far as the certificate has them.
fn workflow(tag: &str, ids: [&str; 2]) -> StableIdentity {
    let subject =
        format!("https://github.com/tim/Foo/.github/workflows/release.yml@refs/tags/{tag}");
    let named = StableIdentity::from(&SignerIdentity {
        subject: Subject::Uri(subject),
        issuer: "https://token.actions.githubusercontent.com".into(),
        claims: CiClaims::default(),
    });
    StableIdentity {
        repository: "https://github.com/tim/Foo".into(),
        repository_id: ids[0].into(),
        owner_id: ids[1].into(),
        ..named
    }
}

/// Ids are remembered with the first signer, added to a row without them, and never replaced.
async fn store_keeps_ids_of_workflows(place: &str) {
    let memory = TrustStore::open(place).await.unwrap();
    memory.forget(&Forget::All).await.unwrap();
    let release = path(RELEASE);
    let remember = async |identity: StableIdentity| {
        let before = memory.known(&release, &[]).await.unwrap();
        let seen = AdmittedRelease {
            path: &release,
            signature: Some(AdmittedSignature {
                scope: Scope::Author,
                digest: Sha256Digest::new([7; 32]),
                identity,
                signed: time("2026-11-01T00:00:00Z"),
            }),
            packages: Vec::new(),
            is_newest: false,
            now: time("2026-11-24T00:00:00Z"),
        };
        let known = memory.remember(&seen, &[]).await.unwrap();
        (before.is_continued_by(&known, &seen), known.author.unwrap())
    };
    let (is_continued, known) = remember(workflow("v1", ["", ""])).await;
    assert_eq!((is_continued, known), (true, workflow("v1", ["", ""])));
    let (is_continued, known) = remember(workflow("v2", ["17", "5"])).await;
    assert_eq!((is_continued, known), (true, workflow("v1", ["17", "5"])));
    let (_, known) = remember(workflow("v3", ["18", "6"])).await;
    assert_eq!(known, workflow("v1", ["17", "5"]));
    let (_, known) = remember(workflow("v3", ["", ""])).await;
    assert_eq!(known, workflow("v1", ["17", "5"]));
    // Somebody else's row stays as it is.
    memory.forget(&Forget::All).await.unwrap();
    remember(identity("tim@x")).await;
    let (_, known) = remember(workflow("v1", ["17", "5"])).await;
    assert_eq!(known, identity("tim@x"));

    let contents = memory.contents().await.unwrap();
    let again = Contents::parse(&serde_json::to_vec(&contents).unwrap()).unwrap();
    assert_eq!(again, contents);
    memory.forget(&Forget::All).await.unwrap();
}

#[tokio::test]
async fn keeps_ids_of_workflows_and_adds_missing_ones() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("trust-store.sqlite");
    store_keeps_ids_of_workflows(place.to_str().unwrap()).await;
}

/// Checks the behavior that every kind of trust store has.
async fn store_keeps_first_signers(place: &str) {
    let memory = TrustStore::open(place).await.unwrap();
    memory.forget(&Forget::All).await.unwrap();
    assert_eq!(
        memory.known(&path(RELEASE), &[]).await.unwrap(),
        StoreRows::default()
    );

    // The first signer is kept, for the author and for the distribution.
    let known = see(&memory, RELEASE, "tim@x").await;
    assert_eq!(known.author, Some(identity("tim@x")));
    let known = see(&memory, RELEASE, "eve@x").await;
    assert_eq!(known.author, Some(identity("tim@x")));
    let known = see(&memory, OTHERS, "eve@x").await;
    assert_eq!(known.author, Some(identity("eve@x")));
    // Another author may have a distribution of the same name.
    let own = known.own_distribution(&"OTHER".parse().unwrap());
    assert_eq!(own, Some(&identity("eve@x")));
    let elsewhere = known.elsewhere(&"OTHER".parse().unwrap()).unwrap();
    assert_eq!(elsewhere.author.as_str(), "TIMLEGGE");
    assert_eq!(elsewhere.identity, identity("tim@x"));

    // Another process sees all of it.
    let second = TrustStore::open(place).await.unwrap();
    let next = path("authors/id/T/TI/TIMLEGGE/Other-1.tar.gz");
    let known = second.known(&next, &[]).await.unwrap();
    assert_eq!(known.author, Some(identity("tim@x")));
    assert_eq!(known.distribution, []);
    assert_eq!(known.signed, Some(path(RELEASE)));

    // The signer of a distribution alone is not remembered for the author.
    let known = see_as(
        &memory,
        "P/PI/PINNED/Foo-1.tar.gz",
        "p@x",
        Scope::Distribution,
    )
    .await;
    assert_eq!(known.author, None);
    let own = known.own_distribution(&"PINNED".parse().unwrap());
    assert_eq!(own, Some(&identity("p@x")));
    let pinned = Forget::Author("PINNED".parse().unwrap());
    assert_eq!(memory.forget(&pinned).await.unwrap(), 2);

    indexes(&memory).await;
    chain::keeps_a_chain_and_only_continues_it(&memory).await;
    exported_and_taken_in(&memory).await;
    operator::what_operators_vouch_for(&memory).await;
    owners::owners_of_packages(&memory).await;
    served::keeps_packages_for_days(&memory).await;
    packages::keeps_first_owners(&memory).await;
}

async fn indexes(memory: &TrustStore) {
    let now = time("2026-11-24T00:00:00Z");
    let (old, new) = (time("2026-11-22T00:00:00Z"), time("2026-11-23T00:00:00Z"));
    let cpan = "https://cpan.example/";
    let newest = || async { memory.newest_index(cpan).await.unwrap() };
    assert_eq!(newest().await, None);
    for (dated, highest) in [
        (None, None),
        (Some(old), Some(old)),
        (None, Some(old)),
        (Some(new), Some(new)),
        (Some(old), Some(new)),
    ] {
        let noted = memory.note_index_date(cpan, dated, now).await.unwrap();
        assert_eq!(noted, highest);
        assert_eq!(newest().await.unwrap().dated, highest);
    }
    let undated = PackageIndexDate {
        cpan: "https://undated.example/".into(),
        dated: None,
        seen: now,
    };
    let contents = Contents {
        index_seen: vec![undated],
        ..Contents::default()
    };
    let json = serde_json::to_vec(&contents).unwrap();
    let contents = Contents::parse(&json).unwrap();
    for new in [1, 0] {
        assert_eq!(memory.import(&contents, false).await.unwrap(), new);
    }
    let address = contents.index_seen[0].cpan.clone();
    let kept = memory.newest_index(&address).await.unwrap();
    assert_eq!(kept.as_ref(), contents.index_seen.first());
    memory.forget(&Forget::Index(address)).await.unwrap();
}

async fn exported_and_taken_in(memory: &TrustStore) {
    let contents = memory.contents().await.unwrap();
    assert_eq!(contents.first_seen.len(), 4);
    assert_eq!(contents.signed_before.len(), 2);
    let json = serde_json::to_vec(&contents).unwrap();
    assert_eq!(Contents::parse(&json).unwrap(), contents);
    // An import of known contents changes nothing.
    assert_eq!(memory.import(&contents, false).await.unwrap(), 0);
    memory.forget(&Forget::All).await.unwrap();
    assert_eq!(memory.import(&contents, false).await.unwrap(), 7);
    assert_eq!(memory.contents().await.unwrap(), contents);

    // Another first identity is a conflict, and the store imports no part of the export.
    let mut other = contents.clone();
    other.first_seen[1].identity = identity("eve2@x");
    other.index_seen[0].cpan = "https://other.example/".into();
    let refused = memory.import(&other, false).await;
    assert!(matches!(refused, Err(TrustStoreError::Conflict { .. })));
    assert_eq!(memory.contents().await.unwrap(), contents);
    assert_eq!(memory.import(&other, true).await.unwrap(), 2);
    let taken = memory.contents().await.unwrap();
    assert_eq!(taken.first_seen, other.first_seen);

    let forgotten = memory
        .forget(&Forget::Author("TIMLEGGE".parse().unwrap()))
        .await
        .unwrap();
    assert_eq!(forgotten, 3);
    let known = memory.known(&path(RELEASE), &[]).await.unwrap();
    assert_eq!(known.author, None);
}

/// Many writers write at once: one identity is first, for all of them.
async fn of_two_at_once_one_is_first(place: &str) {
    let mut tasks = Vec::new();
    for number in 0..8 {
        let place = place.to_owned();
        tasks.push(tokio::spawn(async move {
            let memory = TrustStore::open(&place).await.unwrap();
            see(&memory, RELEASE, &format!("{number}@x")).await.author
        }));
    }
    let mut first = Vec::new();
    for task in tasks {
        first.push(task.await.unwrap().unwrap());
    }
    assert!(first.iter().all(|identity| *identity == first[0]));
}

#[tokio::test]
async fn sqlite_store_keeps_first_signers() {
    let folder = tempfile::tempdir().unwrap();
    // Characters with a meaning in an address have none in a path.
    let place = folder.path().join("a b?mode=ro%20/trust-store.sqlite");
    store_keeps_first_signers(place.to_str().unwrap()).await;
    assert!(place.is_file());
}

#[tokio::test]
async fn one_of_two_processes_is_first_on_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("trust-store.sqlite");
    of_two_at_once_one_is_first(place.to_str().unwrap()).await;
    chain::keeps_one_of_two_concurrent_chains(place.to_str().unwrap()).await;
    packages::of_two_at_once_one_is_owner(place.to_str().unwrap()).await;
}

#[tokio::test]
async fn postgresql_store_keeps_first_signers() {
    let server = server::Server::start();
    // On a new database, all of them create the tables.
    of_two_at_once_one_is_first(&server.address()).await;
    chain::keeps_one_of_two_concurrent_chains(&server.address()).await;
    packages::of_two_at_once_one_is_owner(&server.address()).await;
    store_keeps_first_signers(&server.address()).await;
    store_keeps_ids_of_workflows(&server.address()).await;
    migration::a_store_of_version_3_is_migrated(&server.another("old").await).await;
    watch::store_keeps_watch_of_two_processes(&server.another("watch").await).await;
}

#[tokio::test]
async fn rejects_other_stores_and_hides_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trust-store.sqlite");
    std::fs::write(
        &file,
        "this is no database, and long enough to be looked at",
    )
    .unwrap();
    let refused = TrustStore::open(file.to_str().unwrap()).await;
    assert!(matches!(refused, Err(TrustStoreError::Open { .. })));
    for place in [
        "",
        "mysql://u:secret@h/d",
        "postgres://u:secret@127.0.0.1:1/d",
    ] {
        let error = TrustStore::open(place).await.unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn rejects_export_that_contradicts_itself() {
    let first = |name: &str, path: &str, kind: &str| {
        format!(
            r#"{{"first-seen":[{{"scope":"author","name":"{name}","identity":{{"kind":"{kind}","subject":"a","issuer":"i"}},"path":"{path}","seen":"2026-11-24T00:00:00Z"}}],"signed-before":[],"index-seen":[]}}"#
        )
    };
    assert!(Contents::parse(first("TIMLEGGE", RELEASE, "email").as_bytes()).is_ok());
    for text in [
        first("OTHER", RELEASE, "email"),
        first("TIMLEGGE", "../x", "email"),
        first("TIMLEGGE", RELEASE, "key"),
        "{}".to_owned(),
        "[]".to_owned(),
    ] {
        assert!(Contents::parse(text.as_bytes()).is_err(), "{text}");
    }
}
