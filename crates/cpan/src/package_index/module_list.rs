//! `03modlist.data`: a Perl program that CPAN.pm runs.
//!
//! No check makes a foreign program harmless, so an empty list with the same date takes its place. PAUSE's
//! own list has been empty for years.

use jiff::fmt::rfc2822;

use super::error::{PackageIndexError, http_date, invalid};
use crate::path::SiteFile;

/// Lines at the beginning that may have the date.
const HEADER_LINES: usize = 20;

pub(super) fn render(text: &[u8]) -> Result<String, PackageIndexError> {
    let text = String::from_utf8_lossy(text);
    let header = || text.lines().take(HEADER_LINES);
    if !header().any(|line| line.starts_with("File:") && line.contains("03modlist")) {
        return Err(invalid(SiteFile::ModuleList, "a module list", &text));
    }
    let date = header().find_map(|line| rfc2822::parse(line.strip_prefix("Date:")?.trim()).ok());
    // A client only compares it with the one before.
    let date = date.map_or_else(String::new, |date| {
        format!("Date:        {}\n", http_date(date.timestamp()))
    });
    Ok(format!(
        "File:        03modlist.data\n\
         Description: The list of registered modules, which is no longer kept.\n\
         Modcount:    0\n\
         {date}\n\
         package CPAN::Modulelist;\n\
         sub data {{ return {{}}; }}\n\
         1;\n"
    ))
}
