//! The chain of one author's accepted records.

use super::{
    AppendResult, ChainContext, Outcome, RecordSummary, Report, SKEW, SignedRecord,
    VerifiedRecords, recovery,
};
use crate::record::{Change, RecordFile, Releases, difference};
use cpan_sigstore_core::{
    identity::{AuthorIdentity, Membership, SignerIdentity},
    release::PauseId,
};

/// Most records that wait for the version before them.
pub const WAITING_LIMIT: usize = 64;

/// The accepted records of one author, from version 1 without a gap, and those that wait for a version
/// before them.
#[derive(Clone, Debug)]
pub struct RecordChain {
    author: PauseId,
    records: Vec<SignedRecord>,
    waiting: Vec<SignedRecord>,
}

impl RecordChain {
    /// An empty chain.
    pub const fn new(author: PauseId) -> Self {
        Self {
            author,
            records: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// A chain of records that were accepted before; `None` if they are not one unbroken chain.
    pub fn restored(author: PauseId, records: Vec<SignedRecord>) -> Option<Self> {
        let mut before = None;
        for (version, signed) in (1..).zip(&records) {
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
            records,
            waiting: Vec::new(),
        })
    }

    /// The author.
    pub fn author(&self) -> &PauseId {
        &self.author
    }

    /// The accepted records, from version 1.
    pub fn records(&self) -> &[SignedRecord] {
        &self.records
    }

    /// The accepted record of a version.
    pub fn get(&self, version: u32) -> Option<&SignedRecord> {
        self.records.get(position(version)?)
    }

    /// Whether the chain has exactly this record; its bundle may be another.
    pub fn has(&self, file: &RecordFile) -> bool {
        let known = self.get(file.version);
        known.is_some_and(|known| known.record().json() == file.json)
    }

    /// The newest accepted record.
    pub fn tip(&self) -> Option<&SignedRecord> {
        self.records.last()
    }

    /// The newest accepted version; 0 if there is none.
    pub fn version(&self) -> u32 {
        self.tip().map_or(0, |tip| tip.record().version())
    }

    /// The identities in the newest record.
    pub fn identities(&self) -> &[AuthorIdentity] {
        self.tip().map_or(&[], |tip| tip.record().identities())
    }

    /// Whether all releases are signed, by the newest record.
    pub fn releases(&self) -> Option<Releases> {
        self.tip().map(|tip| tip.record().releases())
    }

    /// The other authors who may release a distribution, by the newest record.
    pub fn successors(&self, distribution: &str) -> &[PauseId] {
        self.tip()
            .map_or(&[], |tip| tip.record().successors(distribution))
    }

    /// Each accepted record with the changes from the version before it.
    pub fn versions(&self) -> impl Iterator<Item = (&SignedRecord, Vec<Change>)> {
        let before = std::iter::once(None).chain(self.records.iter().map(Some));
        before.zip(&self.records).map(|(before, signed)| {
            let changes = difference(before.map(SignedRecord::record), signed.record());
            (signed, changes)
        })
    }

    /// Whether an identity signed a version, and so agreed to it and to all versions before it.
    pub fn has_signer(&self, is: impl Fn(&SignerIdentity) -> bool) -> bool {
        self.records.iter().any(|signed| is(signed.signer()))
    }

    /// Whether this chain begins with the whole of the other chain.
    pub fn contains(&self, other: &Self) -> bool {
        self.author == other.author
            && other.tip().is_none_or(|tip| {
                let same = self.get(tip.record().version());
                same.is_some_and(|same| same.record() == tip.record())
            })
    }

    /// Verifies files, and appends the records in them in the order of their versions.
    ///
    /// Each file comes with the version in its name. `verify` proves who signed it.
    pub fn extend<F, E>(
        &mut self,
        files: impl IntoIterator<Item = (u32, F)>,
        verify: impl FnMut(F) -> Result<SignedRecord, E>,
        context: ChainContext<'_>,
    ) -> Report<E> {
        let VerifiedRecords { signed, refused } = VerifiedRecords::of(files, verify);
        Report {
            results: self.append_all(signed, context),
            refused,
        }
    }

    /// Appends records in the order of their versions. Returns the final result of each.
    pub fn append_all(
        &mut self,
        mut records: Vec<SignedRecord>,
        context: ChainContext<'_>,
    ) -> Vec<AppendResult> {
        records.sort_by_key(|signed| signed.record().version());
        let mut results: Vec<AppendResult> = Vec::with_capacity(records.len());
        for signed in records {
            for result in self.append(signed, context) {
                // A record that waited has its final result now.
                let digest = result.found.digest;
                match results.iter_mut().find(|it| it.found.digest == digest) {
                    Some(earlier) if earlier.outcome.is_pending() => *earlier = result,
                    _ => results.push(result),
                }
            }
        }
        results
    }

    /// Appends a record if it follows on the tip. Returns its result first, then the results of records
    /// that waited for it.
    pub fn append(&mut self, signed: SignedRecord, context: ChainContext<'_>) -> Vec<AppendResult> {
        let mut results = vec![self.append_one(signed, context)];
        // Each record that moves on can be the one that another waits for.
        while let Some(next) = self
            .waiting
            .iter()
            .position(|waiting| !self.judge(waiting, context).is_pending())
        {
            let next = self.waiting.remove(next);
            results.push(self.append_one(next, context));
        }
        results
    }

    fn append_one(&mut self, signed: SignedRecord, context: ChainContext<'_>) -> AppendResult {
        let outcome = self.judge(&signed, context);
        let version = signed.record().version();
        let result = AppendResult {
            outcome,
            found: RecordSummary::from(&signed),
            known: self.get(version).map(RecordSummary::from),
        };
        match outcome {
            Outcome::Accepted | Outcome::Recovered => {
                // An override or a recovery takes the place of all records from its version on.
                self.records
                    .truncate(position(version).unwrap_or(usize::MAX));
                self.records.push(signed);
            }
            Outcome::Waiting | Outcome::WrongParent if self.waiting.len() < WAITING_LIMIT => {
                // The same record by another signer is another claim: dropping it would let a stranger's
                // bundle that came first keep the author's own out.
                let is_same = |other: &SignedRecord| {
                    other.record() == signed.record()
                        && other.signer() == signed.signer()
                        && other.times() == signed.times()
                };
                if !self.waiting.iter().any(is_same) {
                    self.waiting.push(signed);
                }
            }
            _ => {}
        }
        result
    }

    /// The outcome of a record against the chain as it is.
    fn judge(&self, signed: &SignedRecord, context: ChainContext<'_>) -> Outcome {
        let record = signed.record();
        if *record.author() != self.author {
            return Outcome::OtherAuthor;
        }
        let is_ahead = |time: &_| context.now.duration_until(*time) > SKEW;
        if signed.times().iter().any(is_ahead) {
            return Outcome::SignedInFuture;
        }
        let known = self.get(record.version());
        if known.is_some_and(|known| known.record() == record) {
            return Outcome::Known;
        }
        let before = match record.version() - 1 {
            0 => None,
            before => match self.get(before) {
                None => return Outcome::Waiting,
                Some(before) => Some(before.record()),
            },
        };
        if record.previous() != before.map(|before| before.digest()) {
            return Outcome::WrongParent;
        }
        let is_override = context.overrides.contains(&record.digest());
        let (membership, yields) = match before {
            Some(before) if record.is_recovery() && !is_override => {
                let Some(yields) = self.recovers(signed, context) else {
                    return Outcome::RecoveryRefused;
                };
                let may_sign = [record.identities(), before.identities()].concat();
                (signed.is_by(&may_sign), yields)
            }
            Some(before) if !is_override => (signed.is_by(before.identities()), false),
            _ => (signed.is_by(record.identities()), is_override),
        };
        match (membership, known) {
            (Membership::Unauthorized, _) => Outcome::SignerUnauthorized,
            (Membership::Expired, _) => Outcome::SignerRetired,
            (Membership::Authorized, Some(_)) if !yields && before.is_none() => Outcome::RivalFirst,
            (Membership::Authorized, Some(_)) if !yields => Outcome::Fork,
            (Membership::Authorized, Some(_)) if !is_override => Outcome::Recovered,
            (Membership::Authorized, _) => Outcome::Accepted,
        }
    }

    /// Whether known records yield to a record with a recovery signature; `None` if the recovery key in effect before
    /// it did not sign it.
    fn recovers(&self, signed: &SignedRecord, context: ChainContext<'_>) -> Option<bool> {
        let (record, times) = (signed.record(), signed.times());
        let (before, after) = self.records.split_at_checked(position(record.version())?)?;
        let key = recovery::key(before, context.overrides, times);
        let key = key.filter(|key| record.is_recovered_by(key))?;
        let is_final = |known: &SignedRecord| {
            let known = known.record();
            known.is_recovered_by(key) || context.overrides.contains(&known.digest())
        };
        let now = recovery::key(&self.records, context.overrides, times);
        Some(now == Some(key) && !after.iter().any(is_final))
    }
}

/// Where a version is in the chain. Versions begin with 1.
fn position(version: u32) -> Option<usize> {
    usize::try_from(version).ok()?.checked_sub(1)
}
