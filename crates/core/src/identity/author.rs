//! An identity that somebody says is an author's: the user in a policy, the author in a record.

use std::fmt;

use jiff::Timestamp;

use super::{IdentityPolicy, SignerIdentity};

/// An identity, and when it is the author's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorIdentity {
    /// Who.
    pub identity: IdentityPolicy,
    /// It counts for signatures from this time on.
    pub from: Option<Timestamp>,
    /// It counts for signatures before this time.
    pub until: Option<Timestamp>,
}

/// What a list of identities says of a signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// One of them is the signer, at all times of signing.
    Authorized,
    /// One of them is the signer, and not at that time.
    Expired,
    /// None of them is.
    Unauthorized,
}

impl AuthorIdentity {
    /// Whether it counts at every one of these times.
    pub fn counts_at(&self, times: &[Timestamp]) -> bool {
        !times.is_empty()
            && times.iter().all(|time| {
                self.from.is_none_or(|from| *time >= from)
                    && self.until.is_none_or(|until| *time < until)
            })
    }

    /// What a list of identities says of who signed at these times, each by a clock that is trusted.
    pub fn compare(
        identities: &[Self],
        signer: &SignerIdentity,
        times: &[Timestamp],
    ) -> Membership {
        let mut matching = identities
            .iter()
            .filter(|one| one.identity.check(signer).is_ok());
        match (
            matching.clone().next(),
            matching.any(|one| one.counts_at(times)),
        ) {
            (_, true) => Membership::Authorized,
            (Some(_), false) => Membership::Expired,
            (None, false) => Membership::Unauthorized,
        }
    }
}

impl fmt::Display for AuthorIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.identity)?;
        if let Some(from) = self.from {
            write!(f, " from {from}")?;
        }
        if let Some(until) = self.until {
            write!(f, " until {until}")?;
        }
        Ok(())
    }
}
