//! An identity of an author, as a policy or an author record states it.

use std::fmt;

use jiff::Timestamp;

use super::{IdentityPolicy, SignerIdentity};

/// An identity, and the time in which it may sign for the author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorIdentity {
    /// The identity.
    pub identity: IdentityPolicy,
    /// It is valid for signatures from this time on.
    pub from: Option<Timestamp>,
    /// It is valid for signatures before this time.
    pub until: Option<Timestamp>,
}

/// The relation of a signer to a list of identities.
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
    /// Whether it is valid at every one of these times.
    pub fn counts_at(&self, times: &[Timestamp]) -> bool {
        !times.is_empty()
            && times.iter().all(|time| {
                self.from.is_none_or(|from| *time >= from)
                    && self.until.is_none_or(|until| *time < until)
            })
    }

    /// Compares a list of identities with a signer at these times, each by a trusted clock.
    pub fn compare(
        identities: &[Self],
        signer: &SignerIdentity,
        times: &[Timestamp],
    ) -> Membership {
        let mut matching = identities
            .iter()
            .filter(|one| one.identity.check_with_source(signer).is_ok());
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
