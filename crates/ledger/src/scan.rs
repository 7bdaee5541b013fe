//! The files of a CPAN that are logged.

use std::{
    collections::BTreeSet,
    io::{self, Read as _},
    path::Path,
};

use cpan_sigstore_core::{
    digest::{Sha256Digest, Sha256Hasher},
    release::{PauseId, Subdirectory},
};
use cpan_sigstore_cpan::{
    ARCHIVE_LIMIT, Cpan, CpanError, folder,
    path::{CpanPath, SiteFile},
};
use cpan_sigstore_files::HashingWriter;
use cpan_sigstore_http::{Download, Validators};
use cpan_sigstore_tlog::leaf::{LeafPath, PACKAGE_INDEX_PATH};
use tokio::task::JoinSet;

use crate::{parallel, unread::UnreadList, writer::NewFile};

/// The folder of all authors.
const AUTHORS: &str = "authors/id";
/// Most folders of one author on a disk; no author of PAUSE reaches it.
const FOLDERS_LIMIT: usize = 100_000;
/// Files that are fetched at once.
const AT_ONCE: usize = 16;
/// Bytes that are read at once.
const BUFFER: usize = 64 * 1024;
/// Ends of names that no folder has.
const FILE_ENDINGS: [&str; 3] = [".meta", ".readme", "CHECKSUMS"];

/// Reasons why the files of a CPAN are unknown.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The CPAN cannot be read.
    #[error(transparent)]
    Cpan(#[from] CpanError),
    /// A folder or file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The path below the root of the CPAN.
        path: String,
        /// The reason.
        source: io::Error,
    },
    /// The CPAN has no authors.
    #[error("cannot find a CPAN: expected {0}, found none")]
    NoCpan(String),
    /// An author has more folders than the limit.
    #[error("too many folders of {author}: expected at most {FOLDERS_LIMIT}")]
    TooManyFolders {
        /// The author.
        author: PauseId,
    },
}

impl ScanError {
    /// Whether server or network are out of order, which no author causes.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Cpan(CpanError::Http(error)) if error.is_transient() || error.is_setup())
    }
}

fn unreadable(path: &str) -> impl FnOnce(io::Error) -> ScanError {
    move |source| ScanError::Read {
        path: path.to_owned(),
        source,
    }
}

/// Files that are logged.
pub type Candidates = BTreeSet<LeafPath>;

/// Returns the path of a file of an author that is logged; `None` for all others.
pub fn candidate(path: &str) -> Option<LeafPath> {
    match CpanPath::at(path)? {
        CpanPath::Release(_) | CpanPath::Bundle(_) | CpanPath::AuthorRecord { .. } => {
            path.parse().ok()
        }
        CpanPath::Checksums(_) | CpanPath::SiteFile { .. } => None,
    }
}

/// Returns all files of a CPAN that are logged, without the package index. Of an author whose directories cannot all
/// be read, it returns those that were found.
///
/// # Errors
/// [`ScanError`] if it is no CPAN, or its list of authors cannot be read.
pub(crate) async fn walk(cpan: &Cpan, unread: &mut UnreadList) -> Result<Candidates, ScanError> {
    match cpan.folder() {
        Some(root) => walk_folder(root, unread),
        None => walk_network(cpan, unread).await,
    }
}

fn walk_folder(root: &Path, unread: &mut UnreadList) -> Result<Candidates, ScanError> {
    let authors = folder::metadata(root, AUTHORS).map_err(unreadable(AUTHORS))?;
    if authors.is_none_or(|metadata| !metadata.is_dir()) {
        return Err(ScanError::NoCpan(AUTHORS.to_owned()));
    }
    let mut folders = Vec::new();
    for first in names(root, AUTHORS)?
        .into_iter()
        .filter(|first| first.len() == 1)
    {
        let below = format!("{AUTHORS}/{first}");
        let seconds = names(root, &below)?.into_iter();
        let seconds = seconds.filter(|second| second.len() == 2 && second.starts_with(&first));
        folders.extend(seconds.map(|second| format!("{below}/{second}")));
    }
    let listings = parallel::map(&folders, |below| {
        Ok::<_, ScanError>(walk_authors(root, below))
    })?;
    let mut all = Candidates::new();
    for listing in listings.into_iter().flatten() {
        listing.add_to(&mut all, unread)?;
    }
    Ok(all)
}

