//! Gzip of the package index and its siblings.

use std::io::{self, Read as _, Write as _};

use cpan_sigstore_core::text::count;
use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};

/// Reasons not to unpack a gzip.
#[derive(Debug, thiserror::Error)]
pub enum PackedError {
    /// It is no gzip, or cut off.
    #[error("invalid gzip: {0}")]
    Gzip(#[source] io::Error),
    /// It unpacks to more than the limit.
    #[error("invalid gzip: expected at most {0} bytes in it, found more")]
    TooLarge(usize),
    /// More bytes follow it.
    #[error("invalid gzip: expected the end of the file, found {}", count(*.0, "more byte"))]
    Trailing(usize),
}

/// Unpacks a gzip to at most `limit` bytes. Its end is the end of the file.
///
/// # Errors
/// [`PackedError`] if it is invalid or unpacks to more.
pub fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, PackedError> {
    let mut rest = packed;
    let mut text = Vec::new();
    GzDecoder::new(&mut rest)
        .take(limit as u64 + 1)
        .read_to_end(&mut text)
        .map_err(PackedError::Gzip)?;
    if text.len() > limit {
        return Err(PackedError::TooLarge(limit));
    }
    if !rest.is_empty() {
        return Err(PackedError::Trailing(rest.len()));
    }
    Ok(text)
}

/// Packs a text. The same text always gives the same bytes.
///
/// # Errors
/// [`io::Error`], which writing to memory never returns.
pub fn pack(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_gzip_whole_or_not_at_all() {
        let packed = pack(b"text").unwrap();
        assert_eq!(unpack(&packed, 4).unwrap(), b"text");
        assert!(matches!(unpack(&packed, 3), Err(PackedError::TooLarge(3))));
        let cut = &packed[..packed.len() - 1];
        assert!(matches!(unpack(cut, 4), Err(PackedError::Gzip(_))));
        let longer = [&packed[..], b"x"].concat();
        assert!(matches!(unpack(&longer, 4), Err(PackedError::Trailing(1))));
    }
}
