//! Owners of packages and the newest releases.

use super::*;

const FOO: &str = "authors/id/T/TI/TIM/Foo-1.0.tar.gz";
const NEWER: &str = "authors/id/T/TI/TIM/Foo-1.10.tar.gz";
const CO: &str = "authors/id/C/CO/CO/Foo-2.0.tar.gz";
const EVIL: &str = "authors/id/E/EV/EVIL/Foo-9.0.tar.gz";

fn names(texts: &[&str]) -> Vec<PackageName> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn owner(package: &str, release: &str, others: &[&str], is_signed: bool) -> PackageOwner {
    let release = path(release);
    let mut holders = vec![release.author.clone()];
    holders.extend(others.iter().map(|id| id.parse().unwrap()));
    PackageOwner {
        package: package.parse().unwrap(),
        holders,
        signed: is_signed.then(|| release.clone()),
        path: release,
        seen: time("2026-11-24T00:00:00Z"),
    }
}

/// Remembers an unsigned release with the owners of packages.
async fn learn(memory: &TrustStore, release: &str, packages: &[PackageOwner]) -> StoreRows {
    let names: Vec<_> = packages.iter().map(|it| it.package.clone()).collect();
    let seen = AdmittedRelease {
        path: &path(release),
        signature: None,
        packages: packages.to_vec(),
        is_newest: true,
        now: time("2026-11-24T00:00:00Z"),
    };
    memory.remember(&seen, &names).await.unwrap()
}

/// The first holders stay, and so does the newest release.
pub async fn keeps_first_owners(memory: &TrustStore) {
    memory.forget(&Forget::All).await.unwrap();
    let first = owner("Foo", FOO, &["CO"], false);
    let known = learn(
        memory,
        FOO,
        &[first.clone(), owner("Foo::Bar", FOO, &[], false)],
    )
    .await;
    assert_eq!(known.packages.len(), 2);
    assert_eq!(known.newest, [path(FOO)]);
    // Another owner changes nothing, not even by a signature.
    let known = learn(memory, EVIL, &[owner("Foo", EVIL, &[], true)]).await;
    assert_eq!(known.packages["Foo"], first);
    // A co-maintainer's signed release is remembered, once.
    for release in [CO, FOO] {
        let known = learn(memory, release, &[owner("Foo", release, &[], true)]).await;
        assert_eq!(known.packages["Foo"].holders, first.holders);
        assert_eq!(known.packages["Foo"].signed, Some(path(CO)));
    }
    // The newest release stays.
    for release in [NEWER, FOO] {
        let known = learn(memory, release, &[]).await;
        assert_eq!(known.newest_of(&"TIM".parse().unwrap()), Some(&path(NEWER)));
        assert_eq!(known.newest, [path(CO), path(EVIL), path(NEWER)]);
    }
    let all = memory.all_package_owners().await.unwrap();
    assert_eq!(all.len(), 2);
    let many: Vec<_> = (0..1200).map(|number| format!("P{number}")).collect();
    let mut many = names(&many.iter().map(String::as_str).collect::<Vec<_>>());
    many.push("Foo::Bar".parse().unwrap());
    let known = memory.known(&path(FOO), &many).await.unwrap();
    // And the one that the distribution is named after.
    assert_eq!(known.packages.len(), 2);

    exported_imported_and_forgotten(memory).await;
}

async fn exported_imported_and_forgotten(memory: &TrustStore) {
    let contents = memory.contents().await.unwrap();
    assert_eq!(contents.package_owners.len(), 2);
    let newest: Vec<_> = contents
        .newest_releases
        .iter()
        .map(|it| it.path.to_string())
        .collect();
    assert_eq!(newest, [CO, EVIL, NEWER]);
    let json = serde_json::to_vec(&contents).unwrap();
    assert_eq!(Contents::parse(&json).unwrap(), contents);
    assert_eq!(memory.import(&contents, false).await.unwrap(), 0);
    memory.forget(&Forget::All).await.unwrap();
    assert_eq!(memory.import(&contents, false).await.unwrap(), 5);
    assert_eq!(memory.contents().await.unwrap(), contents);

    // Other holders are a conflict.
    let mut other = contents.clone();
    other.package_owners[0] = owner("Foo", EVIL, &[], false);
    let refused = memory.import(&other, false).await;
    assert!(matches!(refused, Err(TrustStoreError::Conflict { .. })));
    assert_eq!(memory.contents().await.unwrap(), contents);
    assert_eq!(memory.import(&other, true).await.unwrap(), 1);
    let known = memory.known(&path(FOO), &names(&["Foo"])).await.unwrap();
    assert_eq!(known.packages["Foo"].holders[0].as_str(), "EVIL");

    let forget = |what| async move { memory.forget(&what).await.unwrap() };
    assert_eq!(forget(Forget::Package("Foo".parse().unwrap())).await, 1);
    assert_eq!(forget(Forget::Author("TIM".parse().unwrap())).await, 2);
    assert_eq!(forget(Forget::Distribution("Foo".into())).await, 2);
    assert_eq!(memory.contents().await.unwrap(), Contents::default());
}

/// Many writers write at once: one author is first, for all of them.
pub async fn of_two_at_once_one_is_owner(place: &str) {
    let mut tasks = Vec::new();
    for number in 0..8 {
        let place = place.to_owned();
        tasks.push(tokio::spawn(async move {
            let memory = TrustStore::open(&place).await.unwrap();
            let release = format!("authors/id/A/A{number}/A{number}/Foo-1.0.tar.gz");
            let known = learn(&memory, &release, &[owner("Foo", &release, &[], false)]).await;
            known.packages["Foo"].holders.clone()
        }));
    }
    let mut first = Vec::new();
    for task in tasks {
        first.push(task.await.unwrap());
    }
    assert!(
        first.iter().all(|holders| *holders == first[0]),
        "{first:?}"
    );
}

#[test]
fn rejects_owner_that_contradicts_itself() {
    let text = |holders: &str, signed: &str| {
        format!(
            r#"{{"first-seen":[],"signed-before":[],"index-seen":[],"package-owners":[{{"package":"Foo","holders":{holders},"path":"{FOO}","signed":{signed},"seen":"2026-11-24T00:00:00Z"}}]}}"#
        )
    };
    let parse = |text: String| Contents::parse(text.as_bytes());
    assert!(parse(text("[\"TIM\"]", "null")).is_ok());
    for (holders, signed) in [
        ("[]", "null".to_owned()),
        ("[\"EVIL\"]", "null".to_owned()),
        ("[\"a b\"]", "null".to_owned()),
        ("[\"TIM\"]", format!("\"{EVIL}\"")),
        ("[\"TIM\"]", "\"\"".to_owned()),
    ] {
        assert!(parse(text(holders, &signed)).is_err(), "{holders} {signed}");
    }
}
