//! `policy.toml`: the decision about each finding, by default, by author and by distribution, and the identities of
//! authors.
//!
//! Each key is read by itself: `[distribution.Foo-Bar]` outranks `[author.TIMLEGGE]`, which outranks `[default]`,
//! which outranks the defaults of this program. Identities are not mixed: the first of distribution and author that
//! states any is the one source.
//!
//! A policy can allow only the everyday state of CPAN: no signature, an unknown signer, an archive without META, an
//! author index that is not of today. All other findings are always denied.

mod document;
mod error;
mod pause;
mod rule;
#[cfg(test)]
mod tests;

pub use error::PolicyError;
pub use pause::PauseProvider;
pub use rule::{Rule, Setting};

pub use crate::origin::Origin;

use std::collections::BTreeMap;

use crate::{
    decision::Decision,
    identity::AuthorIdentity,
    release::{PauseId, ReleasePath},
};

/// Largest policy that is read, in bytes.
pub const SIZE_LIMIT: usize = 4 * 1024 * 1024;

/// The decisions of a user. [`Policy::default`] is in effect without a `policy.toml`.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    default: Section,
    authors: BTreeMap<PauseId, Section>,
    distributions: BTreeMap<String, Section>,
    pause: Option<PauseProvider>,
    require_signed: bool,
    allow_old_format: bool,
}

/// The settings of one section; `None` leaves a setting to the next.
#[derive(Clone, Debug, Default)]
struct Section {
    require_signed: Option<bool>,
    unsigned: Option<Decision>,
    identity_unknown: Option<Decision>,
    name_unchecked: Option<Decision>,
    allow_old_format: Option<bool>,
    trust_material_age: Option<u32>,
    index_stale: Option<Decision>,
    index_age: Option<u32>,
    index_age_limit: Option<u32>,
    identities: Option<Vec<AuthorIdentity>>,
}

impl Policy {
    /// Reads the text of a `policy.toml`.
    ///
    /// # Errors
    /// The line, and the expected value. A key without a meaning is an error.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        document::read(text)
    }

    /// The same policy, with every release denied that is not known to be signed by its author.
    #[must_use]
    pub fn requiring_signed(self) -> Self {
        Self {
            require_signed: true,
            ..self
        }
    }

    /// The same policy, with cosign's old format accepted.
    #[must_use]
    pub fn allowing_old_format(self) -> Self {
        Self {
            allow_old_format: true,
            ..self
        }
    }

    /// Returns the settings for a release.
    pub fn rule(&self, path: &ReleasePath) -> Rule {
        self.rule_of(&path.author, Some(path.name.distribution()))
    }

    /// Returns the settings for an author's releases of distributions that have no section.
    pub fn author_rule(&self, author: &PauseId) -> Rule {
        self.rule_of(author, None)
    }

    fn rule_of(&self, author: &PauseId, distribution: Option<&str>) -> Rule {
        let mut sections = Vec::with_capacity(3);
        if let Some(name) = distribution
            && let Some(section) = self.distributions.get(name)
        {
            sections.push((Origin::Distribution(name.to_owned()), section));
        }
        if let Some(section) = self.authors.get(author) {
            sections.push((Origin::Author(author.clone()), section));
        }
        sections.push((Origin::Default, &self.default));
        Rule::of(
            &sections,
            self.pause.as_ref(),
            self.require_signed,
            self.allow_old_format,
        )
    }

    /// How many authors and how many distributions have sections of their own.
    pub fn sections(&self) -> (usize, usize) {
        (self.authors.len(), self.distributions.len())
    }
}
