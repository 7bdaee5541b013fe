//! The records of authors that count, so that an older or another one is never taken for news.

use cpan_sigstore_core::{digest::Sha256Digest, identity::StableIdentity, release::PauseId};
use cpan_sigstore_records::{
    chain::{History, SignedRecord},
    record::AuthorRecord,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    Scope, TofuEntry, TrustStore, TrustStoreError, contents,
    contents::{identity, timestamp, unreadable},
};

/// A record that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KnownRecord {
    /// Whose.
    pub author: String,
    /// Its version.
    pub version: u32,
    /// Its exact text.
    pub record: String,
    /// Who signed it.
    pub signer: StableIdentity,
    /// When it was signed.
    pub signed: Timestamp,
    /// When it was first seen.
    pub seen: Timestamp,
}

impl KnownRecord {
    fn new(signed: &SignedRecord, now: Timestamp) -> Self {
        let record = signed.record();
        Self {
            author: record.author().to_string(),
            version: record.version(),
            record: String::from_utf8_lossy(record.json()).into_owned(),
            signer: StableIdentity::from(signed.signer()),
            signed: signed.signed().unwrap_or(now),
            seen: now,
        }
    }

    /// The record as it was verified; `None` where it is none.
    pub(super) fn signed_record(&self) -> Option<SignedRecord> {
        let record = AuthorRecord::parse(self.record.as_bytes()).ok()?;
        (record.author().as_str() == self.author && record.version() == self.version)
            .then(|| SignedRecord::proved(record, self.signer.signer(), vec![self.signed]))
    }

    pub(super) fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        let version: i64 = row.try_get("version")?;
        Ok(Self {
            author: row.try_get("author")?,
            version: u32::try_from(version).map_err(|_| unreadable("version"))?,
            record: row.try_get("record")?,
            signer: identity(row)?,
            signed: timestamp(row, "signed")?,
            seen: timestamp(row, "seen")?,
        })
    }

    pub(super) async fn insert(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<u64, TrustStoreError> {
        let digest = self
            .signed_record()
            .ok_or_else(|| unreadable("author record"))?
            .record()
            .digest();
        let done = sqlx::query(
            "INSERT INTO author_record (author, version, digest, record, subject_kind, subject, issuer, repository, signed, seen) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (author, version) DO NOTHING",
        )
        .bind(&self.author)
        .bind(i64::from(self.version))
        .bind(digest.to_string())
        .bind(&self.record)
        .bind(&self.signer.kind)
        .bind(&self.signer.subject)
        .bind(&self.signer.issuer)
        .bind(&self.signer.repository)
        .bind(self.signed.as_second())
        .bind(self.seen.as_second())
        .execute(connection);
        Ok(done.await?.rows_affected())
    }
}

impl TrustStore {
    /// The records of an author that count, as far as they are known here.
    ///
    /// # Errors
    /// Where the memory cannot be used, or holds something that is no history.
    pub async fn history(&self, author: &PauseId) -> Result<History, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        history(&mut connection, author).await
    }

    /// Who signed the author's first release that was seen.
    ///
    /// # Errors
    /// Where the memory cannot be used.
    pub async fn first_seen(&self, author: &PauseId) -> Result<Option<TofuEntry>, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        contents::first_seen(
            &mut connection,
            Scope::Author,
            author.as_str(),
            author.as_str(),
        )
        .await
    }

    /// When each of the records of an author was first seen, in the order of versions.
    ///
    /// # Errors
    /// Where the memory cannot be used.
    pub async fn known_records(
        &self,
        author: &PauseId,
    ) -> Result<Vec<KnownRecord>, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        rows(&mut connection, author).await
    }

    /// Remembers a history, and says what is known now: where another process was quicker with another
    /// one, that one. `replaced` says that an override took others out of it; only then are they taken out.
    ///
    /// # Errors
    /// Where the memory cannot be used.
    pub async fn remember_history(
        &self,
        history: &History,
        replaced: bool,
        now: Timestamp,
    ) -> Result<History, TrustStoreError> {
        let author = history.author();
        let mut transaction = self.pool.begin().await?;
        if replaced {
            forget_others(&mut transaction, history).await?;
        }
        for signed in history.chain() {
            KnownRecord::new(signed, now)
                .insert(&mut transaction)
                .await?;
        }
        let kept = rows(&mut transaction, author).await?;
        let theirs = restore(author, &kept);
        match theirs {
            Some(theirs) if theirs.extends(history) => {
                transaction.commit().await?;
                Ok(theirs)
            }
            // Parts of two histories: what was there before stands.
            _ => {
                transaction.rollback().await?;
                self.history(author).await
            }
        }
    }
}

/// Takes out what an override replaced: all from the first version on that is another.
async fn forget_others(
    connection: &mut AnyConnection,
    history: &History,
) -> Result<(), TrustStoreError> {
    let digests: Vec<Sha256Digest> = history
        .chain()
        .iter()
        .map(|signed| signed.record().digest())
        .collect();
    let kept = rows(connection, history.author()).await?;
    let same = kept
        .iter()
        .zip(&digests)
        .take_while(|(known, digest)| {
            known
                .signed_record()
                .is_some_and(|signed| signed.record().digest() == **digest)
        })
        .count();
    sqlx::query("DELETE FROM author_record WHERE author = $1 AND version > $2")
        .bind(history.author().as_str())
        .bind(i64::try_from(same).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}

/// The records of an author that count.
pub(super) async fn history(
    connection: &mut AnyConnection,
    author: &PauseId,
) -> Result<History, TrustStoreError> {
    let kept = rows(connection, author).await?;
    restore(author, &kept).ok_or_else(|| unreadable("history of an author's records"))
}

fn restore(author: &PauseId, kept: &[KnownRecord]) -> Option<History> {
    let chain = kept.iter().map(KnownRecord::signed_record);
    History::restored(author.clone(), chain.collect::<Option<_>>()?)
}

async fn rows(
    connection: &mut AnyConnection,
    author: &PauseId,
) -> Result<Vec<KnownRecord>, TrustStoreError> {
    let rows = sqlx::query("SELECT * FROM author_record WHERE author = $1 ORDER BY version")
        .bind(author.as_str())
        .fetch_all(connection)
        .await?;
    rows.iter().map(KnownRecord::read).collect()
}
