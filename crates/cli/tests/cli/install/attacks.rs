//! The attacks on an installation, with the real cpanm: what is refused is not installed, whatever the
//! client says, and the exit code says why.

use std::{fs, io::Read as _, io::Write as _};

use cpan_sigstore_sandbox::Fault;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};

use super::installation::Installation;
use crate::{
    gate::shop::{FILE, NEXT},
    pause::author::{ID, distribution},
};

#[test]
fn a_signed_release_is_installed_and_its_dependencies_too() {
    let user = Installation::new();
    user.shop.release("1.02");
    let ran = user.cpanm(&["Foo::Bar"]).exits(0);
    assert!(user.has("perl", "Foo::Bar"), "{ran:#?}");
    assert!(!ran.stderr.contains("refused"), "{ran:#?}");
}

#[test]
fn today_s_unsigned_cpan_is_installed_with_a_warning_each() {
    let user = Installation::new();
    user.shop.publish(FILE, &distribution("Foo-Bar", "1.02"));
    let ran = user.cpanm(&["Foo::Bar"]).exits(0);
    assert!(user.has("perl", "Foo::Bar"));
    assert!(
        ran.stderr.contains("warning: ") && ran.stderr.contains("unsigned"),
        "{ran:#?}"
    );
    let user = Installation::new();
    user.shop.publish(FILE, &distribution("Foo-Bar", "1.02"));
    let client = ["cpanm", "--notest", "-l", "perl", "Foo::Bar"];
    let ran = user.exec(&["--require-signed"], &client);
    user.assert_refused(&ran, 10, "unsigned");
}

#[test]
fn a_stripped_bundle_is_a_downgrade() {
    let user = Installation::new();
    user.shop.release("1.01");
    user.cpanm(&["Foo::Bar"]).exits(0);
    fs::remove_dir_all(user.shop.user.path("perl")).unwrap();
    user.shop.publish(FILE, &distribution("Foo-Bar", "1.02"));
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 13, "downgrade");
}

#[test]
fn the_attackers_own_valid_signature_is_refused() {
    let user = Installation::new();
    let bytes = distribution("Foo-Bar", "1.02");
    user.shop.publish_signed("stranger", FILE, &bytes);
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 12, "identity-mismatch");
    assert!(ran.stderr.contains("stranger"), "{ran:#?}");
}

#[test]
fn an_old_version_under_a_new_name_is_refused() {
    let user = Installation::new();
    user.shop
        .publish_signed("author", NEXT, &distribution("Foo-Bar", "1.02"));
    let ran = user.cpanm(&[&format!("{ID}/{NEXT}")]);
    user.assert_refused(&ran, 14, "name-mismatch");
}

#[test]
fn another_authors_release_under_this_authors_path_is_refused() {
    let user = Installation::new();
    let bytes = distribution("Foo-Bar", "1.02");
    let bundle = user.shop.sign("stranger", &bytes);
    user.shop.publish_as("STRANGER", FILE, &bytes);
    user.shop.publish(FILE, &bytes);
    user.shop.publish(&format!("{FILE}.sigstore.json"), &bundle);
    let ran = user.cpanm(&[&format!("{ID}/{FILE}")]);
    user.assert_refused(&ran, 12, "identity-mismatch");
}

#[test]
fn appended_bytes_are_refused() {
    let user = Installation::new();
    user.shop.release("1.02");
    let longer = [&distribution("Foo-Bar", "1.02")[..], b"more"].concat();
    user.shop.publish(FILE, &longer);
    let ran = user.cpanm(&[&format!("{ID}/{FILE}")]);
    user.assert_refused(&ran, 11, "signature-invalid");
}

#[test]
fn a_recompressed_archive_is_refused() {
    let user = Installation::new();
    user.shop.release("1.02");
    let mut tar = Vec::new();
    GzDecoder::new(&distribution("Foo-Bar", "1.02")[..])
        .read_to_end(&mut tar)
        .unwrap();
    let mut anew = GzEncoder::new(Vec::new(), Compression::best());
    anew.write_all(&tar).unwrap();
    user.shop.publish(FILE, &anew.finish().unwrap());
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 11, "signature-invalid");
}

#[test]
fn a_truncated_body_is_refused() {
    let user = Installation::new();
    user.shop.release("1.02");
    let whole = distribution("Foo-Bar", "1.02");
    user.shop.publish(FILE, &whole[..whole.len() * 2 / 3]);
    let ran = user.cpanm(&[&format!("{ID}/{FILE}")]);
    user.assert_refused(&ran, 11, "signature-invalid");
}

#[test]
fn a_connection_that_breaks_off_installs_nothing() {
    let user = Installation::new();
    user.shop.release("1.02");
    user.cpanm(&["--info", "Foo::Bar"]).exits(0);
    let faults = user.shop.user.sandbox.services.cpan.faults();
    // The index comes whole, and nothing after it.
    faults.after(1, 1000, Fault::TruncatedBody);
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 3, "upstream");
}

#[test]
fn a_refusal_never_has_the_archive_in_its_body() {
    let user = Installation::new();
    let bytes = distribution("Foo-Bar", "1.02");
    user.shop.publish_signed("stranger", FILE, &bytes);
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
fn a_redirect_of_the_upstream_leads_nowhere() {
    let user = Installation::new();
    user.shop.release("1.02");
    let faults = user.shop.user.sandbox.services.cpan.faults();
    faults.after(1, 1000, Fault::Status(302));
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 3, "upstream");
}

#[test]
fn a_rolled_back_index_is_refused() {
    let user = Installation::new();
    user.shop.release("1.01");
    user.cpanm(&["--info", "Foo::Bar"]).exits(0);
    let clock = user.shop.user.sandbox.pause.clock();
    clock.set_offset(jiff::SignedDuration::from_hours(-48));
    user.shop.release("1.02");
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 13, "index-rolled-back");
}
