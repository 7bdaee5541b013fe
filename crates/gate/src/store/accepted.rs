//! Changes of first signers and owners that a person accepted.

use cpan_sigstore_core::{
    identity::StableIdentity,
    release::{PauseId, ReleasePath},
};
use jiff::Timestamp;

use super::{PackageOwner, TrustStore, TrustStoreError};

/// A change that a person accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AcceptedChange {
    /// The signer in the place of the first one, of the author and of the distribution.
    pub signer: Option<StableIdentity>,
    /// The packages that have more owners now.
    pub holders: Vec<PackageOwner>,
}

impl TrustStore {
    /// Writes a change: all of it, or nothing.
    pub(crate) async fn accept(
        &self,
        path: &ReleasePath,
        change: &AcceptedChange,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        let mut transaction = self.pool.begin().await?;
        if let Some(signer) = &change.signer {
            sqlx::query(
                "UPDATE first_seen SET subject_kind = $1, subject = $2, issuer = $3, repository = $4, \
                 repository_id = $5, owner_id = $6, path = $7, seen = $8 \
                 WHERE author = $9 AND (scope = 'author' OR (scope = 'distribution' AND name = $10))",
            )
            .bind(&signer.kind)
            .bind(&signer.subject)
            .bind(&signer.issuer)
            .bind(&signer.repository)
            .bind(&signer.repository_id)
            .bind(&signer.owner_id)
            .bind(path.to_string())
            .bind(now.as_second())
            .bind(path.author.as_str())
            .bind(path.name.distribution())
            .execute(&mut *transaction)
            .await?;
        }
        for owner in &change.holders {
            let holders: Vec<_> = owner.holders.iter().map(PauseId::as_str).collect();
            sqlx::query("UPDATE package_owner SET holders = $1 WHERE package = $2")
                .bind(holders.join(" "))
                .bind(owner.package.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
