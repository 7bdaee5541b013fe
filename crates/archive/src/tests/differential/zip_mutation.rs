//! Zip archives in accepted forms, and structured changes of them.

use std::io::Write as _;

use flate2::{Compression, Crc, write::DeflateEncoder};

use super::random::Random;

/// Start and length of the common fields of a header in the directory; those beside the content start two bytes
/// earlier.
const COMMON: &[(usize, usize)] = &[
    (6, 2),
    (8, 2),
    (10, 2),
    (12, 2),
    (14, 2),
    (16, 4),
    (20, 4),
    (24, 4),
];

/// The other fields of a header in the directory.
const CENTRAL: &[(usize, usize)] = &[
    (4, 1),
    (5, 1),
    (28, 2),
    (30, 2),
    (32, 2),
    (34, 2),
    (36, 2),
    (38, 4),
    (42, 4),
];

const END: &[(usize, usize)] = &[(4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)];

const NAMES: &[&str] = &[
    "Foo-Bar-1.02/x",
    "Foo-Bar-1.02/x/",
    "Foo-Bar-1.02/Makefile.PL",
    "Foo-Bar-1.02/Makefile.PL;1",
    "Foo-Bar-1.02/a\\b",
    "Foo-Bar-1.02/lib",
    "Foo-Bar-1.02/#U00e4",
    "Foo-Bar-1.02/a:b",
    "./x",
    "Foo-Bar-1.02/./x",
    "Foo-Bar-1.02//x",
    "../x",
    "/x",
    "Foo-Bar-1.02/\u{e4}",
    "Foo-Bar-1.02/a\nb",
    "Foo-Bar-1.02/a b",
    "Foo-Bar-1.02/*",
    "Foo-Bar-1.02/-x",
    "Foo-Bar-1.02/FOO",
    "",
    ".",
];

const EXTRA: &[&[u8]] = &[
    b"UT\x05\x00\x03\x00\x00\x00\x60",
    b"ux\x0b\x00\x01\x04\0\0\0\0\x04\0\0\0\0",
    b"up\x07\x00\x01\0\0\0\0xy",
    b"\x01\x00\x00\x00",
    b"\x0a\x00\x00\x00",
    b"UT\xff\x00\x03",
    b"\xfe\xca\x00\x00",
    b"\x0d\x00\x00\x00",
    b"x",
    b"\x75\x70\x00\x00",
    b"nu\x00\x00",
];

/// A member in parts.
#[derive(Clone)]
struct Member {
    local: Vec<u8>,
    name: Vec<u8>,
    local_extra: Vec<u8>,
    content: Vec<u8>,
    descriptor: Vec<u8>,
    central: Vec<u8>,
    central_name: Vec<u8>,
    central_extra: Vec<u8>,
    before: Vec<u8>,
}

/// An archive in parts.
#[derive(Clone)]
pub struct Zip {
    pub name: &'static str,
    members: Vec<Member>,
    end: Vec<u8>,
    between: Vec<u8>,
    /// Whether offsets, sizes and counts are written over.
    fixed: bool,
}

fn put(bytes: &mut [u8], at: usize, length: usize, value: u64) {
    bytes[at..at + length].copy_from_slice(&value.to_le_bytes()[..length]);
}

impl Member {
    fn new(
        name: &str,
        system: u8,
        attributes: u32,
        content: &[u8],
        deflate: bool,
        streamed: bool,
    ) -> Self {
        let packed = if deflate {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        } else {
            content.to_vec()
        };
        let mut crc = Crc::new();
        crc.update(content);
        let mut central = vec![0; 46];
        central[..4].copy_from_slice(b"PK\x01\x02");
        central[4] = 30;
        central[5] = system;
        central[6] = if deflate { 20 } else { 10 };
        central[8] = if streamed { 8 } else { 0 };
        central[10] = if deflate { 8 } else { 0 };
        put(&mut central, 12, 4, 0x5765_6000);
        put(&mut central, 16, 4, u64::from(crc.sum()));
        put(&mut central, 20, 4, packed.len() as u64);
        put(&mut central, 24, 4, content.len() as u64);
        put(&mut central, 38, 4, u64::from(attributes));
        let mut local = b"PK\x03\x04".to_vec();
        local.extend_from_slice(&central[6..28]);
        local.extend_from_slice(&[0; 4]);
        let mut descriptor = Vec::new();
        if streamed {
            descriptor.extend_from_slice(b"PK\x07\x08");
            descriptor.extend_from_slice(&local[14..26]);
            local[14..26].fill(0);
        }
        Self {
            local,
            name: name.into(),
            local_extra: EXTRA[0].to_vec(),
            content: packed,
            descriptor,
            central,
            central_name: name.into(),
            central_extra: EXTRA[0].to_vec(),
            before: Vec::new(),
        }
    }

