//! The record chains of authors, so that an older or another record never passes for news.

use std::collections::HashSet;

use cpan_sigstore_core::{identity::StableIdentity, release::PauseId};
use cpan_sigstore_records::{
    chain::{RecordChain, SignedRecord},
    record::AuthorRecord,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    Scope, TofuEntry, TrustStore, TrustStoreError, rows,
    rows::{identity, timestamp, unreadable},
};

/// An accepted record with its signer, as the store has it.
///
/// The signer has only its stable parts: the tag in a workflow's name is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ExportedRecord", into = "ExportedRecord")]
pub struct StoredRecord {
    /// The record.
    pub record: AuthorRecord,
    /// Who signed it.
    pub signer: StableIdentity,
    /// When it was signed.
    pub signed: Timestamp,
    /// When it was first seen.
    pub seen: Timestamp,
}

/// The JSON of a stored record in an export.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ExportedRecord {
    author: String,
    version: u32,
    /// The exact text.
    record: String,
    signer: StableIdentity,
    signed: Timestamp,
    seen: Timestamp,
}

impl From<StoredRecord> for ExportedRecord {
    fn from(stored: StoredRecord) -> Self {
        Self {
            author: stored.record.author().to_string(),
            version: stored.record.version(),
            record: text(&stored.record),
            signer: stored.signer,
            signed: stored.signed,
            seen: stored.seen,
        }
    }
}

impl TryFrom<ExportedRecord> for StoredRecord {
    type Error = String;

    fn try_from(exported: ExportedRecord) -> Result<Self, String> {
        let (author, version) = (&exported.author, exported.version);
        let record = AuthorRecord::parse(exported.record.as_bytes())
            .map_err(|error| format!("record {version} of {author}: {error}"))?;
        if record.author().as_str() != author || record.version() != version {
            return Err(format!(
                "expected record {version} of {author}, found {}",
                record.name()
            ));
        }
        Ok(Self {
            record,
            signer: exported.signer,
            signed: exported.signed,
            seen: exported.seen,
        })
    }
}

/// The exact text of a record, which is JSON and so UTF-8.
fn text(record: &AuthorRecord) -> String {
    String::from_utf8_lossy(record.json()).into_owned()
}

impl StoredRecord {
    fn new(signed: &SignedRecord, now: Timestamp) -> Self {
        Self {
            record: signed.record().clone(),
            signer: StableIdentity::from(signed.signer()),
            signed: signed.signed().unwrap_or(now),
            seen: now,
        }
    }

    /// The record with the stable parts of its signer.
    pub(super) fn signed_record(&self) -> SignedRecord {
        SignedRecord::proved(self.record.clone(), self.signer.signer(), vec![self.signed])
    }

    pub(super) fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        let version: i64 = row.try_get("version")?;
        let (author, record): (String, String) = (row.try_get("author")?, row.try_get("record")?);
        let record = AuthorRecord::parse(record.as_bytes())
            .ok()
            .filter(|it| it.author().as_str() == author && i64::from(it.version()) == version);
        Ok(Self {
            record: record.ok_or_else(|| unreadable("author record"))?,
            signer: identity(row)?,
            signed: timestamp(row, "signed")?,
            seen: timestamp(row, "seen")?,
        })
    }

    pub(super) async fn insert(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<u64, TrustStoreError> {
        let done = sqlx::query(
            "INSERT INTO author_record (author, version, digest, record, subject_kind, subject, issuer, repository, repository_id, owner_id, signed, seen) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (author, version) DO NOTHING",
        )
        .bind(self.record.author().as_str())
        .bind(i64::from(self.record.version()))
        .bind(self.record.digest().to_string())
        .bind(text(&self.record))
        .bind(&self.signer.kind)
        .bind(&self.signer.subject)
        .bind(&self.signer.issuer)
        .bind(&self.signer.repository)
        .bind(&self.signer.repository_id)
        .bind(&self.signer.owner_id)
        .bind(self.signed.as_second())
        .bind(self.seen.as_second())
        .execute(connection);
        Ok(done.await?.rows_affected())
    }
}

