//! Forms of tar archives that readers take differently: one test for each kind.
//!
//! GNU tar is the reader of cpanm, `Archive::Tar` that of CPAN.pm.

use cpan_sigstore_archive::{Defect, Preflight, Severity::Error};
use tar::EntryType;

use crate::archive::{Entry, entry, file, gzip, has, link, look, of_kind, release, the_only, with};

/// A release and one more member, whose header is changed.
fn changed(member: &Entry, change: impl FnOnce(&mut [u8])) -> Preflight {
    followed(member, change, b"")
}

/// The same, with more blocks after it.
fn followed(member: &Entry, change: impl FnOnce(&mut [u8]), more: &[u8]) -> Preflight {
    let mut bytes = entry(member);
    change(&mut bytes[..512]);
    look_after(&[&bytes, more].concat())
}

/// A release followed by these blocks.
fn look_after(blocks: &[u8]) -> Preflight {
    let mut bytes: Vec<u8> = release().iter().flat_map(entry).collect();
    bytes.extend_from_slice(blocks);
    bytes.extend_from_slice(&[0; 1024]);
    look(&gzip(&bytes))
}

fn set(header: &mut [u8], at: usize, bytes: &[u8]) {
    header[at..at + bytes.len()].copy_from_slice(bytes);
    sum(header);
}

