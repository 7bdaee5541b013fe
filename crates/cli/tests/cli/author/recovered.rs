//! An author who lost every identity.

use cpan_sigstore_core::identity::{AuthorIdentity, IdentityPolicy, StableIdentity};
use cpan_sigstore_gate::TrustStore;
use cpan_sigstore_records::{
    chain::{RecordChain, SignedRecord},
    record::{AuthorRecord, Releases},
};
use jiff::{SignedDuration, Timestamp};

use super::*;

#[test]
fn rejects_recovery_record_by_itself() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    let ran = enrolling.run("stranger", &["recover", "--json"]).exits(0);
    let made = ran.json();
    assert_eq!(made["version"], 2);
    let digest = made["digest"].as_str().unwrap();
    assert!(ran.stderr.contains(digest), "{ran:#?}");
    let ran = enrolling
        .look(&["check", ID])
        .exits(12)
        .snapshot("author/rejects_recovery_record_by_itself");
    assert!(ran.stderr.contains("signer-not-listed"), "{ran:#?}");
    let shown = enrolling.look(&["show", ID, "--json"]).exits(0).json();
    assert_eq!(shown["version"], 1);
}

/// Creates a recovery key in a file, and returns its public half.
fn create(enrolling: &Enrolling, file: &str) -> String {
    let ran = enrolling.look(&["recovery-key", "create", file]).exits(0);
    let public = ran.stdout.split_whitespace();
    let mut public = public.filter(|word| word.starts_with("ed25519:"));
    assert!(ran.stderr.contains("offline"), "{ran:#?}");
    public.next().unwrap().to_owned()
}

/// Puts a first record with a recovery key, by an identity of the sandbox, into the trust store, as if it were old.
fn remember_old_record(enrolling: &Enrolling, public: &str) {
    let issuer = enrolling.world.issuer();
    let identities = vec![AuthorIdentity {
        identity: IdentityPolicy::exact(AUTHOR, &issuer),
        from: None,
        until: None,
    }];
    let author = ID.parse().unwrap();
    let first = AuthorRecord::first(author, identities, Releases::Mixed).unwrap();
    let first = first.with_recovery_key(Some(public.parse().unwrap()));
    let first = first.unwrap();
    let signer = StableIdentity {
        kind: "email".to_owned(),
        subject: AUTHOR.to_owned(),
        issuer,
        repository: String::new(),
        repository_id: String::new(),
        owner_id: String::new(),
    };
    let at = Timestamp::now() - SignedDuration::from_hours(24 * 30);
    let at = Timestamp::from_second(at.as_second()).unwrap();
    let signed = SignedRecord::proved(first, signer.signer(), vec![at]);
    let chain = RecordChain::restored(ID.parse().unwrap(), vec![signed]).unwrap();
    let place = enrolling.world.path("data/trust-store.sqlite");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let kept = runtime.block_on(async {
        let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        store.remember_chain(&chain, false, Timestamp::now()).await
    });
    assert_eq!(kept.unwrap().version(), 1);
}

#[test]
fn recovers_stolen_record_by_recovery_key() {
    let enrolling = Enrolling::new();
    let public = create(&enrolling, "recovery.pem");
    let other = create(&enrolling, "other.pem");
    remember_old_record(&enrolling, &public);
    // A thief of the identity takes the record over, with another recovery key.
    let steal = ["recovery-key", "add", &other];
    let stolen = enrolling.run("author", &steal).exits(0);
    assert!(stolen.stdout.contains(&other), "{stolen:#?}");
    fs::remove_file(enrolling.world.path(&record(2))).unwrap();
    fs::remove_file(
        enrolling
            .world
            .path(&format!("{}.sigstore.json", record(2))),
    )
    .unwrap();
    // The thief's own recovery key is in effect after seven days alone.
    let wrong = ["recovery-key", "use", "other.pem"];
    let ran = enrolling.run("stranger", &wrong).exits(12);
    assert!(ran.stderr.contains("recovery-refused"), "{ran:#?}");
    for name in [record(3), format!("{}.sigstore.json", record(3))] {
        fs::remove_file(enrolling.world.path(&name)).unwrap();
    }
    let recover = [
        "recovery-key",
        "use",
        "recovery.pem",
        "--after",
        "1",
        "--json",
    ];
    let made = enrolling.run("stranger", &recover).exits(0).json();
    assert_eq!(made["version"], 2);
    enrolling.assert_published(2);
    let shown = enrolling.look(&["show", ID, "--json"]).exits(0).json();
    assert_eq!(shown["version"], 2);
    assert_eq!(shown["recovery-key"], public);
    let identities = shown["identities"].to_string();
    assert!(identities.contains(STRANGER) && !identities.contains(AUTHOR));
    let shown = enrolling.look(&["show", ID]).exits(0);
    assert!(
        shown.stdout.contains("signed by the recovery key"),
        "{shown:#?}"
    );
}

#[test]
fn signs_change_of_recovery_key_by_the_old_one() {
    let enrolling = Enrolling::new();
    let public = create(&enrolling, "old.pem");
    let new = create(&enrolling, "new.pem");
    remember_old_record(&enrolling, &public);
    let wrong = ["recovery-key", "remove", "--key", "new.pem", "--no-upload"];
    let ran = enrolling.run("author", &wrong).exits(12);
    assert!(ran.stderr.contains("recovery-refused"), "{ran:#?}");
    for name in [record(2), format!("{}.sigstore.json", record(2))] {
        fs::remove_file(enrolling.world.path(&name)).unwrap();
    }
    let change = ["recovery-key", "add", &new, "--key", "old.pem"];
    let ran = enrolling.run("author", &change).exits(0);
    assert!(ran.stdout.contains(&new), "{ran:#?}");
    // The new one is in effect at once.
    let remove = ["recovery-key", "remove", "--key", "new.pem"];
    let ran = enrolling.run("author", &remove).exits(0);
    assert!(!ran.stdout.contains("ed25519:"), "{ran:#?}");
    let again = enrolling.run("author", &["recovery-key", "remove"]);
    assert_ne!(again.code, Some(0));
}

#[test]
fn keeps_file_of_recovery_key() {
    let enrolling = Enrolling::new();
    create(&enrolling, "recovery.pem");
    let file = enrolling.world.path("recovery.pem");
    let text = fs::read_to_string(&file).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = enrolling.look(&["recovery-key", "create", "recovery.pem"]);
    assert_eq!(again.code, Some(1), "{again:#?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    fs::write(&file, "none").unwrap();
    enrolling
        .run("author", &["recovery-key", "use", "recovery.pem"])
        .exits(2)
        .snapshot("author/keeps_file_of_recovery_key");
}
