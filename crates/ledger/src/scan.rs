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

use crate::{parallel, writer::NewFile};

/// The folder of all authors.
const AUTHORS: &str = "authors/id";
/// Most folders of one author on a disk. One author with more would stop the log, so no author of PAUSE reaches it.
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

/// Returns all files of a CPAN that are logged, without the package index.
///
/// # Errors
/// [`ScanError`] if it is no CPAN, or cannot be read.
pub async fn walk(cpan: &Cpan) -> Result<Candidates, ScanError> {
    match cpan.folder() {
        Some(root) => walk_folder(root),
        None => walk_network(cpan).await,
    }
}

fn walk_folder(root: &Path) -> Result<Candidates, ScanError> {
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
    let found = parallel::map(&folders, |below| {
        let mut found = Vec::new();
        for name in names(root, below)? {
            let author = name
                .parse::<PauseId>()
                .ok()
                .filter(|id| id.as_str() == name);
            if let Some(author) = author.filter(|id| id.directory() == format!("{below}/{name}/")) {
                walk_author(root, &author, &mut found)?;
            }
        }
        Ok::<_, ScanError>(found)
    })?;
    Ok(found.into_iter().flatten().collect())
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

async fn walk_network(cpan: &Cpan) -> Result<Candidates, ScanError> {
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
    let (mut found, mut running) = (Candidates::new(), JoinSet::new());
    loop {
        while running.len() < AT_ONCE
            && let Some(author) = authors.next()
        {
            let cpan = cpan.clone();
            running.spawn(async move { list_author(&cpan, &author).await });
        }
        match running.join_next().await {
            None => return Ok(found),
            Some(Ok(listed)) => found.extend(listed?),
            Some(Err(failed)) => return Err(unreadable(AUTHORS)(io::Error::other(failed))),
        }
    }
}

/// The files in the CHECKSUMS of an author.
async fn list_author(cpan: &Cpan, author: &PauseId) -> Result<Vec<LeafPath>, CpanError> {
    let mut walk = cpan.directories(author);
    let mut found = Vec::new();
    while let Some((directory, checksums)) = walk.next().await? {
        found.extend(
            checksums
                .iter()
                .filter_map(|(name, _)| candidate(&directory.path(name))),
        );
    }
    Ok(found)
}

/// Reads files, and returns those that are there, in order.
///
/// # Errors
/// [`ScanError`] if one cannot be read.
pub async fn read(cpan: &Cpan, files: &[LeafPath]) -> Result<Vec<NewFile>, ScanError> {
    let read = match cpan.folder() {
        Some(root) => parallel::map(files, |path| read_file(root, path))?,
        None => fetch(cpan, files).await?,
    };
    Ok(read.into_iter().flatten().collect())
}

fn read_file(root: &Path, path: &LeafPath) -> Result<Option<NewFile>, ScanError> {
    let name = path.as_str();
    let Some((file, _)) = folder::open(root, name).map_err(unreadable(name))? else {
        return Ok(None);
    };
    let (mut hasher, mut size) = (Sha256Hasher::default(), 0_u64);
    let mut buffer = vec![0; BUFFER];
    let mut file = file.take(ARCHIVE_LIMIT + 1);
    loop {
        let count = file.read(&mut buffer).map_err(unreadable(name))?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
    }
    if size > ARCHIVE_LIMIT {
        let (path, limit) = (root.join(name), ARCHIVE_LIMIT);
        return Err(CpanError::TooLarge { path, limit }.into());
    }
    Ok(Some(NewFile {
        path: path.clone(),
        digest: hasher.finish(),
        size,
    }))
}

async fn fetch(cpan: &Cpan, files: &[LeafPath]) -> Result<Vec<Option<NewFile>>, ScanError> {
    let mut all = Vec::with_capacity(files.len());
    for batch in files.chunks(AT_ONCE) {
        let mut running = JoinSet::new();
        for (at, path) in batch.iter().enumerate() {
            let (cpan, path) = (cpan.clone(), path.clone());
            running.spawn(async move { (at, fetch_one(&cpan, path).await) });
        }
        let mut fetched = running.join_all().await;
        fetched.sort_by_key(|(at, _)| *at);
        for (_, file) in fetched {
            all.push(file?);
        }
    }
    Ok(all)
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
/// [`ScanError`] if it cannot be read.
pub async fn package_index(cpan: &Cpan) -> Result<Option<NewFile>, ScanError> {
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