/// Writes the right checksum.
pub fn sum(header: &mut [u8]) {
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header[..512].iter().copied().map(u32::from).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn hidden() -> Vec<u8> {
    entry(&file("Foo-Bar-1.02/Makefile.PL", "evil"))
}

fn plain() -> Entry {
    file("Foo-Bar-1.02/x", "")
}

#[test]
fn rejects_size_in_base_256_with_high_bytes() {
    // GNU tar reads all bytes, others the last eight.
    for field in [
        &b"\x80\x01\0\0\0\0\0\0\0\0\x04\0"[..],
        b"\x80\0\0\0\0\0\0\0\0\0\x04\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let found = followed(&plain(), |header| set(header, 124, field), &hidden());
        the_only(&found, Defect::HeaderForm, Error);
    }
}

#[test]
fn rejects_checksum_with_a_sign() {
    // Every reader skips the block that our reader took for a header.
    let signed = |header: &mut [u8]| {
        sum(header);
        let digits = header[148..154].to_vec();
        header[148] = b'+';
        header[149..155].copy_from_slice(&digits);
    };
    let carrier = file("Foo-Bar-1.02/carrier", hidden());
    the_only(&changed(&carrier, signed), Defect::HeaderForm, Error);
}

#[test]
fn rejects_numbers_followed_by_other_blanks() {
    for (at, length) in [(100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (148, 8)] {
        for blank in [&b"\xc2\xa0"[..], b"\t", b"\n", b"\x0b", b"\0x"] {
            let found = changed(&plain(), |header| {
                if at != 148 {
                    set(header, at, b"00000");
                }
                header[at + length - 3..at + length].fill(0);
                header[at + length - 3..at + length - 3 + blank.len()].copy_from_slice(blank);
                if at != 148 {
                    sum(header);
                }
            });
            the_only(&found, Defect::HeaderForm, Error);
        }
    }
}

#[test]
fn rejects_numbers_in_other_notations() {
    for number in [
        &b"0x00010\0"[..],
        b"0b00001\0",
        b"-000644\0",
        b"+000644\0",
        b"0 00644\0",
        b"        ",
        b"\0\0\0\0\0\0\0\0",
        b"0000648\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xfe",
    ] {
        for at in [100, 108, 116] {
            let found = changed(&plain(), |header| set(header, at, number));
            the_only(&found, Defect::HeaderForm, Error);
        }
    }
}

#[test]
fn rejects_bytes_at_the_end_of_a_header() {
    // `Archive::Tar` skips the header and reads the content as headers.
    let carrier = file("Foo-Bar-1.02/carrier", hidden());
    let found = changed(&carrier, |header| set(header, 508, b"tar\0"));
    the_only(&found, Defect::HeaderForm, Error);
}

#[test]
fn rejects_another_magic() {
    for magic in [
        &b"us.ar\x0000"[..],
        b"ustar 00",
        b"ustar\0  ",
        b"ustar\0\0\0",
        b"USTAR\x0000",
        b"\0\0\0\0\0\0\0x",
    ] {
        let found = changed(&plain(), |header| set(header, 257, magic));
        the_only(&found, Defect::HeaderForm, Error);
    }
}

#[test]
fn rejects_members_of_other_types() {
    // GNU tar takes them for files, `Archive::Tar` reads no content.
    for kind in [b'7', b'8', b'9', b'A', b'X', b'M', b' ', 0x80] {
        let member = Entry {
            kind: EntryType::new(kind),
            ..file("Foo-Bar-1.02/carrier", hidden())
        };
        the_only(&changed(&member, |_| ()), Defect::MemberKind, Error);
    }
}

#[test]
fn rejects_prefix_in_formats_without_one() {
    // `Archive::Tar` reads the prefix with any magic.
    for magic in [&b"ustar  \0"[..], b"\0\0\0\0\0\0\0\0"] {
        let found = changed(&file("Makefile.PL", "evil"), |header| {
            if magic[0] == 0 {
                header[257..345].fill(0);
            }
            set(header, 257, magic);
            set(header, 345, b"Foo-Bar-1.02");
        });
        the_only(&found, Defect::HeaderForm, Error);
    }
}

#[test]
fn rejects_text_behind_the_end_of_a_field() {
    for at in [60, 210, 290, 320, 480] {
        let found = changed(&plain(), |header| set(header, at, b"x"));
        the_only(&found, Defect::HeaderForm, Error);
    }
}

#[test]
fn rejects_link_targets_and_sizes_without_a_meaning() {
    let found = changed(&plain(), |header| set(header, 157, b"x"));
    the_only(&found, Defect::HeaderForm, Error);
    // Some readers skip the content of a hard link, others do not.
    let carrier = Entry {
        content: hidden(),
        ..link("Foo-Bar-1.02/l", EntryType::Link, "Foo-Bar-1.02/META.json")
    };
    the_only(&changed(&carrier, |_| ()), Defect::HeaderForm, Error);
}

#[test]
fn rejects_headers_without_a_name() {
    // `Archive::Tar` stops reading there.
    let found = changed(&plain(), |header| {
        header[..100].fill(0);
        set(header, 345, b"Foo-Bar-1.02");
    });
    the_only(&found, Defect::HeaderForm, Error);
}

#[test]
fn rejects_members_that_archive_tar_skips() {
    for (name, prefix) in [
        ("pax_global_header", ""),
        ("pax_global_header", "Foo-Bar-1.02"),
    ] {
        let found = changed(&file(name, "evil"), |header| {
            set(header, 345, prefix.as_bytes());
        });
        the_only(&found, Defect::HeaderForm, Error);
    }
}

#[test]
fn rejects_sums_that_archive_tar_cannot_compare() {
    let mut name = "Foo-Bar-1.02/".to_owned().into_bytes();
    name.resize(100, 0xff);
    let member = Entry {
        link: vec![0xff; 100],
        kind: EntryType::Symlink,
        path: name,
        ..plain()
    };
    let found = changed(&member, |header| {
        header[265..329].fill(0xff);
        header[345..500].fill(0xff);
        sum(header);
    });
    has(&found, Defect::HeaderForm, Error);
}

#[test]
fn rejects_long_link_targets_of_gnu_tar() {
    // `Archive::Tar` unpacks the target as a file `@LongLink`.
    let target = Entry {
        content: b"lib\0".to_vec(),
        ..of_kind("././@LongLink", EntryType::GNULongLink)
    };
    let member = link("Foo-Bar-1.02/l", EntryType::Symlink, "t");
    let found = look_after(&[entry(&target), entry(&member)].concat());
    the_only(&found, Defect::ExtensionForm, Error);
}

#[test]
fn rejects_hard_links_to_symbolic_links() {
    let found = look(&gzip(&crate::archive::tar(&with([
        link("Foo-Bar-1.02/a/b/c/up", EntryType::Symlink, "../../.."),
        link("Foo-Bar-1.02/out", EntryType::Link, "Foo-Bar-1.02/a/b/c/up"),
    ]))));
    has(&found, Defect::LinkEscapes, Error);
}

#[test]
fn rejects_hard_links_to_nothing_or_to_a_folder() {
    for target in [
        "Foo-Bar-1.02/later",
        "Foo-Bar-1.02",
        "Foo-Bar-1.02/lib",
        "Foo-Bar-1.02/x/",
    ] {
        let found = changed(&link("Foo-Bar-1.02/l", EntryType::Link, target), |_| ());
        has(&found, Defect::LinkEscapes, Error);
    }
}

#[test]
fn rejects_hard_links_that_change_permissions() {
    let member = |mode| Entry {
        mode,
        ..link("Foo-Bar-1.02/l", EntryType::Link, "Foo-Bar-1.02/META.json")
    };
    the_only(
        &changed(&member(0o755), |_| ()),
        Defect::MemberAmbiguous,
        Error,
    );
    assert!(changed(&member(0o644), |_| ()).defects.is_empty());
}

#[test]
fn rejects_paths_that_are_a_file_and_a_folder() {
    for (first, second) in [("x", "x/y"), ("x/y", "x")] {
        let path = |name| file(&format!("Foo-Bar-1.02/{name}"), "");
        let found = look(&gzip(&crate::archive::tar(&with([
            path(first),
            path(second),
        ]))));
        the_only(&found, Defect::MemberTwice, Error);
    }
}

#[test]
fn rejects_paths_that_readers_change() {
    for path in [
        "Foo-Bar-1.02//x",
        "Foo-Bar-1.02/./x",
        "././Foo-Bar-1.02/x",
        "Foo-Bar-1.02/.",
        "Foo-Bar-1.02/x\n",
        "Foo-Bar-1.02/x/\n",
        "Foo-Bar-1.02/x\x7f",
    ] {
        let found = changed(&file(path, ""), |_| ());
        has(&found, Defect::MemberAmbiguous, Error);
    }
    let slash = link("Foo-Bar-1.02/l/", EntryType::Symlink, "lib");
    has(&changed(&slash, |_| ()), Defect::MemberAmbiguous, Error);
    let long = format!("Foo-Bar-1.02/{}", "x".repeat(256));
    has(
        &changed(&file(&long, ""), |_| ()),
        Defect::MemberAmbiguous,
        Error,
    );
    assert!(
        changed(&file("./Foo-Bar-1.02/x", ""), |_| ())
            .defects
            .is_empty()
    );
}

#[test]
fn rejects_blocks_after_the_end_that_archive_tar_reads() {
    type Change = dyn Fn(&mut [u8]);
    let after = |change: &Change| {
        let mut block = entry(&link("Foo-Bar-1.02/l", EntryType::Symlink, "lib"));
        change(&mut block);
        look_after(&[vec![0; 1024], block].concat())
    };
    let changes: [&Change; 5] = [
        // A file whose name ends with a slash is a folder, too.
        &|block| {
            block[..100].fill(0);
            block[..4].copy_from_slice(b"lib/");
            block[156] = b'0';
            block[148..156].fill(0);
        },
        &|_| (),
        // Of a link or a folder it compares no checksum.
        &|block| block[148..156].fill(0),
        &|block| {
            block[156] = b'5';
            block[148..156].fill(b'7');
        },
        // It reads this checksum as hexadecimal.
        &|block| {
            block[156] = b'0';
            sum(block);
            let sum = u32::from_str_radix(std::str::from_utf8(&block[148..154]).unwrap(), 8);
            block[148..156].copy_from_slice(format!("0x{:05x} ", sum.unwrap()).as_bytes());
        },
    ];
    for change in changes {
        the_only(&after(change), Defect::DataAfterEnd, Error);
    }
}

#[test]
fn rejects_archives_without_an_end() {
    let bytes: Vec<u8> = release().iter().flat_map(entry).collect();
    the_only(&look(&gzip(&bytes)), Defect::ArchiveCorrupt, Error);
    let cut = [&bytes[..], &[0; 700]].concat();
    the_only(&look(&gzip(&cut)), Defect::ArchiveCorrupt, Error);
    let one = [&bytes[..], &[0; 512]].concat();
    assert!(look(&gzip(&one)).defects.is_empty());
}

#[test]
fn rejects_extended_headers_named_like_folders() {
    // `Archive::Tar` takes them for folders, and their data for headers.
    for name in ["PaxHeader/", "PaxHeader/\n", "/"] {
        for kind in [EntryType::XHeader, EntryType::GNULongName] {
            let content: &[u8] = match kind {
                EntryType::XHeader => b"11 mtime=1\n",
                _ => b"Foo-Bar-1.02/x",
            };
            let header = Entry {
                content: content.to_vec(),
                ..of_kind(name, kind)
            };
            let found = look_after(&[entry(&header), entry(&plain())].concat());
            the_only(&found, Defect::HeaderForm, Error);
        }
    }
}

#[test]
fn rejects_archives_that_start_like_another_format() {
    // bsdtar unpacks again, or takes them for another kind of archive.
    for name in [
        &b"BZh91AY&SY"[..],
        b"MSCF",
        b"LRZI",
        b"(\xb5/\xfd",
        b"\xfd7zXZ",
        b"7z\xbc\xaf'x",
        b"070707",
        b"#mtree",
    ] {
        let first = Entry {
            path: name.to_vec(),
            ..plain()
        };
        let bytes = [entry(&first), crate::archive::tar(&release())].concat();
        the_only(&look(&gzip(&bytes)), Defect::HeaderForm, Error);
    }
}
