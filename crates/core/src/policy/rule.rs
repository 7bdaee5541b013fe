//! The settings of a policy for one release.

use super::{LogSettings, PauseProvider, Section, log::CHECKPOINT_AGE};
use crate::{
    decision::Decision,
    digest::Sha256Digest,
    finding::Finding,
    identity::AuthorIdentity,
    origin::Origin,
    reason::Reason,
    release::{PackageName, PauseId},
};

/// Age of trust material, in days, above which nothing is verified with it.
const TRUST_MATERIAL_AGE: u32 = 30;
/// Age of an author index, in days, above which it is stale.
const INDEX_AGE: u32 = 7;
/// Age of an author index, in days, above which it is not used.
const INDEX_AGE_LIMIT: u32 = 30;

/// A value and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value in effect.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
}

/// The settings for one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether a release that is not known to be signed by its author is denied.
    pub require_signed: Setting<bool>,
    /// The decision about an unsigned release.
    pub unsigned: Setting<Decision>,
    /// The decision about a signer if nothing is known about the author.
    pub identity_unknown: Setting<Decision>,
    /// The decision about an archive without META.
    pub name_unchecked: Setting<Decision>,
    /// The decision about an unsigned archive that is another release than its name says.
    pub name_mismatch: Setting<Decision>,
    /// The decision about a module that changed hands between authors who never signed.
    pub owner_changed: Setting<Decision>,
    /// The decision about an older release than the package index led to before.
    pub release_rolled_back: Setting<Decision>,
    /// Whether cosign's old format is accepted.
    pub allow_old_format: Setting<bool>,
    /// How old trust material may be, in days since its repository was last asked.
    pub trust_material_age: Setting<u32>,
    /// The decision about a stale author index.
    pub index_stale: Setting<Decision>,
    /// How old the index may be, in days since it was signed, before it is stale.
    pub index_age: Setting<u32>,
    /// How old the index may be, in days, before it is not used.
    pub index_age_limit: Setting<u32>,
    /// The decision about a release that no log is known to have.
    pub unlogged: Setting<Decision>,
    /// The decision about a log whose newest checkpoint is old.
    pub log_stale: Setting<Decision>,
    /// How old the newest checkpoint of the log may be, in days, before it is stale.
    pub checkpoint_age: u32,
    /// The author's pinned identities, if the policy has any.
    pub identities: Option<Setting<Vec<AuthorIdentity>>>,
    /// The authors who may provide the module, if the policy names any.
    pub module_authors: Option<Setting<Vec<PauseId>>>,
    /// The authors who may publish the distribution, if the policy names any.
    pub distribution_authors: Option<Setting<Vec<PauseId>>>,
    /// The digest of the release, if the policy pins it.
    pub digest: Option<Setting<Sha256Digest>>,
    /// PAUSE as identity provider, if the policy names it.
    pub pause: Option<PauseProvider>,
}

/// The settings for the packages of one release that share them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageRule {
    /// The settings.
    pub rule: Rule,
    /// The packages; none for a release that no entry of a package index leads to.
    pub packages: Vec<PackageName>,
}

impl Rule {
    /// Builds a rule from sections, the most specific first.
    pub(super) fn of(
        sections: &[(Origin, &Section)],
        pause: Option<&PauseProvider>,
        log: Option<&LogSettings>,
        require_signed: bool,
        allow_old_format: bool,
    ) -> Self {
        let requested = |given: bool| {
            given.then_some(Setting {
                value: true,
                origin: Origin::Caller,
            })
        };
        let warn = Decision::Warn;
        Self {
            require_signed: requested(require_signed)
                .unwrap_or_else(|| setting(sections, |section| section.require_signed, false)),
            unsigned: setting(sections, |section| section.unsigned, warn),
            identity_unknown: setting(sections, |section| section.identity_unknown, warn),
            name_unchecked: setting(sections, |section| section.name_unchecked, warn),
            name_mismatch: setting(sections, |section| section.name_mismatch, Decision::Deny),
            owner_changed: setting(sections, |section| section.owner_changed, warn),
            release_rolled_back: setting(sections, |section| section.release_rolled_back, warn),
            allow_old_format: requested(allow_old_format)
                .unwrap_or_else(|| setting(sections, |section| section.allow_old_format, false)),
            trust_material_age: setting(
                sections,
                |section| section.trust_material_age,
                TRUST_MATERIAL_AGE,
            ),
            index_stale: setting(sections, |section| section.index_stale, warn),
            index_age: setting(sections, |section| section.index_age, INDEX_AGE),
            index_age_limit: setting(sections, |section| section.index_age_limit, INDEX_AGE_LIMIT),
            unlogged: setting(sections, |section| section.unlogged, warn),
            log_stale: setting(sections, |section| section.log_stale, warn),
            checkpoint_age: log.map_or(CHECKPOINT_AGE, |log| log.checkpoint_age),
            identities: stated(sections, |section| section.identities.clone()),
            module_authors: authors(sections, |origin| matches!(origin, Origin::Module(_))),
            distribution_authors: authors(sections, |origin| {
                matches!(origin, Origin::Distribution(_))
            }),
            digest: None,
            pause: pause.cloned(),
        }
    }

