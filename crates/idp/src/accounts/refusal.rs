//! Who gets no tokens, although the credentials are right.

use jiff::{SignedDuration, Timestamp};

use super::Standing;
use crate::config::Config;

/// Statuses of accounts that may log in.
const GOOD_STATUS: [&str; 2] = ["active", "unused"];

/// The rules by which accounts are refused.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Time after a change of password or address in which nobody gets a token.
    pub quarantine: SignedDuration,
    /// Whether an account is refused while a mail that resets its password is on its way.
    pub refuse_pending_recovery: bool,
}

/// Why an account gets no tokens. Only somebody with the right credentials learns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no row among the users.
    #[error("this account is not listed among the authors")]
    NotListed,
    /// Its status is none that may log in.
    #[error("this account is closed")]
    Closed,
    /// It is a mailing list.
    #[error("this account is a mailing list")]
    List,
    /// The person has to choose a new password.
    #[error("this account has to choose a new password first")]
    MustChange,
    /// Password or address were changed not long ago.
    #[error(
        "password or address of this account changed not long ago: it gets no tokens until {0}"
    )]
    Recent(Timestamp),
    /// A mail that resets the password is on its way.
    #[error("this account has asked for a mail that resets its password, which is still valid")]
    InRecovery,
}

impl Rules {
    /// Returns the rules of these settings.
    pub fn of(config: &Config) -> Self {
        Self {
            quarantine: config.quarantine(),
            refuse_pending_recovery: config.refuse_pending_recovery,
        }
    }

    /// Checks an account.
    ///
    /// # Errors
    /// The first [`Refusal`] that applies.
    pub fn check(&self, standing: &Standing, now: Timestamp) -> Result<(), Refusal> {
        let status = standing.status.as_deref().ok_or(Refusal::NotListed)?;
        if !GOOD_STATUS.contains(&status) {
            return Err(Refusal::Closed);
        }
        if standing.is_list {
            return Err(Refusal::List);
        }
        if standing.must_change {
            return Err(Refusal::MustChange);
        }
        if standing.in_recovery && self.refuse_pending_recovery {
            return Err(Refusal::InRecovery);
        }
        match standing.changed {
            // A change in the future is one by a wrong clock, and no older for that.
            Some(changed) => {
                let end = changed
                    .saturating_add(self.quarantine)
                    .unwrap_or(Timestamp::MAX);
                if now < end {
                    Err(Refusal::Recent(end))
                } else {
                    Ok(())
                }
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_each_account_that_gets_no_tokens() {
        let rules = Rules {
            quarantine: SignedDuration::from_hours(72),
            refuse_pending_recovery: true,
        };
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let hours = |hours| SignedDuration::from_hours(hours);
        let good = Standing {
            status: Some("active".to_owned()),
            changed: Some(now - hours(72)),
            ..Standing::default()
        };
        assert_eq!(rules.check(&good, now), Ok(()));
        let unused = Standing {
            status: Some("unused".to_owned()),
            changed: None,
            ..good.clone()
        };
        assert_eq!(rules.check(&unused, now), Ok(()));
        let status = |text: &str| Standing {
            status: Some(text.to_owned()),
            ..good.clone()
        };
        for (standing, refusal) in [
            (
                Standing {
                    status: None,
                    ..good.clone()
                },
                Refusal::NotListed,
            ),
            (status("nologin"), Refusal::Closed),
            (status("delete"), Refusal::Closed),
            (status(""), Refusal::Closed),
            (status("ACTIVE"), Refusal::Closed),
            (
                Standing {
                    is_list: true,
                    ..good.clone()
                },
                Refusal::List,
            ),
            (
                Standing {
                    must_change: true,
                    ..good.clone()
                },
                Refusal::MustChange,
            ),
            (
                Standing {
                    in_recovery: true,
                    ..good.clone()
                },
                Refusal::InRecovery,
            ),
            (
                Standing {
                    changed: Some(now - hours(71)),
                    ..good.clone()
                },
                Refusal::Recent(now + hours(1)),
            ),
            (
                Standing {
                    changed: Some(now + hours(1)),
                    ..good.clone()
                },
                Refusal::Recent(now + hours(73)),
            ),
        ] {
            assert_eq!(rules.check(&standing, now), Err(refusal), "{standing:?}");
        }
        let lenient = Rules {
            refuse_pending_recovery: false,
            ..rules
        };
        assert_eq!(
            lenient.check(
                &Standing {
                    in_recovery: true,
                    ..good
                },
                now
            ),
            Ok(())
        );
    }
}
