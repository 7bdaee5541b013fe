//! Documents: the package index and its siblings, CHECKSUMS, bundles and records.
//!
//! Each is parsed and [`Rendered`]; the upstream's own bytes are never handed out.

use cpan_sigstore_cpan::{
    CpanError,
    checksums::SIZE_LIMIT as CHECKSUMS_LIMIT,
    package_index::SIZE_LIMIT as SITE_FILE_LIMIT,
    path::{CpanPath, SiteFile},
};
use cpan_sigstore_keyless::bundle::SIZE_LIMIT as BUNDLE_LIMIT;
use cpan_sigstore_records::record::SIZE_LIMIT as RECORD_LIMIT;

use super::{Mirror, Served, error::FetchError};
use crate::{
    cache::{CacheError, CachedFile, Content},
    rendered::Rendered,
};

impl Mirror {
    pub(super) async fn document(&self, path: &CpanPath) -> Result<Served, FetchError> {
        let rendered = {
            let _turn = self.fetches.acquire().await;
            self.rendered(path).await
        };
        match rendered {
            Ok(Some(rendered)) => Ok(Served::File(self.keep_document(path, &rendered)?)),
            Ok(None) => {
                self.index.forget(&path.to_string());
                let is_packages = matches!(
                    path,
                    CpanPath::SiteFile {
                        file: SiteFile::Packages,
                        ..
                    }
                );
                Ok(match is_packages {
                    true => self.absent(path),
                    false => Served::Absent,
                })
            }
            Err(FetchError::Upstream(error)) => self.cached_document(path, error).await,
            Err(error) => Err(error),
        }
    }

    /// The document that was served last, while the upstream cannot be read. Another process may have written it, so
    /// it is rendered again, as if it came from the upstream.
    async fn cached_document(
        &self,
        path: &CpanPath,
        error: CpanError,
    ) -> Result<Served, FetchError> {
        let file = self.index.get(&path.to_string());
        let Some(bytes) = file.and_then(|file| self.cache.bytes(&file.content)) else {
            return Err(FetchError::Upstream(error));
        };
        tracing::info!(%path, %error, "the upstream cannot be read; serving from the cache");
        let rendered = match path {
            CpanPath::SiteFile {
                file: SiteFile::Packages,
                packed,
            } => match Rendered::unpacked(path, bytes) {
                Some(text) => self.cached_package_index(text, *packed).await?,
                None => None,
            },
            _ => Rendered::of_cached(path, bytes),
        };
        match rendered {
            Some(rendered) => Ok(Served::File(self.keep_document(path, &rendered)?)),
            None => Err(FetchError::Upstream(error)),
        }
    }

    fn keep_document(&self, path: &CpanPath, rendered: &Rendered) -> Result<Content, CacheError> {
        let content = self.cache.keep_bytes(rendered.as_bytes())?;
        self.index.set(&CachedFile {
            path: path.to_string(),
            content,
            bundle: None,
            etag: None,
            last_modified: None,
        })?;
        Ok(content)
    }

    /// Reads, parses and renders a document; `None` if the upstream has none.
    async fn rendered(&self, path: &CpanPath) -> Result<Option<Rendered>, FetchError> {
        let text = match path {
            CpanPath::SiteFile {
                file: SiteFile::Packages,
                packed,
            } => {
                let index = self.package_index().await?;
                let rendered = index.map(|index| Rendered::package_index(&index, *packed));
                return Ok(rendered.transpose()?);
            }
            CpanPath::SiteFile { file, .. } => self.upstream.site_file(*file).await?,
            _ => self.upstream.file(&path.to_string(), limit(path)).await?,
        };
        let rendered = text.map(|text| Rendered::of(path, text));
        Ok(rendered.transpose()?)
    }
}

/// The size limit of a document, in bytes.
fn limit(path: &CpanPath) -> usize {
    match path {
        CpanPath::SiteFile { .. } => SITE_FILE_LIMIT,
        CpanPath::Checksums(_) => CHECKSUMS_LIMIT,
        CpanPath::AuthorRecord { bundle: false, .. } => RECORD_LIMIT,
        CpanPath::Bundle(_) | CpanPath::AuthorRecord { .. } | CpanPath::Release(_) => BUNDLE_LIMIT,
    }
}
