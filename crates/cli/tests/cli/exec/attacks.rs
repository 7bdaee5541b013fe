//! Attacks on an installation, with the real cpanm: it installs nothing that the gate refuses, and the exit code says why.

use std::{fs, io::Read as _, io::Write as _};

use cpan_sigstore_sandbox::Fault;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};

use crate::{
    fixtures::author::{ID, distribution},
    fixtures::shop::{FILE, NEXT},
    harness::World,
};

#[test]
fn installs_signed_release_and_dependencies() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let ran = user.cpanm(&["Foo::Bar"]).exits(0);
    assert!(user.has("perl", "Foo::Bar"), "{ran:#?}");
    assert!(!ran.stderr.contains("refused"), "{ran:#?}");
}

#[test]
fn installs_unsigned_releases_with_warnings() {
    let user = World::new().with_policy();
    user.publish(FILE, &distribution("Foo-Bar", "1.02"));
    let ran = user.cpanm(&["Foo::Bar"]).exits(0);
    ran.assert_summary("unsigned-with-warning");
    assert!(user.has("perl", "Foo::Bar"));
    assert!(
        ran.stderr.contains("warning: ") && ran.stderr.contains("unsigned"),
        "{ran:#?}"
    );
    let user = World::new().with_policy();
    user.publish(FILE, &distribution("Foo-Bar", "1.02"));
    let client = ["cpanm", "--notest", "-l", "perl", "Foo::Bar"];
    let ran = user.exec(&["--require-signed"], &client);
    user.assert_refused(&ran, 10, "unsigned");
    ran.assert_summary("unsigned-refused");
}

#[test]
fn exec_rejects_stripped_bundle() {
    let user = World::new().with_policy();
    user.publish_release("1.01");
    user.cpanm(&["Foo::Bar"]).exits(0);
    fs::remove_dir_all(user.path("perl")).unwrap();
    user.publish(FILE, &distribution("Foo-Bar", "1.02"));
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 13, "downgrade");
    ran.assert_summary("downgrade");
}

#[test]
fn exec_rejects_signature_of_attacker() {
    let user = World::new().with_policy();
    let bytes = distribution("Foo-Bar", "1.02");
    user.publish_signed("stranger", FILE, &bytes);
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 12, "identity-mismatch");
    assert!(ran.stderr.contains("stranger"), "{ran:#?}");
    ran.assert_summary("identity-mismatch");
}

#[test]
fn exec_rejects_old_version_under_new_name() {
    let user = World::new().with_policy();
    user.publish_signed("author", NEXT, &distribution("Foo-Bar", "1.02"));
    let ran = user.cpanm(&[&format!("{ID}/{NEXT}")]);
    user.assert_refused(&ran, 14, "name-mismatch");
    ran.assert_summary("name-mismatch");
}

#[test]
fn exec_rejects_release_of_another_author() {
    let user = World::new().with_policy();
    let bytes = distribution("Foo-Bar", "1.02");
    let bundle = user.sign_bytes("stranger", &bytes);
    user.publish_as("STRANGER", FILE, &bytes);
    user.publish(FILE, &bytes);
    user.publish(&format!("{FILE}.sigstore.json"), &bundle);
    let ran = user.cpanm(&[&format!("{ID}/{FILE}")]);
    user.assert_refused(&ran, 12, "identity-mismatch");
}

#[test]
fn exec_rejects_appended_bytes() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let longer = [&distribution("Foo-Bar", "1.02")[..], b"more"].concat();
    user.publish(FILE, &longer);
    let ran = user.cpanm(&[&format!("{ID}/{FILE}")]);
    user.assert_refused(&ran, 11, "signature-invalid");
}

#[test]
fn exec_rejects_recompressed_archive() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let mut tar = Vec::new();
    GzDecoder::new(&distribution("Foo-Bar", "1.02")[..])
        .read_to_end(&mut tar)
        .unwrap();
    let mut anew = GzEncoder::new(Vec::new(), Compression::best());
    anew.write_all(&tar).unwrap();
    user.publish(FILE, &anew.finish().unwrap());
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 11, "signature-invalid");
}

#[test]
fn exec_rejects_truncated_body() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let whole = distribution("Foo-Bar", "1.02");
    user.publish(FILE, &whole[..whole.len() * 2 / 3]);
    let ran = user.cpanm(&[&format!("{ID}/{FILE}")]);
    user.assert_refused(&ran, 11, "signature-invalid");
}

#[test]
fn exec_installs_nothing_after_dropped_connection() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    user.cpanm(&["--info", "Foo::Bar"]).exits(0);
    let faults = user.sandbox.services.cpan.faults();
    // The index comes whole, and nothing after it.
    faults.after(1, 1000, Fault::TruncatedBody);
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 3, "upstream");
}

#[test]
fn exec_serves_no_archive_in_refusal() {
    let user = World::new().with_policy();
    let bytes = distribution("Foo-Bar", "1.02");
    user.publish_signed("stranger", FILE, &bytes);
    // The backend that ignores the status, and takes the body of an error for the file.
    let client = [
        "cpanm",
        "--notest",
        "-l",
        "perl",
        "--no-lwp",
        "--no-wget",
        "--curl",
        "Foo::Bar",
    ];
    let ran = user.exec(&[], &client);
    user.assert_refused(&ran, 12, "identity-mismatch");
}

#[test]
fn exec_follows_no_redirect_of_upstream() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let faults = user.sandbox.services.cpan.faults();
    faults.after(1, 1000, Fault::Status(302));
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 1, "unreadable");
}

#[test]
fn exec_rejects_rolled_back_package_index() {
    let user = World::new().with_policy();
    user.publish_release("1.01");
    user.cpanm(&["--info", "Foo::Bar"]).exits(0);
    let clock = user.sandbox.pause.clock();
    clock.set_offset(jiff::SignedDuration::from_hours(-48));
    user.publish_release("1.02");
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 13, "index-rolled-back");
}
