//! The type of a file, from its first bytes.

use std::io::{self, Read, Seek, SeekFrom};

use cpan_sigstore_core::release::Packing;

use crate::{tar::BLOCK, unpacked_stream::Compression};

/// Returns the first bytes of a file, at most one block, and rewinds the file.
pub fn head<R: Read + Seek>(file: &mut R) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    let mut head = Vec::with_capacity(BLOCK);
    file.by_ref().take(BLOCK as u64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(head)
}

/// Returns the packing of a file that starts with these bytes, or `None` if PAUSE does not know it.
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

/// Returns a phrase for the type of a file.
pub fn describe(packing: Option<Packing>, head: &[u8]) -> &'static str {
    match packing {
        Some(Packing::Gzip) => "a file compressed by gzip",
        Some(Packing::Bzip2) => "a file compressed by bzip2",
        Some(Packing::Zip) => "a zip archive",
        None if head.get(257..262) == Some(b"ustar") => "a tar archive that is not compressed",
        None if head.starts_with(b"\xfd7zXZ\0") => "a file compressed by xz",
        None if head.starts_with(b"\x1f\x9d") => "a file compressed by compress",
        None => "a file that is not an archive",
    }
}
