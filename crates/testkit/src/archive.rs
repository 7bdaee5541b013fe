//! Archives as authors and attackers make them.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use tar::{EntryType, Header};

/// The name of the release that everything here is about.
pub const NAME: &str = "Foo-Bar-1.02.tar.gz";

pub const META_JSON: &str = r#"{"name":"Foo-Bar","version":"1.02","abstract":"a test"}"#;
pub const META_YML: &str = "---\nname: Foo-Bar\nversion: '1.02'\n";

/// The longest path that fits into a header.
const SHORT_PATH: usize = 100;

/// A member of a tar archive, before it is written.
#[derive(Clone)]
pub struct Entry {
    pub path: Vec<u8>,
    pub kind: EntryType,
    pub mode: u32,
    pub link: Vec<u8>,
    pub content: Vec<u8>,
    /// The size that the header states, if it is not that of the content.
    pub size: Option<u64>,
}

pub fn file(path: &str, content: impl AsRef<[u8]>) -> Entry {
    Entry {
        path: path.into(),
        kind: EntryType::Regular,
        mode: 0o644,
        link: Vec::new(),
        content: content.as_ref().into(),
        size: None,
    }
}

pub fn of_kind(path: &str, kind: EntryType) -> Entry {
    Entry {
        kind,
        mode: 0o755,
        ..file(path, "")
    }
}

pub fn link(path: &str, kind: EntryType, target: &str) -> Entry {
    Entry {
        link: target.into(),
        mode: 0o777,
        ..of_kind(path, kind)
    }
}

/// A release without defects.
pub fn release() -> Vec<Entry> {
    vec![
        of_kind("Foo-Bar-1.02/", EntryType::Directory),
        file("Foo-Bar-1.02/META.json", META_JSON),
        file("Foo-Bar-1.02/META.yml", META_YML),
        file("Foo-Bar-1.02/lib/Foo/Bar.pm", "package Foo::Bar;\n1;\n"),
    ]
}

/// The same with more members.
pub fn with(more: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    release().into_iter().chain(more).collect()
}

/// One header and its content, in whole blocks; a path that is too long for a header is written before it, as GNU tar does.
pub fn entry(entry: &Entry) -> Vec<u8> {
    if entry.path.len() > SHORT_PATH {
        let long = Entry {
            content: entry.path.clone(),
            ..of_kind("././@LongLink", EntryType::GNULongName)
        };
        let short = Entry {
            path: entry.path[..SHORT_PATH].to_vec(),
            ..entry.clone()
        };
        return [self::entry(&long), self::entry(&short)].concat();
    }
    let mut header = Header::new_ustar();
    // As bytes, since the library would refuse what an attacker writes.
    let old = header.as_old_mut();
    old.name[..entry.path.len()].copy_from_slice(&entry.path);
    old.linkname[..entry.link.len()].copy_from_slice(&entry.link);
    header.set_entry_type(entry.kind);
    header.set_mode(entry.mode);
    header.set_size(entry.size.unwrap_or(entry.content.len() as u64));
    header.set_mtime(1_700_000_000);
    header.set_uid(1000);
    header.set_gid(1000);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(&entry.content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// A tar archive with its end.
pub fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().flat_map(entry).collect();
    bytes.extend_from_slice(&[0; 1024]);
    bytes
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn targz(entries: &[Entry]) -> Vec<u8> {
    gzip(&tar(entries))
}

/// A distribution as a toolchain makes it, with one module.
pub fn distribution(name: &str, version: &str) -> Vec<u8> {
    let top = format!("{name}-{version}");
    let module = name.replace('-', "::");
    let meta = format!(
        r#"{{"name":"{name}","version":"{version}","abstract":"a test","author":["A"],"license":["mit"],"dynamic_config":0,"generated_by":"hand","release_status":"stable","meta-spec":{{"version":2}}}}"#
    );
    let code = format!("package {module};\nour $VERSION = '{version}';\n1;\n");
    let path = format!("lib/{}.pm", name.replace('-', "/"));
    let manifest = format!("MANIFEST\nMETA.json\nMakefile.PL\n{path}\n");
    let makefile = format!(
        "use ExtUtils::MakeMaker;\nWriteMakefile(NAME => '{module}', VERSION_FROM => '{path}');\n"
    );
    targz(&[
        file(&format!("{top}/META.json"), meta),
        file(&format!("{top}/MANIFEST"), manifest),
        file(&format!("{top}/Makefile.PL"), makefile),
        file(&format!("{top}/{path}"), code),
    ])
}
