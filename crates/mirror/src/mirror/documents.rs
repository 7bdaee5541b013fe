//! Documents: the package index and its siblings, CHECKSUMS, bundles and records.
//!
//! Each is parsed and [`Rendered`]; the upstream's own bytes are never handed out.

use cpan_sigstore_cpan::{
    CpanError,
    checksums::SIZE_LIMIT as CHECKSUMS_LIMIT,
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

    /// The document that was served last, while the upstream cannot be read.
    async fn cached_document(
        &self,
        path: &CpanPath,
        error: CpanError,
    ) -> Result<Served, FetchError> {
        let file = self.index.get(&path.to_string());
        match file.filter(|file| self.cache.has(&file.content)) {
            Some(file) => {
                tracing::info!(%path, %error, "the upstream cannot be read; serving from the cache");
                if let CpanPath::SiteFile {
                    file: SiteFile::Packages,
                    packed,
                } = path
                {
                    let rendered = self.cached_package_index(&file.content, *packed, error);
                    let rendered = rendered.await?;
                    return Ok(Served::File(self.keep_document(path, &rendered)?));
                }
                Ok(Served::File(file.content))
            }
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
        let file = async |limit| self.upstream.file(&path.to_string(), limit).await;
        Ok(match path {
            CpanPath::SiteFile {
                file: SiteFile::Packages,
                packed,
            } => {
                let index = self.package_index().await?;
                index
                    .map(|index| Rendered::package_index(&index, *packed))
                    .transpose()?
            }
            CpanPath::SiteFile { file, packed } => self
                .upstream
                .site_file(*file)
                .await?
                .map(|text| Rendered::site_file(*file, text, *packed))
                .transpose()?,
            CpanPath::Checksums(_) => file(CHECKSUMS_LIMIT)
                .await?
                .map(|text| Rendered::checksums(&text))
                .transpose()?,
            CpanPath::AuthorRecord {
                name,
                bundle: false,
            } => file(RECORD_LIMIT)
                .await?
                .map(|json| Rendered::record(name, json))
                .transpose()?,
            CpanPath::Bundle(_) | CpanPath::AuthorRecord { .. } | CpanPath::Release(_) => {
                file(BUNDLE_LIMIT)
                    .await?
                    .map(Rendered::bundle)
                    .transpose()?
            }
        })
    }
}
