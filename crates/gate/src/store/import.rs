//! Imports an export: all of it or nothing.

use cpan_sigstore_records::chain::{RecordChain, SignedRecord};
use sqlx::AnyConnection;

use super::{
    Contents, IndexState, PackageOwner, StoredOverride, StoredRecord, TofuEntry, TrustStore,
    TrustStoreError,
    chain::{record_chain, restore},
    index, operator, packages,
    rows::{complete_ids, first_seen, insert_first_seen, insert_signed_before},
};

impl TrustStore {
    /// Imports an export, all of it or nothing, and returns the number of new entries.
    ///
    /// # Errors
    /// [`TrustStoreError::Conflict`] if the store has another identity, record or index, unless `replace` is set;
    /// others if the store cannot be used.
    pub async fn import(&self, contents: &Contents, replace: bool) -> Result<u64, TrustStoreError> {
        contents.check()?;
        let mut transaction = self.pool.begin().await?;
        let mut new = 0;
        for first in &contents.first_seen {
            new += import_first_seen(&mut transaction, first, replace).await?;
        }
        for signed in &contents.signed_before {
            new += insert_signed_before(&mut transaction, signed).await?;
        }
        for index in &contents.index_seen {
            let done = sqlx::query(index::INSERT)
                .bind(&index.cpan)
                .bind(index.dated.map(jiff::Timestamp::as_second))
                .bind(index.seen.as_second())
                .execute(&mut *transaction);
            new += done.await?.rows_affected();
        }
        for records in contents
            .author_records
            .chunk_by(|a, b| a.record.author() == b.record.author())
        {
            new += import_records(&mut transaction, records, replace).await?;
        }
        for index in &contents.operator_indexes {
            new += import_index(&mut transaction, index, replace).await?;
        }
        for noted in &contents.overrides {
            new += import_noted(&mut transaction, noted).await?;
        }
        for owner in &contents.package_owners {
            new += import_owner(&mut transaction, owner, replace).await?;
        }
        for log in &contents.logs {
            new += log.insert(&mut transaction).await?;
        }
        for newest in &contents.newest_releases {
            new += newest.insert(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(new)
    }
}

/// Imports the owners of a package. Other owners are a conflict, unless they are to be replaced.
async fn import_owner(
    connection: &mut AnyConnection,
    owner: &PackageOwner,
    replace: bool,
) -> Result<u64, TrustStoreError> {
    let package = std::slice::from_ref(&owner.package);
    let known = packages::package_owners(connection, package).await?;
    if let Some(ours) = known.get(&owner.package)
        && ours.holders != owner.holders
    {
        if !replace {
            let shown = |owner: &PackageOwner| {
                let ids: Vec<_> = owner.holders.iter().map(ToString::to_string).collect();
                ids.join(", ")
            };
            return Err(TrustStoreError::Conflict {
                scope: "package",
                name: owner.package.to_string(),
                ours: shown(ours),
                theirs: shown(owner),
            });
        }
        PackageOwner::remove(connection, &owner.package).await?;
    }
    owner.insert(connection).await
}

async fn import_first_seen(
    connection: &mut AnyConnection,
    first: &TofuEntry,
    replace: bool,
) -> Result<u64, TrustStoreError> {
    let inserted = insert_first_seen(connection, first).await?;
    if inserted > 0 {
        return Ok(inserted);
    }
    let author = first.author()?;
    let Some(ours) = first_seen(connection, first.scope, author.as_str(), &first.name).await?
    else {
        return Ok(0);
    };
    if ours.identity.is_signer(&first.identity) {
        complete_ids(connection, first).await?;
        return Ok(0);
    }
    if !replace {
        return Err(TrustStoreError::Conflict {
            scope: first.scope.code(),
            name: first.name.clone(),
            ours: ours.identity.to_string(),
            theirs: first.identity.to_string(),
        });
    }
    sqlx::query("DELETE FROM first_seen WHERE scope = $1 AND author = $2 AND name = $3")
        .bind(first.scope.code())
        .bind(author.as_str())
        .bind(&first.name)
        .execute(&mut *connection)
        .await?;
    insert_first_seen(connection, first).await
}

/// Imports the records of one author, an unbroken chain that may continue the stored one.
async fn import_records(
    connection: &mut AnyConnection,
    records: &[StoredRecord],
    replace: bool,
) -> Result<u64, TrustStoreError> {
    let Some(first) = records.first() else {
        return Ok(0);
    };
    let Some(theirs) = restore(first.record.author(), records) else {
        return Ok(0);
    };
    let ours = record_chain(connection, theirs.author()).await?;
    if ours.contains(&theirs) {
        return Ok(0);
    }
    if !theirs.contains(&ours) {
        if !replace {
            let shown = |history: &RecordChain| {
                let tip = history.tip().map(SignedRecord::record);
                tip.map_or("none".to_owned(), |tip| {
                    format!("record version {} ({})", tip.version(), tip.digest())
                })
            };
            return Err(TrustStoreError::Conflict {
                scope: "author",
                name: first.record.author().to_string(),
                ours: shown(&ours),
                theirs: shown(&theirs),
            });
        }
        sqlx::query("DELETE FROM author_record WHERE author = $1")
            .bind(first.record.author().as_str())
            .execute(&mut *connection)
            .await?;
    }
    let mut new = 0;
    for record in records {
        new += record.insert(connection).await?;
    }
    Ok(new)
}

/// Imports the state of an author index, whose records are not here yet.
async fn import_index(
    connection: &mut AnyConnection,
    index: &IndexState,
    replace: bool,
) -> Result<u64, TrustStoreError> {
    let ours = operator::kept(connection, &index.operator).await?;
    if let Some(ours) = ours.map(|kept| kept.state) {
        let same = (ours.number, ours.digest) == (index.number, index.digest);
        if same || (ours.number > index.number && !replace) {
            return Ok(0);
        }
        if ours.number == index.number && !replace {
            let shown = |index: &IndexState| format!("number {} ({})", index.number, index.digest);
            return Err(TrustStoreError::Conflict {
                scope: "index",
                name: index.operator.clone(),
                ours: shown(&ours),
                theirs: shown(index),
            });
        }
    }
    let done = sqlx::query(
        "INSERT INTO operator_index (operator, number, digest, signed, asked, held, tried) \
         VALUES ($1, $2, $3, $4, $5, 0, 0) \
         ON CONFLICT (operator) DO UPDATE SET number = excluded.number, digest = excluded.digest, \
         signed = excluded.signed, asked = excluded.asked, held = 0, tried = 0",
    )
    .bind(&index.operator)
    .bind(i64::try_from(index.number).unwrap_or(i64::MAX))
    .bind(index.digest.to_string())
    .bind(index.signed.as_second())
    .bind(index.asked.as_second())
    .execute(connection);
    Ok(done.await?.rows_affected())
}

/// Imports the time at which an override was first seen; the earliest one is kept.
async fn import_noted(
    connection: &mut AnyConnection,
    noted: &StoredOverride,
) -> Result<u64, TrustStoreError> {
    let done = sqlx::query(
        "INSERT INTO vouched_override (operator, author, record, version, effective, noted) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (operator, author, record) DO UPDATE SET noted = excluded.noted \
         WHERE excluded.noted < vouched_override.noted",
    )
    .bind(&noted.operator)
    .bind(&noted.author)
    .bind(noted.record.to_string())
    .bind(i64::from(noted.version))
    .bind(noted.effective.as_second())
    .bind(noted.first_seen.as_second())
    .execute(connection);
    Ok(done.await?.rows_affected())
}
