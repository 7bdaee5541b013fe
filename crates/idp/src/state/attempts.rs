//! Attempts to log in, and their limits.
//!
//! An attempt is written before the credentials are compared, in one statement with the question whether it is within
//! the limits. So many attempts at the same time are no more than one after the other.

use std::net::IpAddr;

use cpan_sigstore_core::release::PauseId;
use jiff::{SignedDuration, Timestamp};

use super::{Method, Outcome, State, StateError};
use crate::network::network_of;

/// The limits of attempts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time over which failures are counted.
    pub window: SignedDuration,
    /// Failures by password for one author.
    pub failures_of_author: u32,
    /// Failures from one network.
    pub failures_of_network: u32,
    /// Time over which issued tokens are counted.
    pub issue_window: SignedDuration,
    /// Issued tokens of one author.
    pub tokens_of_author: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: SignedDuration::from_mins(15),
            failures_of_author: 5,
            failures_of_network: 20,
            issue_window: SignedDuration::from_hours(1),
            tokens_of_author: 30,
        }
    }
}

/// The limit that an attempt exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Too many failures for one author or from one network.
    Failures,
    /// Too many tokens of one author.
    Tokens,
}

/// An attempt to log in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The author whom the text names; none if it is no PAUSE id.
    pub author: Option<&'a PauseId>,
    /// The address of the request.
    pub address: IpAddr,
    /// The client.
    pub client: &'a str,
    /// The method.
    pub method: Method,
    /// The time.
    pub now: Timestamp,
}

/// An attempt within the limits. Until it has another end, it is a failure.
#[must_use]
#[derive(Debug)]
pub struct Pending(i64);

impl Pending {
    /// Returns its row in the audit table.
    pub const fn row(&self) -> i64 {
        self.0
    }
}

/// Whether an attempt is within the limits.
#[derive(Debug)]
pub enum Attempted {
    /// It is, and it was written.
    Begun(Pending),
    /// It is not.
    Limited(Limit),
}

/// The insertion of an attempt within the limits of failures.
///
/// A token cannot be guessed, so failures by password do not keep its author out; the limit of networks is for both.
const BEGIN: &str = "INSERT INTO audit (time, author, address, network, client, method, outcome) \
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, 'pending' \
    WHERE (?6 = 'token' OR ?2 IS NULL OR ?8 > (SELECT count(*) FROM audit WHERE author = ?2 AND time > ?7 \
        AND method <> 'token' AND outcome IN ('pending', 'wrong'))) \
    AND ?9 > (SELECT count(*) FROM audit WHERE network = ?4 AND time > ?7 AND outcome IN ('pending', 'wrong')) \
    RETURNING id";

/// The end of an attempt as a token or code, within the limit of tokens.
const ISSUE: &str = "UPDATE audit SET outcome = ?2, key = ?3 WHERE id = ?1 AND ?5 > (SELECT count(*) FROM audit AS a \
    WHERE a.author = audit.author AND a.time > ?4 AND a.outcome IN ('issued', 'code')) RETURNING id";

impl State {
    /// Writes an attempt, if it is within the limits of failures.
    ///
    /// # Errors
    /// [`StateError::Query`] if a query fails.
    pub async fn begin(
        &self,
        attempt: &Attempt<'_>,
        limits: &Limits,
    ) -> Result<Attempted, StateError> {
        let since = before(attempt.now, limits.window);
        let id: Option<i64> = sqlx::query_scalar(BEGIN)
            .bind(attempt.now.as_second())
            .bind(attempt.author.map(PauseId::as_str))
            .bind(attempt.address.to_string())
            .bind(network_of(attempt.address).to_string())
            .bind(attempt.client)
            .bind(attempt.method.name())
            .bind(since)
            .bind(limits.failures_of_author)
            .bind(limits.failures_of_network)
            .fetch_optional(&self.0)
            .await?;
        Ok(match id {
            Some(id) => Attempted::Begun(Pending(id)),
            None => Attempted::Limited(Limit::Failures),
        })
    }

    /// Ends an attempt without a token.
    ///
    /// # Errors
    /// [`StateError::Query`] if a query fails.
    pub async fn fail(&self, pending: &Pending, outcome: Outcome) -> Result<(), StateError> {
        sqlx::query("UPDATE audit SET outcome = ?2 WHERE id = ?1")
            .bind(pending.0)
            .bind(outcome.name())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Ends an attempt with a token or a code, if that is within the limit of tokens. `key` is the key that signs.
    ///
    /// # Errors
    /// [`StateError::Query`] if a query fails.
    pub async fn succeed(
        &self,
        pending: &Pending,
        key: Option<&str>,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Result<(), Limit>, StateError> {
        let outcome = if key.is_some() {
            Outcome::Issued
        } else {
            Outcome::Code
        };
        let id: Option<i64> = sqlx::query_scalar(ISSUE)
            .bind(pending.0)
            .bind(outcome.name())
            .bind(key)
            .bind(before(now, limits.issue_window))
            .bind(limits.tokens_of_author)
            .fetch_optional(&self.0)
            .await?;
        if id.is_some() {
            return Ok(Ok(()));
        }
        // The credentials were right: this is no failure.
        self.fail(pending, Outcome::Refused).await?;
        Ok(Err(Limit::Tokens))
    }
}

impl State {
    /// Writes that the code of an attempt was redeemed for a token, which `key` signed.
    ///
    /// # Errors
    /// [`StateError::Query`] if a query fails.
    pub async fn redeemed(&self, row: i64, key: &str) -> Result<(), StateError> {
        sqlx::query("UPDATE audit SET outcome = 'issued', key = ?2 WHERE id = ?1")
            .bind(row)
            .bind(key)
            .execute(&self.0)
            .await?;
        Ok(())
    }
}

/// Returns the second after which a row is within a window that ends now. Rows from the future are, too: a clock that
/// was set back forgives nothing.
fn before(now: Timestamp, window: SignedDuration) -> i64 {
    let start = now.saturating_sub(window).unwrap_or(Timestamp::MIN);
    start.as_second()
}
