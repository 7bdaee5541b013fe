//! What a file is by its first bytes.

use std::io::{self, Read, Seek, SeekFrom};

use cpan_sigstore_core::release::Packing;

use crate::{tar::BLOCK, unpacked::Compression};

/// The first bytes of a file, at most a block, which is where it then stands again.
pub fn head<R: Read + Seek>(file: &mut R) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    let mut head = Vec::with_capacity(BLOCK);
    file.by_ref().take(BLOCK as u64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(head)
}

/// What a file that begins like this is, where it is one of those that PAUSE knows.
pub fn packing(head: &[u8]) -> Option<Packing> {
    if head.starts_with(Compression::Gzip.magic()) {
        Some(Packing::Gzip)
    } else if head.starts_with(Compression::Bzip2.magic()) {
        Some(Packing::Bzip2)
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Some(Packing::Zip)
    } else {
        None
    }
}

/// The same in words.
pub fn words(packing: Option<Packing>, head: &[u8]) -> &'static str {
    match packing {
        Some(Packing::Gzip) => "a file compressed by gzip",
        Some(Packing::Bzip2) => "a file compressed by bzip2",
        Some(Packing::Zip) => "a zip archive",
        None if head.get(257..262) == Some(b"ustar") => "a tar archive that is not compressed",
        None if head.starts_with(b"\xfd7zXZ\0") => "a file compressed by xz",
        None if head.starts_with(b"\x1f\x9d") => "a file compressed by compress",
        None => "no archive",
    }
}
