//! What counts of the records that were found of an author: verified by the gate's own verifier, judged by
//! the rules of succession, and what is known stands.

use std::collections::HashMap;

use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use cpan_sigstore_gate::{RecordFile, RecordRefused, records};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{
    author_index::{Author, AuthorIndex, Entry},
    chain::{History, Outcome, SignedRecord, Terms},
    record::RecordName,
};
use jiff::Timestamp;

use super::{
    BuildError,
    report::{Refusal, Vanished},
};

/// Most record files that are looked at in one directory.
pub(super) const FILES_LIMIT: usize = 256;

/// What judges.
pub(super) struct Judge<'a> {
    pub verifier: &'a Verifier,
    pub previous: Option<&'a AuthorIndex>,
    pub now: Timestamp,
}

/// What counts of an author.
#[derive(Default)]
pub(super) struct Judged {
    /// The records that count, where they are others than in the index before.
    pub news: Option<Vec<Entry>>,
    pub refused: Vec<Refusal>,
    pub vanished: Vec<Vanished>,
    /// How many signatures were verified.
    pub verified: usize,
    /// How many records count.
    pub count: usize,
}

impl Judged {
    /// Whether it will be the same the next time if no file changes, whatever time it is then.
    pub fn is_settled(&self) -> bool {
        self.refused.is_empty() && self.vanished.is_empty()
    }
}

impl Judge<'_> {
    /// Judges the files of one author, in the order of their versions.
    ///
    /// # Errors
    /// Where what is known does not prove itself any more.
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
        let mut bundles: HashMap<Sha256Digest, String> = HashMap::new();
        for entry in &known {
            bundles.insert(entry.record.digest(), entry.bundle.clone());
        }
        let mut history = self.restored(id, &known)?;
        judged.verified += known.len();
        let terms = Terms {
            now: self.now,
            overrides: &overrides,
        };
        for file in news {
            judged.verified += 1;
            let signed = match records::verify(self.verifier, file) {
                Ok(signed) => signed,
                Err(why) => {
                    let name = name(file.version);
                    judged.refused.push(Refusal::of_file(&name, &why));
                    continue;
                }
            };
            let bundle = file.bundle.as_deref().unwrap_or_default();
            let bundle = String::from_utf8_lossy(bundle).into_owned();
            bundles.entry(signed.record().digest()).or_insert(bundle);
            let learned = history.learn(signed, terms);
            let refused = learned.iter().filter(|learned| !learned.outcome.counts());
            judged
                .refused
                .extend(refused.map(|learned| Refusal::of_record(id, learned)));
        }
        let entries = entries(&history, &mut bundles);
        // What had to wait, and did not have to in the end, was not refused.
        judged.refused.retain(|refusal| {
            let found = refusal.found.as_ref().map(|found| found.digest);
            !entries
                .iter()
                .any(|entry| Some(entry.record.digest()) == found)
        });
        judged.count = entries.len();
        let is_same = entries
            .iter()
            .map(|entry| &entry.record)
            .eq(known.iter().map(|entry| &entry.record));
        judged.news = (!is_same).then_some(entries);
        Ok(judged)
    }

    /// A record that counts if an override names it.
    ///
    /// # Errors
    /// Where it does not even then.
    pub fn overriding(&self, id: &PauseId, file: &RecordFile) -> Result<SignedRecord, BuildError> {
        let known = self.previous.and_then(|previous| previous.author(id));
        let known = known.map(|known| known.entries()).transpose()?;
        let mut history = self.restored(id, &known.unwrap_or_default())?;
        let signed = records::verify(self.verifier, file)?;
        let terms = Terms {
            now: self.now,
            overrides: &[signed.record().digest()],
        };
        let mut learned = history.learn(signed.clone(), terms);
        let learned = learned.swap_remove(0);
        match learned.outcome {
            Outcome::Accepted => Ok(signed),
            _ => Err(BuildError::Override(Box::new(learned))),
        }
    }

    /// Whether an override may change what counts of this author, though no file does.
    pub fn has_override(&self, id: &PauseId) -> bool {
        self.previous
            .is_some_and(|previous| previous.overrides_of(id).next().is_some())
    }

    fn overrides(&self, id: &PauseId) -> Vec<Sha256Digest> {
        self.previous
            .map_or(Vec::new(), |previous| effective(previous, id, self.now))
    }

    /// What is known, verified anew.
    fn restored(&self, id: &PauseId, known: &[Entry]) -> Result<History, BuildError> {
        let mut chain = Vec::with_capacity(known.len());
        for entry in known {
            let signed = signed(self.verifier, entry).map_err(|source| BuildError::Known {
                author: id.clone(),
                version: entry.record.version(),
                source,
            })?;
            chain.push(signed);
        }
        History::restored(id.clone(), chain).ok_or_else(|| BuildError::Broken(id.clone()))
    }
}

/// The records of a history, each with its bundle.
fn entries(history: &History, bundles: &mut HashMap<Sha256Digest, String>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for signed in history.chain() {
        let record = signed.record().clone();
        let bundle = bundles.remove(&record.digest()).unwrap_or_default();
        entries.push(Entry { record, bundle });
    }
    entries
}

/// Whether the records of an author in an index prove themselves and follow on each other.
///
/// # Errors
/// Why not, in words.
pub(super) fn check(
    verifier: &Verifier,
    index: &AuthorIndex,
    author: Author<'_>,
    now: Timestamp,
) -> Result<usize, String> {
    let id = author.id();
    let entries = author.entries().map_err(|error| error.to_string())?;
    let overrides = effective(index, id, now);
    let terms = Terms {
        now,
        overrides: &overrides,
    };
    let mut history = History::new(id.clone());
    for entry in &entries {
        let version = entry.record.version();
        let signed =
            signed(verifier, entry).map_err(|error| format!("{id}, version {version}: {error}"))?;
        let learned = history.learn(signed, terms);
        if let Some(learned) = learned.iter().find(|learned| !learned.outcome.counts()) {
            return Err(format!("{id}: {learned}"));
        }
    }
    Ok(entries.len())
}

/// The overrides for an author that count now.
fn effective(index: &AuthorIndex, id: &PauseId, now: Timestamp) -> Vec<Sha256Digest> {
    let overrides = index.overrides_of(id);
    let overrides = overrides.filter(|one| one.is_effective(now));
    overrides.map(|one| one.record).collect()
}

fn signed(verifier: &Verifier, entry: &Entry) -> Result<SignedRecord, RecordRefused> {
    let file = RecordFile {
        version: entry.record.version(),
        json: entry.record.json().to_vec(),
        bundle: Some(entry.bundle.clone().into_bytes()),
    };
    records::verify(verifier, &file)
}
