//! The identities in the flags.

use clap::Args;
use cpan_sigstore_core::identity::{
    AuthorIdentity, GITHUB_ISSUER, IdentityPolicy, Matcher, SignerIdentity, SourceClaims, Subject,
    Wildcard,
};
use jiff::Timestamp;

use crate::error::CommandError;

/// Identities for the record.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Which identities")]
pub struct StatedArgs {
    /// Another identity, such as 'tim@example.org by https://accounts.google.com'; may be repeated
    #[arg(long = "also", value_name = "NAME by URL", value_parser = exact)]
    also: Vec<IdentityPolicy>,
    /// Release workflow at GitHub, for every tag, such as
    /// OWNER/REPOSITORY/.github/workflows/release.yml; may be repeated
    #[arg(long, value_name = "PATH", value_parser = workflow)]
    workflow: Vec<IdentityPolicy>,
    /// Pattern of identities, in which * matches anything but /, such as
    /// 'https://gitlab.com/OWNER/REPOSITORY//.gitlab-ci.yml@refs/tags/* by https://gitlab.com'; may be repeated
    #[arg(long, value_name = "PATTERN by URL", value_parser = pattern)]
    pattern: Vec<IdentityPolicy>,
    /// Address of the repository that runs the workflow or pattern, such as https://gitlab.com/OWNER/REPOSITORY
    #[arg(long, value_name = "URL", value_parser = address)]
    repository: Option<String>,
    /// Id of that repository, which outlives its name
    #[arg(long, value_name = "ID")]
    repository_id: Option<String>,
    /// Id of the owner of that repository
    #[arg(long, value_name = "ID")]
    owner_id: Option<String>,
    /// Start of their validity, such as 2026-06-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// End of their validity
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
}

impl StatedArgs {
    /// The identities.
    ///
    /// # Errors
    /// A pattern without a repository, or claims for more or less than one workflow.
    pub fn identities(&self) -> Result<Vec<AuthorIdentity>, CommandError> {
        let claims = [&self.repository, &self.repository_id, &self.owner_id];
        let has_claims = claims.into_iter().any(Option::is_some);
        let workflows = self.workflow.iter().chain(&self.pattern);
        if has_claims && workflows.clone().count() != 1 {
            return Err(CommandError::usage(format!(
                "invalid claims: expected one workflow or pattern beside its repository, found {}",
                workflows.count()
            ))
            .hinted("run the command once for each `--workflow` or `--pattern`"));
        }
        let workflows = workflows.map(|identity| self.with_claims(identity));
        let all: Vec<IdentityPolicy> = self.also.iter().cloned().chain(workflows).collect();
        if let Some(open) = all.iter().find(|identity| identity.leaves_source_open()) {
            return Err(CommandError::usage(format!(
                "missing repository of {open}: every repository may call a workflow, and then signs under its name"
            ))
            .hinted("name the workflow with `--workflow` or `--pattern`, and the repository that runs it with `--repository` or `--repository-id`"));
        }
        let stated = all.into_iter().map(|identity| AuthorIdentity {
            identity,
            from: self.from,
            until: self.until,
        });
        Ok(stated.collect())
    }

    /// The identity of a workflow, with the claims in the flags.
    fn with_claims(&self, identity: &IdentityPolicy) -> IdentityPolicy {
        let stated = &identity.source;
        let source = SourceClaims {
            repository: self.repository.clone().or(stated.repository.clone()),
            repository_id: self.repository_id.clone(),
            owner_id: self.owner_id.clone(),
            ..stated.clone()
        };
        IdentityPolicy {
            source,
            ..identity.clone()
        }
    }
}

/// The warning about identities that are bound to a repository by its name alone.
pub fn warning(identities: &[AuthorIdentity]) -> Option<String> {
    let mut named = identities.iter().map(|one| &one.identity.source);
    let source = named.find(|source| {
        source.names_repository() && (source.repository_id.is_none() || source.owner_id.is_none())
    })?;
    Some(format!(
        "{} is bound by name: if its owner gives the name up, somebody else can register it and sign as you; state its ids with `--repository-id` and `--owner-id` (at GitHub, `gh api repos/OWNER/REPOSITORY --jq '.id, .owner.id'` shows them)",
        source.repository.as_deref().unwrap_or("the repository")
    ))
}

