//! The identities in the flags.

use clap::Args;
use cpan_sigstore_core::identity::{
    AuthorIdentity, IdentityPolicy, Matcher, SignerIdentity, Subject, Wildcard, WorkflowClaims,
};
use jiff::Timestamp;

/// The issuer of GitHub's workflows.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

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
    /// Start of their validity, such as 2026-06-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// End of their validity
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
}

impl StatedArgs {
    /// The identities.
    pub fn identities(&self) -> Vec<AuthorIdentity> {
        let all = self.also.iter().chain(&self.workflow).chain(&self.pattern);
        all.map(|identity| AuthorIdentity {
            identity: identity.clone(),
            from: self.from,
            until: self.until,
        })
        .collect()
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
        issuer: Matcher::Exact(issuer.to_owned()),
        workflow: WorkflowClaims::default(),
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
    Ok(IdentityPolicy {
        subject: Matcher::Wildcard(Wildcard::new(&name).map_err(|error| error.to_string())?),
        issuer: Matcher::Exact(GITHUB.to_owned()),
        workflow: WorkflowClaims {
            repository: Some(format!("{owner}/{repository}")),
            ..WorkflowClaims::default()
        },
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
    IdentityPolicy {
        subject: match tags {
            Some(pattern) => Matcher::Wildcard(pattern),
            None => Matcher::Exact(signer.subject.as_str().to_owned()),
        },
        issuer: Matcher::Exact(signer.issuer.clone()),
        workflow: WorkflowClaims {
            repository: signer.claims.github.repository.clone(),
            ..WorkflowClaims::default()
        },
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
        assert_eq!(identity.workflow.repository.as_deref(), Some("tim/Foo"));
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
