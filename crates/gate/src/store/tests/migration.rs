//! Stores of earlier versions.

use sqlx::{Connection as _, Executor as _};

use super::*;

/// Makes a store as the third version did, with the rows that it wrote.
async fn old_store(address: &str) {
    sqlx::any::install_default_drivers();
    let migrator = open::migrator(&open::MIGRATIONS[..3]);
    let mut connection = AnyConnection::connect(address).await.unwrap();
    migrator.run_direct(&mut connection).await.unwrap();
    for (scope, name, path) in [
        ("author", "TIMLEGGE", RELEASE),
        ("distribution", "Foo-Bar", RELEASE),
        ("author", "A-2", "authors/id/A/A-/A-2/sub/folder/X-1.tar.gz"),
        (
            "distribution",
            "X",
            "authors/id/A/A-/A-2/sub/folder/X-1.tar.gz",
        ),
    ] {
        let insert = format!(
            "INSERT INTO first_seen (scope, name, subject_kind, subject, issuer, repository, path, seen) \
             VALUES ('{scope}', '{name}', 'email', 'tim@x', 'https://issuer.example', '', '{path}', 7)"
        );
        connection.execute(insert.as_str()).await.unwrap();
    }
    for index in ["('undated', 0, 7)", "('dated', 5, 7)"] {
        let insert = format!("INSERT INTO index_seen (cpan, dated, seen) VALUES {index}");
        connection.execute(insert.as_str()).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// A first signer of a distribution is that of the author in its path from now on.
pub async fn a_store_of_version_3_is_migrated(place: &str) {
    let address = match place.contains("://") {
        true => place.to_owned(),
        false => format!("sqlite://{place}?mode=rwc"),
    };
    old_store(&address).await;
    let memory = TrustStore::open(place).await.unwrap();
    for release in [RELEASE, "authors/id/A/A-/A-2/sub/folder/X-1.tar.gz"] {
        let release = path(release);
        let known = memory.known(&release, &[]).await.unwrap();
        assert_eq!(known.author, Some(identity("tim@x")), "{release}");
        let own = known.own_distribution(&release.author);
        assert_eq!(own, Some(&identity("tim@x")), "{release}");
        assert_eq!(known.elsewhere(&release.author), None);
    }
    let others = memory.known(&path(OTHERS), &[]).await.unwrap();
    assert_eq!(others.author, None);
    assert_eq!(others.own_distribution(&path(OTHERS).author), None);
    assert!(others.elsewhere(&path(OTHERS).author).is_some());
    let contents = memory.contents().await.unwrap();
    assert_eq!(contents.first_seen.len(), 4);
    let dates = contents.index_seen.iter().map(|index| index.dated);
    let second = |second| Timestamp::from_second(second).unwrap();
    assert_eq!(dates.collect::<Vec<_>>(), [Some(second(5)), None]);
}

/// Makes a store as the version before the CPAN log did, with rows in its newest tables.
async fn store_without_log(address: &str) {
    sqlx::any::install_default_drivers();
    let before = open::MIGRATIONS
        .iter()
        .position(|(version, ..)| *version == 14);
    let migrator = open::migrator(&open::MIGRATIONS[..before.unwrap()]);
    let mut connection = AnyConnection::connect(address).await.unwrap();
    migrator.run_direct(&mut connection).await.unwrap();
    for insert in [
        format!(
            "INSERT INTO awaited_bundle (path, author, seen) VALUES ('{RELEASE}', 'TIMLEGGE', 7)"
        ),
        "INSERT INTO watched_author (author, cursor, files) VALUES ('TIMLEGGE', '{}', '{}')"
            .to_owned(),
    ] {
        connection.execute(insert.as_str()).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// Rows of the version before the CPAN log remain, and the tables of the log are there.
#[tokio::test]
async fn migrates_a_store_without_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("trust-store.sqlite");
    let place = place.to_str().unwrap();
    store_without_log(&format!("sqlite://{place}?mode=rwc")).await;
    for _ in 0..2 {
        let memory = TrustStore::open(place).await.unwrap();
        let author = "TIMLEGGE".parse().unwrap();
        assert_eq!(
            memory.watched_files(&author).await.unwrap().as_deref(),
            Some("{}")
        );
        let seen = Timestamp::from_second(99).unwrap();
        let first = memory.first_sight(&path(RELEASE), seen).await.unwrap();
        assert_eq!(first, Timestamp::from_second(7).unwrap());
        assert_eq!(memory.log("log.example+01234567+AAAA").await.unwrap(), None);
        assert_eq!(
            memory.log_fork("log.example+01234567+AAAA").await.unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn migrates_a_store_of_an_earlier_version() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("trust-store.sqlite");
    a_store_of_version_3_is_migrated(place.to_str().unwrap()).await;
}
