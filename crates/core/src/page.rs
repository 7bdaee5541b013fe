//! The addresses of the pages about codes.

/// The folder of the pages, one for each code.
pub const CODES_URL: &str = "https://github.com/cpan-sigstore/cpan-sigstore/blob/main/docs/codes/";

/// Returns the address of the page about a code.
pub fn page(code: &str) -> String {
    format!("{CODES_URL}{code}.md")
}
