//! Passwords: one bcrypt for each attempt, whether there is such an account or not.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

/// Largest cost of a hash. A larger one would occupy a processor for minutes.
const LARGEST_COST: u32 = 15;
/// Attempts that may wait for a processor. More are turned away at once.
const LONGEST_QUEUE: usize = 64;

/// The cost of a hash: the logarithm of its rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost(pub u32);

impl Default for Cost {
    /// PAUSE's.
    fn default() -> Self {
        Self(12)
    }
}

/// Too many attempts wait for a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many logins at once")]
pub struct Busy;

/// Compares passwords, a few at a time. Clones share the limit.
#[derive(Clone)]
pub struct Passwords {
    /// A hash of nobody's password, for accounts that are not there.
    dummy: Arc<SecretString>,
    processors: Arc<Semaphore>,
    places: Arc<Semaphore>,
    rounds: Arc<AtomicU64>,
}

impl Passwords {
    /// Creates a comparer. `cost` is that of most accounts; unknown ones take as long.
    ///
    /// A cost that bcrypt does not have is replaced by PAUSE's.
    pub fn new(cost: Cost, processors: usize) -> Self {
        let cost = if (4..=LARGEST_COST).contains(&cost.0) {
            cost.0
        } else {
            Cost::default().0
        };
        // No password has this hash, and bcrypt computes it like any other.
        let dummy = format!("$2a${cost:02}${}", ".".repeat(53));
        Self {
            dummy: Arc::new(dummy.into()),
            processors: Arc::new(Semaphore::new(processors.max(1))),
            places: Arc::new(Semaphore::new(LONGEST_QUEUE)),
            rounds: Arc::default(),
        }
    }

    /// Returns whether a password belongs to a hash. Without a usable hash it computes as long, and the answer is no.
    ///
    /// # Errors
    /// [`Busy`] if too many attempts wait.
    pub async fn is_right(
        &self,
        password: SecretString,
        hash: Option<&SecretString>,
    ) -> Result<bool, Busy> {
        let _place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Busy)?;
        let processor = Arc::clone(&self.processors)
            .acquire_owned()
            .await
            .map_err(|_| Busy)?;
        let hash = hash.filter(|hash| is_usable(hash.expose_secret())).cloned();
        let this = self.clone();
        let compared = tokio::task::spawn_blocking(move || {
            let _processor = processor;
            let found = hash.and_then(|hash| this.compute(&password, &hash));
            // Without a result it still takes as long.
            found.unwrap_or_else(|| {
                this.compute(&password, &this.dummy);
                false
            })
        });
        Ok(compared.await.unwrap_or(false))
    }

    /// Computes one bcrypt; `None` if the hash is none after all.
    fn compute(&self, password: &SecretString, hash: &SecretString) -> Option<bool> {
        let outcome = bcrypt::verify(password.expose_secret(), hash.expose_secret()).ok()?;
        let rounds = cost_of(hash.expose_secret()).map_or(0, |cost| 1_u64 << cost);
        self.rounds.fetch_add(rounds, Ordering::Relaxed);
        Some(outcome)
    }

    /// Returns the rounds of bcrypt so far: what an observer of the time learns.
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }
}

/// Returns whether a hash is bcrypt's, at a cost that is computed. PAUSE's older hashes, of 13 characters, are not:
/// PAUSE replaces them at the next login there.
fn is_usable(hash: &str) -> bool {
    cost_of(hash).is_some_and(|cost| (4..=LARGEST_COST).contains(&cost))
}

fn cost_of(hash: &str) -> Option<u32> {
    let rest = ["$2a$", "$2b$", "$2y$"]
        .iter()
        .find_map(|kind| hash.strip_prefix(kind))?;
    let (cost, rest) = rest.split_once('$')?;
    (hash.len() == 60 && rest.len() == 53).then(|| cost.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        text.to_owned().into()
    }

    #[tokio::test]
    async fn computes_as_long_for_accounts_that_are_not_there() {
        let hash = secret(&bcrypt::hash("right", 4).unwrap());
        for (password, hash, is_right) in [
            ("right", Some(hash.clone()), true),
            ("wrong", Some(hash.clone()), false),
            ("", Some(hash.clone()), false),
            ("right", None, false),
            // A hash of crypt(3), an empty one, one that would take an hour, and no hash at all.
            ("right", Some(secret("abcdefghijklm")), false),
            ("right", Some(secret("")), false),
            (
                "right",
                Some(secret(&hash.expose_secret().replace("$04$", "$31$"))),
                false,
            ),
            ("right", Some(secret(&"é".repeat(30))), false),
            // Its last letter has bits that no salt has.
            (
                "right",
                Some(secret(&format!("$2a$04${}", "/".repeat(53)))),
                false,
            ),
        ] {
            let passwords = Passwords::new(Cost(4), 1);
            let found = passwords
                .is_right(secret(password), hash.as_ref())
                .await
                .unwrap();
            assert_eq!(found, is_right);
            assert_eq!(passwords.rounds(), 16, "one bcrypt at the usual cost");
        }
    }

    #[tokio::test]
    async fn reads_hashes_as_pause_writes_them() {
        let passwords = Passwords::new(Cost(4), 1);
        let long = secret(
            &bcrypt::hash("x".repeat(72), 4)
                .unwrap()
                .replace("$2b$", "$2a$"),
        );
        assert!(
            passwords
                .is_right(secret(&"x".repeat(80)), Some(&long))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .is_right(secret(&"x".repeat(71)), Some(&long))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn turns_away_more_attempts_than_may_wait() {
        let passwords = Passwords::new(Cost(4), 1);
        let _all = Arc::clone(&passwords.places)
            .acquire_many_owned(64)
            .await
            .unwrap();
        assert_eq!(passwords.is_right(secret("x"), None).await, Err(Busy));
    }
}
