//! PAUSE's own tables, which are only read.

use std::time::Duration;

use cpan_sigstore_core::release::PauseId;
use jiff::Timestamp;
use sqlx::{
    MySqlPool, Row as _,
    mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlRow},
};

use super::{Account, AccountsError, Standing, TokenRow};
use crate::config::MysqlSource;

/// Largest file with an address, in bytes.
const LIMIT: u64 = 16 * 1024;
/// Connections to the server.
const CONNECTIONS: u32 = 4;
/// Time to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The tables. Clones share the connections.
#[derive(Clone)]
pub struct Tables {
    pool: MySqlPool,
    find: String,
    token: String,
}

impl Tables {
    pub(super) async fn open(source: &MysqlSource) -> Result<Self, AccountsError> {
        let options = options(source)?;
        let pool = MySqlPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await?;
        let (authen, users) = (&source.authen, &source.users);
        Ok(Self {
            pool,
            // Names compare byte by byte there, and the driver would take them for bytes without the conversion.
            find: format!(
                "SELECT CONVERT(u.user USING utf8mb4) AS user, u.password, u.secretemail, u.forcechange, u.changed, m.ustatus, m.isa_list, \
                 UNIX_TIMESTAMP(NOW()) < UNIX_TIMESTAMP(a.expires) AS recovery \
                 FROM `{authen}`.usertable AS u LEFT JOIN `{users}`.users AS m ON m.userid = u.user \
                 LEFT JOIN `{authen}`.abrakadabra AS a ON a.user = u.user WHERE u.user = ?"
            ),
            token: format!(
                "SELECT user, token_id, token_hash, ip_ranges, scope, revoked, \
                 CAST(UNIX_TIMESTAMP(expires_at) AS SIGNED) AS expires \
                 FROM `{authen}`.auth_tokens WHERE user = ? AND token_id = ?"
            ),
        })
    }

    pub(super) async fn find(&self, id: &PauseId) -> Result<Option<Account>, sqlx::Error> {
        let row = sqlx::query(&self.find)
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(account).transpose().map(Option::flatten)
    }

    pub(super) async fn token(
        &self,
        id: &PauseId,
        token_id: &str,
    ) -> Result<Option<TokenRow>, sqlx::Error> {
        let row = sqlx::query(&self.token)
            .bind(id.as_str())
            .bind(token_id)
            .fetch_optional(&self.pool)
            .await?;
        // The table compares without regard to case and to spaces at the end; we do not.
        let is_same = |row: &MySqlRow| {
            Ok::<_, sqlx::Error>(
                row.try_get::<String, _>("user")? == id.as_str()
                    && row.try_get::<String, _>("token_id")? == token_id,
            )
        };
        match row {
            Some(row) if is_same(&row)? => token(&row).map(Some),
            _ => Ok(None),
        }
    }
}

fn options(source: &MysqlSource) -> Result<MySqlConnectOptions, AccountsError> {
    let path = &source.url_file;
    let failed = |reason: String| AccountsError::Address {
        path: path.clone(),
        reason,
    };
    let bytes = cpan_sigstore_files::read_limited(path, LIMIT)
        .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
        .map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8".to_owned()))?;
    // The reason is not shown: it may hold the password.
    let options: MySqlConnectOptions = text
        .trim()
        .parse()
        .map_err(|_| failed("expected `mysql://USER:PASSWORD@HOST`".to_owned()))?;
    // Times without a zone are in the server's, as PAUSE wrote them.
    Ok(options.timezone(None))
}

/// Returns the account of a row. A row whose id is none is no account.
fn account(row: &MySqlRow) -> Result<Option<Account>, sqlx::Error> {
    let Ok(id) = row.try_get::<String, _>("user")?.parse() else {
        return Ok(None);
    };
    let changed: Option<i32> = row.try_get("changed")?;
    let list: Option<String> = row.try_get("isa_list")?;
    Ok(Some(Account {
        id,
        password: row
            .try_get::<Option<String>, _>("password")?
            .map(Into::into),
        email: row.try_get("secretemail")?,
        standing: Standing {
            status: row.try_get("ustatus")?,
            is_list: list.is_some_and(|list| !list.is_empty()),
            must_change: row.try_get::<Option<i8>, _>("forcechange")?.unwrap_or(0) != 0,
            changed: changed.and_then(|seconds| Timestamp::from_second(seconds.into()).ok()),
            in_recovery: row.try_get::<Option<i64>, _>("recovery")? == Some(1),
        },
    }))
}

fn token(row: &MySqlRow) -> Result<TokenRow, sqlx::Error> {
    let expires: i64 = row.try_get("expires")?;
    Ok(TokenRow {
        hash: row.try_get::<String, _>("token_hash")?.into(),
        expires: Timestamp::from_second(expires).unwrap_or(Timestamp::UNIX_EPOCH),
        scope: row
            .try_get::<Option<String>, _>("scope")?
            .unwrap_or_default(),
        revoked: row.try_get::<Option<i8>, _>("revoked")? != Some(0),
        networks: row
            .try_get::<Option<String>, _>("ip_ranges")?
            .unwrap_or_default(),
    })
}
