//! Everything that is no archive: indexes, CHECKSUMS, bundles. They are handed on as they are, or, of
//! indexes, as they should be, when they are what their names say.

use std::sync::Arc;

use cpan_sigstore_cpan::published::{CHECKSUMS_LIMIT, Checksums};
use cpan_sigstore_keyless::bundle::SIZE_LIMIT as BUNDLE_LIMIT;
use cpan_sigstore_records::record::SIZE_LIMIT as RECORD_LIMIT;
use jiff::{SignedDuration, Timestamp};

use super::{Answer, Mirror};
use crate::{
    cache::{CacheError, Content, Place},
    record::Refusal,
};
use cpan_sigstore_cpan::{
    index::{self, PackageIndexError},
    path::{Index, Wanted},
    upstream::UpstreamError,
};

/// How far ahead of this machine's clock the date of an index may be. One far in the future would make
/// all that follow look old.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Why a document is not handed on.
enum Trouble {
    Absent,
    Upstream(UpstreamError),
    Refused(Refusal, String),
}

impl From<UpstreamError> for Trouble {
    fn from(error: UpstreamError) -> Self {
        // It is there, and nothing that a client should have.
        if error.is_too_large() {
            Self::Refused(Refusal::Unreadable, error.to_string())
        } else {
            Self::Upstream(error)
        }
    }
}

impl Mirror {
    pub(super) async fn document(self: &Arc<Self>, wanted: &Wanted) -> Answer {
        let checked = {
            let _turn = self.fetches.acquire().await;
            self.checked(wanted).await
        };
        let bytes = match checked {
            Ok(bytes) => bytes,
            Err(Trouble::Absent) => {
                self.known.forget(&wanted.to_string());
                return Answer::Absent;
            }
            Err(Trouble::Refused(refusal, found)) => return self.refuse(wanted, refusal, found),
            Err(Trouble::Upstream(error)) => return self.kept_document(wanted, &error),
        };
        match self.keep_document(wanted, &bytes) {
            Ok(content) => Answer::File(content),
            Err(error) => self.refuse(wanted, Refusal::Internal, error),
        }
    }

    /// What was handed on the last time, while the upstream is away.
    fn kept_document(&self, wanted: &Wanted, error: &UpstreamError) -> Answer {
        let place = self.known.place(&wanted.to_string());
        match place.filter(|place| self.cache.has(&place.content)) {
            Some(place) => {
                tracing::info!(%wanted, %error, "the upstream is away, and this is kept");
                Answer::File(place.content)
            }
            None => self.refuse(wanted, Refusal::Upstream, error),
        }
    }

    fn keep_document(&self, wanted: &Wanted, bytes: &[u8]) -> Result<Content, CacheError> {
        let content = self.cache.keep_bytes(bytes)?;
        self.known.set(&Place {
            path: wanted.to_string(),
            content,
            bundle: None,
            etag: None,
            last_modified: None,
        })?;
        Ok(content)
    }

    async fn checked(&self, wanted: &Wanted) -> Result<Vec<u8>, Trouble> {
        let path = wanted.to_string();
        match wanted {
            Wanted::Index { index, packed } => self.index(*index, *packed).await,
            Wanted::Checksums(_) => {
                let text = self.upstream.small(&path, CHECKSUMS_LIMIT).await?;
                let text = text.ok_or(Trouble::Absent)?;
                Checksums::parse(&text)
                    .map_err(|error| Trouble::Refused(Refusal::Unreadable, error.to_string()))?;
                Ok(text)
            }
            Wanted::AuthorRecord { bundle: false, .. } => {
                let record = self.upstream.small(&path, RECORD_LIMIT).await?;
                record.ok_or(Trouble::Absent)
            }
            // A bundle proves itself, or does not, to whoever verifies it; so does a record by its own.
            Wanted::Bundle(_) | Wanted::AuthorRecord { .. } | Wanted::Release(_) => {
                let bundle = self.upstream.small(&path, BUNDLE_LIMIT).await?;
                bundle.ok_or(Trouble::Absent)
            }
        }
    }

    /// An index, packed or not, from whichever of the two the upstream has: they are always the same one.
    async fn index(&self, index: Index, packed: bool) -> Result<Vec<u8>, Trouble> {
        let unreadable =
            |error: PackageIndexError| Trouble::Refused(Refusal::Unreadable, error.to_string());
        let gzip = format!("{}.gz", index.path());
        let text = match self.upstream.small(&gzip, index::SIZE_LIMIT).await? {
            Some(gzip) => {
                index::unpack(&gzip, index::SIZE_LIMIT).map_err(|error| unreadable(error.into()))?
            }
            None => {
                let text = self.upstream.small(index.path(), index::SIZE_LIMIT).await?;
                text.ok_or(Trouble::Absent)?
            }
        };
        let checked = index::check(index, text).map_err(unreadable)?;
        if let Some(date) = checked.date {
            self.not_older(date).await?;
        }
        if !packed {
            return Ok(checked.text);
        }
        index::pack(&checked.text)
            .map_err(|error| Trouble::Refused(Refusal::Internal, error.to_string()))
    }

    /// Compares the date of an index with the newest that was seen, by whichever process.
    async fn not_older(&self, date: Timestamp) -> Result<(), Trouble> {
        let now = self.now();
        if date.duration_since(now) > AHEAD {
            let found = format!("expected an index of today at the latest, found one of {date}");
            return Err(Trouble::Refused(Refusal::Unreadable, found));
        }
        let gate = self.gate();
        let newest = gate
            .memory()
            .note_index_date(&self.upstream.name(), date, now)
            .await
            .map_err(|error| Trouble::Refused(Refusal::Internal, error.to_string()))?;
        if newest > date {
            let found =
                format!("expected the index of {newest} or a newer one, found one of {date}");
            return Err(Trouble::Refused(Refusal::IndexRolledBack, found));
        }
        Ok(())
    }
}
