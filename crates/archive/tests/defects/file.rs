//! The file: its name, its suffix, and its compressed stream.

use cpan_sigstore_archive::{
    Code, Destination,
    Severity::{Error, Warning},
};

use crate::archive::{
    NAME, bzip2, entry, file, gzip, has, look, look_as, release, tar, targz, the_only,
};

fn to(author: &str, subdirectory: &str) -> Destination {
    Destination {
        author: Some(author.parse().unwrap()),
        subdirectory: (!subdirectory.is_empty()).then(|| subdirectory.parse().unwrap()),
    }
}

#[test]
fn a_release_as_every_toolchain_makes_it_has_no_defects() {
    for (bytes, name) in [
        (targz(&release()), NAME),
        (targz(&release()), "Foo-Bar-1.02.tgz"),
        (bzip2(&tar(&release())), "Foo-Bar-1.02.tar.bz2"),
        (bzip2(&tar(&release())), "Foo-Bar-1.02.tbz"),
        (targz(&release()), "Foo-Bar-1.02-TRIAL.tar.gz"),
    ] {
        let found = look_as(&bytes, name, &to("TIMLEGGE", "sub/folder"));
        assert!(found.defects.is_empty(), "{name}: {:#?}", found.defects);
        assert_eq!(found.members, 4);
        assert_eq!(found.release.unwrap().distribution(), "Foo-Bar");
    }
}

#[test]
fn an_empty_file_or_archive_is_found() {
    the_only(&look(b""), Code::Empty, Error);
    the_only(&look(&targz(&[])), Code::Empty, Error);
}

#[test]
fn a_suffix_that_pause_does_not_index_is_found() {
    for name in [
        "Foo-Bar-1.02.tar",
        "Foo-Bar-1.02.tar.xz",
        "Foo-Bar-1.02.TGZ",
        "Foo-Bar-1.02",
    ] {
        let found = look_as(&targz(&release()), name, &Destination::default());
        the_only(&found, Code::SuffixUnknown, Error);
    }
}

#[test]
fn a_suffix_that_belies_the_content_is_found() {
    let packed = bzip2(&tar(&release()));
    assert!(
        the_only(&look(&packed), Code::SuffixMismatch, Error)
            .found
            .contains("bzip2")
    );
    let plain = tar(&release());
    assert!(
        the_only(&look(&plain), Code::SuffixMismatch, Error)
            .found
            .contains("not compressed")
    );
    the_only(&look(b"no archive at all"), Code::SuffixMismatch, Error);
}

#[test]
fn characters_that_pause_drops_are_found() {
    for name in [
        "Foo-Bar 1.02.tar.gz",
        "Foo-Bär-1.02.tar.gz",
        "Foo-Bar-1.02~1.tar.gz",
        ".Foo-Bar-1.02.tar.gz",
    ] {
        let found = look_as(&targz(&release()), name, &Destination::default());
        has(&found, Code::NameCharacters, Error);
    }
    let found = look_as(&targz(&release()), NAME, &to("TIMLEGGE", "v1.0"));
    the_only(&found, Code::NameCharacters, Error);
}

#[test]
fn a_path_that_is_too_long_for_pause_is_found_for_archive_and_bundle() {
    let bytes = targz(&release());
    // `T/TI/TIMLEGGE/` and `.sigstore.json` are 28 characters.
    let name = |length: usize| {
        let tail = "-1.02.tar.gz";
        format!(
            "Foo-Bar{}{tail}",
            "r".repeat(length - "Foo-Bar".len() - tail.len())
        )
    };
    let too_long = |length, destination: &Destination| {
        let found = look_as(&bytes, &name(length), destination);
        found
            .defects
            .iter()
            .any(|defect| defect.code == Code::PathTooLong)
    };
    assert!(!too_long(227, &to("TIMLEGGE", "")));
    assert!(too_long(228, &to("TIMLEGGE", "")));
    assert!(!too_long(223, &to("TIMLEGGE", "sub")));
    assert!(too_long(224, &to("TIMLEGGE", "sub")));
    // Where the author is not known, there is room for the longest.
    assert!(!too_long(223, &Destination::default()));
    assert!(too_long(224, &Destination::default()));
}

#[test]
fn the_name_of_pauses_own_file_is_found() {
    let found = look_as(b"x", "CHECKSUMS", &Destination::default());
    has(&found, Code::NameReserved, Error);
}

