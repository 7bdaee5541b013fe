//! `01mailrc.txt`: lines of `alias ID "NAME <ADDRESS>"`.

use cpan_sigstore_core::text::printable;

use super::error::{PackageIndexError, invalid};
use crate::path::SiteFile;

const EXPECTED: &str = "lines of `alias ID \"NAME <ADDRESS>\"`";

pub(super) fn render(text: &[u8]) -> Result<String, PackageIndexError> {
    let mut rendered = String::with_capacity(text.len());
    let mut skipped = None;
    for line in text.split(|byte| *byte == b'\n') {
        // Old names are in Latin-1 and in no encoding at all.
        let line = String::from_utf8_lossy(line);
        if line.trim().is_empty() {
            continue;
        }
        // Clients skip such a line, too.
        let Some((id, name)) = alias(&line) else {
            skipped.get_or_insert_with(|| line.into_owned());
            continue;
        };
        // One author's name must not stop the list: double encoding makes control characters.
        let name = printable(name);
        rendered.push_str(&format!("alias {id} \"{name}\"\n"));
    }
    match skipped {
        Some(line) if rendered.is_empty() => Err(invalid(SiteFile::Authors, EXPECTED, &line)),
        _ => Ok(rendered),
    }
}

fn alias(line: &str) -> Option<(&str, &str)> {
    let (id, name) = line.strip_prefix("alias ")?.trim_start().split_once(' ')?;
    let name = name.trim().strip_prefix('"')?.strip_suffix('"')?;
    let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_id.then_some((id, name))
}
