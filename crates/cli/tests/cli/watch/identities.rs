//! `watch --identities` finds signatures under an author's identities in Sigstore's logs, and notices logs that lie.

use cpan_sigstore_sandbox::{Recipe, RekorMisbehaviour, RekorVersion, TileMisbehaviour};
use jiff::SignedDuration;
use serde_json::Value;

use super::watched::{Watched, alerts, codes};
use crate::{
    harness::{AUTHOR, Ran, sha256},
    snapshot,
};

/// An author with a record and a release, who was searched for once.
fn searched() -> Watched {
    let (watched, _) = Watched::enrolled();
    search(&watched, &[]).exits(0);
    watched
}

fn search(watched: &Watched, args: &[&str]) -> Ran {
    watched.run(&[&["--identities"], args].concat())
}

/// Somebody with the author's account signs something, some hours ago.
fn steal(watched: &Watched, bytes: &[u8], hours: i64) {
    let sandbox = &watched.world.sandbox;
    let clocks = [sandbox.oidc_clock(), sandbox.ca.clock()];
    let set = |hours| clocks.map(|clock| clock.set_offset(SignedDuration::from_hours(hours)));
    set(-hours);
    let recipe = Recipe {
        account: "author",
        digest: sha256(bytes),
        rekor: RekorVersion::V2,
        timestamp: false,
    };
    sandbox.forge(&recipe).unwrap();
    set(0);
}

#[track_caller]
fn finds(watched: &Watched, args: &[&str]) -> Value {
    let args = [&["--identities", "--json"], args].concat();
    let found = alerts(&watched.run(&args).exits(12));
    assert_eq!(codes(&found), ["identity-used"], "{found:#?}");
    watched.run(&args).exits(0);
    found[0].clone()
}

/// A run that determines nothing, says why, and finds everything once the log behaves.
#[track_caller]
fn notices(watched: &Watched, wrong: TileMisbehaviour, reason: &str) {
    let tiles = watched.world.sandbox.rekor_v2.tiles();
    tiles.set(wrong);
    let ran = search(watched, &[]).exits(3);
    assert!(ran.stderr.contains(reason), "{ran:#?}");
    assert_eq!(ran.stdout, "");
    tiles.clear();
    finds(watched, &[]);
}

#[test]
fn reports_signature_of_no_known_release_once() {
    let watched = searched();
    steal(&watched, b"malware", 3);
    let found = finds(&watched, &[]);
    let text = serde_json::to_string_pretty(&found).unwrap();
    snapshot::assert("alert/identity-used", &text);
    let bytes = hex::encode(sha256(b"malware"));
    assert!(found["found"].as_str().unwrap().contains(&bytes), "{found}");
    assert!(found["details"].to_string().contains(AUTHOR), "{found}");
}

#[test]
fn says_nothing_of_releases_and_records_of_author() {
    let (watched, _) = Watched::enrolled();
    let ran = search(&watched, &[]).exits(0);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("serves no tiles"), "{ran:#?}");
}

#[test]
fn waits_for_release_of_young_signature() {
    let watched = searched();
    steal(&watched, b"uploaded in a moment", 0);
    let ran = search(&watched, &[]).exits(3);
    assert!(ran.stderr.contains("belongs to no release yet"), "{ran:#?}");
    assert_eq!(ran.stdout, "");
    let ran = search(&watched, &[]).exits(3);
    assert!(ran.stderr.contains("belongs to no release yet"), "{ran:#?}");
}

#[test]
fn finds_given_identity_in_other_spelling() {
    let watched = Watched::begun();
    let ran = search(&watched, &[]).exits(3);
    assert!(ran.stderr.contains("there is no author record"), "{ran:#?}");
    let issuer = format!("{}/", watched.world.issuer());
    let given = ["--identity", "Author@EXAMPLE.org", "--issuer", &issuer];
    steal(&watched, b"malware", 3);
    let ran = watched
        .run(&[&["--identities"], &given[..]].concat())
        .exits(12);
    assert!(ran.stdout.starts_with("identity-used"), "{ran:#?}");
}

#[test]
fn ignores_name_in_certificate_of_no_authority() {
    let watched = searched();
    let log = &watched.world.sandbox.rekor_v2;
    let mut entry: Value = serde_json::from_slice(log.entries().last().unwrap()).unwrap();
    let place = "/spec/hashedRekordV002/signature/verifier/x509Certificate/rawBytes";
    let certificate = entry.pointer_mut(place).unwrap();
    let mut der = base64_decoded(certificate.as_str().unwrap());
    *der.last_mut().unwrap() ^= 1;
    *certificate = base64_encoded(&der).into();
    log.append(serde_json::to_vec(&entry).unwrap());
    let ran = search(&watched, &[]).exits(0);
    assert_eq!(ran.stdout, "");
    assert!(
        ran.stderr.contains("no trusted authority issued: 1"),
        "{ran:#?}"
    );
}

