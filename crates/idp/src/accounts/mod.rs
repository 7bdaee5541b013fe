//! People who can log in, and who is refused.

mod file;
mod mysql;
mod new;
mod password;
mod refusal;
mod token;

use cpan_sigstore_core::release::PauseId;
use jiff::Timestamp;
use secrecy::SecretString;

pub use file::FileError;
pub use new::{HashError, NewToken, RandomnessError, hash};
pub use password::{Busy, Cost, Passwords};
pub use refusal::{Refusal, Rules};
pub use token::{SCOPE, SentToken, TokenRow, token_hash};

use crate::config::AccountSource;

/// Longest id of an account, in characters. Longer ones are lists and mistakes.
const LONGEST_ID: usize = 9;

/// An account as its row states it.
pub struct Account {
    /// The id as the row spells it.
    pub id: PauseId,
    /// The hash of the password; none if the account has none.
    pub password: Option<SecretString>,
    /// The address for mails, which only the provider knows.
    pub email: Option<String>,
    /// The facts by which an account is refused.
    pub standing: Standing,
}

/// The facts by which an account is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// `users.ustatus`; none if there is no such row.
    pub status: Option<String>,
    /// Whether it is a mailing list.
    pub is_list: bool,
    /// Whether the person has to choose a new password.
    pub must_change: bool,
    /// The time of the last change of password or address, if known.
    pub changed: Option<Timestamp>,
    /// Whether a mail that resets the password is on its way.
    pub in_recovery: bool,
}

/// Why accounts cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file with the server's address cannot be read, or holds none.
    #[error("cannot read the address of the database in {}: {reason}", path.display())]
    Address {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// The database cannot be asked.
    #[error("cannot read accounts from the database: {0}")]
    Query(#[from] sqlx::Error),
}

/// The source of accounts. Clones share its connections.
#[derive(Clone)]
pub enum Accounts {
    /// A file, which is read at each login.
    File(file::AccountFile),
    /// PAUSE's tables.
    Mysql(mysql::Tables),
}

impl Accounts {
    /// Opens the source.
    ///
    /// # Errors
    /// [`AccountsError`] if the file is invalid, or the database does not answer.
    pub async fn open(source: &AccountSource) -> Result<Self, AccountsError> {
        Ok(match source {
            AccountSource::File(path) => {
                let file = file::AccountFile::new(path.clone());
                file.check()?;
                Self::File(file)
            }
            AccountSource::Mysql(source) => Self::Mysql(mysql::Tables::open(source).await?),
        })
    }

    /// Returns the account with an id.
    ///
    /// # Errors
    /// [`AccountsError`] if the source cannot be read.
    pub async fn find(&self, id: &PauseId) -> Result<Option<Account>, AccountsError> {
        match self {
            Self::File(file) => Ok(file.find(id)?),
            Self::Mysql(tables) => Ok(tables.find(id).await?),
        }
    }

    /// Returns the token with this id of an account, if there is one.
    ///
    /// # Errors
    /// [`AccountsError`] if the source cannot be read.
    pub async fn token(
        &self,
        id: &PauseId,
        token_id: &str,
    ) -> Result<Option<TokenRow>, AccountsError> {
        match self {
            Self::File(file) => Ok(file.token(id, token_id)?),
            Self::Mysql(tables) => Ok(tables.token(id, token_id).await?),
        }
    }
}

/// Returns the id that a person typed. PAUSE takes small letters for capital ones, and so does this provider. It takes
/// nothing else: a database that ignores spaces at the end would otherwise let one account in under many names.
pub fn typed_id(text: &str) -> Option<PauseId> {
    text.parse()
        .ok()
        .filter(|id: &PauseId| id.as_str().len() <= LONGEST_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_spelling_of_an_id_and_its_small_letters() {
        assert_eq!(typed_id("andrea").unwrap().as_str(), "ANDREA");
        for text in [
            "ANDREA ",
            " ANDREA",
            "ANDREA\0",
            "ANDREA\u{a0}",
            "ＡNDREA",
            "ANDREA%",
            "ABCDEFGHIJ",
            "A",
            "ANDREA!pause.example",
            "ſTUDENT",
        ] {
            assert!(typed_id(text).is_none(), "{text:?}");
        }
    }
}
