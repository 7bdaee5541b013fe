//! New passwords and tokens, for sites whose accounts are in a file.

use aws_lc_rs::rand;
use cpan_sigstore_core::release::PauseId;
use jiff::{SignedDuration, Timestamp};

use super::{Cost, SCOPE, token_hash};

/// Random bytes of a token's name, and of the token.
const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// The system has no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot get random bytes from the system")]
pub struct RandomnessError;

/// A password cannot be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// It is empty, or bcrypt would use a part of it.
    #[error("invalid password: expected 1 to 72 bytes")]
    Length,
    /// bcrypt fails.
    #[error("cannot hash a password")]
    Failed,
}

/// A new token.
pub struct NewToken {
    author: PauseId,
    id: String,
    secret: String,
    expires: Timestamp,
}

impl NewToken {
    /// Creates a token that signs.
    ///
    /// # Errors
    /// [`RandomnessError`] if the system has no random bytes.
    pub fn create(
        author: &PauseId,
        now: Timestamp,
        life: SignedDuration,
    ) -> Result<Self, RandomnessError> {
        Ok(Self {
            author: author.clone(),
            id: random::<ID_BYTES>()?,
            secret: random::<SECRET_BYTES>()?,
            expires: now.saturating_add(life).unwrap_or(Timestamp::MAX),
        })
    }

    /// Returns the token as its owner sends it.
    pub fn text(&self) -> String {
        format!("{}:{}:{}", self.author, self.id, self.secret)
    }

    /// Returns its lines in a file of accounts.
    pub fn lines(&self) -> String {
        let Self {
            author,
            id,
            secret,
            expires,
        } = self;
        let hash = token_hash(id, secret);
        format!(
            "[[account.{author}.token]]\nid = \"{id}\"\nhash = \"{hash}\"\nexpires = \"{expires:.0}\"\nscope = \"{SCOPE}\"\n"
        )
    }
}

/// Returns the hash of a password, for a file of accounts.
///
/// # Errors
/// [`HashError`] if it is empty, or longer than what bcrypt uses.
pub fn hash(password: &str) -> Result<String, HashError> {
    if password.is_empty() || password.len() > 72 {
        return Err(HashError::Length);
    }
    bcrypt::hash(password, Cost::default().0).map_err(|_| HashError::Failed)
}

fn random<const N: usize>() -> Result<String, RandomnessError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| RandomnessError)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::{Accounts, SentToken},
        config::AccountSource,
    };

    #[tokio::test]
    async fn creates_token_that_the_file_accepts() {
        let author: PauseId = "ANDREA".parse().unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let token = NewToken::create(&author, now, SignedDuration::from_hours(1)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.toml");
        let text = format!("[account.ANDREA]\n{}", token.lines());
        cpan_sigstore_files::write_atomic(&path, text.as_bytes()).unwrap();
        let accounts = Accounts::open(&AccountSource::File(path)).await.unwrap();
        let sent = SentToken::parse(&token.text()).unwrap();
        let row = accounts.token(&sent.user, &sent.id).await.unwrap();
        let here = "192.0.2.1".parse().unwrap();
        assert!(sent.is_valid(row.as_ref(), here, now));
        assert!(!sent.is_valid(row.as_ref(), here, now + SignedDuration::from_hours(1)));
    }

    #[test]
    fn hashes_whole_passwords_only() {
        assert_eq!(hash(""), Err(HashError::Length));
        assert_eq!(hash(&"x".repeat(73)), Err(HashError::Length));
    }

    #[tokio::test]
    async fn refuses_a_file_of_accounts_that_everybody_reads() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.toml");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Accounts::open(&AccountSource::File(path)).await.is_err());
    }
}