fn address(text: &str) -> Result<String, String> {
    let source = SourceClaims {
        repository: Some(text.to_owned()),
        ..SourceClaims::default()
    };
    match source.invalid() {
        None => Ok(text.to_owned()),
        Some((_, expected, found)) => Err(format!(
            "invalid repository: expected {expected}, found `{found}`"
        )),
    }
}

/// `NAME by URL`
fn named(text: &str) -> Result<(&str, &str), String> {
    match text.split_once(" by ") {
        Some((name, issuer)) if !name.trim().is_empty() && !issuer.trim().is_empty() => {
            Ok((name.trim(), issuer.trim()))
        }
        _ => Err(format!(
            "invalid identity: expected a name and its issuer, as in 'tim@example.org by https://accounts.google.com', found `{text}`"
        )),
    }
}

fn exact(text: &str) -> Result<IdentityPolicy, String> {
    let (name, issuer) = named(text)?;
    Ok(IdentityPolicy::exact(name, issuer))
}

fn pattern(text: &str) -> Result<IdentityPolicy, String> {
    let (name, issuer) = named(text)?;
    let pattern = Wildcard::new(name).map_err(|error| error.to_string())?;
    Ok(IdentityPolicy {
        subject: Matcher::Wildcard(pattern),
        ..IdentityPolicy::exact(name, issuer)
    })
}

fn workflow(path: &str) -> Result<IdentityPolicy, String> {
    let refused = || {
        format!(
            "invalid workflow: expected OWNER/REPOSITORY/.github/workflows/FILE, found `{path}`"
        )
    };
    let path = path.trim_start_matches("https://github.com/");
    let mut parts = path.splitn(3, '/');
    let (Some(owner), Some(repository), Some(file)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(refused());
    };
    let is_file = file.starts_with(".github/workflows/") && !file.contains(['@', '*']);
    if owner.is_empty() || repository.is_empty() || !is_file {
        return Err(refused());
    }
    let name = format!("https://github.com/{path}@refs/tags/*");
    let pattern = Wildcard::new(&name).map_err(|error| error.to_string())?;
    Ok(IdentityPolicy {
        subject: Matcher::Wildcard(pattern),
        source: SourceClaims {
            repository: Some(format!("https://github.com/{owner}/{repository}")),
            ..SourceClaims::default()
        },
        ..IdentityPolicy::exact(name, GITHUB_ISSUER)
    })
}

/// The identity of a login, as a record lists it: a person exactly, and a workflow for every tag, because each
/// release has another tag in its name.
pub fn logged_in(signer: &SignerIdentity) -> IdentityPolicy {
    let tags = match &signer.subject {
        Subject::Uri(name) => name
            .split_once("@refs/tags/")
            .and_then(|(before, _)| Wildcard::new(&format!("{before}@refs/tags/*")).ok()),
        _ => None,
    };
    let exact = IdentityPolicy::exact(signer.subject.as_str(), signer.issuer.clone());
    let SourceClaims {
        repository,
        repository_id,
        owner_id,
        ..
    } = SourceClaims::of(&signer.claims);
    IdentityPolicy {
        subject: tags.map_or(exact.subject, Matcher::Wildcard),
        source: SourceClaims {
            repository,
            repository_id,
            owner_id,
            ..SourceClaims::default()
        },
        ..exact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_is_named_for_every_tag_of_its_repository_alone() {
        let identity = workflow("tim/Foo/.github/workflows/release.yml").unwrap();
        let name = |tag: &str| {
            format!("https://github.com/tim/Foo/.github/workflows/release.yml@refs/{tag}")
        };
        assert!(identity.subject.matches(&name("tags/v1.0")));
        assert!(!identity.subject.matches(&name("heads/main")));
        let repository = identity.source.repository.as_deref();
        assert_eq!(repository, Some("https://github.com/tim/Foo"));
        for path in [
            "tim/Foo",
            "tim/Foo/release.yml",
            "/Foo/.github/workflows/x.yml",
            "tim/Foo/.github/workflows/*",
        ] {
            assert!(workflow(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_name_needs_who_vouches_for_it() {
        assert!(exact("tim@x by https://i").is_ok());
        for text in ["tim@x", "by https://i", "tim@x by ", ""] {
            assert!(exact(text).is_err(), "{text}");
        }
        assert!(pattern("* by https://i").is_err());
    }
}