#[test]
fn a_name_without_a_version_is_a_warning() {
    let entries = [file("Scattering/Scattering.pm", "1;")];
    let found = look_as(
        &targz(&entries),
        "Scattering.tar.gz",
        &Destination::default(),
    );
    has(&found, Code::NameUnversioned, Warning);
    assert!(found.is_fit());
}

#[test]
fn an_archive_that_is_cut_or_damaged_anywhere_is_found() {
    let whole = targz(&release());
    for length in [3, 12, whole.len() / 2, whole.len() - 8, whole.len() - 1] {
        the_only(&look(&whole[..length]), Code::ArchiveCorrupt, Error);
    }
    let mut flipped = whole.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    the_only(&look(&flipped), Code::ArchiveCorrupt, Error);
    // Cut before it was compressed.
    let inner = tar(&release());
    the_only(
        &look(&gzip(&inner[..inner.len() - 1024 - 600])),
        Code::ArchiveCorrupt,
        Error,
    );
    let cut_in_a_header = gzip(&inner[..512 + 300]);
    the_only(&look(&cut_in_a_header), Code::ArchiveCorrupt, Error);
    // A header that was damaged, or is none.
    let mut damaged = inner.clone();
    damaged[0] ^= 1;
    the_only(&look(&gzip(&damaged)), Code::ArchiveCorrupt, Error);
    the_only(&look(&gzip(b"no tar archive")), Code::ArchiveCorrupt, Error);
    let bzip2 = bzip2(&inner);
    let found = look_as(
        &bzip2[..bzip2.len() - 4],
        "Foo-Bar-1.02.tbz",
        &Destination::default(),
    );
    the_only(&found, Code::ArchiveCorrupt, Error);
}

#[test]
fn bytes_after_the_gzip_stream_are_an_error_and_zeros_a_warning() {
    let whole = targz(&release());
    let append = |bytes: &[u8]| [whole.as_slice(), bytes].concat();
    let defect = the_only(&look(&append(b"x")), Code::TrailingBytes, Error);
    assert!(
        defect
            .found
            .starts_with(&format!("1 bytes from byte {}", whole.len()))
    );
    the_only(&look(&append(&[0; 700])), Code::TrailingBytes, Warning);
    the_only(&look(&append(b"\0\0x")), Code::TrailingBytes, Error);
    // `bzip2 -t` is content with anything.
    let packed = [bzip2(&tar(&release())), b"x".to_vec()].concat();
    let found = look_as(&packed, "Foo-Bar-1.02.tar.bz2", &Destination::default());
    the_only(&found, Code::TrailingBytes, Warning);
    // What begins like a stream and is none, `gzip` refuses.
    the_only(
        &look(&append(b"\x1f\x8b\x08garbage")),
        Code::ArchiveCorrupt,
        Error,
    );
}

#[test]
fn several_gzip_streams_are_one_archive() {
    let whole = tar(&release());
    let parts = [gzip(&whole[..700]), gzip(&whole[700..])].concat();
    let found = look(&parts);
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.members, 4);
    assert_eq!(found.unpacked, whole.len() as u64);
}

#[test]
fn members_after_the_end_that_only_some_readers_see_are_found() {
    let hidden = entry(&file(
        "Foo-Bar-1.02/META.json",
        r#"{"name":"Evil","version":"1"}"#,
    ));
    let second = [tar(&release()), hidden.clone()].concat();
    the_only(&look(&gzip(&second)), Code::DataAfterEnd, Error);
    // The same in a gzip stream of its own.
    let stream = [targz(&release()), gzip(&hidden)].concat();
    the_only(&look(&stream), Code::DataAfterEnd, Error);
    let junk = [tar(&release()), b"written by an old tar".to_vec()].concat();
    the_only(&look(&gzip(&junk)), Code::DataAfterEnd, Warning);
}

#[test]
fn the_digest_is_of_all_bytes_whatever_was_read() {
    use sha2::Digest as _;
    let whole = targz(&release());
    for bytes in [
        whole.clone(),
        whole[..40].to_vec(),
        [whole, vec![7; 300_000]].concat(),
        b"no archive".to_vec(),
        Vec::new(),
    ] {
        let expected: [u8; 32] = sha2::Sha256::digest(&bytes).into();
        assert_eq!(look(&bytes).digest.as_bytes(), &expected);
    }
}
