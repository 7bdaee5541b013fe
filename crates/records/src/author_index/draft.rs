//! An index that is being made.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    AuthorIndex, AuthorIndexError, EARLIER_LIMIT, Entry, MEDIA_TYPE, Override, PackageOwners,
    Transfer,
};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PackageName, PauseId},
};

/// The next index of an operator, until it is finished.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    number: u64,
    previous: Option<Sha256Digest>,
    earlier: Vec<Sha256Digest>,
    authors: BTreeMap<PauseId, Cow<'a, str>>,
    overrides: BTreeMap<(PauseId, u32), Override>,
    packages: Cow<'a, [(PackageName, PackageOwners)]>,
    transfers: Vec<Transfer>,
}

impl<'a> Draft<'a> {
    /// The next index after one, with all its content; without one, the first.
    pub fn after(previous: Option<&'a AuthorIndex>) -> Self {
        let authors = previous.into_iter().flat_map(AuthorIndex::authors);
        let overrides = previous.into_iter().flat_map(AuthorIndex::overrides);
        Self {
            number: previous.map_or(1, |previous| previous.number() + 1),
            previous: previous.map(AuthorIndex::digest),
            earlier: previous.map(earlier).unwrap_or_default(),
            packages: Cow::Borrowed(previous.map_or(&[], AuthorIndex::packages)),
            transfers: previous.map_or(Vec::new(), |previous| previous.transfers().to_vec()),
            authors: authors
                .map(|author| (author.id().clone(), Cow::Borrowed(author.text())))
                .collect(),
            overrides: overrides
                .map(|one| ((one.author.clone(), one.version), one.clone()))
                .collect(),
        }
    }

    /// Sets the records of an author.
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

    /// Replaces all packages and transfers.
    pub fn set_packages(
        &mut self,
        packages: BTreeMap<PackageName, PackageOwners>,
        transfers: Vec<Transfer>,
    ) {
        let mut packages: Vec<_> = packages.into_iter().collect();
        packages.sort_by(|(one, _), (two, _)| one.as_str().cmp(two.as_str()));
        self.packages = Cow::Owned(packages);
        self.transfers = transfers;
        self.transfers
            .sort_by(|one, two| one.package.as_str().cmp(two.package.as_str()));
    }

    /// The index, dated to the second.
    ///
    /// # Errors
    /// The draft is no valid index.
    pub fn finish(self, now: Timestamp) -> Result<AuthorIndex, AuthorIndexError> {
        let dated = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let size: usize = self.authors.values().map(|text| text.len() + 20).sum();
        let mut text = String::with_capacity(size + self.packages.len() * PACKAGE_SIZE + 1024);
        text.push_str("{\n");
        let authors = self.authors.iter();
        map(
            &mut text,
            "authors",
            authors.map(|(id, text)| (id.as_str(), text.as_ref())),
        );
        text.push_str(&format!(",\n\"dated\": \"{dated}\""));
        if !self.earlier.is_empty() {
            text.push_str(",\n");
            list(&mut text, "earlier", &self.earlier)?;
        }
        text.push_str(&format!(
            ",\n\"mediaType\": \"{MEDIA_TYPE}\",\n\"number\": {},\n",
            self.number
        ));
        list(&mut text, "overrides", self.overrides.values())?;
        if !self.packages.is_empty() {
            text.push_str(",\n");
            let packages = self.packages.iter();
            map(
                &mut text,
                "packages",
                packages.map(|(name, owners)| (name.as_str(), owners.to_json())),
            );
        }
        if let Some(previous) = self.previous {
            text.push_str(&format!(",\n\"previous\": \"{previous}\""));
        }
        if !self.transfers.is_empty() {
            text.push_str(",\n");
            list(&mut text, "transfers", &self.transfers)?;
        }
        text.push_str("\n}\n");
        AuthorIndex::parse(text.into_bytes())
    }
}

impl Entry {
    /// Returns whether files are the same: the record to the byte, the bundle except for white space.
    pub fn is(&self, record: &[u8], bundle: &[u8]) -> bool {
        self.record.json() == record
            && std::str::from_utf8(bundle)
                .is_ok_and(|bundle| one_line(bundle) == one_line(&self.bundle))
    }
}

/// Bytes of a package in an index, about.
const PACKAGE_SIZE: usize = 48;

/// Returns the digests of the indexes before the one before the next.
fn earlier(previous: &AuthorIndex) -> Vec<Sha256Digest> {
    let before = previous.previous().into_iter();
    let digests = before.chain(previous.earlier().iter().copied());
    digests.take(EARLIER_LIMIT).collect()
}

/// Writes a map, one line for each key. Keys and values have nothing to escape.
fn map<'a, V: AsRef<str>>(
    text: &mut String,
    field: &str,
    entries: impl Iterator<Item = (&'a str, V)>,
) {
    text.push_str(&format!("\"{field}\": {{"));
    let mut between = "\n\"";
    for (key, value) in entries {
        text.push_str(between);
        text.push_str(key);
        text.push_str("\": ");
        text.push_str(value.as_ref());
        between = ",\n\"";
    }
    text.push_str("\n}");
}

/// Writes a list, one line for each item.
fn list<T: Serialize>(
    text: &mut String,
    field: &str,
    items: impl IntoIterator<Item = T>,
) -> Result<(), AuthorIndexError> {
    text.push_str(&format!("\"{field}\": ["));
    let mut between = "\n";
    for item in items {
        let json = serde_json::to_string(&item)
            .map_err(|error| AuthorIndexError::Shape(error.to_string()))?;
        text.push_str(between);
        text.push_str(&json);
        between = ",\n";
    }
    text.push_str("\n]");
    Ok(())
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
