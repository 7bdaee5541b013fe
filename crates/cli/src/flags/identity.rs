//! The flags for the expected signer identity; the same as cosign's.

use clap::Args;
use cpan_sigstore_core::identity::{IdentityPolicy, Matcher, SourceClaims, WorkflowClaims};

use crate::error::CommandError;

/// The missing part of an identity.
#[derive(Clone, Copy, Debug)]
enum Missing {
    /// The name.
    Name,
    /// The issuer.
    Issuer,
    /// Either.
    Both,
}

impl From<Missing> for CommandError {
    fn from(missing: Missing) -> Self {
        let found = match missing {
            Missing::Name => "an issuer and no name",
            Missing::Issuer => "a name and no issuer",
            Missing::Both => "none",
        };
        Self::usage(format!(
            "missing signer identity: expected name and issuer, found {found}"
        ))
        .hinted("name the signer with `--certificate-identity author@example.com --certificate-oidc-issuer https://accounts.google.com` or `--key FILE`, or the author with `--author ID`; `cpan-sigstore inspect BUNDLE` shows the unverified signer of a bundle, so confirm it with the author")
    }
}

/// The expected signer identity.
#[derive(Args, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Who should have signed")]
pub struct IdentityArgs {
    /// Name in the certificate: an e-mail address, the address of a workflow, or NAME!DOMAIN
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "certificate_identity_regexp"
    )]
    pub certificate_identity: Option<String>,
    /// Pattern of the whole name
    #[arg(long, value_name = "PATTERN")]
    pub certificate_identity_regexp: Option<String>,
    /// Issuer of the name, such as https://accounts.google.com
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "certificate_oidc_issuer_regexp"
    )]
    pub certificate_oidc_issuer: Option<String>,
    /// Pattern of the whole issuer address
    #[arg(long, value_name = "PATTERN")]
    pub certificate_oidc_issuer_regexp: Option<String>,
    /// Repository of the GitHub workflow, OWNER/REPOSITORY
    #[arg(long, value_name = "NAME")]
    pub certificate_github_workflow_repository: Option<String>,
    /// Branch or tag of the GitHub workflow, such as refs/tags/v1.0
    #[arg(long, value_name = "REF")]
    pub certificate_github_workflow_ref: Option<String>,
    /// Commit of the GitHub workflow
    #[arg(long, value_name = "SHA")]
    pub certificate_github_workflow_sha: Option<String>,
    /// Name of the GitHub workflow
    #[arg(long, value_name = "NAME")]
    pub certificate_github_workflow_name: Option<String>,
    /// Event that started the GitHub workflow, such as release
    #[arg(long, value_name = "EVENT")]
    pub certificate_github_workflow_trigger: Option<String>,
}

impl IdentityArgs {
    /// The identity that the flags name.
    ///
    /// # Errors
    /// A missing name or issuer, or an invalid pattern.
    pub fn expected(&self) -> Result<IdentityPolicy, CommandError> {
        Ok(IdentityPolicy {
            subject: matcher(
                &self.certificate_identity,
                &self.certificate_identity_regexp,
                self.missing(),
            )?,
            issuer: matcher(
                &self.certificate_oidc_issuer,
                &self.certificate_oidc_issuer_regexp,
                self.missing(),
            )?,
            source: SourceClaims::default(),
            workflow: WorkflowClaims {
                trigger: self.certificate_github_workflow_trigger.clone(),
                sha: self.certificate_github_workflow_sha.clone(),
                name: self.certificate_github_workflow_name.clone(),
                repository: self.certificate_github_workflow_repository.clone(),
                git_ref: self.certificate_github_workflow_ref.clone(),
            },
        })
    }

    /// The part that is not given.
    fn missing(&self) -> Missing {
        let name =
            self.certificate_identity.is_some() || self.certificate_identity_regexp.is_some();
        let issuer =
            self.certificate_oidc_issuer.is_some() || self.certificate_oidc_issuer_regexp.is_some();
        match (name, issuer) {
            (true, false) => Missing::Issuer,
            (false, true) => Missing::Name,
            _ => Missing::Both,
        }
    }

    /// Whether any of the flags was given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn matcher(
    exact: &Option<String>,
    pattern: &Option<String>,
    missing: Missing,
) -> Result<Matcher, CommandError> {
    match (exact, pattern) {
        // An empty name would be a mistake of a script, never a wish.
        (Some(exact), _) if !exact.is_empty() => Ok(Matcher::Exact(exact.clone())),
        (None, Some(pattern)) if !pattern.is_empty() => Ok(Matcher::pattern(pattern)?),
        _ => Err(missing.into()),
    }
}
