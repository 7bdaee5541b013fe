//! The two places where the files of a CPAN can be.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use cpan_sigstore_core::{
    digest::{Sha256Digest, Sha256Hasher},
    text::without_credentials,
};
use cpan_sigstore_files::HashingWriter;
use cpan_sigstore_http::{Download, HeaderValue, Http, Validators};
use url::Url;

use crate::{error::CpanError, folder};

/// Bytes that are read from a file at a time.
const BUFFER: usize = 64 * 1024;

#[derive(Clone, Debug)]
pub(crate) enum Source {
    Http { base: Url, http: Http },
    Folder(PathBuf),
}

impl Source {
    pub fn at(address: &str) -> Result<Self, CpanError> {
        let refused = || CpanError::Address(without_credentials(address));
        let mut base = Url::parse(address).map_err(|_| refused())?;
        if base.scheme() == "file" {
            return base
                .to_file_path()
                .map(Self::Folder)
                .map_err(|()| refused());
        }
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() {
            return Err(refused());
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = Http::for_urls([base.as_str()])?;
        Ok(Self::Http { base, http })
    }

    pub fn with_authorization(self, authorization: HeaderValue) -> Self {
        match self {
            Self::Http { base, http } => Self::Http {
                base,
                http: http.with_authorization(authorization),
            },
            Self::Folder(folder) => Self::Folder(folder),
        }
    }

    pub fn via(self, name: &str) -> Self {
        match self {
            Self::Http { base, http } => Self::Http {
                base,
                http: http.via(name),
            },
            Self::Folder(folder) => Self::Folder(folder),
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::Http { .. } => self.address(""),
            Self::Folder(folder) => format!("file:{}", folder.display()),
        }
    }

    pub fn address(&self, path: &str) -> String {
        match self {
            Self::Http { base, .. } => {
                let mut url = url(base, path);
                // Only addresses that cannot have them refuse this.
                let _ = url.set_password(None);
                let _ = url.set_username("");
                url.to_string()
            }
            Self::Folder(folder) => folder.join(path).display().to_string(),
        }
    }

    pub async fn file(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, CpanError> {
        match self {
            Self::Http { base, http } => Ok(http.file(url(base, path), limit).await?),
            Self::Folder(folder) => {
                let mut bytes = Vec::new();
                let copied = copy(folder, path, None, limit as u64, |part| {
                    bytes.extend_from_slice(part);
                    Ok(())
                })?;
                Ok(matches!(copied, Download::Whole(_)).then_some(bytes))
            }
        }
    }

    pub async fn download(
        &self,
        path: &str,
        known: &Validators,
        limit: u64,
        into: &mut HashingWriter,
    ) -> Result<Download, CpanError> {
        match self {
            Self::Http { base, http } => {
                Ok(http.download(url(base, path), known, limit, into).await?)
            }
            Self::Folder(folder) => {
                into.restart().map_err(|source| CpanError::Read {
                    path: folder.join(path),
                    source,
                })?;
                copy(folder, path, Some(known), limit, |part| into.write(part))
            }
        }
    }

    pub async fn digest(&self, path: &str, limit: u64) -> Result<Option<Sha256Digest>, CpanError> {
        match self {
            Self::Http { base, http } => Ok(http.digest(url(base, path), limit).await?),
            Self::Folder(folder) => {
                let mut hasher = Sha256Hasher::default();
                let copied = copy(folder, path, None, limit, |part| {
                    hasher.update(part);
                    Ok(())
                })?;
                Ok(matches!(copied, Download::Whole(_)).then(|| hasher.finish()))
            }
        }
    }
}

fn url(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path()));
    url
}

/// Reads a file below the folder in parts, unless it is unchanged since `known`.
fn copy(
    folder: &Path,
    path: &str,
    known: Option<&Validators>,
    limit: u64,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<Download, CpanError> {
    let full = folder.join(path);
    let read = |source| CpanError::Read {
        path: full.clone(),
        source,
    };
    let Some((file, metadata)) = folder::open(folder, path).map_err(read)? else {
        return Ok(Download::Absent);
    };
    let validators = Validators {
        etag: stamp(&metadata),
        last_modified: None,
    };
    if validators.etag.is_some() && known == Some(&validators) {
        return Ok(Download::Unchanged);
    }
    let mut size = 0;
    let mut buffer = vec![0; BUFFER];
    let mut file = file.take(limit + 1);
    loop {
        let count = file.read(&mut buffer).map_err(read)?;
        if count == 0 {
            break;
        }
        let part = buffer.get(..count).unwrap_or_default();
        take(part).map_err(read)?;
        size += count as u64;
    }
    if size > limit {
        return Err(CpanError::TooLarge { path: full, limit });
    }
    Ok(Download::Whole(validators))
}

/// The size and the time of writing, by which an unchanged file is recognised.
fn stamp(metadata: &fs::Metadata) -> Option<String> {
    let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{}-{}", metadata.len(), written.as_nanos()))
}
