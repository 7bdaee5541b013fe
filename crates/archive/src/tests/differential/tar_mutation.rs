//! Structured changes of tar archives.

use super::{
    random::Random,
    tar_seeds::{STYLES, Seed, Segment, Style, record},
};

/// Start and length of each field of a header.
const FIELDS: &[(usize, usize)] = &[
    (0, 100),
    (100, 8),
    (108, 8),
    (116, 8),
    (124, 12),
    (136, 12),
    (148, 8),
    (156, 1),
    (157, 100),
    (257, 6),
    (263, 2),
    (265, 32),
    (297, 32),
    (329, 8),
    (337, 8),
    (345, 155),
    (500, 12),
];

const NUMBERS: &[&[u8]] = &[
    b"",
    b"0",
    b"1",
    b"644",
    b"755",
    b"0000644",
    b"  644 ",
    b"+644",
    b"-644",
    b"0x1a",
    b"0b11",
    b"0 644",
    b"644\xc2\xa0",
    b"644\t",
    b"644\0\x001",
    b"\x80\0\0\0\0\0\0\0\0\0\x02\0",
    b"\x80\x01\0\0\0\0\0\0\0\0\x02\0",
    b"\x80\0\0\0\0\0\x02\0",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"00000000512",
    b"00000001000",
    b"00000002000",
    b"777777777777",
    b"00000001274",
    b"1000 ",
    b"8",
    b"000000000001",
    b"         14",
    b"\x00644",
    b" ",
    b"4755",
    b"100644",
    b"40755",
    b"120777",
];

const TEXTS: &[&[u8]] = &[
    b"",
    b"Foo-Bar-1.02",
    b"Foo-Bar-1.02/",
    b"Foo-Bar-1.02/Makefile.PL",
    b"Foo-Bar-1.02/x",
    b"Foo-Bar-1.02/lib",
    b"Foo-Bar-1.02/lib/",
    b"Makefile.PL",
    b"./Foo-Bar-1.02/y",
    b"././z",
    b"/Foo-Bar-1.02/x",
    b"../x",
    b"Foo-Bar-1.02/../x",
    b"Foo-Bar-1.02//x",
    b"Foo-Bar-1.02/./x",
    b".",
    b"./",
    b"/",
    b"Foo-Bar-1.02/x\n",
    b"Foo-Bar-1.02/x/\n",
    b"Foo-Bar-1.02/\xc3\xa4",
    b"Foo-Bar-1.02/\xff",
    b"pax_global_header",
    b"././@LongLink",
    b"Foo-Bar-1.02/a\\b",
    b"x\0y",
    b"Foo-Bar-1.02/lib/link/x",
    b"Foo-Bar-1.02/x:y",
    b"Foo-Bar-1.02/x y",
    b"Foo-Bar-1.02/hard",
    b"Foo-Bar-1.02/-x",
    b"@x",
    b"Foo-Bar-1.02/.x",
    b"Foo/Bar.pm",
    b"lib",
    b"lib/Foo/",
    b"../lib",
    b"Foo-Bar-1.02/*",
    b"Foo-Bar-1.02/[a]",
    b"Foo-Bar-1.02/._x",
    b"Foo-Bar-1.02/a/b/c/d",
];

const MAGICS: &[&[u8]] = &[
    b"ustar\x0000",
    b"ustar  \0",
    b"\0\0\0\0\0\0\0\0",
    b"us.ar\x0000",
    b"ustar\0  ",
    b"ustar 00",
    b"ustar\0\0\0",
    b"ustar\x0001",
    b"USTAR\x0000",
    b"tar\0\0\0\0\0",
];

const KEYS: &[&str] = &[
    "path",
    "linkpath",
    "size",
    "mtime",
    "atime",
    "uid",
    "gid",
    "uname",
    "comment",
    "hdrcharset",
    "charset",
    "GNU.sparse.major",
    "GNU.sparse.name",
    "GNU.sparse.size",
    "GNU.sparse.realsize",
    "SCHILY.realsize",
    "SCHILY.xattr.com.apple.x",
    "LIBARCHIVE.xattr.com.apple.x",
    "SCHILY.nlink",
    "SCHILY.filetype",
    "SCHILY.acl.access",
    "LIBARCHIVE.symlinktype",
    "RHT.security.selinux",
    "devmajor",
    "SUN.devmajor",
    "",
];

/// Returns the seed with a few changes.
pub fn mutate(seed: &Seed, random: &mut Random) -> Vec<u8> {
    let mut seed = seed.clone();
    for _ in 0..=random.below(3) {
        change(&mut seed, random);
    }
    let mut bytes = seed.bytes();
    match random.below(40) {
        0 => bytes.truncate(random.below(bytes.len())),
        1 => {
            let at = random.below(bytes.len());
            bytes[at] = random.byte();
        }
        _ => {}
    }
    bytes
}

