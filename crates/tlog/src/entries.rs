//! Entry bundles (`tlog-tiles`): the leaves of a tile, each with its length before it.

use crate::tile::TilePath;

/// Bytes of the length before each leaf.
const LENGTH_BYTES: usize = 2;

/// Reasons why a file is no entry bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// The file ends in the middle of a leaf, or goes on after the last one.
    #[error(
        "invalid {path}: expected {expected} whole leaves, found {found} and {left} more bytes"
    )]
    Count {
        /// The file.
        path: TilePath,
        /// The number of leaves by the path.
        expected: u16,
        /// The number of whole leaves.
        found: u16,
        /// The bytes behind them.
        left: usize,
    },
    /// A leaf is longer than the format allows.
    #[error("invalid leaf: expected at most 65535 bytes, found {0}")]
    Length(usize),
}

/// Appends a leaf to an entry bundle.
///
/// # Errors
/// [`EntriesError::Length`] for a leaf that is too long.
pub fn append(bundle: &mut Vec<u8>, leaf: &[u8]) -> Result<(), EntriesError> {
    let length = u16::try_from(leaf.len()).map_err(|_| EntriesError::Length(leaf.len()))?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(leaf);
    Ok(())
}

/// Returns the leaves of an entry bundle: exactly as many as its path states.
///
/// # Errors
/// [`EntriesError::Count`] if it has more or fewer.
pub fn parse<'a>(path: &TilePath, bundle: &'a [u8]) -> Result<Vec<&'a [u8]>, EntriesError> {
    let (leaves, left) = split(bundle, path.width());
    if leaves.len() == usize::from(path.width()) && left == 0 {
        return Ok(leaves);
    }
    Err(EntriesError::Count {
        path: *path,
        expected: path.width(),
        found: u16::try_from(leaves.len()).unwrap_or(u16::MAX),
        left,
    })
}

/// Returns the bytes of the first leaves of an entry bundle; `None` if it has fewer.
pub fn prefix(bundle: &[u8], count: u16) -> Option<&[u8]> {
    let (leaves, left) = split(bundle, count);
    let whole = leaves.len() == usize::from(count);
    whole.then(|| &bundle[..bundle.len() - left])
}

/// The first leaves, and the number of bytes behind them.
fn split(bundle: &[u8], count: u16) -> (Vec<&[u8]>, usize) {
    let mut leaves = Vec::with_capacity(usize::from(count));
    let mut rest = bundle;
    while leaves.len() < usize::from(count)
        && let Some((length, after)) = rest.split_first_chunk::<LENGTH_BYTES>()
        && let Some((leaf, after)) =
            after.split_at_checked(usize::from(u16::from_be_bytes(*length)))
    {
        leaves.push(leaf);
        rest = after;
    }
    (leaves, rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        let path: TilePath = "tile/entries/000.p/3".parse().unwrap();
        let mut bundle = Vec::new();
        for leaf in [&b"one"[..], b"", &[7; 65_535]] {
            append(&mut bundle, leaf).unwrap();
        }
        assert_eq!(
            parse(&path, &bundle).unwrap(),
            [&b"one"[..], b"", &[7; 65_535]]
        );
        assert_eq!(prefix(&bundle, 2), Some(&bundle[..7]));
        assert_eq!(prefix(&bundle, 4), None);
        let error = append(&mut bundle, &[7; 65_536]).unwrap_err();
        assert_eq!(error, EntriesError::Length(65_536));
    }

    #[test]
    fn rejects_bundle_with_more_or_fewer_leaves() {
        let path: TilePath = "tile/entries/000.p/2".parse().unwrap();
        for bundle in [
            &b""[..],
            b"\0\x01a",
            b"\0\x01a\0",
            b"\0\x01a\0\x02b",
            b"\0\x01a\0\x01b\0\x01c",
            b"\0\x01a\0\x01b\0",
        ] {
            assert!(parse(&path, bundle).is_err(), "{bundle:?}");
        }
    }
}
