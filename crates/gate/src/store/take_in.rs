//! Imports of an operator's index: all of it or nothing, and never a rollback.

use std::collections::HashMap;

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_records::author_index::{Author, AuthorIndex};
use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use super::{TrustStore, TrustStoreError, operator::kept, owners};

impl TrustStore {
    /// Imports an index whose signature, by the operator, was verified; `signed` is the time of signing. Returns the
    /// number of authors whose part changed. Only changes are written.
    ///
    /// # Errors
    /// As [`follows`]; [`TrustStoreError::Index`] if its records are invalid; and if the trust store cannot be used.
    /// Then all is as it was.
    pub async fn take_in_index(
        &self,
        operator: &str,
        index: &AuthorIndex,
        signed: Timestamp,
        now: Timestamp,
    ) -> Result<usize, TrustStoreError> {
        if operator.len() > super::TEXT_LIMIT {
            return Err(TrustStoreError::TooLong {
                what: "an address",
                limit: super::TEXT_LIMIT,
                found: operator.len(),
            });
        }
        // It begins with a write, so that of two processes one waits for the other.
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO operator_index (operator, number, digest, signed, asked, held, tried) \
             VALUES ($1, 0, '', 0, 0, 0, 0) \
             ON CONFLICT (operator) DO UPDATE SET number = operator_index.number",
        )
        .bind(operator)
        .execute(&mut *transaction)
        .await?;
        let before = kept(&mut transaction, operator).await?;
        let mut newest = signed;
        if let Some(before) = &before {
            let before = &before.state;
            follows(operator, (before.number, before.digest), index)?;
            if before.digest == index.digest() {
                newest = signed.max(before.signed);
            }
        }
        let changed = write_authors(&mut transaction, operator, index).await?;
        owners::write(&mut transaction, operator, index, now).await?;
        write_overrides(&mut transaction, operator, index, now).await?;
        sqlx::query(
            "UPDATE operator_index SET number = $1, digest = $2, signed = $3, asked = $4, held = 1, tried = $4 \
             WHERE operator = $5",
        )
        .bind(i64::try_from(index.number()).unwrap_or(i64::MAX))
        .bind(index.digest().to_string())
        .bind(newest.as_second())
        .bind(now.as_second())
        .bind(operator)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(changed)
    }
}

/// Whether an index may come after the one that is kept. Its history has to name the kept one: an index whose number
/// skips some is no way around that.
///
/// # Errors
/// [`TrustStoreError::IndexRolledBack`] if it is older, [`TrustStoreError::IndexForked`] if its history has another
/// index of the kept number, and [`TrustStoreError::IndexGap`] if its history does not reach back to it.
pub fn follows(
    operator: &str,
    (number, digest): (u64, Sha256Digest),
    index: &AuthorIndex,
) -> Result<(), TrustStoreError> {
    if index.number() < number {
        return Err(TrustStoreError::IndexRolledBack {
            operator: operator.to_owned(),
            kept: number,
            found: index.number(),
        });
    }
    match index.digest_of(number) {
        Some(same) if same == digest => Ok(()),
        Some(found) => Err(TrustStoreError::IndexForked {
            operator: operator.to_owned(),
            number,
            kept: digest,
            found,
        }),
        None => Err(TrustStoreError::IndexGap {
            operator: operator.to_owned(),
            kept: number,
            found: index.number(),
        }),
    }
}

async fn write_authors(
    connection: &mut AnyConnection,
    operator: &str,
    index: &AuthorIndex,
) -> Result<usize, TrustStoreError> {
    let rows = sqlx::query("SELECT author, digest FROM vouched_author WHERE operator = $1")
        .bind(operator)
        .fetch_all(&mut *connection)
        .await?;
    let mut known: HashMap<String, String> = HashMap::with_capacity(rows.len());
    for row in rows {
        known.insert(row.try_get("author")?, row.try_get("digest")?);
    }
    let mut changed = 0;
    for author in index.authors() {
        let digest = Sha256Digest::of(author.text().as_bytes()).to_string();
        match known.remove(author.id().as_str()) {
            Some(same) if same == digest => continue,
            Some(_) => remove(connection, operator, author.id().as_str()).await?,
            None => {}
        }
        write(connection, operator, author, &digest).await?;
        changed += 1;
    }
    for author in known.keys() {
        remove(connection, operator, author).await?;
        changed += 1;
    }
    Ok(changed)
}

async fn remove(
    connection: &mut AnyConnection,
    operator: &str,
    author: &str,
) -> Result<(), TrustStoreError> {
    for query in [
        "DELETE FROM vouched_author WHERE operator = $1 AND author = $2",
        "DELETE FROM vouched_record WHERE operator = $1 AND author = $2",
    ] {
        let query = sqlx::query(query).bind(operator).bind(author);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn write(
    connection: &mut AnyConnection,
    operator: &str,
    author: Author<'_>,
    digest: &str,
) -> Result<(), TrustStoreError> {
    sqlx::query("INSERT INTO vouched_author (operator, author, digest) VALUES ($1, $2, $3)")
        .bind(operator)
        .bind(author.id().as_str())
        .bind(digest)
        .execute(&mut *connection)
        .await?;
    for entry in author.entries()? {
        sqlx::query(
            "INSERT INTO vouched_record (operator, author, version, record, bundle) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(operator)
        .bind(author.id().as_str())
        .bind(i64::from(entry.record.version()))
        .bind(String::from_utf8_lossy(entry.record.json()).into_owned())
        .bind(entry.bundle)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Writes the overrides. The time of first sight is kept as long as the index has the override.
async fn write_overrides(
    connection: &mut AnyConnection,
    operator: &str,
    index: &AuthorIndex,
    now: Timestamp,
) -> Result<(), TrustStoreError> {
    let rows = sqlx::query("SELECT author, record FROM vouched_override WHERE operator = $1")
        .bind(operator)
        .fetch_all(&mut *connection)
        .await?;
    for row in rows {
        let (author, record): (String, String) = (row.try_get("author")?, row.try_get("record")?);
        let is_kept = index
            .overrides()
            .iter()
            .any(|one| one.author.as_str() == author && one.record.to_string() == record);
        if !is_kept {
            sqlx::query(
                "DELETE FROM vouched_override WHERE operator = $1 AND author = $2 AND record = $3",
            )
            .bind(operator)
            .bind(author)
            .bind(record)
            .execute(&mut *connection)
            .await?;
        }
    }
    for announced in index.overrides() {
        sqlx::query(
            "INSERT INTO vouched_override (operator, author, record, version, effective, noted) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (operator, author, record) DO UPDATE SET effective = excluded.effective",
        )
        .bind(operator)
        .bind(announced.author.as_str())
        .bind(announced.record.to_string())
        .bind(i64::from(announced.version))
        .bind(announced.effective.as_second())
        .bind(now.as_second())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
