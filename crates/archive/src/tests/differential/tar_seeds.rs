//! Tar archives in every accepted form, from which mutations start.

use std::{
    fs::{self, File},
    io::Read as _,
    path::Path,
};

use flate2::read::MultiGzDecoder;

use super::tree::seen_tar;

/// Largest real release, in unpacked bytes.
const LARGEST: u64 = 100_000;

/// An archive in parts.
#[derive(Clone)]
pub struct Seed {
    pub name: String,
    pub segments: Vec<Segment>,
    /// Everything after the last content.
    pub end: Vec<u8>,
}

/// A header and its content, in whole blocks.
#[derive(Clone)]
pub struct Segment {
    pub header: Vec<u8>,
    pub body: Vec<u8>,
}

/// How a program writes headers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Posix,
    ArchiveTar,
    BsdTar,
    Gnu,
    Oldest,
}

pub const STYLES: &[Style] = &[
    Style::Posix,
    Style::ArchiveTar,
    Style::BsdTar,
    Style::Gnu,
    Style::Oldest,
];

impl Seed {
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for segment in &self.segments {
            bytes.extend_from_slice(&segment.header);
            bytes.extend_from_slice(&segment.body);
        }
        bytes.extend_from_slice(&self.end);
        bytes
    }
}

impl Segment {
    pub fn new(style: Style, kind: u8, path: &str, mode: u32, link: &str, content: &[u8]) -> Self {
        let mut header = vec![0; 512];
        let (prefix, name) = split(path);
        put(&mut header, 0, name.as_bytes());
        put(&mut header, 100, small(style, mode).as_bytes());
        put(&mut header, 108, small(style, 1000).as_bytes());
        put(&mut header, 116, small(style, 1000).as_bytes());
        put(&mut header, 124, large(style, content.len()).as_bytes());
        put(&mut header, 136, large(style, 0o14_521_523_500).as_bytes());
        header[156] = kind;
        put(&mut header, 157, link.as_bytes());
        let magic: &[u8] = match style {
            Style::Gnu => b"ustar  \0",
            Style::Oldest => b"",
            _ => b"ustar\x0000",
        };
        put(&mut header, 257, magic);
        if style != Style::Oldest {
            put(&mut header, 265, b"author");
            put(&mut header, 297, b"author");
        }
        if !matches!(style, Style::Gnu | Style::Oldest) {
            put(&mut header, 329, small(style, 0).as_bytes());
            put(&mut header, 337, small(style, 0).as_bytes());
            put(&mut header, 345, prefix.as_bytes());
        }
        let mut segment = Self {
            header,
            body: content.to_vec(),
        };
        segment.pad();
        segment.sum(style);
        segment
    }

    pub fn pad(&mut self) {
        let length = self.body.len().next_multiple_of(512);
        self.body.resize(length, 0);
    }

    /// Writes the right checksum.
    pub fn sum(&mut self, style: Style) {
        self.header[148..156].fill(b' ');
        let sum: u32 = self.header.iter().copied().map(u32::from).sum();
        let text = match style {
            Style::ArchiveTar | Style::Oldest => format!("{sum:6o}\0 "),
            Style::Gnu if sum.is_multiple_of(2) => format!("{sum:07o}\0"),
            _ => format!("{sum:06o}\0 "),
        };
        put(&mut self.header, 148, text.as_bytes());
    }
}

/// A path that does not fit into the name is split at its last slash.
fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some((prefix, name)) if path.len() > 100 => (prefix, name),
        _ => ("", path),
    }
}

fn put(header: &mut [u8], at: usize, bytes: &[u8]) {
    header[at..at + bytes.len()].copy_from_slice(bytes);
}

fn small(style: Style, number: u32) -> String {
    match style {
        Style::ArchiveTar | Style::BsdTar => format!("{number:06o} \0"),
        Style::Oldest => format!("{number:6o} \0"),
        Style::Posix | Style::Gnu => format!("{number:07o}\0"),
    }
}

fn large(style: Style, number: usize) -> String {
    match style {
        Style::ArchiveTar => format!("{number:11o}\0"),
        Style::BsdTar => format!("{number:011o} "),
        Style::Oldest => format!("{number:11o} "),
        Style::Posix | Style::Gnu => format!("{number:011o}\0"),
    }
}

/// A record of a pax header.
pub fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (1..6)
        .map(|digits| rest + digits)
        .find(|length| rest + length.to_string().len() == *length)
        .unwrap();
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

