//! Every archive is read within limits and in constant memory.

use std::io::Write as _;

use cpan_sigstore_archive::{Defect, Severity::Error, limits};
use flate2::{Compression, write::GzEncoder};
use tar::EntryType;

use crate::archive::{Entry, entry, file, gzip, look, of_kind, targz, the_only, with};

#[test]
fn stops_unpacking_decompression_bombs() {
    let size = limits::RATIO_FLOOR * 3;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let bomb = Entry {
        size: Some(size),
        ..file("Foo-Bar-1.02/bomb", "")
    };
    encoder.write_all(&entry(&bomb)).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..size >> 20 {
        encoder.write_all(&zeros).unwrap();
    }
    let found = look(&encoder.finish().unwrap());
    the_only(&found, Defect::LimitPassed, Error);
    assert!(found.unpacked < limits::RATIO_FLOOR + (1 << 20));
}

#[test]
fn stops_counting_members_at_the_limit() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let one = entry(&of_kind("Foo-Bar-1.02/", EntryType::Directory)).repeat(1000);
    for _ in 0..=limits::MEMBERS / 1000 {
        encoder.write_all(&one).unwrap();
    }
    let found = look(&encoder.finish().unwrap());
    the_only(&found, Defect::LimitPassed, Error);
    assert_eq!(found.members, limits::MEMBERS);
}

#[test]
fn stops_at_oversized_members_paths_and_headers() {
    let large = |entry: Entry, size| Entry {
        size: Some(size),
        ..entry
    };
    let long_name = |length| Entry {
        content: vec![b'x'; length],
        ..of_kind("././@LongLink", EntryType::GNULongName)
    };
    for entries in [
        with([large(file("Foo-Bar-1.02/x", ""), limits::MEMBER_SIZE + 1)]),
        with([large(long_name(0), limits::EXTENDED_HEADER + 1)]),
        vec![large(
            file("Foo-Bar-1.02/META.json", "{}"),
            limits::META + 1,
        )],
    ] {
        the_only(&look(&targz(&entries)), Defect::LimitPassed, Error);
    }
    let too_long = with([long_name(limits::PATH + 1), file("x", "")]);
    the_only(&look(&targz(&too_long)), Defect::ExtensionForm, Error);
}

#[test]
fn rejects_sizes_that_are_not_numbers() {
    let mut bytes = entry(&file("Foo-Bar-1.02/x", ""));
    // The largest size that the binary form of the field can state.
    bytes[124..136].copy_from_slice(&[0xff; 12]);
    let sum: u32 = bytes
        .iter()
        .take(512)
        .enumerate()
        .map(|(at, byte)| {
            if (148..156).contains(&at) {
                32
            } else {
                u32::from(*byte)
            }
        })
        .sum();
    bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    the_only(&look(&gzip(&bytes)), Defect::HeaderForm, Error);
}
