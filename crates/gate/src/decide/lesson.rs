//! Step 12: the lesson of an admitted release.

use cpan_sigstore_core::{
    identity::{Membership, StableIdentity},
    policy::{Origin, PackageRule, Rule},
    reason::Provenance,
    release::ReleasePath,
};
use cpan_sigstore_keyless::verify::VerifiedSignature;
use jiff::Timestamp;

use super::{
    owner, pin,
    source::{Source, source},
};
use crate::{
    evidence::{Evidence, Signature},
    store::{NewestRelease, PackageOwner, Scope},
};

/// The part of an admitted release that is remembered: never more than what decided.
///
/// Trust must not grow by use. A pin of one distribution or module, or the first signer of one distribution, says
/// nothing of the author's other releases, so none of them writes the author's row. A record chain that nothing vouches
/// for is remembered only through an identity that signed a version of it: everybody can write somebody else's name into
/// a record of their own. A release to which a package of other owners leads teaches nothing about packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lesson {
    /// The lesson of its signature, if it has a valid one.
    pub signature: Option<SignatureLesson>,
    /// The owners of packages that are new.
    pub packages: Vec<PackageOwner>,
    /// Whether it is the newest release of its distribution to which a package index led.
    pub is_newest: bool,
}

/// The lesson of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignatureLesson {
    /// The widest row of first sight that is written.
    pub scope: Scope,
    /// Whether the author's record chain is remembered.
    pub chain: bool,
}

impl Lesson {
    /// Returns the lesson of an admitted release.
    pub fn of(
        path: &ReleasePath,
        evidence: &Evidence,
        rules: &[PackageRule],
        now: Timestamp,
    ) -> Self {
        let signature = match &evidence.signature {
            Signature::Verified(verified) => rules
                .iter()
                .map(|it| SignatureLesson::of(path, evidence, &it.rule, verified))
                .reduce(SignatureLesson::narrowest),
            _ => None,
        };
        let packages: Vec<_> = rules.iter().flat_map(|it| it.packages.clone()).collect();
        let is_contested = rules
            .iter()
            .any(|it| owner(path, &it.rule, &it.packages, &evidence.owners).is_some());
        if is_contested || packages.is_empty() {
            return Self {
                signature,
                packages: Vec::new(),
                is_newest: false,
            };
        }
        let newest = evidence.known.newest_of(&path.author);
        Self {
            signature,
            packages: owner::lesson(path, &packages, evidence, now),
            // An honest index leads to no developer release. A name that META contradicts says nothing of the version.
            is_newest: !path.name.is_developer_release()
                && rules.iter().all(|it| pin::is_named(evidence, &it.rule))
                && newest.is_none_or(|newest| NewestRelease::is_older(newest, path)),
        }
    }

    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.signature.is_none() && self.packages.is_empty() && !self.is_newest
    }
}

impl SignatureLesson {
    fn of(
        path: &ReleasePath,
        evidence: &Evidence,
        rule: &Rule,
        verified: &VerifiedSignature,
    ) -> Self {
        let scope = match source(path, rule, evidence, verified) {
            Some(Source::Pins(pins))
                if matches!(pins.origin, Origin::Distribution(_) | Origin::Module(_)) =>
            {
                Scope::Distribution
            }
            Some(Source::FirstSeen(_, scope)) => scope,
            _ => Scope::Author,
        };
        let authorized = &evidence.authorized;
        let signer = StableIdentity::from(verified.signer());
        let is_authorized =
            authorized.compare(verified.signer(), &verified.times()) == Membership::Authorized;
        let is_vouched = authorized.provenance != Provenance::New
            || authorized
                .history
                .has_signer(|one| StableIdentity::from(one).is_signer(&signer));
        Self {
            scope,
            chain: scope == Scope::Author && authorized.is_news && is_authorized && is_vouched,
        }
    }

    /// The lesson of a release that was admitted by several rules.
    fn narrowest(self, other: Self) -> Self {
        let is_author = self.scope == Scope::Author && other.scope == Scope::Author;
        Self {
            scope: match is_author {
                true => Scope::Author,
                false => Scope::Distribution,
            },
            chain: self.chain && other.chain,
        }
    }
}
