//! The search for watched authors.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Display,
    sync::Arc,
};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{AuthorIdentity, IdentityPolicy},
    release::PauseId,
    text::count,
};
use cpan_sigstore_gate::store::SigstoreFork;
use cpan_sigstore_keyless::{
    transparency::{
        RekorLog, SignedTree,
        entry::{LoggedContent, signatures},
    },
    verify::Verifier,
};
use cpan_sigstore_records::record::AuthorRecord;
use jiff::{SignedDuration, Timestamp};

use super::{
    history,
    scan::scan,
    search::Searcher,
    site::LogSite,
    state::{AuthorSearch, LOGS, LogsState, ReadTree, Sighting, Stored, empty},
};
use crate::{
    Alert, AlertCode, Monitor, Round, Undetermined, WatchError,
    outbox::Outbox,
    state::{AuthorState, parse, text},
};

/// Time from a certificate until a signature has to be that of a release on CPAN: PAUSE and mirrors need some.
const PUBLICATION: SignedDuration = SignedDuration::from_hours(2);
/// Most signatures that one run keeps. The next one goes on.
const SIGHTINGS_LIMIT: usize = 10_000;

/// A search in Sigstore's logs for signatures under the identities of authors.
#[derive(Clone, Debug)]
pub struct IdentitySearch {
    /// More identities of each author, beside those of the author's record.
    pub given: Vec<IdentityPolicy>,
    /// Most entries of one log that are read.
    pub limit: u64,
}

/// An author, the identities, and the own files.
struct Searched {
    author: PauseId,
    stored: Stored<AuthorSearch>,
    identities: BTreeSet<String>,
    known: BTreeSet<String>,
}

/// The signatures that a scan found.
#[derive(Default)]
struct Harvest {
    /// With the digests of the identities.
    sightings: Vec<(Vec<Sha256Digest>, Sighting)>,
    unread: usize,
    unissued: usize,
}

impl Monitor<'_> {
    /// Searches Sigstore's logs for signatures under the identities of authors, and delivers an alert for each one that
    /// belongs to no known file of the author. It also proves that each log has one history. Check the authors before,
    /// so that their files are known.
    ///
    /// # Errors
    /// The trust store cannot be used. A log that does not answer is no error: the round lists it in `undetermined`.
    pub async fn search<E: Display>(
        &self,
        authors: &[PauseId],
        search: &IdentitySearch,
        deliver: impl AsyncFnMut(&Alert) -> Result<(), E>,
    ) -> Result<Round, WatchError> {
        let mut round = Round::default();
        let store = self.gate.trust_store();
        let verifier = match self.gate.verifier() {
            Ok(verifier) => verifier,
            Err(reason) => {
                let reason = format!("cannot search Sigstore's logs: {reason}");
                round.undetermined.push(Undetermined::all(reason));
                return Ok(round);
            }
        };
        let now = (self.clock)();
        let mut searcher = Searcher::default();
        let mut searched = Vec::new();
        for author in authors {
            let one = self.searched(author, search, &mut searcher).await?;
            if one.identities.is_empty() {
                let reason = "no identity to search for: there is no author record".to_owned();
                round.undetermined.push(Undetermined::of(author, reason));
            }
            searched.push(one);
        }
        let mut logs: Stored<LogsState> = Stored::read(store, LOGS.to_owned()).await?;
        for log in verifier.logs() {
            let url = log.url().to_owned();
            let site = match LogSite::new(log) {
                Ok(site) => Arc::new(site),
                Err(error) => {
                    round.undetermined.push(of_log(&url, error));
                    continue;
                }
            };
            let standing = history::advance(store, &site, now).await?;
            let reasons = standing.undetermined.iter();
            round
                .undetermined
                .extend(reasons.map(|reason| of_log(&url, reason)));
            if standing.has_no_tiles {
                let remark = format!("{url} serves no tiles, so it is not searched");
                round.remarks.push(remark);
            }
            let Some(tree) = standing.tree else { continue };
            let read = read(
                &site,
                &tree,
                &mut logs.value,
                &searcher,
                verifier,
                search.limit,
            );
            match read.await {
                Ok((from, harvest, remarks)) => {
                    round.remarks.extend(remarks);
                    let since = note(&mut searched, site.log(), from, harvest);
                    round.remarks.extend(since);
                }
                Err(error) => round.undetermined.push(of_log(&url, error)),
            }
        }
        let mut alerts = forks(store.sigstore_forks().await?, &mut logs.value, now)?;
        let mut rows = vec![logs.row()?];
        for mut one in searched {
            alerts.extend(one.judge(now, &mut round)?);
            rows.push(one.stored.row()?);
        }
        if !store.note_identity_watch(&rows, &alerts, now).await? {
            let reason = "another process has searched Sigstore's logs meanwhile".to_owned();
            round.undetermined.push(Undetermined::all(reason));
        }
        Outbox::new(store, deliver).run(&mut round).await?;
        round.waiting = store.waiting_alerts().await?;
        Ok(round)
    }

    /// Collects identities and files of an author.
    async fn searched(
        &self,
        author: &PauseId,
        search: &IdentitySearch,
        searcher: &mut Searcher,
    ) -> Result<Searched, WatchError> {
        let store = self.gate.trust_store();
        let files = store.watched_files(author).await?;
        let files: AuthorState = match files {
            Some(text) => parse(author.as_str(), &text)?,
            None => AuthorState::default(),
        };
        let chain = store.record_chain(author).await?;
        let records = chain.records().iter().map(|signed| signed.record().clone());
        // The monitor has verified these.
        let kept = files.records.unconfirmed.iter();
        let kept = kept.filter_map(|kept| AuthorRecord::parse(kept.json.as_bytes()).ok());
        let all: Vec<AuthorRecord> = records.chain(kept).collect();
        // Former identities, too: somebody may have stolen one of them.
        let stated = all.iter().flat_map(AuthorRecord::identities);
        let stated = stated.map(|one: &AuthorIdentity| &one.identity);
        let identities = stated.chain(&search.given);
        let identities = identities.map(|identity| searcher.add(identity).to_string());
        Ok(Searched {
            identities: identities.collect(),
            known: known(&files, &all),
            stored: Stored::read(store, format!("author:{author}")).await?,
            author: author.clone(),
        })
    }
}

