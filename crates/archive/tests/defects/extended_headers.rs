//! Long names of GNU tar and pax, and attacks by them.

use cpan_sigstore_archive::{Defect, Preflight, Severity::Error};
use tar::EntryType;

use crate::archive::{Entry, entry, file, gzip, has, look, of_kind, release, the_only};

fn pax(records: &[(&str, &str)]) -> Entry {
    let mut content = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let length = (1..5).find_map(|digits| {
            let length = rest.len() + digits;
            (length.to_string().len() == digits).then_some(length)
        });
        content += &format!("{}{rest}", length.unwrap());
    }
    Entry {
        content: content.into_bytes(),
        ..of_kind("PaxHeaders/x", EntryType::XHeader)
    }
}

fn long_name(name: &str) -> Entry {
    Entry {
        content: [name.as_bytes(), b"\0"].concat(),
        ..of_kind("././@LongLink", EntryType::GNULongName)
    }
}

fn look_with(more: &[Entry]) -> Preflight {
    let mut bytes: Vec<u8> = release().iter().chain(more).flat_map(entry).collect();
    bytes.extend_from_slice(&[0; 1024]);
    look(&gzip(&bytes))
}

#[test]
fn follows_long_names_of_gnu_and_pax() {
    let long = format!("Foo-Bar-1.02/{}/../../../evil", "d".repeat(200));
    for header in [long_name(&long), pax(&[("path", &long)])] {
        let found = look_with(&[header, file("Foo-Bar-1.02/short", "x")]);
        let defect = the_only(&found, Defect::PathEscapes, Error);
        assert_eq!(defect.members, [long.as_str()]);
    }
    let harmless = format!("Foo-Bar-1.02/{}", "d".repeat(200));
    let found = look_with(&[long_name(&harmless), file("Foo-Bar-1.02/ddd", "x")]);
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.members, 5);
}

#[test]
fn follows_long_links() {
    let target = "../".repeat(100);
    let header = pax(&[("linkpath", &target)]);
    let link = Entry {
        link: b"harmless".to_vec(),
        ..of_kind("Foo-Bar-1.02/l", EntryType::Symlink)
    };
    has(&look_with(&[header, link]), Defect::LinkEscapes, Error);
}

#[test]
fn reports_path_seen_only_by_pax_readers() {
    let found = look_with(&[
        pax(&[("path", "Foo-Bar-1.02/innocent")]),
        file("Foo-Bar-1.02/Build.PL", "evil"),
    ]);
    the_only(&found, Defect::MemberAmbiguous, Error);
}

#[test]
fn rejects_size_seen_only_by_pax_readers() {
    // For a reader that believes the other size, the content is a header.
    let hidden = entry(&file("Foo-Bar-1.02/hidden", ""));
    for (stated, size) in [("0", None), ("512", Some(0))] {
        let carrier = Entry {
            content: hidden.clone(),
            size,
            ..file("Foo-Bar-1.02/carrier", "")
        };
        let found = look_with(&[pax(&[("size", stated)]), carrier]);
        the_only(&found, Defect::ArchiveCorrupt, Error);
    }
}

#[test]
fn rejects_folders_and_links_with_content() {
    for kind in [EntryType::Directory, EntryType::Symlink] {
        let member = Entry {
            content: entry(&file("Foo-Bar-1.02/hidden", "")),
            link: b"lib".to_vec(),
            ..of_kind("Foo-Bar-1.02/x", kind)
        };
        the_only(&look_with(&[member]), Defect::ArchiveCorrupt, Error);
    }
}

#[test]
fn rejects_contradictory_or_malformed_extended_headers() {
    let x = || file("Foo-Bar-1.02/x", "");
    let content = |entry: Entry, content: &[u8]| Entry {
        content: content.to_vec(),
        ..entry
    };
    let global = Entry {
        kind: EntryType::XGlobalHeader,
        ..pax(&[("path", "Foo-Bar-1.02/all")])
    };
    for entries in [
        vec![
            long_name("Foo-Bar-1.02/a"),
            pax(&[("path", "Foo-Bar-1.02/b")]),
            x(),
        ],
        vec![
            pax(&[("path", "Foo-Bar-1.02/a"), ("path", "Foo-Bar-1.02/b")]),
            x(),
        ],
        vec![pax(&[("size", "much")]), x()],
        vec![content(pax(&[]), b"9 path=ab\n\n17 path=Foo-Bar-1\n"), x()],
        vec![content(pax(&[]), b"99 path=a\n"), x()],
        vec![content(pax(&[]), b"10 path=\0\n"), x()],
        vec![content(long_name(""), b""), x()],
        vec![global, x()],
        vec![long_name("Foo-Bar-1.02/nothing-follows")],
    ] {
        the_only(&look_with(&entries), Defect::ArchiveCorrupt, Error);
    }
}

#[test]
fn reports_sparse_files_of_pax() {
    let found = look_with(&[
        pax(&[("GNU.sparse.major", "1")]),
        file("Foo-Bar-1.02/x", ""),
    ]);
    the_only(&found, Defect::MemberKind, Error);
}

#[test]
fn accepts_the_comment_of_git_archive() {
    let comment = Entry {
        kind: EntryType::XGlobalHeader,
        ..pax(&[("comment", "0123456789abcdef0123456789abcdef01234567")])
    };
    let found = look_with(&[comment, file("Foo-Bar-1.02/x", "")]);
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.members, 5);
}
