//! The characters of names that PAUSE publishes.

/// Longest file name, in bytes: what file systems hold, and PAUSE for a whole path.
pub(super) const LONGEST: usize = 255;

/// Whether PAUSE keeps a character in the name of an uploaded file. It drops all others.
pub fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '+' | '-')
}

/// Whether a text can be the name of a file on a CPAN: characters that PAUSE keeps, a letter or digit first.
///
/// # Security
///
/// Some clients pass names to a shell and to `tar`. A name of this form is one word there, and never an option.
pub fn is_file_name(text: &str) -> bool {
    text.len() <= LONGEST
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(is_name_character)
}
