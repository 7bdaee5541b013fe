//! Takes from a member the permission of everybody to write to it, in its header alone.

use std::io::{self, Read, Write};

use super::BLOCK;

/// Where the mode and the checksum stand in a header: octal digits, with blanks or zero bytes around them.
const MODE: std::ops::Range<usize> = 100..108;
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// A header to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where it begins, in bytes from the start of the unpacked stream.
    header_at: u64,
}

impl Patch {
    /// Of the header that begins there.
    pub const fn new(header_at: u64) -> Self {
        Self { header_at }
    }

    /// Copies a tar archive with the headers changed, which are in the order of the archive.
    ///
    /// # Errors
    /// Those of the streams; where the stream ends before a header, and where a header is none.
    pub fn copy(patches: &[Self], from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
        let mut at = 0;
        for patch in patches {
            let between = patch.header_at - at;
            if io::copy(&mut from.by_ref().take(between), to)? != between {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut header = [0; BLOCK];
            from.read_exact(&mut header)?;
            take_permission(&mut header).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    "expected a header with an octal mode and checksum, found another",
                )
            })?;
            to.write_all(&header)?;
            at = patch.header_at + BLOCK as u64;
        }
        io::copy(from, to).map(|_| ())
    }
}

/// Changes one digit of the mode, and the checksum by as much.
fn take_permission(header: &mut [u8; BLOCK]) -> Option<()> {
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

/// The last digit of the number in a field.
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