fn change(seed: &mut Seed, random: &mut Random) {
    if seed.segments.is_empty() {
        return;
    }
    let at = random.below(seed.segments.len());
    match random.below(12) {
        0..=4 => {
            let segment = &mut seed.segments[at];
            field(&mut segment.header, random);
            if !random.once_in(12) {
                segment.sum(random.of(STYLES));
            }
        }
        5 => {
            let extension = extension(random);
            seed.segments.insert(at, extension);
        }
        6 => {
            let copy = seed.segments[at].clone();
            let to = random.below(seed.segments.len() + 1);
            seed.segments.insert(to, copy);
        }
        7 => {
            seed.segments.remove(at);
        }
        8 => {
            let other = random.below(seed.segments.len());
            seed.segments.swap(at, other);
        }
        9 => body(&mut seed.segments, at, random),
        10 => end(seed, random),
        _ => {
            let member = member(random);
            seed.segments.insert(at, member);
        }
    }
}

/// Changes a field, or one byte.
fn field(header: &mut [u8], random: &mut Random) {
    let (start, length) = random.of(FIELDS);
    let value: &[u8] = match start {
        _ if random.once_in(4) => {
            let at = start + random.below(length);
            header[at] = random.byte();
            return;
        }
        156 => {
            header[156] = random.of(b"\x000123456789LKxgXASVMDNZ ");
            return;
        }
        257 | 263 => {
            header[257..265].copy_from_slice(random.of(MAGICS));
            return;
        }
        0 | 157 | 265 | 297 | 345 | 500 => random.of(TEXTS),
        _ => random.of(NUMBERS),
    };
    let field = &mut header[start..start + length];
    if !random.once_in(6) {
        field.fill(0);
    }
    let length = value.len().min(length);
    field[..length].copy_from_slice(&value[..length]);
}

fn extension(random: &mut Random) -> Segment {
    let style = random.of(STYLES);
    let text = random.of(TEXTS).to_vec();
    match random.below(5) {
        0 => {
            let kind = random.of(b"LK");
            let tail: &[u8] = random.of(&[&b""[..], b"\0", b"\0\0", b"\0x"]);
            Segment::new(
                style,
                kind,
                "././@LongLink",
                0o644,
                "",
                &[&text, tail].concat(),
            )
        }
        kind => {
            let mut data = Vec::new();
            for _ in 0..=random.below(3) {
                let key = random.of(KEYS);
                let value = if random.once_in(2) {
                    text.clone()
                } else {
                    random.of(NUMBERS).to_vec()
                };
                data.extend(record(key, &value));
            }
            if random.once_in(8) {
                let at = random.below(data.len());
                data[at] = random.byte();
            }
            if random.once_in(8) {
                data.resize(512, b'x');
                data.extend(member(random).header);
            }
            let kind = if kind == 1 { b'g' } else { b'x' };
            Segment::new(style, kind, "PaxHeader/x", 0o644, "", &data)
        }
    }
}

/// A member that may hide.
fn member(random: &mut Random) -> Segment {
    let text = |random: &mut Random| {
        let text = String::from_utf8_lossy(random.of(TEXTS)).into_owned();
        text.replace('\u{fffd}', "?")
    };
    let kind = random.of(b"\x0000125x");
    let (path, link) = (text(random), text(random));
    let is_link = matches!(kind, b'1' | b'2');
    let link = if is_link || random.once_in(8) {
        link
    } else {
        String::new()
    };
    let content: &[u8] = if random.once_in(3) { b"" } else { b"hidden" };
    Segment::new(random.of(STYLES), kind, &path, 0o755, &link, content)
}

/// Changes a content: other bytes, more or fewer blocks, or a header in it.
fn body(segments: &mut [Segment], at: usize, random: &mut Random) {
    let hidden = member(random);
    let segment = &mut segments[at];
    match random.below(5) {
        0 => segment.body.extend(hidden.header),
        1 => {
            segment.body = hidden.header;
            segment.body.extend(hidden.body);
        }
        2 => segment.body.truncate(random.below(segment.body.len() + 1)),
        3 if !segment.body.is_empty() => {
            let at = random.below(segment.body.len());
            segment.body[at] = random.byte();
        }
        _ => {
            segment.body.push(random.byte());
            segment.pad();
        }
    }
}

/// Changes the end of the archive.
fn end(seed: &mut Seed, random: &mut Random) {
    seed.end = vec![0; 512 * random.below(4)];
    if random.once_in(2) {
        let mut hidden = member(random);
        match random.below(5) {
            0 => hidden.header[148..156].fill(0),
            1 => hidden.header[500..].fill(b'x'),
            2 => hidden.header[random.below(512)] = random.byte(),
            3 => hidden.sum(Style::Oldest),
            _ => {}
        }
        seed.end.extend(hidden.header);
        seed.end.extend(hidden.body);
        seed.end.extend(vec![0; 512 * random.below(3)]);
    }
    if random.once_in(6) {
        seed.end.push(0);
    }
}