    fn write_lengths(&mut self) {
        put(&mut self.local, 26, 2, self.name.len() as u64);
        put(&mut self.local, 28, 2, self.local_extra.len() as u64);
        put(&mut self.central, 28, 2, self.central_name.len() as u64);
        put(&mut self.central, 30, 2, self.central_extra.len() as u64);
    }
}

impl Zip {
    pub fn bytes(&self) -> Vec<u8> {
        let mut zip = self.clone();
        let mut bytes = Vec::new();
        for member in &mut zip.members {
            bytes.extend_from_slice(&member.before);
            if self.fixed {
                member.write_lengths();
                put(&mut member.central, 42, 4, bytes.len() as u64);
            }
            for part in [
                &member.local,
                &member.name,
                &member.local_extra,
                &member.content,
                &member.descriptor,
            ] {
                bytes.extend_from_slice(part);
            }
        }
        bytes.extend_from_slice(&self.between);
        let start = bytes.len();
        for member in &zip.members {
            for part in [&member.central, &member.central_name, &member.central_extra] {
                bytes.extend_from_slice(part);
            }
        }
        if self.fixed {
            put(&mut zip.end, 8, 2, self.members.len() as u64);
            put(&mut zip.end, 10, 2, self.members.len() as u64);
            put(&mut zip.end, 12, 4, (bytes.len() - start) as u64);
            put(&mut zip.end, 16, 4, start as u64);
        }
        bytes.extend_from_slice(&zip.end);
        bytes
    }

    /// Writes right numbers, so that a change of one of them is the only one.
    fn settle(&mut self) {
        let bytes = self.bytes();
        let end = bytes.len() - self.end.len();
        self.end.copy_from_slice(&bytes[end..]);
        let mut at = 0;
        for member in &mut self.members {
            at += member.before.len();
            member.write_lengths();
            put(&mut member.central, 42, 4, at as u64);
            at += member.local.len() + member.name.len() + member.local_extra.len();
            at += member.content.len() + member.descriptor.len();
        }
        self.fixed = false;
    }
}

pub fn all() -> Vec<Zip> {
    let unix = |mode: u32| mode << 16;
    let zip = |name, system: u8, streamed| {
        let of = |mode| if system == 3 { unix(mode) } else { 0 };
        let folder = if system == 3 {
            unix(0o040_755) | 0x10
        } else {
            0x10
        };
        let mut members = vec![
            Member::new("Foo-Bar-1.02/", system, folder, b"", false, false),
            Member::new(
                "Foo-Bar-1.02/Makefile.PL",
                system,
                of(0o100_755),
                b"use strict;\n",
                true,
                streamed,
            ),
            Member::new(
                "Foo-Bar-1.02/lib/Foo.pm",
                system,
                of(0o100_644),
                b"1;",
                false,
                streamed,
            ),
            Member::new("Foo-Bar-1.02/empty", system, of(0o644), b"", false, false),
        ];
        if system == 3 {
            members.push(Member::new(
                "Foo-Bar-1.02/link",
                3,
                unix(0o120_777),
                b"lib/Foo.pm",
                false,
                false,
            ));
        }
        let mut end = b"PK\x05\x06".to_vec();
        end.resize(22, 0);
        Zip {
            name,
            members,
            end,
            between: Vec::new(),
            fixed: true,
        }
    };
    vec![
        zip("unix", 3, false),
        zip("unix-streamed", 3, true),
        zip("fat", 0, false),
    ]
}

