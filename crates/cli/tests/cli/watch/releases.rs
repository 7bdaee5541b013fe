//! What can happen to releases and bundles.

use super::watched::{Watched, archive, bundle, codes, path};
use crate::{harness::AUTHOR, pause::author::distribution};

#[test]
fn what_is_there_at_first_is_the_starting_point() {
    let watched = Watched::new();
    watched.publish_unsigned("1.01");
    watched.shop.release("1.02");
    let ran = watched.run(&[]).exits(0);
    assert_eq!(ran.stdout, "");
    assert!(
        ran.stderr.contains("MYAUTHOR: what is there now"),
        "{ran:#?}"
    );
    let ran = watched.run(&[]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    // What the author does as before is nothing to tell, and the old one may go.
    watched.shop.release("1.03");
    watched.delete(&archive("1.01"));
    assert!(watched.told(0).is_empty());
}

#[test]
fn what_is_there_at_first_is_verified_all_the_same() {
    let watched = Watched::new();
    watched.shop.release("1.02");
    let bytes = distribution("Foo-Bar", "1.03");
    watched
        .shop
        .publish_signed("stranger", &archive("1.03"), &bytes);
    watched.told_once("foreign-signature", 12);
}

#[test]
fn an_unsigned_release_by_an_author_who_signs_is_told_and_that_it_is_signed_after_all() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let told = watched.told_once("unsigned-release", 13);
    assert_eq!(told["author"], "MYAUTHOR");
    assert_eq!(told["path"], path(&archive("1.03")));
    assert_eq!(told["severity"], "alarm");
    assert_eq!(told["finding"], "downgrade");
    assert!(told["advice"].is_string());
    watched.shop.release("1.03");
    watched.told_once("signed-belatedly", 0);
}

#[test]
fn of_an_author_who_never_signed_the_first_signature_is_told() {
    let watched = Watched::new();
    watched.publish_unsigned("1.01");
    watched.run(&[]).exits(0);
    watched.publish_unsigned("1.02");
    assert!(watched.told(0).is_empty());
    watched.shop.release("1.03");
    let told = watched.told_once("first-signature", 0);
    assert_eq!(told["severity"], "notice");
}

#[test]
fn a_signature_by_somebody_else_is_told_with_both_identities() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.03");
    watched
        .shop
        .publish_signed("stranger", &archive("1.03"), &bytes);
    let told = watched.told_once("foreign-signature", 12);
    assert_eq!(told["finding"], "identity-changed");
    assert!(told["expected"].as_str().unwrap().contains(AUTHOR));
    assert!(told["found"].as_str().unwrap().contains("stranger@"));
}

#[test]
fn a_bundle_that_proves_nothing_and_an_archive_that_is_another_are_told() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    watched.shop.publish(&bundle("1.03"), b"{}");
    watched.told_once("invalid-signature", 11);
    // An old release under a new name, as the author signed it.
    let old = distribution("Foo-Bar", "1.02");
    watched
        .shop
        .publish_signed("author", &archive("1.04"), &old);
    let told = watched.told_once("unfit-archive", 14);
    assert_eq!(told["finding"], "name-mismatch");
}

#[test]
fn a_bundle_that_is_replaced_is_told_by_whom() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.02");
    let by_stranger = watched.shop.sign("stranger", &bytes);
    watched.shop.publish(&bundle("1.02"), &by_stranger);
    let told = watched.told_once("bundle-replaced", 12);
    assert!(told["found"].as_str().unwrap().contains("stranger@"));
    let by_author = watched.shop.sign("author", &bytes);
    watched.shop.publish(&bundle("1.02"), &by_author);
    let told = watched.told_once("bundle-renewed", 0);
    assert_eq!(told["severity"], "notice");
}

#[test]
fn a_bundle_that_is_dropped_is_told_though_checksums_still_list_it() {
    let watched = Watched::begun();
    let kept = watched
        .shop
        .user
        .sandbox
        .pause
        .file(&path(&bundle("1.02"))["authors/id/".len()..]);
    watched.delete(&bundle("1.02"));
    let told = watched.told_once("bundle-dropped", 13);
    assert_eq!(told["path"], path(&archive("1.02")));
    watched.shop.publish(&bundle("1.02"), &kept.unwrap());
    watched.told_once("signed-belatedly", 0);
}

#[test]
fn an_archive_that_is_replaced_is_told_and_a_release_that_is_deleted_is_not() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.02");
    watched
        .shop
        .publish(&archive("1.02"), &[&bytes[..], b"more"].concat());
    let told = watched.told_once("archive-replaced", 14);
    assert_eq!(told["finding"], "signature-invalid");
    watched.delete(&bundle("1.02"));
    watched.delete(&archive("1.02"));
    assert!(watched.told(0).is_empty());
}

#[test]
fn several_things_are_told_in_one_run_and_the_highest_code_ends_it() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.03");
    watched
        .shop
        .publish_signed("stranger", &archive("1.03"), &bytes);
    watched.publish_unsigned("1.04");
    let told = watched.told(13);
    assert_eq!(codes(&told), ["foreign-signature", "unsigned-release"]);
}

#[test]
fn people_read_what_was_expected_found_and_what_to_do() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let ran = watched.run(&[]).exits(13);
    let first = format!("unsigned-release: {}", path(&archive("1.03")));
    assert!(ran.stdout.starts_with(&first), "{ran:#?}");
    for label in ["expected", "found", "advice"] {
        assert!(ran.stdout.contains(&format!("\n  {label}")), "{ran:#?}");
    }
}
