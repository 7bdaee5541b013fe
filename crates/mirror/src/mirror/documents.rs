//! Documents: the package index and its siblings, CHECKSUMS, bundles and records.
//!
//! Each is parsed and [`Rendered`]; the upstream's own bytes are never handed out.

use std::sync::Arc;

use cpan_sigstore_cpan::{
    CpanError,
    checksums::SIZE_LIMIT as CHECKSUMS_LIMIT,
    path::{CpanPath, SiteFile},
};
use cpan_sigstore_gate::{IndexReadError, read_package_index};
use cpan_sigstore_keyless::bundle::SIZE_LIMIT as BUNDLE_LIMIT;
use cpan_sigstore_records::record::SIZE_LIMIT as RECORD_LIMIT;

use super::{Answer, Mirror};
use crate::{
    cache::{CacheError, Content, Place},
    record::Refusal,
    rendered::{RenderError, Rendered},
};

/// Reasons not to hand out a document.
enum Trouble {
    Absent,
    Upstream(CpanError),
    Refused(Refusal, String),
}

impl From<CpanError> for Trouble {
    fn from(error: CpanError) -> Self {
        // The file is there, and is nothing for a client.
        if error.is_too_large() || matches!(error, CpanError::Packed { .. }) {
            Self::Refused(Refusal::Unreadable, error.to_string())
        } else {
            Self::Upstream(error)
        }
    }
}

impl From<RenderError> for Trouble {
    fn from(error: RenderError) -> Self {
        let refusal = match &error {
            RenderError::Pack(_) => Refusal::Internal,
            _ => Refusal::Unreadable,
        };
        Self::Refused(refusal, error.to_string())
    }
}

impl From<IndexReadError> for Trouble {
    fn from(error: IndexReadError) -> Self {
        let refusal = match error {
            IndexReadError::Cpan(error) => return error.into(),
            IndexReadError::Invalid(_) => Refusal::Unreadable,
            IndexReadError::RolledBack { .. } => Refusal::IndexRolledBack,
            IndexReadError::Store(_) => Refusal::Internal,
        };
        Self::Refused(refusal, error.to_string())
    }
}

impl Mirror {
    pub(super) async fn document(self: &Arc<Self>, wanted: &CpanPath) -> Answer {
        let checked = {
            let _turn = self.fetches.acquire().await;
            self.checked(wanted).await
        };
        let rendered = match checked {
            Ok(rendered) => rendered,
            Err(Trouble::Absent) => {
                self.known.forget(&wanted.to_string());
                return Answer::Absent;
            }
            Err(Trouble::Refused(refusal, found)) => return self.refuse(wanted, refusal, found),
            Err(Trouble::Upstream(error)) => return self.kept_document(wanted, &error),
        };
        match self.keep_document(wanted, &rendered) {
            Ok(content) => Answer::File(content),
            Err(error) => self.refuse(wanted, Refusal::Internal, error),
        }
    }

    /// What was handed on the last time, while the upstream is away.
    fn kept_document(&self, wanted: &CpanPath, error: &CpanError) -> Answer {
        let place = self.known.place(&wanted.to_string());
        match place.filter(|place| self.cache.has(&place.content)) {
            Some(place) => {
                tracing::info!(%wanted, %error, "the upstream is away, and this is kept");
                Answer::File(place.content)
            }
            None => self.refuse(wanted, Refusal::Upstream, error),
        }
    }

    fn keep_document(&self, wanted: &CpanPath, rendered: &Rendered) -> Result<Content, CacheError> {
        let content = self.cache.keep_bytes(rendered.as_bytes())?;
        self.known.set(&Place {
            path: wanted.to_string(),
            content,
            bundle: None,
            etag: None,
            last_modified: None,
        })?;
        Ok(content)
    }

    async fn checked(&self, wanted: &CpanPath) -> Result<Rendered, Trouble> {
        let path = wanted.to_string();
        let small = async |limit| {
            let bytes = self.upstream.file(&path, limit).await?;
            bytes.ok_or(Trouble::Absent)
        };
        match wanted {
            CpanPath::SiteFile {
                file: SiteFile::Packages,
                packed,
            } => {
                let gate = self.gate();
                let index = read_package_index(&self.upstream, gate.memory(), self.now()).await?;
                Ok(Rendered::package_index(
                    &index.ok_or(Trouble::Absent)?,
                    *packed,
                )?)
            }
            CpanPath::SiteFile { file, packed } => {
                let text = self.upstream.site_file(*file).await?;
                Ok(Rendered::site_file(
                    *file,
                    text.ok_or(Trouble::Absent)?,
                    *packed,
                )?)
            }
            CpanPath::Checksums(_) => Ok(Rendered::checksums(&small(CHECKSUMS_LIMIT).await?)?),
            CpanPath::AuthorRecord {
                name,
                bundle: false,
            } => Ok(Rendered::record(name, small(RECORD_LIMIT).await?)?),
            CpanPath::Bundle(_) | CpanPath::AuthorRecord { .. } | CpanPath::Release(_) => {
                Ok(Rendered::bundle(small(BUNDLE_LIMIT).await?)?)
            }
        }
    }
}
