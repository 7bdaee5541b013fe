//! Appends the new files of a CPAN to a log.

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_cpan::{
    Cpan,
    recent::{Coverage, EventKind, News, NewsError, news},
};
use cpan_sigstore_tlog::leaf::{AUTHOR_INDEX_PATH, LeafKind};
use serde::Serialize;

use crate::{
    scan::{self, Candidates, ScanError},
    store::{Area, Store},
    unread::{Unread, UnreadList},
    writer::{LedgerError, LogWriter, NewFile},
};

/// Files that are hashed and committed together. A writer that ends early loses the work on at most so many.
pub const BATCH: usize = 16_384;
/// Name of the file in the state that has the time of the newest change.
const SINCE: &str = "since";
/// Largest such file, in bytes.
const SINCE_LIMIT: u64 = 4096;

/// Reasons why files cannot be appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The log cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The CPAN cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
}

/// An archive whose bytes are not the logged ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedArchive {
    /// The path.
    pub path: String,
    /// The digest in the log.
    pub logged: Sha256Digest,
    /// The digest on the CPAN.
    pub found: Sha256Digest,
}

/// The result of an append.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Appended {
    /// Leaves that were appended.
    pub leaves: u64,
    /// Archives among them.
    pub archives: u64,
    /// Bundles among them.
    pub bundles: u64,
    /// Author records among them.
    pub records: u64,
    /// Package indexes among them.
    pub package_indexes: u64,
    /// Files that were read.
    pub read: u64,
    /// Archives with other bytes than the logged ones. They are not logged again.
    pub changed: Vec<ChangedArchive>,
    /// Files and authors that cannot be read. All others are logged, and the next append tries these again.
    pub unread: Vec<Unread>,
}

/// An append to a log.
pub struct Append<'a, 'w, S> {
    /// The writer.
    pub writer: &'w mut LogWriter<'a, S>,
    /// The CPAN.
    pub cpan: &'w Cpan,
    /// Returns the time in Unix seconds.
    pub clock: &'w (dyn Fn() -> u64 + Sync),
    /// Is passed the number of files that were checked, and of all.
    pub progress: &'w (dyn Fn(usize, usize) + Sync),
}

impl<S: Store> Append<'_, '_, S> {
    /// Appends all files that are not logged, and commits them in batches.
    ///
    /// The files RECENT state what is new since the last append; without them, all files are listed. A file or an
    /// author that cannot be read stops no other.
    ///
    /// # Errors
    /// [`AppendError`] if the log cannot be written, or the CPAN as a whole cannot be read. Batches that were committed remain.
    pub async fn run(mut self) -> Result<Appended, AppendError> {
        let (mut appended, mut unread) = (Appended::default(), UnreadList::default());
        let known = self.read_since()?;
        let news = self.news(known.as_ref()).await?;
        let changes = news
            .as_ref()
            .filter(|news| is_complete(news, known.as_ref()));
        let mut files = match changes {
            Some(news) => changed_files(news),
            None => scan::walk(self.cpan, &mut unread).await?,
        };
        if changes.is_none() {
            // Archives do not change, and `log audit` compares those that are logged.
            files.retain(|path| path.kind() != LeafKind::Archive || !self.writer.has(path));
        }
        let files: Vec<_> = files.into_iter().collect();
        for (count, batch) in (0..).zip(files.chunks(BATCH)) {
            let read = scan::read(self.cpan, batch, &mut unread).await?;
            self.take(read, &mut appended)?;
            (self.progress)(count * BATCH + batch.len(), files.len());
        }
        // The index follows the archives that it names.
        let index = scan::package_index(self.cpan).await?;
        self.take(index.into_iter().collect(), &mut appended)?;
        let author_index: Vec<_> = AUTHOR_INDEX_PATH.parse().into_iter().collect();
        let read = scan::read(self.cpan, &author_index, &mut unread).await?;
        self.take(read, &mut appended)?;
        appended.unread = unread.into_items();
        if let Some(news) = news.filter(|_| appended.unread.is_empty()) {
            self.write_since(&news)?;
        }
        Ok(appended)
    }

    /// Appends those of some files that are new.
    fn take(&mut self, files: Vec<NewFile>, appended: &mut Appended) -> Result<(), AppendError> {
        appended.read += files.len() as u64;
        let mut new = Vec::with_capacity(files.len());
        for file in files {
            let logged = self.writer.find(&file.path)?.map(|(_, leaf)| leaf.digest());
            match logged {
                Some(logged) if logged == file.digest => {}
                Some(logged) if file.path.kind() == LeafKind::Archive => {
                    let (path, found) = (file.path.to_string(), file.digest);
                    appended.changed.push(ChangedArchive {
                        path,
                        logged,
                        found,
                    });
                }
                _ => new.push(file),
            }
        }
        self.writer.append(&new, (self.clock)())?;
        for file in &new {
            appended.leaves += 1;
            match file.path.kind() {
                LeafKind::Archive => appended.archives += 1,
                LeafKind::Bundle => appended.bundles += 1,
                LeafKind::Record => appended.records += 1,
                LeafKind::PackageIndex => appended.package_indexes += 1,
                LeafKind::AuthorIndex => {}
            }
        }
        Ok(())
    }

    async fn news(&self, known: Option<&Since>) -> Result<Option<News>, ScanError> {
        let fetch = async |path: String, limit: usize| self.cpan.file(&path, limit).await;
        match news(fetch, known.map(|known| &known.epoch)).await {
            Ok(news) => Ok(news),
            Err(NewsError::Fetch(error)) => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "the files RECENT are not used");
                Ok(None)
            }
        }
    }

    fn read_since(&self) -> Result<Option<Since>, LedgerError> {
        let bytes = self.writer.store().read(Area::State, SINCE, SINCE_LIMIT);
        let bytes = bytes.map_err(LedgerError::read(SINCE))?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        Ok(Since::parse(&text).filter(|since| since.cpan == self.cpan.name()))
    }

    fn write_since(&self, news: &News) -> Result<(), LedgerError> {
        let Some(epoch) = &news.newest else {
            return Ok(());
        };
        let text = format!("{}\n{epoch}\n{}\n", self.cpan.name(), dirtymark(news));
        let written = self
            .writer
            .store()
            .write(Area::State, SINCE, text.as_bytes());
        written.map_err(LedgerError::write(SINCE))
    }
}

/// The newest change that the last append saw.
struct Since {
    cpan: String,
    epoch: cpan_sigstore_cpan::recent::Epoch,
    dirtymark: String,
}

impl Since {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (cpan, epoch) = (lines.next()?.to_owned(), lines.next()?.parse().ok()?);
        let dirtymark = lines.next().unwrap_or_default().to_owned();
        Some(Self {
            cpan,
            epoch,
            dirtymark,
        })
    }
}

/// The mark of the events; empty without one.
fn dirtymark(news: &News) -> String {
    let mark = news.dirtymark.as_ref();
    mark.map(ToString::to_string).unwrap_or_default()
}

/// Whether the events are all changes since the last append.
fn is_complete(news: &News, known: Option<&Since>) -> bool {
    news.coverage == Coverage::Whole
        && known.is_some_and(|known| known.dirtymark == dirtymark(news))
}

fn changed_files(news: &News) -> Candidates {
    let events = news
        .events
        .iter()
        .filter(|(_, event)| event.kind == EventKind::New);
    events
        .filter_map(|(path, _)| scan::candidate(path))
        .collect()
}
