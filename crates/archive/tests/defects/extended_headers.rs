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
    look_after(&more.iter().flat_map(entry).collect::<Vec<_>>())
}

/// A release followed by these blocks.
fn look_after(blocks: &[u8]) -> Preflight {
    let mut bytes: Vec<u8> = release().iter().flat_map(entry).collect();
    bytes.extend_from_slice(blocks);
    bytes.extend_from_slice(&[0; 1024]);
    look(&gzip(&bytes))
}

#[test]
fn follows_long_names_of_gnu_and_pax() {
    let long = format!("Foo-Bar-1.02/{}/../../../evil", "d".repeat(200));
    for header in [long_name(&long), pax(&[("path", &long)])] {
        let found = look_with(&[header, file("Foo-Bar-1.02/short", "x")]);
        has(&found, Defect::PathEscapes, Error);
        let defect = found.defects.last().unwrap();
        assert_eq!(defect.members, [long.as_str()]);
    }
    let harmless = format!("Foo-Bar-1.02/{}", "d".repeat(200));
    let found = look_with(&[long_name(&harmless), file(&harmless[..100], "x")]);
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.members, 5);
    let unlike = look_with(&[long_name(&harmless), file("Foo-Bar-1.02/ddd", "x")]);
    the_only(&unlike, Defect::MemberAmbiguous, Error);
}

#[test]
fn reports_link_target_seen_only_by_pax_readers() {
    let target = "../".repeat(100);
    for target in [target.as_str(), "lib", "harmless/"] {
        let link = Entry {
            link: b"harmless".to_vec(),
            ..of_kind("Foo-Bar-1.02/l", EntryType::Symlink)
        };
        let found = look_with(&[pax(&[("linkpath", target)]), link]);
        the_only(&found, Defect::MemberAmbiguous, Error);
    }
    let link = Entry {
        link: b"lib".to_vec(),
        ..of_kind("Foo-Bar-1.02/l", EntryType::Symlink)
    };
    let found = look_with(&[pax(&[("linkpath", "lib")]), link]);
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
}

#[test]
fn reports_path_seen_only_by_pax_readers() {
    // `Archive::Tar` takes the path of the plain header, also where that is cut, or not ASCII.
    let short = format!("Foo-Bar-1.02/{}Makefile.PL", "x/".repeat(38));
    for (path, plain) in [
        ("Foo-Bar-1.02/innocent".to_owned(), "Foo-Bar-1.02/Build.PL"),
        ("Foo-Bar-1.02/\u{e4}".to_owned(), "Foo-Bar-1.02/Build.PL"),
        (format!("{short}.disabled"), &short[..100]),
    ] {
        let found = look_with(&[pax(&[("path", &path)]), file(plain, "evil")]);
        the_only(&found, Defect::MemberAmbiguous, Error);
    }
    let same = look_with(&[
        pax(&[("path", "Foo-Bar-1.02/\u{e4}")]),
        file("Foo-Bar-1.02/\u{e4}", ""),
    ]);
    assert!(same.defects.is_empty(), "{:#?}", same.defects);
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
        the_only(&found, Defect::ExtensionForm, Error);
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
        the_only(&look_with(&[member]), Defect::HeaderForm, Error);
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
        vec![pax(&[("mtime", "1")]), pax(&[("atime", "1")]), x()],
        // `Archive::Tar` gives the name to the pax header.
        vec![long_name("Foo-Bar-1.02/a"), pax(&[("mtime", "1")]), x()],
        vec![pax(&[("hdrcharset", "BINARY")]), x()],
        vec![pax(&[("SCHILY.realsize", "1")]), x()],
        vec![pax(&[("size", "+0")]), x()],
        vec![pax(&[("size", "00")]), x()],
        vec![pax(&[("mtime", "1e9")]), x()],
        vec![content(pax(&[]), b"010 mtime=1"), x()],
        vec![content(pax(&[]), b" 11 mtime=1\n"), x()],
        vec![content(pax(&[]), b"11 mtime=1\n\0"), x()],
        vec![content(pax(&[]), b"8 a b=1\n"), x()],
        vec![content(pax(&[]), b"10 path=\xff\n"), x()],
        // bsdtar fails on it.
        vec![content(pax(&[]), b"11 uname=\xff\n"), x()],
        vec![content(long_name(""), b"Foo-Bar-1.02/a\0\0"), x()],
        vec![content(long_name(""), b"Foo-Bar-1.02/a\0b"), x()],
        vec![content(long_name(""), b"\0"), x()],
        vec![pax(&[("size", "much")]), x()],
        vec![content(pax(&[]), b"9 path=ab\n\n17 path=Foo-Bar-1\n"), x()],
        vec![content(pax(&[]), b"99 path=a\n"), x()],
        vec![content(pax(&[]), b"10 path=\0\n"), x()],
        vec![content(long_name(""), b""), x()],
        vec![global, x()],
        vec![long_name("Foo-Bar-1.02/nothing-follows")],
    ] {
        the_only(&look_with(&entries), Defect::ExtensionForm, Error);
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
    let blocks: Vec<u8> = [std::slice::from_ref(&comment), &release()]
        .concat()
        .iter()
        .flat_map(entry)
        .collect();
    let found = look(&gzip(&[blocks, vec![0; 1024]].concat()));
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.members, 4);
    // Readers that take every such header for a file see it in the release.
    let late = look_with(&[comment, file("Foo-Bar-1.02/x", "")]);
    the_only(&late, Defect::ExtensionForm, Error);
}

#[test]
fn rejects_headers_hidden_in_extended_headers() {
    let hidden = entry(&file("Foo-Bar-1.02/Makefile.PL", "evil"));
    let x = entry(&file("Foo-Bar-1.02/x", ""));
    // The key is as long as the rest of its block.
    let key = "SCHILY.xattr.com.apple.";
    let fill = 512 - "1036 ".len() - key.len() - 1;
    let mut data = format!("1036 {key}{}=", "k".repeat(fill)).into_bytes();
    data.extend_from_slice(&hidden[..512]);
    data.resize(1035, b'x');
    data.push(b'\n');
    let header = entry(&Entry {
        content: data,
        ..pax(&[])
    });
    let found = look_after(&[header, x.clone()].concat());
    the_only(&found, Defect::ExtensionForm, Error);
    // In the padding of the last block.
    let mut header = entry(&pax(&[("mtime", "1")]));
    header[1000] = b'x';
    let found = look_after(&[header, x].concat());
    the_only(&found, Defect::ExtensionForm, Error);
}
