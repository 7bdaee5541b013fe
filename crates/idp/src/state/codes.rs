//! Codes of logins by browser: random, kept by digest, and valid once.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{State, StateError};

/// Lifetime of a code: the browser redeems it at once.
const LIFE: SignedDuration = SignedDuration::from_secs(60);
/// Random bytes of a code.
const BYTES: usize = 32;

/// A code, for the browser alone. It has no `Debug`.
pub struct Code(String);

/// The login behind a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The PAUSE id, as PAUSE spells it.
    pub subject: String,
    /// The client.
    pub client: String,
    /// The address to which the browser returned.
    pub redirect_uri: String,
    /// The digest of the client's verifier.
    pub challenge: String,
    /// The client's mark for the token.
    pub nonce: Option<String>,
    /// The time of the login, in seconds.
    pub auth_time: i64,
    /// The row of the login in the audit table.
    pub row: i64,
}

impl Code {
    /// Returns the code as the browser carries it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl State {
    /// Keeps a login, and returns the code for it.
    ///
    /// # Errors
    /// [`StateError`] if there is no randomness, or a query fails.
    pub async fn keep(&self, grant: &Grant, now: Timestamp) -> Result<Code, StateError> {
        let mut bytes = [0; BYTES];
        rand::fill(&mut bytes).map_err(|_| StateError::Randomness)?;
        let code = URL_SAFE_NO_PAD.encode(bytes);
        let expires = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
        let content = serde_json::to_string(grant)
            .map_err(|error| StateError::Query(sqlx::Error::Encode(error.into())))?;
        sqlx::query("INSERT INTO code (digest, expires, content) VALUES (?1, ?2, ?3)")
            .bind(name(&code))
            .bind(expires.as_second())
            .bind(content)
            .execute(&self.0)
            .await?;
        Ok(Code(code))
    }

    /// Removes a code, and returns its login if it was valid. Nobody can redeem it again.
    ///
    /// # Errors
    /// [`StateError::Query`] if a query fails.
    pub async fn take(&self, code: &str, now: Timestamp) -> Result<Option<Grant>, StateError> {
        let row: Option<(i64, String)> =
            sqlx::query_as("DELETE FROM code WHERE digest = ?1 RETURNING expires, content")
                .bind(name(code))
                .fetch_optional(&self.0)
                .await?;
        let valid = row.filter(|(expires, _)| *expires > now.as_second());
        valid
            .map(|(_, content)| serde_json::from_str(&content))
            .transpose()
            .map_err(|error| StateError::Query(sqlx::Error::Decode(error.into())))
    }
}

fn name(code: &str) -> Vec<u8> {
    digest(&SHA256, code.as_bytes()).as_ref().to_vec()
}