#[test]
fn goes_on_after_entries_of_another_form() {
    let watched = searched();
    let log = &watched.world.sandbox.rekor_v2;
    for body in [&b"no JSON"[..], b"", b"{}", &[0xff; 65_535]] {
        log.append(body.to_vec());
    }
    log.append(vec![b'['; 60_000]);
    steal(&watched, b"malware", 3);
    finds(&watched, &[]);
}

#[test]
fn notices_log_that_hides_an_entry() {
    let watched = searched();
    steal(&watched, b"malware", 3);
    notices(
        &watched,
        TileMisbehaviour::HiddenEntry,
        "expected those of the signed tree",
    );
}

#[test]
fn notices_tiles_that_lie() {
    let watched = searched();
    steal(&watched, b"malware", 3);
    notices(&watched, TileMisbehaviour::LyingTiles, "do not prove");
}

#[test]
fn notices_missing_partial_tiles() {
    let watched = searched();
    steal(&watched, b"malware", 3);
    notices(&watched, TileMisbehaviour::NoPartial, "cannot find tile/");
}

#[test]
fn notices_log_that_shrinks() {
    let watched = searched();
    steal(&watched, b"malware", 3);
    watched.world.sandbox.rekor_v2.append(b"one more".to_vec());
    finds(&watched, &[]);
    steal(&watched, b"more malware", 3);
    let tiles = watched.world.sandbox.rekor_v2.tiles();
    finds(&watched, &[]);
    tiles.set(TileMisbehaviour::Shrunk);
    let ran = search(&watched, &[]).exits(3);
    assert!(ran.stderr.contains("and showed one of"), "{ran:#?}");
}

#[test]
fn notices_log_without_end() {
    let watched = searched();
    steal(&watched, b"malware", 3);
    notices(&watched, TileMisbehaviour::Endless, "cannot find tile/");
}

#[test]
fn notices_log_that_serves_no_checkpoint_any_more() {
    let watched = searched();
    steal(&watched, b"malware", 3);
    notices(
        &watched,
        TileMisbehaviour::NoCheckpoint,
        "no checkpoint any more",
    );
}

#[test]
fn notices_checkpoint_of_another_log() {
    let watched = searched();
    steal(&watched, b"malware", 3);
    let log = &watched.world.sandbox.rekor_v2;
    for wrong in [RekorMisbehaviour::OtherOrigin, RekorMisbehaviour::OtherKey] {
        log.misbehaviour().set(wrong);
        let ran = search(&watched, &[]).exits(3);
        assert!(ran.stderr.contains("invalid checkpoint"), "{ran:#?}");
        log.misbehaviour().clear();
    }
    finds(&watched, &[]);
}

/// Both checkpoints are printed, and kept.
#[track_caller]
fn reports_fork(watched: &Watched) {
    let tiles = watched.world.sandbox.rekor_v2.tiles();
    tiles.set(TileMisbehaviour::Forked);
    let mut found = alerts(&search(watched, &["--json"]).exits(15));
    assert_eq!(codes(&found), ["sigstore-log-fork"], "{found:#?}");
    for side in ["expected", "found"] {
        assert!(
            found[0][side].as_str().unwrap().contains("\n\n— "),
            "{found:#?}"
        );
    }
    assert_ne!(found[0]["expected"], found[0]["found"]);
    // Keys and signatures are random.
    for side in ["expected", "found"] {
        found[0][side] = "CHECKPOINT".into();
    }
    let text = serde_json::to_string_pretty(&found[0]).unwrap();
    snapshot::assert("alert/sigstore-log-fork", &text);
    let listed = watched.world.run(&["trust", "list"]).exits(0).stdout;
    assert!(listed.contains("fork http://"), "{listed}");
}

#[test]
fn reports_fork_of_log_with_both_checkpoints() {
    let watched = searched();
    steal(&watched, b"malware", 3);
    reports_fork(&watched);
}

#[test]
fn reports_log_that_shows_watcher_another_tree_than_signer() {
    // The log was never read: the gate knows the checkpoints of the bundles.
    let (watched, _) = Watched::enrolled();
    let asked = watched.world.sandbox.services.rekor_v2.requests();
    assert!(
        asked.iter().all(|request| !request.contains("GET")),
        "{asked:?}"
    );
    reports_fork(&watched);
}

#[test]
fn goes_on_where_the_last_run_ended() {
    let watched = searched();
    for number in 0..600 {
        let body = format!("entry {number}");
        watched.world.sandbox.rekor_v2.append(body.into_bytes());
    }
    steal(&watched, b"malware", 3);
    let ran = search(&watched, &["--entries", "300"]).exits(0);
    assert!(ran.stderr.contains("256 of 60"), "{ran:#?}");
    let ran = search(&watched, &["--entries", "300"]).exits(0);
    assert!(ran.stderr.contains("512 of 60"), "{ran:#?}");
    finds(&watched, &["--entries", "300"]);
}

fn base64_decoded(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.decode(text).unwrap()
}

fn base64_encoded(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}