/// The files in a directory.
struct Listing {
    /// The path of the directory, with `/` at its end.
    path: String,
    found: Vec<LeafPath>,
    /// Whether these are all.
    walked: Result<(), ScanError>,
}

impl Listing {
    fn add_to(self, all: &mut Candidates, unread: &mut UnreadList) -> Result<(), ScanError> {
        all.extend(self.found);
        unread.value(&self.path, self.walked)?;
        Ok(())
    }
}

/// Lists the files of all authors in a folder.
fn walk_authors(root: &Path, below: &str) -> Vec<Listing> {
    let names = match names(root, below) {
        Ok(names) => names,
        Err(error) => {
            return vec![Listing {
                path: format!("{below}/"),
                found: Vec::new(),
                walked: Err(error),
            }];
        }
    };
    let authors = names.iter().filter_map(|name| {
        let author: PauseId = name.parse().ok()?;
        (author.directory() == format!("{below}/{name}/")).then_some(author)
    });
    authors
        .map(|author| {
            let mut found = Vec::new();
            let walked = walk_author(root, &author, &mut found);
            Listing {
                path: author.directory(),
                found,
                walked,
            }
        })
        .collect()
}

fn walk_author(root: &Path, author: &PauseId, found: &mut Vec<LeafPath>) -> Result<(), ScanError> {
    let home = author.directory();
    let mut left = vec![home.trim_end_matches('/').to_owned()];
    let mut folders = 0;
    while let Some(folder) = left.pop() {
        folders += 1;
        if folders > FOLDERS_LIMIT {
            return Err(ScanError::TooManyFolders {
                author: author.clone(),
            });
        }
        for name in names(root, &folder)? {
            let path = format!("{folder}/{name}");
            if let Some(candidate) = candidate(&path) {
                found.push(candidate);
            } else if is_folder(&home, &path, &name) {
                let metadata = folder::metadata(root, &path).map_err(unreadable(&path))?;
                if metadata.is_some_and(|metadata| metadata.is_dir()) {
                    left.push(path);
                }
            }
        }
    }
    Ok(())
}

fn is_folder(home: &str, path: &str, name: &str) -> bool {
    let below = path.strip_prefix(home).unwrap_or_default();
    !FILE_ENDINGS.iter().any(|end| name.ends_with(end)) && below.parse::<Subdirectory>().is_ok()
}

fn names(root: &Path, path: &str) -> Result<Vec<String>, ScanError> {
    let names = folder::names(root, path).map_err(unreadable(path))?;
    Ok(names.unwrap_or_default())
}

async fn walk_network(cpan: &Cpan, unread: &mut UnreadList) -> Result<Candidates, ScanError> {
    let missing = || ScanError::NoCpan(SiteFile::Authors.path().to_owned());
    let list = cpan
        .site_file(SiteFile::Authors)
        .await?
        .ok_or_else(missing)?;
    let list = String::from_utf8_lossy(&list);
    let mut authors = list.lines().filter_map(|line| {
        let id = line.strip_prefix("alias ")?.split_whitespace().next()?;
        id.parse::<PauseId>()
            .ok()
            .filter(|author| author.as_str() == id)
    });
    let (mut all, mut running) = (Candidates::new(), JoinSet::new());
    loop {
        while running.len() < AT_ONCE
            && let Some(author) = authors.next()
        {
            let cpan = cpan.clone();
            running.spawn(async move {
                let mut found = Vec::new();
                let walked = list_author(&cpan, &author, &mut found).await;
                Listing {
                    path: author.directory(),
                    found,
                    walked,
                }
            });
        }
        match running.join_next().await {
            None => return Ok(all),
            Some(Ok(listing)) => listing.add_to(&mut all, unread)?,
            Some(Err(failed)) => return Err(unreadable(AUTHORS)(io::Error::other(failed))),
        }
    }
}

/// Finds the files in the CHECKSUMS of an author.
async fn list_author(
    cpan: &Cpan,
    author: &PauseId,
    found: &mut Vec<LeafPath>,
) -> Result<(), ScanError> {
    let mut walk = cpan.directories(author);
    while let Some((directory, checksums)) = walk.next().await? {
        found.extend(
            checksums
                .iter()
                .filter_map(|(name, _)| candidate(&directory.path(name))),
        );
    }
    Ok(())
}

