//! The records of one author, as far as they count.

use super::{Learned, Outcome, SKEW, Side, SignedRecord, Terms};
use crate::record::Releases;
use cpan_sigstore_core::{
    identity::{AuthorIdentity, Membership, SignerIdentity},
    release::PauseId,
};

/// Most records that are kept until the versions before them are there.
pub const WAITING_LIMIT: usize = 64;

/// The records of one author that count, from version 1 without a gap, and those whose predecessor is not
/// there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    author: PauseId,
    chain: Vec<SignedRecord>,
    waiting: Vec<SignedRecord>,
}

impl History {
    /// Nothing is known of this author.
    pub const fn new(author: PauseId) -> Self {
        Self {
            author,
            chain: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// What was known before, from wherever it was kept; `None` where it is no unbroken chain.
    pub fn restored(author: PauseId, chain: Vec<SignedRecord>) -> Option<Self> {
        let mut before = None;
        for (version, signed) in (1..).zip(&chain) {
            let record = signed.record();
            let follows = *record.author() == author
                && record.version() == version
                && record.previous() == before;
            if !follows {
                return None;
            }
            before = Some(record.digest());
        }
        Some(Self {
            author,
            chain,
            waiting: Vec::new(),
        })
    }

    /// Whose records they are.
    pub fn author(&self) -> &PauseId {
        &self.author
    }

    /// Those that count, from version 1.
    pub fn chain(&self) -> &[SignedRecord] {
        &self.chain
    }

    /// The newest that counts.
    pub fn tip(&self) -> Option<&SignedRecord> {
        self.chain.last()
    }

    /// The newest version that counts; 0 where there is none.
    pub fn version(&self) -> u32 {
        self.tip().map_or(0, |tip| tip.record().version())
    }

    /// Who signs, by the newest record.
    pub fn identities(&self) -> &[AuthorIdentity] {
        self.tip().map_or(&[], |tip| tip.record().identities())
    }

    /// Whether all releases are signed, by the newest record.
    pub fn releases(&self) -> Option<Releases> {
        self.tip().map(|tip| tip.record().releases())
    }

    /// Whether an identity agreed to this history by signing a version of it: to that one, and to all that
    /// are before it.
    pub fn has_signer(&self, is: impl Fn(&SignerIdentity) -> bool) -> bool {
        self.chain.iter().any(|signed| is(signed.signer()))
    }

    /// Whether this history has all of the other one, and perhaps more.
    pub fn extends(&self, other: &Self) -> bool {
        self.author == other.author
            && self.chain.len() >= other.chain.len()
            && other.tip().is_none_or(|tip| {
                let same = self.chain.get(other.chain.len() - 1);
                same.is_some_and(|same| same.record() == tip.record())
            })
    }

    /// Looks at a record. First in the answer is what became of it, then what became of those that it let
    /// move on.
    pub fn learn(&mut self, signed: SignedRecord, terms: Terms<'_>) -> Vec<Learned> {
        let mut told = vec![self.take(signed, terms)];
        // Whatever became of one of those that waited, another may have its predecessor now, too.
        while let Some(next) = self.waiting.iter().position(|waiting| {
            let outcome = self.look(waiting, terms);
            !matches!(outcome, Outcome::Waiting | Outcome::BrokenChain)
        }) {
            let next = self.waiting.remove(next);
            told.push(self.take(next, terms));
        }
        told
    }

    /// Looks at many records, in the order of their versions.
    pub fn learn_all(&mut self, mut records: Vec<SignedRecord>, terms: Terms<'_>) -> Vec<Learned> {
        records.sort_by_key(|signed| signed.record().version());
        records
            .into_iter()
            .flat_map(|signed| self.learn(signed, terms))
            .collect()
    }

    fn take(&mut self, signed: SignedRecord, terms: Terms<'_>) -> Learned {
        let place = place(&signed);
        let outcome = self.look(&signed, terms);
        let learned = Learned {
            outcome,
            found: Side::from(&signed),
            known: self.chain.get(place).map(Side::from),
        };
        match outcome {
            Outcome::Accepted => {
                // An override may stand in the place of others.
                self.chain.truncate(place);
                self.chain.push(signed);
            }
            Outcome::Waiting | Outcome::BrokenChain
                if self.waiting.len() < WAITING_LIMIT && !self.waiting.contains(&signed) =>
            {
                self.waiting.push(signed);
            }
            _ => {}
        }
        learned
    }

    /// What becomes of a record, by what is known now.
    fn look(&self, signed: &SignedRecord, terms: Terms<'_>) -> Outcome {
        let record = signed.record();
        let place = place(signed);
        if *record.author() != self.author {
            return Outcome::OtherAuthor;
        }
        if signed
            .times()
            .iter()
            .any(|time| terms.now.duration_until(*time) > SKEW)
        {
            return Outcome::SignedInFuture;
        }
        let known = self.chain.get(place);
        if known.is_some_and(|known| known.record() == record) {
            return Outcome::Known;
        }
        let before = match place.checked_sub(1) {
            None => None,
            Some(before) => match self.chain.get(before) {
                None => return Outcome::Waiting,
                Some(before) => Some(before.record()),
            },
        };
        if record.previous() != before.map(|before| before.digest()) {
            return Outcome::BrokenChain;
        }
        let is_override = terms.overrides.contains(&record.digest());
        let may_sign = match before {
            Some(before) if !is_override => before.identities(),
            _ => record.identities(),
        };
        match (signed.is_by(may_sign), known) {
            (Membership::Unauthorized, _) => Outcome::SignerNotListed,
            (Membership::Expired, _) => Outcome::SignerRetired,
            (Membership::Authorized, Some(_)) if !is_override && place == 0 => Outcome::SecondFirst,
            (Membership::Authorized, Some(_)) if !is_override => Outcome::Fork,
            (Membership::Authorized, _) => Outcome::Accepted,
        }
    }
}

/// Where in the chain a record belongs. A record's version is 1 at least.
fn place(signed: &SignedRecord) -> usize {
    usize::try_from(signed.record().version())
        .unwrap_or(usize::MAX)
        .saturating_sub(1)
}
