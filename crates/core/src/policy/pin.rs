//! An identity that the user says is an author's.

use std::fmt;

use jiff::Timestamp;

use crate::identity::{ExpectedIdentity, Signer};

/// An identity, and when it is the author's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Who.
    pub identity: ExpectedIdentity,
    /// It counts for signatures from this time on.
    pub from: Option<Timestamp>,
    /// It counts for signatures before this time.
    pub until: Option<Timestamp>,
}

/// What pins say of a signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinned {
    /// One of them is the signer, at all times of signing.
    Theirs,
    /// One of them is the signer, and not at that time.
    Retired,
    /// None of them is.
    NotTheirs,
}

impl Pin {
    /// Whether it counts at every one of these times.
    fn counts_at(&self, times: &[Timestamp]) -> bool {
        !times.is_empty()
            && times.iter().all(|time| {
                self.from.is_none_or(|from| *time >= from)
                    && self.until.is_none_or(|until| *time < until)
            })
    }

    /// What pins say of who signed at these times, each by a clock that is trusted.
    pub fn compare(pins: &[Self], signer: &Signer, times: &[Timestamp]) -> Pinned {
        let mut matching = pins.iter().filter(|pin| pin.identity.check(signer).is_ok());
        match (
            matching.clone().next(),
            matching.any(|pin| pin.counts_at(times)),
        ) {
            (_, true) => Pinned::Theirs,
            (Some(_), false) => Pinned::Retired,
            (None, false) => Pinned::NotTheirs,
        }
    }
}

impl fmt::Display for Pin {
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
