//! Archives, compressed or as bare tar, which the target then compresses. If an archive is fit, the
//! `tar` crate must see the same members.

#![no_main]

use std::io::{Cursor, Write};

use cpan_sigstore_archive::{Destination, preflight};
use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "Foo-Bar-1.02.tar.gz";

fuzz_target!(|bytes: &[u8]| {
    let is_packed = [&b"\x1f\x8b"[..], b"BZh", b"PK"]
        .iter()
        .any(|magic| bytes.starts_with(magic));
    if is_packed {
        let _ = preflight(&mut Cursor::new(bytes), NAME, &Destination::default());
        return;
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::none());
    packed.write_all(bytes).expect("memory can be written");
    let packed = packed.finish().expect("memory can be written");
    let found = preflight(&mut Cursor::new(&packed), NAME, &Destination::default())
        .expect("memory can be read");
    if !found.is_fit() {
        return;
    }
    let mut members = 0;
    for entry in tar::Archive::new(bytes).entries().expect("a tar archive") {
        let Ok(entry) = entry else {
            return;
        };
        if entry.header().entry_type().is_pax_global_extensions() {
            continue;
        }
        members += 1;
        let path = entry.path_bytes();
        assert!(!path.starts_with(b"/"));
        assert!(path.split(|byte| *byte == b'/').all(|part| part != b".."));
    }
    assert_eq!(members, found.members);
});
