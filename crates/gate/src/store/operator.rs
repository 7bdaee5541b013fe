//! The author indexes of operators: the newest imported index of each, with its records and overrides.
//!
//! A record is not trusted because it is stored. The gate verifies it at each use, like a record from any
//! other source.

use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use cpan_sigstore_records::author_index::KnownOverride;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    TrustStore, TrustStoreError,
    rows::{timestamp, unreadable},
};
use crate::records::RecordFile;

/// The newest imported index of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IndexState {
    /// The address of the index.
    pub operator: String,
    /// Its number, from 1.
    pub number: u64,
    /// The digest of its exact text.
    pub digest: Sha256Digest,
    /// When the operator signed it, by a trusted clock.
    pub signed: Timestamp,
    /// When the operator last gave a usable answer.
    pub asked: Timestamp,
}

/// An override and the time when this store first saw it, as an export has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredOverride {
    /// The address of the index.
    pub operator: String,
    /// The author of the record.
    pub author: String,
    /// The digest of the record.
    pub record: Sha256Digest,
    /// The version of the record.
    pub version: u32,
    /// The earliest time at which it is in effect, as the operator states.
    pub effective: Timestamp,
    /// When this store first saw it.
    #[serde(rename = "noted")]
    pub first_seen: Timestamp,
}

/// The records and overrides that an operator has for an author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attested {
    /// The author's records, in the order of versions.
    pub records: Vec<RecordFile>,
    /// The overrides for this author.
    pub overrides: Vec<KnownOverride>,
}

/// The stored state of an operator's index, with or without its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredIndex {
    /// The newest index that this store has seen.
    pub state: IndexState,
    /// Whether the store has its records. An import does not bring them.
    pub held: bool,
    /// When the client last asked the operator, with or without success.
    pub tried: Timestamp,
}

impl TrustStore {
    /// Returns the newest index of an operator, if the store has its records.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn index_state(&self, operator: &str) -> Result<Option<IndexState>, TrustStoreError> {
        let kept = self.index_kept(operator).await?;
        Ok(kept.filter(|kept| kept.held).map(|kept| kept.state))
    }

    /// Returns the newest index of an operator that this store has seen.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn index_kept(&self, operator: &str) -> Result<Option<StoredIndex>, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        kept(&mut connection, operator).await
    }

    /// Records that an operator still has the stored index, with a signature of this time. The signature may
    /// be a new one.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn note_index_asked(
        &self,
        operator: &str,
        digest: Sha256Digest,
        signed: Timestamp,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        sqlx::query(
            "UPDATE operator_index SET asked = $1, tried = $1, \
             signed = CASE WHEN signed < $2 THEN $2 ELSE signed END \
             WHERE operator = $3 AND digest = $4",
        )
        .bind(now.as_second())
        .bind(signed.as_second())
        .bind(operator)
        .bind(digest.to_string())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Records that an operator gave no usable answer.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn note_index_tried(
        &self,
        operator: &str,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        sqlx::query("UPDATE operator_index SET tried = $1 WHERE operator = $2")
            .bind(now.as_second())
            .bind(operator)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Returns the records and overrides that an operator has for an author, unverified.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn attested(
        &self,
        operator: &str,
        author: &PauseId,
    ) -> Result<Attested, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        let rows = |query| {
            sqlx::query(query)
                .bind(operator.to_owned())
                .bind(author.as_str().to_owned())
        };
        let records = rows(
            "SELECT version, record, bundle FROM vouched_record \
             WHERE operator = $1 AND author = $2 ORDER BY version",
        )
        .fetch_all(&mut *connection)
        .await?;
        let overrides = rows(
            "SELECT record, effective, noted FROM vouched_override \
             WHERE operator = $1 AND author = $2 ORDER BY version",
        )
        .fetch_all(&mut *connection)
        .await?;
        Ok(Attested {
            records: records.iter().map(record).collect::<Result<_, _>>()?,
            overrides: overrides
                .iter()
                .map(known_override)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl IndexState {
    pub(super) fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        let number: i64 = row.try_get("number")?;
        Ok(Self {
            operator: row.try_get("operator")?,
            number: u64::try_from(number).map_err(|_| unreadable("number"))?,
            digest: digest(row, "digest")?,
            signed: timestamp(row, "signed")?,
            asked: timestamp(row, "asked")?,
        })
    }
}

impl StoredOverride {
    pub(super) fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        let version: i64 = row.try_get("version")?;
        Ok(Self {
            operator: row.try_get("operator")?,
            author: row.try_get("author")?,
            record: digest(row, "record")?,
            version: u32::try_from(version).map_err(|_| unreadable("version"))?,
            effective: timestamp(row, "effective")?,
            first_seen: timestamp(row, "noted")?,
        })
    }
}

fn known_override(row: &AnyRow) -> Result<KnownOverride, TrustStoreError> {
    Ok(KnownOverride {
        record: digest(row, "record")?,
        effective: timestamp(row, "effective")?,
        first_seen: Some(timestamp(row, "noted")?),
    })
}

/// Returns the row of an operator's index.
pub(super) async fn kept(
    connection: &mut AnyConnection,
    operator: &str,
) -> Result<Option<StoredIndex>, TrustStoreError> {
    let row = sqlx::query("SELECT * FROM operator_index WHERE operator = $1 AND number > 0")
        .bind(operator)
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        Ok(StoredIndex {
            state: IndexState::read(&row)?,
            held: row.try_get::<i64, _>("held")? != 0,
            tried: timestamp(&row, "tried")?,
        })
    })
    .transpose()
}

fn record(row: &AnyRow) -> Result<RecordFile, TrustStoreError> {
    let version: i64 = row.try_get("version")?;
    Ok(RecordFile {
        version: u32::try_from(version).map_err(|_| unreadable("version"))?,
        json: row.try_get::<String, _>("record")?.into_bytes(),
        bundle: Some(row.try_get::<String, _>("bundle")?.into_bytes()),
    })
}

pub(super) fn digest(row: &AnyRow, column: &str) -> Result<Sha256Digest, TrustStoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| unreadable("digest"))
}