    /// Returns the decision about a finding.
    pub fn decide(&self, finding: Finding) -> Decision {
        match finding {
            Finding::Trusted => Decision::Allow,
            Finding::Unavailable => Decision::TryLater,
            finding => match self.loosened(finding) {
                Some((_, setting)) if !self.is_overruled(finding) => setting.value,
                _ => Decision::Deny,
            },
        }
    }

    /// Returns the reason for the decision about a finding.
    pub fn reason(&self, finding: Finding) -> Reason {
        match (finding, self.loosened(finding)) {
            (Finding::Trusted, _) => Reason::AlwaysAllowed,
            (Finding::Unavailable, _) => Reason::NeverAllowed,
            (finding, Some(_)) if self.is_overruled(finding) => {
                Reason::RequireSigned(self.require_signed.origin.clone())
            }
            (_, Some((_, setting))) if setting.origin == Origin::Log => {
                Reason::RequireLogged(Origin::Log)
            }
            (_, Some((key, setting))) => Reason::PolicyKey {
                key,
                value: setting.value,
                origin: setting.origin.clone(),
            },
            (_, None) => Reason::AlwaysDenied(finding),
        }
    }

    /// Whether `require-signed` denies it, even if its own key allows it.
    fn is_overruled(&self, finding: Finding) -> bool {
        // Neither the age of an index nor a log says who signed.
        let is_other = matches!(
            finding,
            Finding::IndexStale | Finding::Unlogged | Finding::LogStale
        );
        self.require_signed.value && !is_other
    }

    /// The key by which a finding may be allowed, if there is one.
    fn loosened(&self, finding: Finding) -> Option<(&'static str, &Setting<Decision>)> {
        match finding {
            Finding::Unsigned => Some(("unsigned", &self.unsigned)),
            Finding::IdentityUnknown => Some(("identity-unknown", &self.identity_unknown)),
            Finding::NameUnchecked => Some(("name-unchecked", &self.name_unchecked)),
            Finding::NameMismatch => Some(("name-mismatch", &self.name_mismatch)),
            Finding::IndexStale => Some(("index-stale", &self.index_stale)),
            Finding::OwnerChanged => Some(("owner-changed", &self.owner_changed)),
            Finding::ReleaseRolledBack => Some(("release-rolled-back", &self.release_rolled_back)),
            Finding::Unlogged => Some(("unlogged", &self.unlogged)),
            Finding::LogStale => Some(("log-stale", &self.log_stale)),
            _ => None,
        }
    }
}

fn setting<T>(
    sections: &[(Origin, &Section)],
    field: impl Fn(&Section) -> Option<T>,
    built_in: T,
) -> Setting<T> {
    stated(sections, field).unwrap_or(Setting {
        value: built_in,
        origin: Origin::BuiltIn,
    })
}

fn stated<T>(
    sections: &[(Origin, &Section)],
    field: impl Fn(&Section) -> Option<T>,
) -> Option<Setting<T>> {
    sections.iter().find_map(|(origin, section)| {
        Some(Setting {
            value: field(section)?,
            origin: origin.clone(),
        })
    })
}

/// The authors that the first section of a kind states.
fn authors(
    sections: &[(Origin, &Section)],
    is_kind: impl Fn(&Origin) -> bool,
) -> Option<Setting<Vec<PauseId>>> {
    let of_kind: Vec<_> = sections
        .iter()
        .filter(|(origin, _)| is_kind(origin))
        .cloned()
        .collect();
    stated(&of_kind, |section| section.authors.clone())
}
