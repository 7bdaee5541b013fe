//! The text of a `policy.toml`, read strictly.

use std::{collections::BTreeMap, ops::Range};

use jiff::Timestamp;
use serde::Deserialize;
use toml::Spanned;

use super::{PauseProvider, Policy, PolicyError, SIZE_LIMIT, Section, log};
use super::{leniency::Leniency, log::StatedLog};
use crate::{
    decision::Decision,
    digest::Sha256Digest,
    identity::{AuthorIdentity, IdentityPolicy, Matcher, SourceClaims, WorkflowClaims},
    release::{PackageName, PauseId, ReleasePath},
};

/// Most days that trust material may be allowed to age.
pub(super) const LONGEST_AGE: u32 = 3650;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "the keys of a policy")]
struct Document {
    #[serde(default)]
    default: Stated,
    #[serde(default)]
    author: BTreeMap<Spanned<String>, Stated>,
    #[serde(default)]
    distribution: BTreeMap<Spanned<String>, Stated>,
    #[serde(default)]
    module: BTreeMap<Spanned<String>, Stated>,
    #[serde(default)]
    release: BTreeMap<Spanned<String>, StatedRelease>,
    pause: Option<Spanned<Provider>>,
    log: Option<Spanned<StatedLog>>,
}

/// One release.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with `digest`")]
struct StatedRelease {
    digest: Spanned<String>,
}

/// PAUSE as identity provider.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a section with `issuer` and `domain`"
)]
struct Provider {
    issuer: String,
    domain: String,
}

#[derive(Default, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a section"
)]
struct Stated {
    require_signed: Option<bool>,
    unsigned: Option<Leniency>,
    identity_unknown: Option<Leniency>,
    name_unchecked: Option<Leniency>,
    name_mismatch: Option<Leniency>,
    owner_changed: Option<Leniency>,
    release_rolled_back: Option<Leniency>,
    allow_old_format: Option<bool>,
    trust_material_age: Option<Spanned<u32>>,
    index_stale: Option<Leniency>,
    index_age: Option<Spanned<u32>>,
    index_age_limit: Option<Spanned<u32>>,
    unlogged: Option<Leniency>,
    log_stale: Option<Leniency>,
    identities: Option<Spanned<Vec<Spanned<Identity>>>>,
    authors: Option<Spanned<Vec<Spanned<String>>>>,
}

#[derive(Deserialize)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "an identity such as `{ subject = \"...\", issuer = \"...\" }`"
)]
struct Identity {
    subject: Option<String>,
    pattern: Option<String>,
    issuer: Option<String>,
    repository: Option<String>,
    repository_id: Option<String>,
    owner_id: Option<String>,
    #[serde(rename = "ref")]
    git_ref: Option<String>,
    workflow: Option<String>,
    from: Option<String>,
    until: Option<String>,
}

/// The text, to find the lines of its values.
pub(super) struct Lines<'a>(&'a str);

impl Lines<'_> {
    fn of(&self, span: &Range<usize>) -> usize {
        let before = self.0.as_bytes().iter().take(span.start);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    pub fn value(
        &self,
        span: &Range<usize>,
        expected: &'static str,
        found: impl ToString,
    ) -> PolicyError {
        PolicyError::Value {
            line: self.of(span),
            expected,
            found: found.to_string(),
        }
    }
}

pub(super) fn read(text: &str) -> Result<Policy, PolicyError> {
    if text.len() > SIZE_LIMIT {
        return Err(PolicyError::TooLarge(text.len()));
    }
    let lines = Lines(text);
    let document: Document = toml::from_str(text).map_err(|error| PolicyError::Syntax {
        line: lines.of(&error.span().unwrap_or_default()),
        reason: reworded(&error.message().replace('\n', ", ")),
    })?;
    if let Some(identities) = &document.default.identities {
        return Err(lines.value(
            &identities.span(),
            "identities in a section of an author or a distribution",
            "some in [default], where they would be everybody's",
        ));
    }
    let without_owner = document.author.values().chain([&document.default]);
    if let Some(authors) = without_owner.filter_map(|it| it.authors.as_ref()).next() {
        return Err(lines.value(
            &authors.span(),
            "`authors` in a section of a module or a distribution",
            "some in another section",
        ));
    }
    Ok(Policy {
        default: document.default.section(&lines)?,
        authors: sections(
            document.author,
            &lines,
            "the PAUSE id of an author, once",
            |name| name.parse::<PauseId>().ok(),
        )?,
        distributions: sections(
            document.distribution,
            &lines,
            "the name of a distribution, such as Foo-Bar, once",
            |name| is_distribution(name).then(|| name.to_owned()),
        )?,
        modules: sections(
            document.module,
            &lines,
            "a package such as Foo::Bar, or those below one such as Foo::*, once",
            |name| is_module(name).then(|| name.to_owned()),
        )?,
        releases: releases(document.release, &lines)?,
        log: document
            .log
            .map(|stated| log::settings_of(stated, &lines))
            .transpose()?,
        pause: document
            .pause
            .map(|provider| provider_of(provider, &lines))
            .transpose()?,
        ..Policy::default()
    })
}

