//! What can happen to releases and bundles.

use super::watched::{Watched, archive, bundle, codes, path};
use crate::{fixtures::author::distribution, harness::AUTHOR};

#[test]
fn starts_from_published_releases() {
    let watched = Watched::new();
    watched.publish_unsigned("1.01");
    watched.world.publish_release("1.02");
    let ran = watched.run(&[]).exits(0);
    assert_eq!(ran.stdout, "");
    assert!(
        ran.stderr.contains("MYAUTHOR: the current releases"),
        "{ran:#?}"
    );
    let ran = watched.run(&[]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    // What the author does as before is nothing to tell, and the old one may go.
    watched.world.publish_release("1.03");
    watched.delete(&archive("1.01"));
    assert!(watched.reports(0).is_empty());
}

#[test]
fn verifies_releases_at_the_start() {
    let watched = Watched::new();
    watched.world.publish_release("1.02");
    let bytes = distribution("Foo-Bar", "1.03");
    watched
        .world
        .publish_signed("stranger", &archive("1.03"), &bytes);
    watched.reports_once("foreign-signature-1", "foreign-signature", 12);
}

#[test]
fn reports_unsigned_release_and_its_later_bundle() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let told = watched.reports_once("unsigned-release-2", "unsigned-release", 13);
    assert_eq!(told["author"], "MYAUTHOR");
    assert_eq!(told["path"], path(&archive("1.03")));
    assert_eq!(told["severity"], "alarm");
    assert_eq!(told["finding"], "downgrade");
    assert!(told["advice"].is_string());
    watched.world.publish_release("1.03");
    watched.reports_once("signed-belatedly-1", "signed-belatedly", 0);
}

#[test]
fn reports_first_signature_of_author() {
    let watched = Watched::new();
    watched.publish_unsigned("1.01");
    watched.run(&[]).exits(0);
    watched.publish_unsigned("1.02");
    assert!(watched.reports(0).is_empty());
    watched.world.publish_release("1.03");
    let told = watched.reports_once("first-signature", "first-signature", 0);
    assert_eq!(told["severity"], "notice");
}

#[test]
fn reports_foreign_signature_with_both_identities() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.03");
    watched
        .world
        .publish_signed("stranger", &archive("1.03"), &bytes);
    let told = watched.reports_once("foreign-signature-2", "foreign-signature", 12);
    assert_eq!(told["finding"], "identity-changed");
    assert!(told["expected"].as_str().unwrap().contains(AUTHOR));
    assert!(told["found"].as_str().unwrap().contains("stranger@"));
}

#[test]
fn reports_invalid_bundle_and_mismatched_archive() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    watched.world.publish(&bundle("1.03"), b"{}");
    watched.reports_once("invalid-signature", "invalid-signature", 11);
    // An old release under a new name, as the author signed it.
    let old = distribution("Foo-Bar", "1.02");
    watched
        .world
        .publish_signed("author", &archive("1.04"), &old);
    let told = watched.reports_once("unfit-archive", "unfit-archive", 14);
    assert_eq!(told["finding"], "name-mismatch");
}

#[test]
fn reports_replaced_bundle_with_its_signer() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.02");
    let by_stranger = watched.world.sign_bytes("stranger", &bytes);
    watched.world.publish(&bundle("1.02"), &by_stranger);
    let told = watched.reports_once("bundle-replaced", "bundle-replaced", 12);
    assert!(told["found"].as_str().unwrap().contains("stranger@"));
    let by_author = watched.world.sign_bytes("author", &bytes);
    watched.world.publish(&bundle("1.02"), &by_author);
    let told = watched.reports_once("bundle-renewed", "bundle-renewed", 0);
    assert_eq!(told["severity"], "notice");
}

#[test]
fn reports_dropped_bundle_still_in_checksums() {
    let watched = Watched::begun();
    let kept = watched
        .world
        .sandbox
        .pause
        .file(&path(&bundle("1.02"))["authors/id/".len()..]);
    watched.delete(&bundle("1.02"));
    let told = watched.reports_once("bundle-dropped", "bundle-dropped", 13);
    assert_eq!(told["path"], path(&archive("1.02")));
    watched.world.publish(&bundle("1.02"), &kept.unwrap());
    watched.reports_once("signed-belatedly-2", "signed-belatedly", 0);
}

#[test]
fn reports_replaced_archive_but_no_deleted_release() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.02");
    watched
        .world
        .publish(&archive("1.02"), &[&bytes[..], b"more"].concat());
    let told = watched.reports_once("archive-replaced", "archive-replaced", 14);
    assert_eq!(told["finding"], "signature-invalid");
    watched.delete(&bundle("1.02"));
    watched.delete(&archive("1.02"));
    assert!(watched.reports(0).is_empty());
}

#[test]
fn exits_by_highest_code_of_several_alerts() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.03");
    watched
        .world
        .publish_signed("stranger", &archive("1.03"), &bytes);
    watched.publish_unsigned("1.04");
    let told = watched.reports(13);
    assert_eq!(codes(&told), ["foreign-signature", "unsigned-release"]);
}

#[test]
fn prints_alert_with_expected_found_and_advice() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let ran = watched.run(&[]).exits(13);
    let first = format!("unsigned-release: {}", path(&archive("1.03")));
    assert!(ran.stdout.starts_with(&first), "{ran:#?}");
    for label in ["expected", "found", "advice"] {
        assert!(ran.stdout.contains(&format!("\n  {label}")), "{ran:#?}");
    }
}
