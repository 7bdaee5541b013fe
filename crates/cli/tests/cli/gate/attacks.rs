//! What an attacker between author and user can try, and what becomes of it.

use std::io::Write as _;

use super::shop::{FILE, NEXT, RELEASE, Shop};
use crate::{harness::AUTHOR, pause::author::distribution};

/// The finding on the release, with a policy that names the author.
#[track_caller]
fn assert_refused(shop: &Shop, release: &str, code: i32, finding: &str) {
    let policy = shop.policy(&shop.pins(AUTHOR));
    let found = shop.found(&[&[release], &policy[..]].concat(), code);
    assert_eq!(found["finding"], finding, "{found:#}");
    assert_eq!(found["decision"], "deny");
    assert_eq!(found["exit"], code);
    assert!(found["hint"].is_string());
}

#[test]
fn the_attackers_own_valid_signature_is_refused_by_pin_and_by_memory() {
    let shop = Shop::new();
    shop.publish_signed("stranger", FILE, &distribution("Foo-Bar", "1.02"));
    assert_refused(&shop, RELEASE, 12, "identity-mismatch");
    // Without a policy, the author who was seen first is the author.
    shop.release("1.03");
    shop.found(&[&format!("MYAUTHOR/{NEXT}")], 0);
    let found = shop.found(&[RELEASE], 12);
    assert_eq!(found["finding"], "identity-changed");
    assert!(found["expected"].as_str().unwrap().contains(AUTHOR));
}

#[test]
fn an_old_release_under_a_new_name_is_refused() {
    let shop = Shop::new();
    let old = distribution("Foo-Bar", "1.01");
    shop.publish_signed("author", FILE, &old);
    assert_refused(&shop, RELEASE, 14, "name-mismatch");
    // Unsigned it is no better.
    shop.publish("Foo-Bar-2.00.tar.gz", &old);
    let found = shop.found(&["MYAUTHOR/Foo-Bar-2.00.tar.gz"], 14);
    assert_eq!(found["finding"], "name-mismatch");
}

#[test]
fn another_authors_release_under_this_authors_path_is_refused() {
    let shop = Shop::new();
    shop.publish_signed(
        "stranger",
        "Other-1.00.tar.gz",
        &distribution("Other", "1.00"),
    );
    assert_refused(&shop, "MYAUTHOR/Other-1.00.tar.gz", 12, "identity-mismatch");
    shop.publish_signed("stranger", FILE, &distribution("Other", "1.00"));
    assert_refused(&shop, RELEASE, 12, "identity-mismatch");
}

#[test]
fn appended_bytes_and_a_recompressed_archive_are_refused() {
    let shop = Shop::new();
    let bytes = distribution("Foo-Bar", "1.02");
    shop.publish_signed("author", FILE, &bytes);
    shop.publish(FILE, &[&bytes[..], b"more"].concat());
    assert_refused(&shop, RELEASE, 11, "signature-invalid");

    let mut tar = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut tar).unwrap();
    let mut anew = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    anew.write_all(&tar).unwrap();
    shop.publish(FILE, &anew.finish().unwrap());
    assert_refused(&shop, RELEASE, 11, "signature-invalid");
    shop.publish(FILE, &bytes[..bytes.len() * 2 / 3]);
    assert_refused(&shop, RELEASE, 11, "signature-invalid");
}

#[test]
fn an_authors_valid_signature_does_not_excuse_a_hostile_archive() {
    let shop = Shop::new();
    let longer = [&distribution("Foo-Bar", "1.02")[..], b"after the end"].concat();
    shop.publish_signed("author", FILE, &longer);
    assert_refused(&shop, RELEASE, 14, "archive-hostile");
}

#[test]
fn a_bundle_that_is_stripped_is_a_downgrade_where_the_author_signed_before() {
    let shop = Shop::new();
    shop.release("1.02");
    shop.found(&[RELEASE], 0);
    shop.publish(NEXT, &distribution("Foo-Bar", "1.03"));
    let loose = shop.policy("default.unsigned = 'allow'\n");
    let next = format!("MYAUTHOR/{NEXT}");
    let found = shop.found(&[&[next.as_str()], &loose[..]].concat(), 13);
    assert_eq!(found["finding"], "downgrade");
    // The same distribution by another author, too.
    shop.publish_as("STRANGER", NEXT, &distribution("Foo-Bar", "1.03"));
    let found = shop.found(&[&format!("STRANGER/{NEXT}")], 13);
    assert_eq!(found["finding"], "downgrade");
}

#[test]
fn a_bundle_that_is_garbage_or_endless_is_no_missing_bundle() {
    let shop = Shop::new();
    shop.release("1.02");
    let bundle = format!("{FILE}.sigstore.json");
    for bytes in [&b""[..], b"<html>", b"{}"] {
        shop.publish(&bundle, bytes);
        let found = shop.found(&[RELEASE], 11);
        assert_eq!(found["finding"], "signature-invalid");
    }
    shop.publish(&bundle, &vec![b' '; (1 << 20) + 1]);
    let found = shop.found(&[RELEASE], 11);
    assert_eq!(found["cause"], "bundle-too-large");
    shop.publish(&bundle, &vec![b' '; (1 << 20) + 2]);
    let found = shop.found(&[RELEASE], 11);
    assert_eq!(found["cause"], "bundle-too-large");
}

#[test]
fn an_index_that_went_back_leads_nowhere() {
    let shop = Shop::new();
    shop.release("1.02");
    shop.verify(&["Foo::Bar"]).exits(0);
    let clock = shop.user.sandbox.pause.clock();
    clock.set_offset(jiff::SignedDuration::from_hours(-48));
    shop.publish("Other-1.tar.gz", &distribution("Other", "1"));
    let ran = shop.verify(&["Foo::Bar"]).exits(13);
    assert!(ran.stderr.contains("or a newer one"), "{ran:#?}");
}
