//! An index that is being made.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;

use super::{AuthorIndex, AuthorIndexError, Entry, MEDIA_TYPE, Override};
use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};

/// The next index of an operator, until it is finished.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    number: u64,
    previous: Option<Sha256Digest>,
    authors: BTreeMap<PauseId, Cow<'a, str>>,
    overrides: BTreeMap<(PauseId, u32), Override>,
}

impl<'a> Draft<'a> {
    /// The next index after one, with all that stands in that; without one, the first.
    pub fn after(previous: Option<&'a AuthorIndex>) -> Self {
        let authors = previous.into_iter().flat_map(AuthorIndex::authors);
        let overrides = previous.into_iter().flat_map(AuthorIndex::overrides);
        Self {
            number: previous.map_or(1, |previous| previous.number() + 1),
            previous: previous.map(AuthorIndex::digest),
            authors: authors
                .map(|author| (author.id().clone(), Cow::Borrowed(author.text())))
                .collect(),
            overrides: overrides
                .map(|one| ((one.author.clone(), one.version), one.clone()))
                .collect(),
        }
    }

    /// Has these records stand at an author.
    pub fn put(&mut self, author: PauseId, entries: &[Entry]) {
        let mut text = String::from("[");
        for (at, entry) in entries.iter().enumerate() {
            text.push_str(if at == 0 {
                "{\"bundle\":"
            } else {
                ",{\"bundle\":"
            });
            text.push_str(&one_line(&entry.bundle));
            text.push_str(",\"record\":");
            text.push_str(&String::from_utf8_lossy(entry.record.json()));
            text.push('}');
        }
        text.push(']');
        self.authors.insert(author, Cow::Owned(text));
    }

    /// Announces an override, in the place of any other for the same version.
    pub fn announce(&mut self, announced: Override) {
        let place = (announced.author.clone(), announced.version);
        self.overrides.insert(place, announced);
    }

    /// The index, dated to the second.
    ///
    /// # Errors
    /// Where it would be none.
    pub fn finish(self, now: Timestamp) -> Result<AuthorIndex, AuthorIndexError> {
        let dated = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let size: usize = self.authors.values().map(|text| text.len() + 20).sum();
        let mut text = String::with_capacity(size + 1024);
        text.push_str("{\n\"authors\": {");
        let mut between = "\n";
        for (author, entries) in &self.authors {
            text.push_str(&format!("{between}\"{author}\": "));
            text.push_str(entries);
            between = ",\n";
        }
        text.push_str(&format!(
            "\n}},\n\"dated\": \"{dated}\",\n\"mediaType\": \"{MEDIA_TYPE}\",\n\"number\": {},\n\"overrides\": [",
            self.number
        ));
        let mut between = "\n";
        for announced in self.overrides.values() {
            let json = serde_json::to_string(announced)
                .map_err(|error| AuthorIndexError::Shape(error.to_string()))?;
            text.push_str(between);
            text.push_str(&json);
            between = ",\n";
        }
        text.push_str("\n]");
        if let Some(previous) = self.previous {
            text.push_str(&format!(",\n\"previous\": \"{previous}\""));
        }
        text.push_str("\n}\n");
        AuthorIndex::parse(text.into_bytes())
    }
}

impl Entry {
    /// Whether files say the same: the record to the byte, the bundle but for white space.
    pub fn is(&self, record: &[u8], bundle: &[u8]) -> bool {
        self.record.json() == record
            && std::str::from_utf8(bundle)
                .is_ok_and(|bundle| one_line(bundle) == one_line(&self.bundle))
    }
}

/// JSON without the white space between its parts.
fn one_line(json: &str) -> Cow<'_, str> {
    if !json.contains([' ', '\n', '\r', '\t']) {
        return Cow::Borrowed(json);
    }
    let mut line = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if matches!(c, ' ' | '\n' | '\r' | '\t') {
            continue;
        } else {
            in_text = c == '"';
        }
        line.push(c);
    }
    Cow::Owned(line)
}
