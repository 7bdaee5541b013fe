//! `policy.toml`: the decision about each finding, by default, by author, by distribution and by module, the
//! identities of authors, the owners of modules, and the digests of single releases.
//!
//! Each key is read by itself: `[module."Foo::Bar"]` outranks `[module."Foo::*"]`, which outranks
//! `[distribution.Foo-Bar]`, then `[author.TIMLEGGE]`, `[default]` and the defaults of this program. Identities are
//! not mixed: the first section that states any is the one source.
//!
//! A policy can allow only the everyday state of CPAN: no signature, an unknown signer, an archive without META, an
//! unsigned archive whose META lags behind its name, an author index that is not of today, a module that changes hands
//! between authors who never signed, an older release after a deletion. All other findings are always denied.
//!
//! `[release."TIMLEGGE/Foo-1.0.tar.gz"]` states the digest of one release. It binds path and bytes, so it decides what
//! follows from these two alone: whether the archive is the release that its name says.

mod document;
mod error;
mod leniency;
mod log;
mod pause;
mod rule;
#[cfg(test)]
mod tests;

pub use error::PolicyError;
pub use log::LogSettings;
pub use pause::PauseProvider;
pub use rule::{PackageRule, Rule, Setting};

pub use crate::origin::Origin;

use std::collections::BTreeMap;

use crate::{
    decision::Decision,
    digest::Sha256Digest,
    identity::AuthorIdentity,
    release::{PackageName, PauseId, ReleasePath},
};

/// Largest policy that is read, in bytes.
pub const SIZE_LIMIT: usize = 4 * 1024 * 1024;

/// The decisions of a user. [`Policy::default`] is in effect without a `policy.toml`.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    default: Section,
    authors: BTreeMap<PauseId, Section>,
    distributions: BTreeMap<String, Section>,
    modules: BTreeMap<String, Section>,
    /// The pinned digests, by short path.
    releases: BTreeMap<String, Sha256Digest>,
    pause: Option<PauseProvider>,
    log: Option<LogSettings>,
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
    name_mismatch: Option<Decision>,
    owner_changed: Option<Decision>,
    release_rolled_back: Option<Decision>,
    allow_old_format: Option<bool>,
    trust_material_age: Option<u32>,
    index_stale: Option<Decision>,
    index_age: Option<u32>,
    index_age_limit: Option<u32>,
    unlogged: Option<Decision>,
    log_stale: Option<Decision>,
    identities: Option<Vec<AuthorIdentity>>,
    authors: Option<Vec<PauseId>>,
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

    /// The CPAN log that is in use, if any.
    pub const fn log(&self) -> Option<&LogSettings> {
        self.log.as_ref()
    }

    /// Returns the settings for a release that no package leads to.
    pub fn rule(&self, path: &ReleasePath) -> Rule {
        self.rule_of_release(path, Vec::new())
    }

    /// Returns the settings for a release and the packages that lead to it, once for the packages that share them.
    /// There is at least one.
    pub fn rules(&self, path: &ReleasePath, packages: &[PackageName]) -> Vec<PackageRule> {
        let mut groups: BTreeMap<Vec<&str>, Vec<PackageName>> = BTreeMap::new();
        for package in packages {
            let names = self.modules_of(package.as_str()).map(|(name, _)| name);
            groups
                .entry(names.collect())
                .or_default()
                .push(package.clone());
        }
        if groups.is_empty() {
            groups.insert(Vec::new(), Vec::new());
        }
        let of_group = |(names, packages): (Vec<&str>, Vec<PackageName>)| PackageRule {
            rule: self.rule_of_release(path, names),
            packages,
        };
        groups.into_iter().map(of_group).collect()
    }

    /// Returns the authors who may provide a package, if the policy names any.
    pub fn module_authors(&self, package: &str) -> Option<&[PauseId]> {
        self.modules_of(package)
            .find_map(|(_, section)| section.authors.as_deref())
    }

    /// Returns the distributions whose authors the policy names.
    pub fn owned_distributions(&self) -> impl Iterator<Item = &str> {
        let mut named = self.distributions.iter();
        std::iter::from_fn(move || named.find(|(_, section)| section.authors.is_some()))
            .map(|(name, _)| name.as_str())
    }

    /// The sections for a package, the most specific first.
    fn modules_of(&self, package: &str) -> impl Iterator<Item = (&str, &Section)> {
        let exact = self.modules.get_key_value(package);
        let is_used = !self.modules.is_empty();
        let patterns = PackageName::parents_of(package)
            .take_while(move |_| is_used)
            .filter_map(|parent| self.modules.get_key_value(format!("{parent}::*").as_str()));
        let sections: Vec<_> = exact.into_iter().chain(patterns).collect();
        sections
            .into_iter()
            .map(|(name, section)| (name.as_str(), section))
    }

    /// Returns the settings for an author's releases of distributions that have no section.
    pub fn author_rule(&self, author: &PauseId) -> Rule {
        self.rule_of(author, None, Vec::new())
    }

    fn rule_of_release(&self, path: &ReleasePath, modules: Vec<&str>) -> Rule {
        Rule {
            digest: self.digest(path),
            ..self.rule_of(&path.author, Some(path.name.distribution()), modules)
        }
    }

    /// Returns the digest that the policy pins for a release.
    fn digest(&self, path: &ReleasePath) -> Option<Setting<Sha256Digest>> {
        if self.releases.is_empty() {
            return None;
        }
        let (short, digest) = self.releases.get_key_value(&path.short())?;
        Some(Setting {
            value: *digest,
            origin: Origin::Release(short.clone()),
        })
    }

    fn rule_of(&self, author: &PauseId, distribution: Option<&str>, modules: Vec<&str>) -> Rule {
        let mut sections = Vec::with_capacity(3 + modules.len());
        for name in modules {
            if let Some(section) = self.modules.get(name) {
                sections.push((Origin::Module(name.to_owned()), section));
            }
        }
        if let Some(name) = distribution
            && let Some(section) = self.distributions.get(name)
        {
            sections.push((Origin::Distribution(name.to_owned()), section));
        }
        if let Some(section) = self.authors.get(author) {
            sections.push((Origin::Author(author.clone()), section));
        }
        let by_log = self.log.as_ref().map(LogSettings::section);
        sections.extend(by_log.iter().map(|section| (Origin::Log, section)));
        sections.push((Origin::Default, &self.default));
        Rule::of(
            &sections,
            self.pause.as_ref(),
            self.log.as_ref(),
            self.require_signed,
            self.allow_old_format,
        )
    }

    /// How many authors, distributions, modules and releases have sections of their own.
    pub fn sections(&self) -> [usize; 4] {
        [
            self.authors.len(),
            self.distributions.len(),
            self.modules.len(),
            self.releases.len(),
        ]
    }
}