/// Reads files, and returns those that are there, in order.
///
/// # Errors
/// [`ScanError`] if the CPAN is out of order.
pub(crate) async fn read(
    cpan: &Cpan,
    files: &[LeafPath],
    unread: &mut UnreadList,
) -> Result<Vec<NewFile>, ScanError> {
    let mut all = Vec::with_capacity(files.len());
    let mut take = |path: &LeafPath, file: Result<Option<NewFile>, _>| {
        let file = unread.value(path.as_str(), file)?;
        all.extend(file.flatten());
        Ok::<_, ScanError>(())
    };
    match cpan.folder() {
        Some(root) => {
            let read = parallel::map(files, |path| Ok::<_, ScanError>(read_file(root, path)))?;
            for (path, file) in files.iter().zip(read) {
                take(path, file)?;
            }
        }
        None => {
            for batch in files.chunks(AT_ONCE) {
                for (path, file) in batch.iter().zip(fetch(cpan, batch).await) {
                    take(path, file)?;
                }
            }
        }
    }
    Ok(all)
}

fn read_file(root: &Path, path: &LeafPath) -> Result<Option<NewFile>, ScanError> {
    let name = path.as_str();
    let Some((file, metadata)) = folder::open(root, name).map_err(unreadable(name))? else {
        return Ok(None);
    };
    let too_large = || CpanError::TooLarge {
        path: root.join(name),
        limit: ARCHIVE_LIMIT,
    };
    if metadata.len() > ARCHIVE_LIMIT {
        return Err(too_large().into());
    }
    let (digest, size) = hash(file.take(ARCHIVE_LIMIT + 1)).map_err(unreadable(name))?;
    if size > ARCHIVE_LIMIT {
        return Err(too_large().into());
    }
    Ok(Some(NewFile {
        path: path.clone(),
        digest,
        size,
    }))
}

/// Reads to the end, and returns the digest and the number of bytes.
///
/// # Errors
/// Those of reading.
pub fn hash(mut from: impl io::Read) -> io::Result<(Sha256Digest, u64)> {
    let (mut hasher, mut size) = (Sha256Hasher::default(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok((hasher.finish(), size));
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
    }
}

/// Fetches files at once, and returns them in order.
async fn fetch(cpan: &Cpan, files: &[LeafPath]) -> Vec<Result<Option<NewFile>, ScanError>> {
    let mut running = JoinSet::new();
    for (at, path) in files.iter().enumerate() {
        let (cpan, path) = (cpan.clone(), path.clone());
        running.spawn(async move { (at, fetch_one(&cpan, path).await) });
    }
    let mut fetched = running.join_all().await;
    fetched.sort_by_key(|(at, _)| *at);
    fetched.into_iter().map(|(_, file)| file).collect()
}

async fn fetch_one(cpan: &Cpan, path: LeafPath) -> Result<Option<NewFile>, ScanError> {
    let file = tempfile::tempfile().map_err(unreadable("a temporary file"))?;
    let mut writer = HashingWriter::new(file).map_err(unreadable("a temporary file"))?;
    let known = Validators::default();
    let download = cpan
        .download(path.as_str(), &known, ARCHIVE_LIMIT, &mut writer)
        .await?;
    let file = writer.finish();
    let is_there = matches!(download, Download::Whole(_));
    Ok(is_there.then(|| NewFile {
        path,
        digest: file.digest(),
        size: file.size(),
    }))
}

/// Reads the package index; `None` if the CPAN has none.
///
/// # Errors
/// [`ScanError`] if it cannot be read. No author writes it.
pub(crate) async fn package_index(cpan: &Cpan) -> Result<Option<NewFile>, ScanError> {
    let text = cpan.site_file(SiteFile::Packages).await?;
    Ok(text.and_then(|text| {
        let path = PACKAGE_INDEX_PATH.parse().ok()?;
        let digest = Sha256Digest::of(&text);
        Some(NewFile {
            path,
            digest,
            size: text.len() as u64,
        })
    }))
}
