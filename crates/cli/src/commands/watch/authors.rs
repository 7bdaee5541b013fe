//! The authors to watch.

use std::path::Path;

use cpan_sigstore_core::{
    release::PauseId,
    text::{decoded, shown_path},
};
use cpan_sigstore_monitor::AUTHORS_LIMIT;

use crate::error::CommandError;

/// Largest list, in bytes.
const LIST_LIMIT: u64 = 1024 * 1024;

/// The authors of the command line and of a file, each once.
///
/// # Errors
/// No author, or a file that is no list of authors.
pub fn gathered(named: &[PauseId], file: Option<&Path>) -> Result<Vec<PauseId>, CommandError> {
    let mut authors = named.to_vec();
    if let Some(file) = file {
        authors.extend(listed(file)?);
    }
    authors.sort();
    authors.dedup();
    if authors.is_empty() || authors.len() > AUTHORS_LIMIT {
        return Err(CommandError::usage(format!(
            "invalid number of authors: expected 1 to {AUTHORS_LIMIT}, by PAUSE id or with `--file FILE`, found {}",
            authors.len()
        )));
    }
    Ok(authors)
}

fn listed(file: &Path) -> Result<Vec<PauseId>, CommandError> {
    let read = |source: std::io::Error| CommandError::read(file)(source);
    let bytes = cpan_sigstore_files::read_limited(file, LIST_LIMIT).map_err(read)?;
    let bytes = bytes.ok_or_else(|| read(cpan_sigstore_files::no_such_file()))?;
    let bytes = decoded(&bytes);
    let text = String::from_utf8_lossy(&bytes);
    let mut authors = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let id = line.split('#').next().unwrap_or_default().trim();
        if id.is_empty() {
            continue;
        }
        let author = id.parse().map_err(|error| {
            CommandError::usage(format!("{}, line {number}: {error}", shown_path(file)))
        })?;
        authors.push(author);
    }
    Ok(authors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_comments_and_says_which_line_is_none() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "\u{feff}# ours\nTIMLEGGE # Tim\n\n  myauthor\r\n",
        )
        .unwrap();
        let named: Vec<PauseId> = vec!["MYAUTHOR".parse().unwrap()];
        let authors = gathered(&named, Some(file.path())).unwrap();
        let ids: Vec<_> = authors.iter().map(PauseId::as_str).collect();
        assert_eq!(ids, ["MYAUTHOR", "TIMLEGGE"]);
        std::fs::write(file.path(), "GOOD\n../BAD\n").unwrap();
        let error = gathered(&[], Some(file.path())).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(gathered(&[], None).is_err());
    }
}
