//! The addresses of the pages about codes.

/// The folder of the pages, one for each code, below the root of this repository and of a source archive.
///
/// It is no web address: the project has none yet, and one that it does not own could be registered by anybody.
pub const CODES: &str = "docs/codes/";

/// Returns the address of the page about a code.
pub fn page(code: &str) -> String {
    format!("{CODES}{code}.md")
}