/// The message of the reader of TOML, as this program states expected and found values.
fn reworded(message: &str) -> String {
    let mistyped = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = mistyped.and_then(|rest| rest.split_once(", expected ")) {
        return format!("expected {}, found {}", word(expected), word(found));
    }
    let unknown = message.strip_prefix("unknown field ");
    if let Some((found, expected)) = unknown.and_then(|rest| rest.split_once(", expected ")) {
        return format!("unknown key {found}, expected {expected}");
    }
    match message.strip_prefix("missing field ") {
        Some(key) => format!("expected the key {key}, found none"),
        None => message.to_owned(),
    }
}

/// The word of a policy for one of the reader.
fn word(of_reader: &str) -> &str {
    match of_reader {
        "a boolean" => "true or false",
        "u32" => "a whole number of days",
        "a sequence" | "sequence" => "a list",
        "a map" | "map" => "a section",
        other => other,
    }
}

fn provider_of(stated: Spanned<Provider>, lines: &Lines<'_>) -> Result<PauseProvider, PolicyError> {
    let span = stated.span();
    let Provider { issuer, domain } = stated.into_inner();
    if issuer.is_empty() || domain.is_empty() || domain.contains('!') {
        return Err(lines.value(
            &span,
            "`issuer` and `domain`, such as \"pause.perl.org\"",
            "an empty one, or a `!`",
        ));
    }
    Ok(PauseProvider { issuer, domain })
}

/// Whether a text can be the name of a distribution in file names.
fn is_distribution(name: &str) -> bool {
    let in_file_names = |c: char| c.is_ascii_alphanumeric() || "_-.+".contains(c);
    !name.is_empty() && name.chars().all(in_file_names)
}

/// Whether a text is a package, or a pattern of those below one.
fn is_module(name: &str) -> bool {
    let package = name.strip_suffix("::*").unwrap_or(name);
    PackageName::is_valid(package) && !package.ends_with(':')
}

fn sections<K: Ord>(
    stated: BTreeMap<Spanned<String>, Stated>,
    lines: &Lines<'_>,
    expected: &'static str,
    key: impl Fn(&str) -> Option<K>,
) -> Result<BTreeMap<K, Section>, PolicyError> {
    let mut sections = BTreeMap::new();
    for (name, stated) in stated {
        let section = stated.section(lines)?;
        let is_new = key(name.get_ref()).is_some_and(|key| sections.insert(key, section).is_none());
        if !is_new {
            return Err(PolicyError::Section {
                line: lines.of(&name.span()),
                expected,
                found: name.get_ref().chars().take(80).collect(),
            });
        }
    }
    Ok(sections)
}

fn releases(
    stated: BTreeMap<Spanned<String>, StatedRelease>,
    lines: &Lines<'_>,
) -> Result<BTreeMap<String, Sha256Digest>, PolicyError> {
    let mut releases = BTreeMap::new();
    for (name, StatedRelease { digest }) in stated {
        let value = digest.get_ref().parse::<Sha256Digest>().map_err(|_| {
            lines.value(
                &digest.span(),
                "`sha256:` and 64 hexadecimal digits",
                digest.get_ref().chars().take(80).collect::<String>(),
            )
        })?;
        let path = ReleasePath::from_short(name.get_ref()).ok();
        if path.is_none_or(|path| releases.insert(path.short(), value).is_some()) {
            return Err(PolicyError::Section {
                line: lines.of(&name.span()),
                expected: "the path of a release, such as TIMLEGGE/Foo-1.0.tar.gz, once",
                found: name.get_ref().chars().take(80).collect(),
            });
        }
    }
    Ok(releases)
}

