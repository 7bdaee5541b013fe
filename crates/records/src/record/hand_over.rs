//! Distributions that an author hands over to others, or shares with them.

use std::collections::BTreeMap;

use super::RecordError;
use cpan_sigstore_core::release::PauseId;

/// Most distributions of one record that are handed over.
pub const DISTRIBUTIONS_LIMIT: usize = 1000;
/// Most authors to whom one distribution is handed over.
pub const SUCCESSORS_LIMIT: usize = 100;
/// Longest name of a distribution, in bytes.
const NAME_LIMIT: usize = 200;

/// Distributions, each with the other authors whose releases of it are legitimate, sorted.
pub type HandOvers = BTreeMap<String, Vec<PauseId>>;

/// Returns hand-overs, if they can be stated in a record of this author.
pub(super) fn check(
    author: &PauseId,
    stated: Option<&BTreeMap<String, Vec<String>>>,
) -> Result<HandOvers, RecordError> {
    let Some(stated) = stated else {
        return Ok(HandOvers::new());
    };
    if !(1..=DISTRIBUTIONS_LIMIT).contains(&stated.len()) {
        let expected = "1 to 1000 distributions, or no such key";
        return Err(RecordError::value("distributions", expected, stated.len()));
    }
    let mut checked = HandOvers::new();
    for (name, authors) in stated {
        if !is_distribution(name) {
            let expected = "the name of a distribution, as in the names of its archives";
            return Err(RecordError::value("distributions", expected, name));
        }
        checked.insert(name.clone(), successors(author, authors)?);
    }
    Ok(checked)
}

fn successors(author: &PauseId, stated: &[String]) -> Result<Vec<PauseId>, RecordError> {
    if !(1..=SUCCESSORS_LIMIT).contains(&stated.len()) {
        let expected = "1 to 100 authors of a distribution";
        return Err(RecordError::value("distributions", expected, stated.len()));
    }
    let mut authors: Vec<PauseId> = Vec::new();
    for text in stated {
        let id = text.parse().ok().filter(|id: &PauseId| id.as_str() == text);
        let Some(id) = id.filter(|id| id != author) else {
            let expected = "PAUSE ids of other authors";
            return Err(RecordError::value("distributions", expected, text));
        };
        if authors
            .last()
            .is_some_and(|last| last.as_str() >= id.as_str())
        {
            let expected = "authors in the order of their bytes, each once";
            return Err(RecordError::value("distributions", expected, text));
        }
        authors.push(id);
    }
    Ok(authors)
}

/// Whether a text can be the name of a distribution.
pub fn is_distribution(name: &str) -> bool {
    let is_character = |c: char| c.is_ascii_alphanumeric() || "_.@+-".contains(c);
    name.len() <= NAME_LIMIT
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_character)
}
