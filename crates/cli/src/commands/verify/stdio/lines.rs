//! Lines of a bounded length.

use std::io::{self, BufRead};

/// One line of the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A whole line, without its line break.
    Whole(Vec<u8>),
    /// A line that is longer than the limit. It was skipped to its end.
    TooLong,
    /// The input ended within a line.
    Half,
}

/// Reads the next line; `None` at the end of the input. It never holds more than `limit` bytes of a line.
///
/// # Errors
/// Input that cannot be read.
pub fn next(input: &mut impl BufRead, limit: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut is_long = false;
    let mut is_empty = true;
    loop {
        let part = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            part => part?,
        };
        if part.is_empty() {
            return Ok((!is_empty).then_some(if is_long { Line::TooLong } else { Line::Half }));
        }
        is_empty = false;
        let end = part.iter().position(|byte| *byte == b'\n');
        let text = &part[..end.unwrap_or(part.len())];
        is_long |= text.len() > limit - line.len();
        if is_long {
            line = Vec::new();
        } else {
            line.extend_from_slice(text);
        }
        let used = text.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(Some(match is_long {
                true => Line::TooLong,
                false => Line::Whole(line),
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], limit: usize) -> Vec<Line> {
        // Each read gives three bytes at most, as a pipe may.
        let mut input = io::BufReader::with_capacity(3, text);
        std::iter::from_fn(|| next(&mut input, limit).unwrap()).collect()
    }

    #[test]
    fn reads_whole_long_and_half_lines() {
        let whole = |text: &[u8]| Line::Whole(text.to_vec());
        assert_eq!(lines(b"", 4), []);
        assert_eq!(
            lines(b"four\n\nab\r\n", 4),
            [whole(b"four"), whole(b""), whole(b"ab\r")]
        );
        assert_eq!(lines(b"abcde\nab\n", 4), [Line::TooLong, whole(b"ab")]);
        assert_eq!(lines(b"ab\nabc", 4), [whole(b"ab"), Line::Half]);
        assert_eq!(lines(b"a much longer half line", 4), [Line::TooLong]);
    }

    #[test]
    fn reports_input_that_cannot_be_read() {
        struct Broken;
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let mut input = io::BufReader::new(Broken);
        assert_eq!(next(&mut input, 4).unwrap_err().to_string(), "broken");
    }
}
