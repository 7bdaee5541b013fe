//! CHECKSUMS, read as CPAN.pm reads it.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::harness::{ARCHIVE, AUTHOR, BUNDLE, HOME, Uploader, distribution, sha256};
use cpan_sigstore_sandbox::pause::PauseMisbehaviour;
use jiff::{SignedDuration, Timestamp};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

const FIRST_LINE: &str = "0&&<<''; # this PGP-signed message is also valid perl";

/// Returns the data, evaluated by Perl in a compartment like CPAN.pm's.
fn evaluated(checksums: &str) -> Value {
    let script =
        "local $/; my $data = Safe->new->reval(<STDIN>); die $@ if $@; print encode_json($data)";
    let mut perl = Command::new("perl")
        .args(["-MSafe", "-MJSON::PP", "-e", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    perl.stdin
        .take()
        .unwrap()
        .write_all(checksums.as_bytes())
        .unwrap();
    let output = perl.wait_with_output().unwrap();
    assert!(output.status.success(), "{checksums}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the date in the form of CHECKSUMS.
fn today() -> Value {
    Timestamp::now().strftime("%Y-%m-%d").to_string().into()
}

async fn checksums(uploader: &Uploader, folder: &str) -> String {
    uploader
        .text(&format!("/authors/id/{folder}/CHECKSUMS"))
        .await
}

#[tokio::test]
async fn states_the_facts_of_every_file_for_perl() {
    let uploader = Uploader::new();
    let begun = today();
    let bytes = distribution("1.02");
    uploader.upload_bundle().await;
    uploader.upload(ARCHIVE, &bytes).await.succeeded();
    uploader
        .upload_into("sub", "notes.txt", b"notes")
        .await
        .succeeded();
    uploader
        .upload("README", b"in no CHECKSUMS")
        .await
        .succeeded();

    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice())
        .read_to_end(&mut unpacked)
        .unwrap();
    let md5 = |bytes: &[u8]| hex::encode(Md5::digest(bytes));
    let data = evaluated(&checksums(&uploader, HOME).await);
    // Midnight may come in between.
    let date = data[BUNDLE]["mtime"].clone();
    assert!([begun, today()].contains(&date), "{date}");
    assert_eq!(
        data,
        json!({
            ARCHIVE: {
                "cpan_path": HOME,
                "md5": md5(&bytes),
                "md5-ungz": md5(&unpacked),
                "mtime": date,
                "sha256": sha256(&bytes),
                "sha256-ungz": sha256(&unpacked),
                "size": bytes.len(),
            },
            BUNDLE: {
                "cpan_path": HOME,
                "md5": md5(b"{}"),
                "mtime": date,
                "sha256": sha256(b"{}"),
                "size": 2,
            },
            "sub": { "cpan_path": HOME, "isdir": 1 },
        })
    );
    let sub = evaluated(&checksums(&uploader, &format!("{HOME}/sub")).await);
    assert_eq!(sub["notes.txt"]["cpan_path"], format!("{HOME}/sub"));
    assert_eq!(sub["notes.txt"]["sha256"], sha256(b"notes"));
}

#[tokio::test]
async fn frames_checksums_as_signed_unless_signing_fails() {
    let uploader = Uploader::new();
    uploader.upload_bundle().await;
    let signed = checksums(&uploader, HOME).await;
    let head = format!("{FIRST_LINE}\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: ");
    assert!(signed.starts_with(&head), "{signed}");
    let end = "\n};\n__END__\n-----BEGIN PGP SIGNATURE-----\n\n";
    assert!(signed.contains(end), "{signed}");
    assert!(
        signed.ends_with("\n-----END PGP SIGNATURE-----\n"),
        "{signed}"
    );

    uploader
        .sandbox
        .pause
        .misbehaviour()
        .set(PauseMisbehaviour::UnsignedChecksums);
    let unsigned = checksums(&uploader, HOME).await;
    assert!(
        unsigned.starts_with("# CHECKSUMS file written on "),
        "{unsigned}"
    );
    assert!(unsigned.ends_with("\n};\n__END__\n"), "{unsigned}");
    assert_eq!(evaluated(&unsigned), evaluated(&signed));
}

#[tokio::test]
async fn keeps_the_entry_of_a_deleted_file_until_a_publication() {
    let uploader = Uploader::new();
    uploader.upload_archive().await;
    uploader.sandbox.pause.delete(AUTHOR, ARCHIVE);
    let stays = evaluated(&checksums(&uploader, HOME).await);
    assert_eq!(stays[ARCHIVE]["sha256"], sha256(&distribution("1.02")));
    uploader
        .upload("Foo-Bar-1.03.tar.gz", &distribution("1.03"))
        .await
        .succeeded();
    let gone = evaluated(&checksums(&uploader, HOME).await);
    assert_eq!(gone.as_object().unwrap().len(), 1, "{gone}");
}

#[tokio::test]
async fn dates_old_publications_in_the_past() {
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    pause
        .clock()
        .set_offset(SignedDuration::from_hours(365 * 24));
    let begun = today();
    let path = pause.publish(AUTHOR, "old/Foo-Bar-1.00.tar.gz", distribution("1.00"));
    assert_eq!(path, format!("{HOME}/old/Foo-Bar-1.00.tar.gz"));
    let entry =
        &evaluated(&checksums(&uploader, &format!("{HOME}/old")).await)["Foo-Bar-1.00.tar.gz"];
    assert!([begun, today()].contains(&entry["mtime"]), "{entry}");
    let again = uploader
        .upload("Foo-Bar-1.00.tar.gz", &distribution("1.00"))
        .await;
    assert_eq!(again.status, 409);
}

#[tokio::test]
async fn has_no_checksums_in_a_folder_without_files() {
    let uploader = Uploader::new();
    let (status, _) = uploader.get(&format!("/authors/id/{HOME}/CHECKSUMS")).await;
    assert_eq!(status, 404);
}