impl Stated {
    fn section(self, lines: &Lines<'_>) -> Result<Section, PolicyError> {
        let ages = [
            &self.trust_material_age,
            &self.index_age,
            &self.index_age_limit,
        ];
        for days in ages.into_iter().flatten() {
            if !(1..=LONGEST_AGE).contains(days.get_ref()) {
                return Err(lines.value(&days.span(), "1 to 3650 days", days.get_ref()));
            }
        }
        let identities = match self.identities {
            Some(list) if list.get_ref().is_empty() => {
                return Err(lines.value(&list.span(), "at least one identity", "none"));
            }
            Some(list) => Some(
                list.into_inner()
                    .into_iter()
                    .map(|identity| Identity::pin(identity, lines))
                    .collect::<Result<_, _>>()?,
            ),
            None => None,
        };
        Ok(Section {
            require_signed: self.require_signed,
            unsigned: self.unsigned.map(Decision::from),
            identity_unknown: self.identity_unknown.map(Decision::from),
            name_unchecked: self.name_unchecked.map(Decision::from),
            name_mismatch: self.name_mismatch.map(Decision::from),
            owner_changed: self.owner_changed.map(Decision::from),
            release_rolled_back: self.release_rolled_back.map(Decision::from),
            allow_old_format: self.allow_old_format,
            trust_material_age: self.trust_material_age.map(Spanned::into_inner),
            index_stale: self.index_stale.map(Decision::from),
            index_age: self.index_age.map(Spanned::into_inner),
            index_age_limit: self.index_age_limit.map(Spanned::into_inner),
            unlogged: self.unlogged.map(Decision::from),
            log_stale: self.log_stale.map(Decision::from),
            identities,
            authors: self
                .authors
                .map(|authors| authors_of(authors, lines))
                .transpose()?,
        })
    }
}

fn authors_of(
    authors: Spanned<Vec<Spanned<String>>>,
    lines: &Lines<'_>,
) -> Result<Vec<PauseId>, PolicyError> {
    if authors.get_ref().is_empty() {
        return Err(lines.value(&authors.span(), "at least one PAUSE id", "none"));
    }
    let parse = |id: Spanned<String>| {
        let parsed = id.get_ref().parse();
        parsed.map_err(|_| lines.value(&id.span(), "a PAUSE id", id.get_ref()))
    };
    authors.into_inner().into_iter().map(parse).collect()
}

impl Identity {
    fn pin(identity: Spanned<Self>, lines: &Lines<'_>) -> Result<AuthorIdentity, PolicyError> {
        let span = identity.span();
        let identity = identity.into_inner();
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let subject = match (given(identity.subject), given(identity.pattern)) {
            (Some(subject), None) => Matcher::Exact(subject),
            (None, Some(pattern)) => Matcher::pattern(&pattern)
                .map_err(|error| lines.value(&span, "a pattern that can be used", error))?,
            _ => {
                return Err(lines.value(
                    &span,
                    "a `subject` or a `pattern` for it",
                    "both or neither",
                ));
            }
        };
        let Some(issuer) = given(identity.issuer) else {
            return Err(lines.value(
                &span,
                "an `issuer`, such as https://accounts.google.com",
                "none: a name means nothing without the one who vouches for it",
            ));
        };
        let time = |text: Option<String>| {
            text.map(|text| {
                text.parse::<Timestamp>().map_err(|_| {
                    lines.value(&span, "a time such as \"2026-01-01T00:00:00Z\"", text)
                })
            })
            .transpose()
        };
        let (from, until) = (time(identity.from)?, time(identity.until)?);
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            return Err(lines.value(
                &span,
                "`from` before `until`",
                format!("{from} and {until}"),
            ));
        }
        let source = SourceClaims {
            owner_id: identity.owner_id,
            git_ref: identity.git_ref,
            repository: identity.repository,
            repository_id: identity.repository_id,
            workflow: identity.workflow,
        };
        if let Some((name, expected, found)) = source.invalid() {
            return Err(lines.value(&span, expected, format!("`{found}` for `{name}`")));
        }
        let identity = IdentityPolicy {
            subject,
            issuer: Matcher::Exact(issuer),
            source,
            workflow: WorkflowClaims::default(),
        };
        if identity.leaves_source_open() {
            return Err(lines.value(
                &span,
                "a `repository` or `repository-id` beside the name or pattern of a workflow",
                "neither: every repository may call the workflow",
            ));
        }
        Ok(AuthorIdentity {
            identity,
            from,
            until,
        })
    }
}