impl TrustStore {
    /// The record chain of an author, as far as it is known here.
    ///
    /// # Errors
    /// The store cannot be used, or its rows are no chain.
    pub async fn record_chain(&self, author: &PauseId) -> Result<RecordChain, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        record_chain(&mut connection, author).await
    }

    /// The signer of the author's first release that was seen.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn first_seen(&self, author: &PauseId) -> Result<Option<TofuEntry>, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        rows::first_seen(
            &mut connection,
            Scope::Author,
            author.as_str(),
            author.as_str(),
        )
        .await
    }

    /// The accepted records of an author with the time of first sight, in the order of versions.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn stored_records(
        &self,
        author: &PauseId,
    ) -> Result<Vec<StoredRecord>, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        rows(&mut connection, author).await
    }

    /// Stores a chain, and returns the one that is stored then: another one if another process stored it
    /// first. `replaced` states that an override or a recovery took records out of the chain; only then are rows deleted.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn remember_chain(
        &self,
        chain: &RecordChain,
        replaced: bool,
        now: Timestamp,
    ) -> Result<RecordChain, TrustStoreError> {
        let author = chain.author();
        let mut transaction = self.pool.begin().await?;
        if replaced {
            forget_others(&mut transaction, chain).await?;
        }
        for signed in chain.records() {
            StoredRecord::new(signed, now)
                .insert(&mut transaction)
                .await?;
        }
        let stored = rows(&mut transaction, author).await?;
        match restore(author, &stored) {
            Some(stored) if stored.contains(chain) => {
                transaction.commit().await?;
                Ok(stored)
            }
            // Rows of two chains: the rows that were there before are kept.
            _ => {
                transaction.rollback().await?;
                self.record_chain(author).await
            }
        }
    }
}

/// Deletes all rows from the first version on that differs from the chain.
async fn forget_others(
    connection: &mut AnyConnection,
    chain: &RecordChain,
) -> Result<(), TrustStoreError> {
    let stored = rows(connection, chain.author()).await?;
    let same = stored
        .iter()
        .zip(chain.records())
        .take_while(|(stored, signed)| stored.record == *signed.record())
        .count();
    if same == chain.records().len() {
        // Another process has stored the whole chain, and perhaps more of it.
        return Ok(());
    }
    sqlx::query("DELETE FROM author_record WHERE author = $1 AND version > $2")
        .bind(chain.author().as_str())
        .bind(i64::try_from(same).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}

/// The record chain of an author.
pub(super) async fn record_chain(
    connection: &mut AnyConnection,
    author: &PauseId,
) -> Result<RecordChain, TrustStoreError> {
    let stored = rows(connection, author).await?;
    restore(author, &stored).ok_or_else(|| unreadable("record chain"))
}

pub(super) fn restore(author: &PauseId, stored: &[StoredRecord]) -> Option<RecordChain> {
    let records = stored.iter().map(StoredRecord::signed_record);
    RecordChain::restored(author.clone(), records.collect())
}

async fn rows(
    connection: &mut AnyConnection,
    author: &PauseId,
) -> Result<Vec<StoredRecord>, TrustStoreError> {
    let rows = sqlx::query("SELECT * FROM author_record WHERE author = $1 ORDER BY version")
        .bind(author.as_str())
        .fetch_all(connection)
        .await?;
    rows.iter().map(StoredRecord::read).collect()
}

/// Returns the first author whose records are no chain, or are apart.
pub(super) fn broken_chain(records: &[StoredRecord]) -> Option<&str> {
    let mut seen = HashSet::new();
    for records in records.chunk_by(|a, b| a.record.author() == b.record.author()) {
        let author = records.first()?.record.author();
        if !seen.insert(author.as_str()) || restore(author, records).is_none() {
            return Some(author.as_str());
        }
    }
    None
}
