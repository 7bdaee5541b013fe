//! What a policy says of one release.

use std::fmt;

use super::{PauseProvider, Section};
use crate::{decision::Decision, finding::Finding, identity::AuthorIdentity, release::PauseId};

/// Age of trust material, in days, above which it says nothing any more.
const TRUST_MATERIAL_AGE: u32 = 30;
/// Age of an index, in days, above which it is warned of.
const INDEX_AGE: u32 = 7;
/// Age of an index, in days, above which it says nothing any more.
const INDEX_AGE_LIMIT: u32 = 30;

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This program does so without being told.
    BuiltIn,
    /// A flag on the command line.
    Flag(&'static str),
    /// `[default]`
    Default,
    /// `[author.ID]`
    Author(PauseId),
    /// `[distribution.NAME]`
    Distribution(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("this program's default"),
            Self::Flag(flag) => f.write_str(flag),
            Self::Default => f.write_str("[default]"),
            Self::Author(id) => write!(f, "[author.{id}]"),
            Self::Distribution(name) => write!(f, "[distribution.{name}]"),
        }
    }
}

/// A value, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// What holds.
    pub value: T,
    /// Where that stands.
    pub origin: Origin,
}

/// What holds for one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether what is not known to be signed by its author is denied.
    pub require_signed: Setting<bool>,
    /// What is done without a signature.
    pub unsigned: Setting<Decision>,
    /// What is done where nobody has said who the author is.
    pub identity_unknown: Setting<Decision>,
    /// What is done where nothing in the archive says which release it is.
    pub name_unchecked: Setting<Decision>,
    /// Whether cosign's old format is accepted.
    pub allow_old_format: Setting<bool>,
    /// How old trust material may be, in days since its repository was last asked.
    pub trust_material_age: Setting<u32>,
    /// What is done where the index is older than it should be.
    pub index_stale: Setting<Decision>,
    /// How old the index may be, in days since it was signed, before it is stale.
    pub index_age: Setting<u32>,
    /// How old it may be, in days, before it says nothing any more.
    pub index_age_limit: Setting<u32>,
    /// Whose signatures are the author's; `None` where the policy does not say.
    pub identities: Option<Setting<Vec<AuthorIdentity>>>,
    /// PAUSE as identity provider, where the policy names it.
    pub pause: Option<PauseProvider>,
}

impl Rule {
    /// From sections, the first to be asked first.
    pub(super) fn of(
        sections: &[(Origin, &Section)],
        pause: Option<&PauseProvider>,
        require_signed: bool,
        allow_old_format: bool,
    ) -> Self {
        let flag = |given: bool, flag| {
            given.then_some(Setting {
                value: true,
                origin: Origin::Flag(flag),
            })
        };
        let warn = Decision::Warn;
        Self {
            require_signed: flag(require_signed, "--require-signed")
                .unwrap_or_else(|| setting(sections, |section| section.require_signed, false)),
            unsigned: setting(sections, |section| section.unsigned, warn),
            identity_unknown: setting(sections, |section| section.identity_unknown, warn),
            name_unchecked: setting(sections, |section| section.name_unchecked, warn),
            allow_old_format: flag(allow_old_format, "--allow-old-format")
                .unwrap_or_else(|| setting(sections, |section| section.allow_old_format, false)),
            trust_material_age: setting(
                sections,
                |section| section.trust_material_age,
                TRUST_MATERIAL_AGE,
            ),
            index_stale: setting(sections, |section| section.index_stale, warn),
            index_age: setting(sections, |section| section.index_age, INDEX_AGE),
            index_age_limit: setting(sections, |section| section.index_age_limit, INDEX_AGE_LIMIT),
            identities: stated(sections, |section| section.identities.clone()),
            pause: pause.cloned(),
        }
    }

    /// What is done about a finding.
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

    /// Which key decides about a finding, and where it stands.
    pub fn reason(&self, finding: Finding) -> String {
        match (finding, self.loosened(finding)) {
            (Finding::Trusted, _) => {
                "what is known to be its author's is always allowed".to_owned()
            }
            (Finding::Unavailable, _) => "what could not be told is never allowed".to_owned(),
            (finding, Some(_)) if self.is_overruled(finding) => {
                stands("require-signed", "true", &self.require_signed.origin)
            }
            (_, Some((key, setting))) => {
                stands(key, &format!("{:?}", setting.value.code()), &setting.origin)
            }
            (_, None) => format!("{finding} is always denied"),
        }
    }

    /// Whether `require-signed` denies it, whatever its own key says.
    fn is_overruled(&self, finding: Finding) -> bool {
        self.require_signed.value && finding != Finding::IndexStale
    }

    /// The key by which a finding may be allowed, where there is one.
    fn loosened(&self, finding: Finding) -> Option<(&'static str, &Setting<Decision>)> {
        match finding {
            Finding::Unsigned => Some(("unsigned", &self.unsigned)),
            Finding::IdentityUnknown => Some(("identity-unknown", &self.identity_unknown)),
            Finding::NameUnchecked => Some(("name-unchecked", &self.name_unchecked)),
            Finding::IndexStale => Some(("index-stale", &self.index_stale)),
            _ => None,
        }
    }
}

fn stands(key: &str, value: &str, origin: &Origin) -> String {
    match origin {
        Origin::Flag(flag) => format!("decided by {flag}"),
        origin => format!("decided by `{key} = {value}` of {origin}"),
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
