//! Signed archives that clients read differently: one file for the gate, and another one that the client would run.

use std::io::Read as _;

use cpan_sigstore_testkit::archive::{entry, file, gzip};
use flate2::read::GzDecoder;

use crate::{
    fixtures::author::{ID, distribution},
    fixtures::shop::FILE,
    harness::World,
};

/// The content of a release, with one more member before the end.
fn with_carrier(change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut tar = Vec::new();
    GzDecoder::new(&distribution("Foo-Bar", "1.02")[..])
        .read_to_end(&mut tar)
        .unwrap();
    tar.truncate(tar.len() - 1024);
    let hidden = "open my $file, '>', '../../ran'; die 'hidden';\n";
    let hidden = entry(&file("Foo-Bar-1.02/Makefile.PL", hidden));
    let mut carrier = entry(&file("Foo-Bar-1.02/carrier", hidden));
    change(&mut carrier[..512]);
    tar.extend(carrier);
    tar.extend([0; 1024]);
    gzip(&tar)
}

/// Writes the right checksum.
fn sum(header: &mut [u8]) -> String {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    format!("{sum:06o}")
}

#[test]
fn exec_rejects_signed_archives_that_clients_read_differently() {
    let user = World::new().with_policy();
    let forms: [fn(&mut [u8]); 6] = [
        // GNU tar, and so cpanm, takes the content for members.
        |header| {
            header[124..136].copy_from_slice(b"\x80\x01\0\0\0\0\0\0\0\0\x04\0");
            sum(header);
        },
        // So does every client.
        |header| {
            let sum = sum(header);
            header[148..156].copy_from_slice(format!("+{sum} ").as_bytes());
        },
        |header| {
            let sum = sum(header);
            header[148..156].copy_from_slice(format!("{sum}\u{a0}").as_bytes());
        },
        // Archive::Tar, and so CPAN.pm, takes the content for members.
        |header| {
            header[508..].copy_from_slice(b"tar\0");
            sum(header);
        },
        |header| {
            header[257..262].copy_from_slice(b"us.ar");
            sum(header);
        },
        |header| {
            header[156] = b'7';
            sum(header);
        },
    ];
    for form in forms {
        user.publish_signed("author", FILE, &with_carrier(form));
        let ran = user.cpanm(&[&format!("{ID}/{FILE}")]);
        user.assert_refused(&ran, 14, "archive-hostile");
        assert!(!ran.stdout.contains("hidden"), "{ran:#?}");
    }
}
