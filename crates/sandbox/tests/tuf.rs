//! Another TUF client (`sigstore-tuf`) reads the sandbox's repository: it accepts good metadata and
//! refuses each misbehaviour.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use cpan_sigstore_sandbox::{
    Clock,
    tuf::{Repository, TufMisbehaviour as Wrong},
};
use jiff::{SignedDuration, Timestamp};
use sigstore_tuf::{Error, FileStore, HttpRepository, Updater};

const TARGET: &str = "trusted_root.json";

struct Served {
    repository: Repository,
    clock: Clock,
    url: String,
    cache: tempfile::TempDir,
}

impl Served {
    async fn new(content: &str) -> Self {
        let clock = Clock::new();
        let repository = Repository::new(clock.clone(), files(content)).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = repository.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            repository,
            clock,
            url,
            cache: tempfile::tempdir().unwrap(),
        }
    }

    /// Runs a client that keeps its cache between calls.
    async fn fetch(&self) -> Result<String, Error> {
        let http = reqwest::Client::builder()
            .tls_certs_only([])
            .build()
            .unwrap();
        let source = HttpRepository::new(&self.url)?.with_http_client(http);
        let mut client = Updater::new(source, &self.repository.root_json())?
            .with_store(FileStore::new(self.cache.path()));
        let now: Timestamp = self.clock.now();
        client.refresh(now).await?;
        let target = client.get_target(TARGET, now).await?;
        Ok(String::from_utf8(target).unwrap())
    }
}

fn files(content: &str) -> Vec<(String, Vec<u8>)> {
    vec![
        (TARGET.to_owned(), content.as_bytes().to_vec()),
        ("signing_config.v0.2.json".to_owned(), b"{}".to_vec()),
    ]
}

#[tokio::test]
async fn follows_publications_and_root_rotations() {
    let served = Served::new("first").await;
    assert_eq!(served.fetch().await.unwrap(), "first");
    served.repository.publish(files("second"));
    assert_eq!(served.fetch().await.unwrap(), "second");
    served.repository.rotate_root().unwrap();
    served.repository.rotate_root().unwrap();
    served.repository.publish(files("third"));
    assert_eq!(served.fetch().await.unwrap(), "third");
}

#[tokio::test]
async fn lets_metadata_expire_that_nobody_renews() {
    let served = Served::new("first").await;
    served.clock.set_offset(SignedDuration::from_hours(8 * 24));
    let error = served.fetch().await.unwrap_err();
    assert!(matches!(error, Error::Expired { role, .. } if role == "timestamp"));
}

#[tokio::test]
async fn causes_the_named_attack_by_each_tuf_misbehaviour() {
    type Expected = fn(&Error) -> bool;
    let attacks: [(Wrong, Expected); 6] = [
        (
            Wrong::ExpiredTimestamp,
            |e| matches!(e, Error::Expired { role, .. } if role == "timestamp"),
        ),
        (
            Wrong::ForeignTimestamp,
            |e| matches!(e, Error::ThresholdNotMet { role, .. } if role == "timestamp"),
        ),
        (
            Wrong::RolledBackTimestamp,
            |e| matches!(e, Error::Rollback { role, .. } if role == "timestamp"),
        ),
        (
            Wrong::RolledBackSnapshot,
            |e| matches!(e, Error::Rollback { role, .. } if role.starts_with("snapshot")),
        ),
        (Wrong::AlteredTarget, |e| {
            matches!(e, Error::IntegrityMismatch(_))
        }),
        (
            Wrong::ForeignRoot,
            |e| matches!(e, Error::ThresholdNotMet { role, .. } if role == "root"),
        ),
    ];
    for (wrong, expected) in attacks {
        let served = Served::new("first").await;
        served.repository.publish(files("second"));
        served.fetch().await.unwrap();
        served.repository.rotate_root().unwrap();
        served.repository.publish(files("third"));
        served.repository.misbehaviour().set(wrong);
        let error = served.fetch().await.unwrap_err();
        assert!(expected(&error), "{wrong:?} gave {error:?}");
        served.repository.misbehaviour().clear();
        assert_eq!(served.fetch().await.unwrap(), "third", "after {wrong:?}");
    }
}
