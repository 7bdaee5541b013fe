//! Removes world-write permission from a member, in its header alone.

use std::io::{self, Read, Write};

use super::BLOCK;

/// Fields of a header for mode and checksum: octal digits, padded with blanks or zero bytes.
const MODE: std::ops::Range<usize> = 100..108;
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// A header to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Its start, in bytes from the start of the unpacked stream.
    header_at: u64,
}

impl Patch {
    pub const fn new(header_at: u64) -> Self {
        Self { header_at }
    }

    /// Copies a tar archive and changes the headers, which must be in the order of the archive.
    ///
    /// # Errors
    /// Errors of the streams, and an error if a patch does not point to a whole, well-formed
    /// header.
    pub fn copy(patches: &[Self], from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
        let mut at = 0;
        for patch in patches {
            let between = patch.header_at - at;
            if io::copy(&mut from.by_ref().take(between), to)? != between {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut header = [0; BLOCK];
            from.read_exact(&mut header)?;
            clear_world_write(&mut header).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    "invalid tar header: expected octal mode and checksum",
                )
            })?;
            to.write_all(&header)?;
            at = patch.header_at + BLOCK as u64;
        }
        io::copy(from, to).map(|_| ())
    }
}

/// Clears one bit of the mode and adjusts the checksum.
fn clear_world_write(header: &mut [u8; BLOCK]) -> Option<()> {
    let digit = last_digit(&header[MODE])? + MODE.start;
    let changed = b'0' + ((header[digit] - b'0') & !0o2);
    let difference = u32::from(header[digit] - changed);
    header[digit] = changed;

    let end = last_digit(&header[CHECKSUM])? + CHECKSUM.start + 1;
    let start = (CHECKSUM.start..end)
        .rev()
        .take_while(|&at| is_octal(header[at]))
        .last()?;
    let text = std::str::from_utf8(&header[start..end]).ok()?;
    let checksum = u32::from_str_radix(text, 8).ok()?.checked_sub(difference)?;
    let width = end - start;
    header[start..end].copy_from_slice(format!("{checksum:0width$o}").as_bytes());
    Some(())
}

/// Returns the position of the last digit in a field.
fn last_digit(field: &[u8]) -> Option<usize> {
    let start = field.iter().position(|byte| is_octal(*byte))?;
    let length = field[start..]
        .iter()
        .take_while(|byte| is_octal(**byte))
        .count();
    Some(start + length - 1)
}

const fn is_octal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'7')
}
