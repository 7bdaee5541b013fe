//! Blocks after the end of a tar archive.

use super::header::Block;

/// Content of the stream after the end of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AfterEnd {
    /// Zeros, or nothing.
    Nothing,
    /// Bytes that no reader interprets.
    Bytes,
    /// Members that `Archive::Tar` reads and GNU tar ignores.
    Members,
}

impl AfterEnd {
    /// Returns what a block is for `Archive::Tar`, which reads on.
    pub fn of(block: &Block) -> Self {
        if super::is_zero(block) {
            Self::Nothing
        } else if is_skipped(block) || has_no_checksum(block) {
            Self::Bytes
        } else {
            Self::Members
        }
    }
}

/// Returns whether `Archive::Tar` skips a block by its magic or its last bytes.
fn is_skipped(block: &Block) -> bool {
    let magic = &block[257..263];
    let last = magic
        .iter()
        .rposition(|byte| *byte != 0 && !byte.is_ascii_whitespace());
    let has_other = magic[..last.map_or(0, |last| last + 1)]
        .iter()
        .take_while(|byte| **byte != 0)
        .any(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'_');
    let has_padding = block[500..].iter().all(|byte| *byte == 0);
    has_other || !has_padding
}

/// Returns whether a block is the header of a file without a checksum. `Archive::Tar` compares only those of files, and
/// not if a name ends with a slash.
fn has_no_checksum(block: &Block) -> bool {
    let is_file = !block[156].is_ascii_digit() || block[156] == b'0';
    let is_file = is_file && !block[..100].contains(&b'/');
    let is_zero = block[148..156].iter().all(|byte| *byte == 0);
    // The sum of so few bytes is not 0 modulo 2^16.
    is_file && is_zero && block.is_ascii()
}
