//! Decides which records of an author are valid. The gate's own verifier checks them, and the rules of
//! succession order them. Known records are kept.

use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use cpan_sigstore_gate::{RecordFile, RecordRefused, records};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{
    author_index::{Author, AuthorIndex, Entry, KnownOverride, in_effect},
    chain::{ChainContext, Outcome, RecordChain, SignedRecord},
    record::RecordName,
};
use jiff::Timestamp;

use super::{
    BuildError,
    report::{Refusal, Vanished},
};

/// The verifier, the index before and the time, by which records are judged.
pub(super) struct Judge<'a> {
    pub verifier: &'a Verifier,
    pub previous: Option<&'a AuthorIndex>,
    pub now: Timestamp,
}

/// The result for one author.
#[derive(Default)]
pub(super) struct Judged {
    /// The valid records; `None` if they are the same as in the index before.
    pub news: Option<Vec<Entry>>,
    pub refused: Vec<Refusal>,
    pub vanished: Vec<Vanished>,
    /// The number of verified signatures.
    pub verified: usize,
    /// The number of valid records.
    pub count: usize,
}

impl Judged {
    /// Whether the result stays the same at any later time, as long as no file changes.
    pub fn is_settled(&self) -> bool {
        self.refused.is_empty() && self.vanished.is_empty()
    }
}

impl Judge<'_> {
    /// Judges the files of one author, in the order of their versions.
    ///
    /// # Errors
    /// [`BuildError`] if a known record cannot be read or no longer verifies.
    pub fn author(&self, id: &PauseId, files: &[RecordFile]) -> Result<Judged, BuildError> {
        let known = self.previous.and_then(|previous| previous.author(id));
        let known = known
            .map(|known| known.entries())
            .transpose()?
            .unwrap_or_default();
        let overrides = self.overrides(id);
        let mut judged = Judged {
            count: known.len(),
            ..Judged::default()
        };
        let name = |version| RecordName {
            author: id.clone(),
            version,
        };
        let is_known = |file: &RecordFile| {
            let place = usize::try_from(file.version).unwrap_or(usize::MAX);
            let entry = known.get(place.wrapping_sub(1));
            let bundle = file.bundle.as_deref().unwrap_or_default();
            entry.is_some_and(|entry| entry.is(&file.json, bundle))
        };
        for entry in &known {
            let version = entry.record.version();
            if !files.iter().any(|file| file.version == version) {
                judged.vanished.push(Vanished {
                    author: id.clone(),
                    path: name(version).path(),
                });
            }
        }
        let news: Vec<&RecordFile> = files.iter().filter(|file| !is_known(file)).collect();
        if news.is_empty() {
            return Ok(judged);
        }
        let mut chain = self.restored(id, &known)?;
        judged.verified += known.len() + news.len();
        let context = ChainContext {
            now: self.now,
            overrides: &overrides,
        };
        let report = chain.extend(
            news.iter().map(|file| (file.version, *file)),
            |file| records::verify(self.verifier, file),
            context,
        );
        let refused = report.refused.iter();
        let refused = refused.map(|(version, why)| Refusal::of_file(&name(*version), why));
        judged.refused.extend(refused);
        let disputed = report.disputed();
        judged
            .refused
            .extend(disputed.map(|result| Refusal::of_record(id, result)));
        judged.refused.sort_by_key(|refused| refused.version());
        let entries = entries(&chain, &known, &news);
        judged.count = entries.len();
        let is_same = entries
            .iter()
            .map(|entry| &entry.record)
            .eq(known.iter().map(|entry| &entry.record));
        judged.news = (!is_same).then_some(entries);
        Ok(judged)
    }

    /// Returns a record that is valid if an override names it.
    ///
    /// # Errors
    /// [`BuildError`] if it is invalid even with an override.
    pub fn overriding(&self, id: &PauseId, file: &RecordFile) -> Result<SignedRecord, BuildError> {
        let known = self.previous.and_then(|previous| previous.author(id));
        let known = known.map(|known| known.entries()).transpose()?;
        let mut chain = self.restored(id, &known.unwrap_or_default())?;
        let signed = records::verify(self.verifier, file)?;
        let context = ChainContext {
            now: self.now,
            overrides: &[signed.record().digest()],
        };
        let mut results = chain.append(signed.clone(), context);
        let result = results.swap_remove(0);
        match result.outcome {
            Outcome::Accepted => Ok(signed),
            Outcome::Known => Err(BuildError::Unneeded {
                author: id.clone(),
                record: Box::new(result.found),
            }),
            _ => Err(BuildError::Override(Box::new(result))),
        }
    }

    /// Whether an override may change the result for this author although no file changes.
    pub fn has_override(&self, id: &PauseId) -> bool {
        self.previous
            .is_some_and(|previous| previous.overrides_of(id).next().is_some())
    }

    fn overrides(&self, id: &PauseId) -> Vec<Sha256Digest> {
        self.previous
            .map_or(Vec::new(), |previous| overrides(previous, id, self.now))
    }

    /// Returns the chain of the known records, and verifies each of them again.
    fn restored(&self, id: &PauseId, known: &[Entry]) -> Result<RecordChain, BuildError> {
        let entries = known.iter().map(|entry| (entry.record.version(), entry));
        records::restore(id, entries, |entry| verify(self.verifier, entry))
            .map_err(|(version, source)| BuildError::Known {
                author: id.clone(),
                version,
                source,
            })?
            .ok_or_else(|| BuildError::Broken(id.clone()))
    }
}

/// Returns the records of a chain, each with its bundle.
fn entries(chain: &RecordChain, known: &[Entry], news: &[&RecordFile]) -> Vec<Entry> {
    let entry = |signed: &SignedRecord| {
        let record = signed.record();
        let known = known.iter().find(|entry| entry.record == *record);
        let new = news.iter().find(|file| file.json == record.json());
        let bundle = new.and_then(|file| file.bundle.as_deref());
        let bundle = bundle.unwrap_or_default();
        known.cloned().unwrap_or_else(|| Entry {
            record: record.clone(),
            bundle: String::from_utf8_lossy(bundle).into_owned(),
        })
    };
    chain.records().iter().map(entry).collect()
}

/// Verifies the records of an author in an index, and returns their number.
///
/// # Errors
/// A description of the first record that is invalid or does not continue the chain.
pub(super) fn check(
    verifier: &Verifier,
    index: &AuthorIndex,
    author: Author<'_>,
    now: Timestamp,
) -> Result<usize, String> {
    let id = author.id();
    let entries = author.entries().map_err(|error| error.to_string())?;
    let overrides = overrides(index, id, now);
    let context = ChainContext {
        now,
        overrides: &overrides,
    };
    let mut chain = RecordChain::new(id.clone());
    let report = chain.extend(
        entries.iter().map(|entry| (entry.record.version(), entry)),
        |entry| verify(verifier, entry),
        context,
    );
    if let Some((version, error)) = report.refused.first() {
        return Err(format!("{id}, version {version}: {error}"));
    }
    if let Some(result) = report.disputed().next() {
        return Err(format!("{id}: {result}"));
    }
    Ok(entries.len())
}

/// Returns the overrides for an author that are in effect.
fn overrides(index: &AuthorIndex, id: &PauseId, now: Timestamp) -> Vec<Sha256Digest> {
    in_effect(index.overrides_of(id).map(KnownOverride::from), now)
}

fn verify(verifier: &Verifier, entry: &Entry) -> Result<SignedRecord, RecordRefused> {
    records::verify_parsed(verifier, entry.record.clone(), entry.bundle.as_bytes())
}