/// The digests of an author's own files.
fn known(files: &AuthorState, records: &[AuthorRecord]) -> BTreeSet<String> {
    let archives = files.releases.values();
    let archives = archives.flat_map(|release| [release.archive, release.stated]);
    let found = files.records.found.values().map(|found| Some(found.record));
    let valid = files.records.valid.values().map(|digest| Some(*digest));
    let records = records.iter().map(|record| Some(record.digest()));
    let all = archives.chain(found).chain(valid).chain(records);
    all.flatten().map(|digest| digest.to_string()).collect()
}

/// Reads the new entries of a log, and returns the first of them, the signatures, and remarks.
async fn read(
    site: &Arc<LogSite>,
    tree: &SignedTree,
    logs: &mut LogsState,
    searcher: &Searcher,
    verifier: &Verifier,
    limit: u64,
) -> Result<(u64, Harvest, Vec<String>), super::LogError> {
    let url = site.log().url();
    let earlier = logs.read.get(tree.log()).map_or_else(empty, ReadTree::head);
    let mut harvest = Harvest::default();
    let read = scan(site, &earlier, tree, limit, |index, body| {
        harvest.add(url, index, body, searcher, verifier);
        harvest.sightings.len() < SIGHTINGS_LIMIT
    });
    let read = read.await?;
    logs.read.insert(tree.log().to_owned(), ReadTree::of(&read));
    let mut remarks = Vec::new();
    if read.size < tree.size() {
        remarks.push(format!(
            "{url}: {} of {} are searched; the next run goes on",
            read.size,
            count(usize::try_from(tree.size()).unwrap_or(usize::MAX), "entry")
        ));
    }
    if harvest.unread > 0 {
        remarks.push(format!(
            "{url}: entries of another form: {}",
            harvest.unread
        ));
    }
    if harvest.unissued > 0 {
        remarks.push(format!(
            "{url}: entries with a name of these authors in a certificate that no trusted authority issued: {}",
            harvest.unissued
        ));
    }
    Ok((earlier.size, harvest, remarks))
}

