//! Indexes as gzip.

use std::io::{self, Read as _, Write as _};

use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};

/// A packed index that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PackedError {
    /// It is no gzip, or breaks off.
    #[error("expected a gzip, found {0}")]
    Gzip(#[source] io::Error),
    /// It unpacks to more than an index need have.
    #[error("expected at most {0} bytes in the gzip, found more")]
    TooLarge(usize),
    /// Something follows the gzip.
    #[error("expected one gzip, found {0} bytes after it")]
    Trailing(usize),
}

/// Unpacks a gzip of at most `limit` bytes, to its end, which is the file's end.
///
/// # Errors
/// Where it is no such gzip.
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

/// Packs a text; the same text always to the same bytes.
///
/// # Errors
/// None that memory can have.
pub fn pack(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gzip_is_read_whole_or_not_at_all() {
        let packed = pack(b"text").unwrap();
        assert_eq!(unpack(&packed, 4).unwrap(), b"text");
        assert!(matches!(unpack(&packed, 3), Err(PackedError::TooLarge(3))));
        let cut = &packed[..packed.len() - 1];
        assert!(matches!(unpack(cut, 4), Err(PackedError::Gzip(_))));
        let longer = [&packed[..], b"x"].concat();
        assert!(matches!(unpack(&longer, 4), Err(PackedError::Trailing(1))));
    }
}
