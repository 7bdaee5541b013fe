//! What an attacker between author and user can try, and what becomes of it.

use std::io::Write as _;

use crate::fixtures::shop::{FILE, NEXT, RELEASE};
use crate::{fixtures::author::distribution, harness::AUTHOR, harness::World};

/// The finding on the release, with a policy that names the author.
#[track_caller]
fn assert_refused(name: &str, shop: &World, release: &str, code: i32, finding: &str) {
    let policy = shop.policy(&shop.pins(AUTHOR));
    let found = shop.found(&[&[release], &policy[..]].concat(), code);
    assert_eq!(found["finding"], finding, "{found:#}");
    assert_eq!(found["decision"], "deny");
    assert_eq!(found["exit"], code);
    assert!(found["hint"].is_string());
    shop.verify(&[&[release], &policy[..]].concat())
        .exits(code)
        .snapshot(&format!("verify/{name}"));
}

#[test]
fn rejects_signature_of_attacker_by_pin_and_trust_store() {
    let shop = World::new();
    shop.publish_signed("stranger", FILE, &distribution("Foo-Bar", "1.02"));
    assert_refused(
        "signature-of-a-stranger",
        &shop,
        RELEASE,
        12,
        "identity-mismatch",
    );
    // Without a policy, the author who was seen first is the author.
    shop.publish_release("1.03");
    shop.found(&[&format!("MYAUTHOR/{NEXT}")], 0);
    shop.verify(&[RELEASE]).snapshot("verify/identity-changed");
    let found = shop.found(&[RELEASE], 12);
    assert_eq!(found["finding"], "identity-changed");
    assert!(found["expected"].as_str().unwrap().contains(AUTHOR));
}

#[test]
fn rejects_old_release_under_new_name() {
    let shop = World::new();
    let old = distribution("Foo-Bar", "1.01");
    shop.publish_signed("author", FILE, &old);
    assert_refused(
        "old-release-under-new-name",
        &shop,
        RELEASE,
        14,
        "name-mismatch",
    );
    // Unsigned it is no better.
    shop.publish("Foo-Bar-2.00.tar.gz", &old);
    let found = shop.found(&["MYAUTHOR/Foo-Bar-2.00.tar.gz"], 14);
    assert_eq!(found["finding"], "name-mismatch");
}

#[test]
fn rejects_release_of_another_author_under_this_path() {
    let shop = World::new();
    shop.publish_signed(
        "stranger",
        "Other-1.00.tar.gz",
        &distribution("Other", "1.00"),
    );
    assert_refused(
        "release-of-another-author",
        &shop,
        "MYAUTHOR/Other-1.00.tar.gz",
        12,
        "identity-mismatch",
    );
    shop.publish_signed("stranger", FILE, &distribution("Other", "1.00"));
    assert_refused(
        "release-of-another-author-renamed",
        &shop,
        RELEASE,
        12,
        "identity-mismatch",
    );
}

#[test]
fn rejects_appended_bytes_and_recompressed_archive() {
    let shop = World::new();
    let bytes = distribution("Foo-Bar", "1.02");
    shop.publish_signed("author", FILE, &bytes);
    shop.publish(FILE, &[&bytes[..], b"more"].concat());
    assert_refused("appended-bytes", &shop, RELEASE, 11, "signature-invalid");

    let mut tar = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut tar).unwrap();
    let mut anew = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    anew.write_all(&tar).unwrap();
    shop.publish(FILE, &anew.finish().unwrap());
    assert_refused("recompressed", &shop, RELEASE, 11, "signature-invalid");
    shop.publish(FILE, &bytes[..bytes.len() * 2 / 3]);
    assert_refused("truncated", &shop, RELEASE, 11, "signature-invalid");
}

#[test]
fn rejects_hostile_archive_despite_valid_signature() {
    let shop = World::new();
    let longer = [&distribution("Foo-Bar", "1.02")[..], b"after the end"].concat();
    shop.publish_signed("author", FILE, &longer);
    assert_refused("hostile-archive", &shop, RELEASE, 14, "archive-hostile");
}

#[test]
fn reports_downgrade_for_stripped_bundle() {
    let shop = World::new();
    shop.publish_release("1.02");
    shop.found(&[RELEASE], 0);
    shop.publish(NEXT, &distribution("Foo-Bar", "1.03"));
    let loose = shop.policy("default.unsigned = 'allow'\n");
    let next = format!("MYAUTHOR/{NEXT}");
    let args = [&[next.as_str()], &loose[..]].concat();
    shop.verify(&args).snapshot("verify/downgrade");
    let found = shop.found(&args, 13);
    assert_eq!(found["finding"], "downgrade");
    // The same distribution of another author is compared with that author alone.
    shop.publish_as("STRANGER", NEXT, &distribution("Foo-Bar", "1.03"));
    let found = shop.found(&[&format!("STRANGER/{NEXT}")], 0);
    assert_eq!(found["finding"], "unsigned");
    assert!(
        found["reasons"]
            .to_string()
            .contains("first seen from MYAUTHOR"),
        "{found:#}"
    );
}

#[test]
fn distinguishes_malformed_bundle_from_missing_one() {
    let shop = World::new();
    shop.publish_release("1.02");
    let bundle = format!("{FILE}.sigstore.json");
    for bytes in [&b""[..], b"<xml>", b"{}"] {
        shop.publish(&bundle, bytes);
        let found = shop.found(&[RELEASE], 11);
        assert_eq!(found["finding"], "signature-invalid");
    }
    shop.publish(&bundle, &vec![b' '; (1 << 20) + 1]);
    shop.verify(&[RELEASE]).snapshot("verify/bundle-too-large");
    let found = shop.found(&[RELEASE], 11);
    assert_eq!(found["cause"], "bundle-too-large");
    shop.publish(&bundle, &vec![b' '; (1 << 20) + 2]);
    let found = shop.found(&[RELEASE], 11);
    assert_eq!(found["cause"], "bundle-too-large");
}

#[test]
fn rejects_package_index_that_was_rolled_back() {
    let shop = World::new();
    shop.publish_release("1.02");
    shop.verify(&["Foo::Bar"])
        .exits(0)
        .snapshot("verify/rejects_package_index_that_was_rolled_back-1");
    let clock = shop.sandbox.pause.clock();
    clock.set_offset(jiff::SignedDuration::from_hours(-48));
    shop.publish("Other-1.tar.gz", &distribution("Other", "1"));
    let ran = shop
        .verify(&["Foo::Bar"])
        .exits(13)
        .snapshot("verify/rejects_package_index_that_was_rolled_back-2");
    assert!(ran.stderr.contains("or newer"), "{ran:#?}");
}