impl Harvest {
    fn add(
        &mut self,
        url: &str,
        index: u64,
        body: &[u8],
        searcher: &Searcher,
        verifier: &Verifier,
    ) {
        let Ok(signatures) = signatures(body) else {
            // Anybody may log other kinds of entries. The scan goes on.
            self.unread += 1;
            return;
        };
        for signature in signatures {
            let digests = searcher.find(&signature.signer);
            if digests.is_empty() {
                continue;
            }
            if !verifier.issued(&signature) {
                self.unissued += 1;
                continue;
            }
            let (file, statement) = match signature.content {
                LoggedContent::File(digest) => (Some(digest), None),
                LoggedContent::Statement(digest) => (None, Some(digest)),
                LoggedContent::Other => (None, None),
            };
            let sighting = Sighting {
                url: url.to_owned(),
                index,
                signer: signature.signer.to_string(),
                issued: signature.issued,
                file,
                statement,
            };
            self.sightings.push((digests, sighting));
        }
    }
}

/// Notes the signatures of a scan, and from which entry on each identity is searched.
///
/// Returns remarks about identities that are not searched from the first entry on.
fn note(searched: &mut [Searched], log: &RekorLog, from: u64, harvest: Harvest) -> Vec<String> {
    let mut remarks = BTreeSet::new();
    let mut by_identity: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, one) in searched.iter_mut().enumerate() {
        for identity in &one.identities {
            by_identity.entry(identity.clone()).or_default().push(place);
            let since: &mut BTreeMap<String, u64> =
                one.stored.value.since.entry(identity.clone()).or_default();
            if from > 0 && !since.contains_key(log.id()) {
                remarks.insert(format!(
                    "{}: {} is searched from entry {from} on for a new identity",
                    one.author,
                    log.url()
                ));
            }
            since.entry(log.id().to_owned()).or_insert(from);
        }
    }
    for (digests, sighting) in harvest.sightings {
        let places = digests
            .iter()
            .filter_map(|digest| by_identity.get(&digest.to_string()));
        let places: BTreeSet<usize> = places.flatten().copied().collect();
        for place in places {
            searched[place].stored.value.pending.push(sighting.clone());
        }
    }
    remarks.into_iter().collect()
}

impl Searched {
    /// Decides about the signatures, and returns the alerts of those that belong to no file.
    fn judge(
        &mut self,
        now: Timestamp,
        round: &mut Round,
    ) -> Result<Vec<(String, String)>, WatchError> {
        let mut alerts = Vec::new();
        let mut pending = Vec::new();
        for sighting in std::mem::take(&mut self.stored.value.pending) {
            if sighting
                .file
                .is_some_and(|file| self.known.contains(&file.to_string()))
            {
                continue;
            }
            let due = sighting.issued.saturating_add(PUBLICATION);
            if let Ok(due) = due
                && now < due
            {
                let reason = format!(
                    "{}, entry {}: a signature by {} belongs to no release yet; it is reported from {due} on",
                    sighting.url, sighting.index, sighting.signer
                );
                round
                    .undetermined
                    .push(Undetermined::of(&self.author, reason));
                pending.push(sighting);
                continue;
            }
            let alert = self.alert(&sighting, now);
            alerts.push((self.author.as_str().to_owned(), text(&alert)?));
        }
        self.stored.value.pending = pending;
        Ok(alerts)
    }

    fn alert(&self, sighting: &Sighting, now: Timestamp) -> Alert {
        let path = format!("{}#{}", sighting.url, sighting.index);
        let found = match (sighting.file, sighting.statement) {
            (Some(file), _) => format!("a signature of {file}"),
            (None, Some(statement)) => format!("a signature of the statement {statement}"),
            (None, None) => "a signature of something else".to_owned(),
        };
        let expected = format!("a release or an author record of {}", self.author);
        Alert::new(AlertCode::IdentityUsed, &self.author, &path, now)
            .expecting(Some(expected), Some(found))
            .with_details(vec![
                format!("signer {}", sighting.signer),
                format!("certificate of {}", sighting.issued),
            ])
    }
}

/// Returns the alerts of forks that were not reported yet.
fn forks(
    forks: Vec<SigstoreFork>,
    logs: &mut LogsState,
    now: Timestamp,
) -> Result<Vec<(String, String)>, WatchError> {
    let news = forks
        .into_iter()
        .filter(|fork| logs.forked.insert(fork.log.clone()));
    news.map(|fork| {
        let alert = Alert::of_log(AlertCode::SigstoreLogFork, &fork.url, now)
            .expecting(Some(fork.known), Some(fork.found));
        Ok((String::new(), text(&alert)?))
    })
    .collect()
}

fn of_log(url: &str, reason: impl Display) -> Undetermined {
    Undetermined::all(format!("{url}: {reason}"))
}