/// The members of every seed.
fn members(style: Style) -> Vec<Segment> {
    let file = if style == Style::Oldest { 0 } else { b'0' };
    let new = |kind, path: &str, mode, link: &str, content: &[u8]| {
        Segment::new(style, kind, path, mode, link, content)
    };
    vec![
        new(b'5', "Foo-Bar-1.02/", 0o755, "", b""),
        new(
            file,
            "Foo-Bar-1.02/Makefile.PL",
            0o755,
            "",
            b"use strict;\n",
        ),
        new(file, "Foo-Bar-1.02/lib/Foo/Bar.pm", 0o644, "", &[b'x'; 700]),
        new(file, "Foo-Bar-1.02/empty", 0o100_644, "", b""),
        new(b'2', "Foo-Bar-1.02/lib/link", 0o777, "Foo/Bar.pm", b""),
        new(
            b'1',
            "Foo-Bar-1.02/hard",
            0o755,
            "Foo-Bar-1.02/Makefile.PL",
            b"",
        ),
    ]
}

fn seed(name: &str, segments: Vec<Segment>) -> Seed {
    Seed {
        name: name.to_owned(),
        segments,
        end: vec![0; 1024],
    }
}

pub fn all() -> Vec<Seed> {
    let names = ["posix", "archive-tar", "bsdtar", "gnu", "oldest"];
    let mut seeds: Vec<_> = STYLES
        .iter()
        .zip(names)
        .map(|(style, name)| seed(name, members(*style)))
        .collect();
    let file = |style, path: &str| Segment::new(style, b'0', path, 0o644, "", b"content");
    let long = format!("Foo-Bar-1.02/{}/file", "long-folder/".repeat(8));
    let long = long.replace("//", "/");
    let longer = format!("Foo-Bar-1.02/{}", "n".repeat(150));

    let mut prefixed = members(Style::Posix);
    prefixed.push(file(Style::Posix, &long));
    seeds.push(seed("prefix", prefixed));

    let mut gnu = members(Style::Gnu);
    let name = [longer.as_bytes(), b"\0"].concat();
    gnu.push(Segment::new(
        Style::Gnu,
        b'L',
        "././@LongLink",
        0o644,
        "",
        &name,
    ));
    gnu.push(file(Style::Gnu, &longer[..100]));
    seeds.push(seed("gnu-long", gnu));

    let mut archive_tar = members(Style::ArchiveTar);
    archive_tar.push(Segment::new(
        Style::ArchiveTar,
        b'L',
        "././@LongLink",
        0o644,
        "",
        longer.as_bytes(),
    ));
    let mut short = Segment::new(
        Style::ArchiveTar,
        b'0',
        &"n".repeat(100),
        0o644,
        "",
        b"long",
    );
    put(&mut short.header, 345, b"Foo-Bar-1.02");
    short.sum(Style::ArchiveTar);
    archive_tar.push(short);
    seeds.push(seed("archive-tar-long", archive_tar));

    let mut pax = vec![Segment::new(
        Style::Posix,
        b'g',
        "pax_global_header",
        0o666,
        "",
        &record("comment", b"0123456789abcdef0123456789abcdef01234567"),
    )];
    for member in members(Style::BsdTar) {
        let records = [
            record("mtime", b"1700000000.25"),
            record("SCHILY.ino", b"7"),
        ]
        .concat();
        pax.push(Segment::new(
            Style::BsdTar,
            b'x',
            "PaxHeader/x",
            0o644,
            "",
            &records,
        ));
        pax.push(member);
    }
    let umlaut = "Foo-Bar-1.02/\u{e4}";
    pax.push(Segment::new(
        Style::BsdTar,
        b'x',
        "PaxHeader/a",
        0o644,
        "",
        &record("path", umlaut.as_bytes()),
    ));
    pax.push(file(Style::BsdTar, umlaut));
    seeds.push(seed("pax", pax));
    seeds
}

/// Returns the releases in a folder of folders, which `scripts/corpus` fetches.
pub fn real(folder: &Path) -> Vec<Seed> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| fs::read_dir(entry.unwrap().path()).ok()?.next())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files.iter().filter_map(|file| unpacked(file)).collect()
}

/// Returns a small release in parts.
fn unpacked(file: &Path) -> Option<Seed> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(File::open(file).unwrap())
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    if bytes.len() as u64 > LARGEST {
        return None;
    }
    let mut segments = Vec::new();
    let mut rest = &bytes[..];
    while let Some((header, after)) = rest.split_at_checked(512) {
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        let digits = header[124..136].trim_ascii();
        let digits = digits.split(|byte| !byte.is_ascii_digit()).next()?;
        let size = usize::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?;
        let (body, after) = after.split_at_checked(size.next_multiple_of(512))?;
        segments.push(Segment {
            header: header.to_vec(),
            body: body.to_vec(),
        });
        rest = after;
    }
    let name = file.file_name()?.to_string_lossy();
    let seed = Seed {
        end: rest.to_vec(),
        ..seed(&name, segments)
    };
    seen_tar(&seed.bytes()).ok().map(|_| seed)
}
