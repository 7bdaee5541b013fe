//! The CPAN behind the mirror. It is trusted in nothing.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use crate::{
    folder,
    published::{Cpan, CpanError},
};
use cpan_sigstore_core::bundle::SIZE_LIMIT as BUNDLE_LIMIT;
use cpan_sigstore_core::{digest::Sha256Hasher, release::ReleasePath, text::without_credentials};
use cpan_sigstore_http::{Download, Validators};
use url::Url;

use crate::{
    package_index::{PackedError, SIZE_LIMIT as INDEX_LIMIT, unpack},
    path::{BUNDLE_SUFFIX, SiteFile},
};

/// Where a CPAN is.
#[derive(Clone, Debug)]
pub enum Upstream {
    /// Behind an address.
    Network(Cpan),
    /// In a folder, as `minicpan` and DarkPAN tools make it.
    Folder(PathBuf),
}

/// Why a CPAN could not be asked, or gave no answer of use.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The address is of no kind that can be asked.
    #[error(
        "expected the address of a CPAN, by http, https or file, such as https://www.cpan.org/, found `{0}`"
    )]
    Address(String),
    /// No answer of use by the network.
    #[error(transparent)]
    Network(#[from] CpanError),
    /// No file of use in the folder.
    #[error("expected to read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Larger than such a file need be.
    #[error("expected at most {limit} bytes in {}, found more", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
}

/// A site file that cannot be fetched or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum SiteFileError {
    /// The CPAN gives no answer of use.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// It cannot be unpacked.
    #[error(transparent)]
    Packed(#[from] PackedError),
}

impl UpstreamError {
    /// Whether there is a file, and it is larger than was asked for.
    pub fn is_too_large(&self) -> bool {
        match self {
            Self::TooLarge { .. } => true,
            Self::Network(error) => error.is_too_large(),
            _ => false,
        }
    }
}

impl Upstream {
    /// The CPAN at an address: `http`, `https`, or `file` for a folder.
    ///
    /// # Errors
    /// Where it is none of these, or TLS cannot be set up.
    pub fn at(address: &str) -> Result<Self, UpstreamError> {
        let refused = || UpstreamError::Address(without_credentials(address));
        let url = Url::parse(address).map_err(|_| refused())?;
        if url.scheme() != "file" {
            return Ok(Self::Network(Cpan::at(address)?));
        }
        let folder = url.to_file_path().map_err(|()| refused())?;
        Ok(Self::Folder(folder))
    }

    /// What tells this CPAN from others, in the cache.
    pub fn name(&self) -> String {
        match self {
            Self::Network(cpan) => cpan.url("").to_string(),
            Self::Folder(folder) => format!("file:{}", folder.display()),
        }
    }

    /// A small file of at most `limit` bytes; `None` where there is none.
    ///
    /// # Errors
    /// Where there is no answer of use.
    pub async fn small(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, UpstreamError> {
        match self {
            Self::Network(cpan) => Ok(cpan.file(path, limit).await?),
            Self::Folder(folder) => small_file(folder, path, limit as u64),
        }
    }

    /// The unpacked text of a site file, from its gzip or, if there is none, from the plain file.
    ///
    /// # Errors
    /// Where there is no answer of use, or the gzip cannot be unpacked.
    pub async fn site_file(&self, file: SiteFile) -> Result<Option<Vec<u8>>, SiteFileError> {
        let gzip = format!("{}.gz", file.path());
        match self.small(&gzip, INDEX_LIMIT).await? {
            Some(gzip) => Ok(Some(unpack(&gzip, INDEX_LIMIT)?)),
            None => Ok(self.small(file.path(), INDEX_LIMIT).await?),
        }
    }

    /// The bundle of a release; `None` where there is none. In the place of one that is too large stands
    /// another that is: what is to be said of it is the gate's.
    ///
    /// # Errors
    /// Where there is no answer of use.
    pub async fn bundle(&self, path: &ReleasePath) -> Result<Option<Vec<u8>>, UpstreamError> {
        self.evidence(&format!("{path}{BUNDLE_SUFFIX}"), BUNDLE_LIMIT)
            .await
    }

    /// A file that the gate judges. In the place of one that is too large stands another that is.
    pub(crate) async fn evidence(
        &self,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, UpstreamError> {
        match self.small(path, limit).await {
            Err(error) if error.is_too_large() => Ok(Some(vec![0; limit + 1])),
            other => other,
        }
    }

    /// A file of at most `limit` bytes, written to `into`, unless it is as `known` says.
    ///
    /// # Errors
    /// Where there is no answer of use.
    pub async fn download(
        &self,
        path: &str,
        known: &Validators,
        limit: u64,
        into: &mut File,
    ) -> Result<Download, UpstreamError> {
        match self {
            Self::Network(cpan) => Ok(cpan.download(path, known, limit, into).await?),
            Self::Folder(folder) => copy(folder, path, known, limit, into),
        }
    }
}

/// Opens a regular file below the folder; `None` where there is none.
fn open(folder: &Path, path: &str) -> Result<Option<(File, fs::Metadata)>, UpstreamError> {
    folder::open(folder, path).map_err(|source| UpstreamError::Read {
        path: folder.join(path),
        source,
    })
}

fn small_file(folder: &Path, path: &str, limit: u64) -> Result<Option<Vec<u8>>, UpstreamError> {
    let Some((file, _)) = open(folder, path)? else {
        return Ok(None);
    };
    let path = folder.join(path);
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| UpstreamError::Read {
            path: path.to_owned(),
            source,
        })?;
    if bytes.len() as u64 > limit {
        return Err(UpstreamError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(Some(bytes))
}

fn copy(
    folder: &Path,
    path: &str,
    known: &Validators,
    limit: u64,
    into: &mut File,
) -> Result<Download, UpstreamError> {
    let Some((file, metadata)) = open(folder, path)? else {
        return Ok(Download::Absent);
    };
    let path = folder.join(path);
    let read = |source| UpstreamError::Read {
        path: path.clone(),
        source,
    };
    let validators = Validators {
        etag: stamp(&metadata),
        last_modified: None,
    };
    if validators.etag.is_some() && validators == *known {
        return Ok(Download::Unchanged);
    }
    into.set_len(0).map_err(read)?;
    into.rewind().map_err(read)?;
    let mut hasher = Sha256Hasher::default();
    let mut size = 0;
    let mut buffer = vec![0; 64 * 1024];
    let mut file = file.take(limit + 1);
    loop {
        let count = file.read(&mut buffer).map_err(read)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        into.write_all(&buffer[..count]).map_err(read)?;
        size += count as u64;
    }
    if size > limit {
        return Err(UpstreamError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(Download::Whole {
        digest: hasher.finish(),
        size,
        validators,
    })
}

/// What a file can be known again by: its size and when it was written.
fn stamp(metadata: &fs::Metadata) -> Option<String> {
    let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{}-{}", metadata.len(), written.as_nanos()))
}