/// Returns an archive with a few changes.
pub fn mutate(zip: &Zip, random: &mut Random) -> Vec<u8> {
    let mut zip = zip.clone();
    for _ in 0..=random.below(2) {
        structure(&mut zip, random);
    }
    if random.once_in(2) {
        zip.settle();
        fields(&mut zip, random);
    }
    let mut bytes = zip.bytes();
    if random.once_in(30) {
        let at = random.below(bytes.len());
        bytes[at] = random.byte();
    }
    if random.once_in(40) {
        bytes.truncate(random.below(bytes.len()));
    }
    bytes
}

/// Changes that keep all numbers right.
fn structure(zip: &mut Zip, random: &mut Random) {
    let at = random.below(zip.members.len());
    match random.below(9) {
        0 => {
            let name = random.of(NAMES);
            zip.members[at].name = name.into();
            zip.members[at].central_name = name.into();
        }
        1 => zip.members[at].central_name = random.of(NAMES).into(),
        2 => {
            let extra = random.of(EXTRA).to_vec();
            if random.once_in(2) {
                zip.members[at].local_extra.clone_from(&extra);
            }
            zip.members[at].central_extra = extra;
        }
        3 => {
            let name = random.of(NAMES);
            let mode = random.of(&[
                0o100_644_u32,
                0o100_755,
                0o120_777,
                0o040_755,
                0o010_644,
                0o644,
                0,
            ]);
            let system = random.of(&[0, 0, 3, 3, 3, 1, 2, 7, 10, 11, 16, 19]);
            let content: &[u8] = random.of(&[&b""[..], b"lib/Foo.pm", b"../x"]);
            let (deflate, streamed) = (random.once_in(2), random.once_in(3));
            let low = random.of(&[0, 0, 1, 0x10]);
            let member = Member::new(name, system, mode << 16 | low, content, deflate, streamed);
            zip.members.insert(at, member);
        }
        4 if zip.members.len() > 1 => {
            zip.members.remove(at);
        }
        5 => {
            let other = random.below(zip.members.len());
            zip.members.swap(at, other);
        }
        6 => {
            let (start, length) = random.of(COMMON);
            let value = value(random);
            put(&mut zip.members[at].central, start, length, value);
            put(&mut zip.members[at].local, start - 2, length, value);
        }
        7 => {
            let (start, length) = random.of(CENTRAL);
            let value = value(random);
            put(&mut zip.members[at].central, start, length, value);
        }
        _ => {
            let bytes = random.of(EXTRA).to_vec();
            match random.below(4) {
                0 => zip.members[at].before = bytes,
                1 => zip.members[at].content.extend(bytes),
                2 => zip.between = bytes,
                _ => {
                    put(&mut zip.end, 20, 2, bytes.len() as u64);
                    zip.end.truncate(22);
                    zip.end.extend(bytes);
                }
            }
        }
    }
}

/// Changes one field, and nothing that depends on it.
fn fields(zip: &mut Zip, random: &mut Random) {
    let at = random.below(zip.members.len());
    let value = value(random);
    match random.below(4) {
        0 => {
            let (start, length) = random.of(END);
            put(&mut zip.end, start, length, value);
        }
        1 => {
            let (start, length) = random.of(CENTRAL);
            put(&mut zip.members[at].central, start, length, value);
        }
        2 => {
            let (start, length) = random.of(COMMON);
            put(&mut zip.members[at].central, start, length, value);
        }
        _ => {
            let (start, length) = random.of(COMMON);
            put(&mut zip.members[at].local, start - 2, length, value);
        }
    }
}

fn value(random: &mut Random) -> u64 {
    if random.once_in(3) {
        return random.next();
    }
    random.of(&[
        0,
        1,
        2,
        3,
        4,
        5,
        8,
        9,
        10,
        12,
        16,
        20,
        21,
        30,
        45,
        46,
        47,
        63,
        100,
        255,
        2048,
        2056,
        0x10,
        0o100_644 << 16,
        0o100_755 << 16,
        0o120_777 << 16,
        0o120_755 << 16,
        0o040_755 << 16,
        0xffff,
        0xffff_ffff,
        0o644 << 16,
        0o104_755 << 16,
    ])
}
