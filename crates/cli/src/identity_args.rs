//! The flags that name who should have signed; the same as cosign's.

use clap::Args;
use cpan_sigstore_core::identity::{IdentityPolicy, Matcher, WorkflowClaims};

use crate::failure::{Failure, Missing};

/// Who should have signed.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Who should have signed")]
pub struct IdentityArgs {
    /// The name in the certificate: an e-mail address, the address of a workflow, or NAME!DOMAIN
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "certificate_identity_regexp"
    )]
    pub certificate_identity: Option<String>,
    /// A pattern for the whole name
    #[arg(long, value_name = "PATTERN")]
    pub certificate_identity_regexp: Option<String>,
    /// The provider that vouches for the name, for example https://accounts.google.com
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "certificate_oidc_issuer_regexp"
    )]
    pub certificate_oidc_issuer: Option<String>,
    /// A pattern for the whole address of the provider
    #[arg(long, value_name = "PATTERN")]
    pub certificate_oidc_issuer_regexp: Option<String>,
    /// The repository of the GitHub workflow, OWNER/REPOSITORY
    #[arg(long, value_name = "NAME")]
    pub certificate_github_workflow_repository: Option<String>,
    /// The branch or tag of the GitHub workflow, for example refs/tags/v1.0
    #[arg(long, value_name = "REF")]
    pub certificate_github_workflow_ref: Option<String>,
    /// The commit of the GitHub workflow
    #[arg(long, value_name = "SHA")]
    pub certificate_github_workflow_sha: Option<String>,
    /// The name of the GitHub workflow
    #[arg(long, value_name = "NAME")]
    pub certificate_github_workflow_name: Option<String>,
    /// The event that started the GitHub workflow, for example release
    #[arg(long, value_name = "EVENT")]
    pub certificate_github_workflow_trigger: Option<String>,
}

impl IdentityArgs {
    /// The identity that the flags name.
    ///
    /// # Errors
    /// Where name or issuer is missing, or a pattern cannot be used.
    pub fn expected(&self) -> Result<IdentityPolicy, Failure> {
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
            workflow: WorkflowClaims {
                trigger: self.certificate_github_workflow_trigger.clone(),
                sha: self.certificate_github_workflow_sha.clone(),
                name: self.certificate_github_workflow_name.clone(),
                repository: self.certificate_github_workflow_repository.clone(),
                git_ref: self.certificate_github_workflow_ref.clone(),
            },
        })
    }

    /// What is said when name or issuer is not given.
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
        let Self {
            certificate_identity,
            certificate_identity_regexp,
            certificate_oidc_issuer,
            certificate_oidc_issuer_regexp,
            certificate_github_workflow_repository,
            certificate_github_workflow_ref,
            certificate_github_workflow_sha,
            certificate_github_workflow_name,
            certificate_github_workflow_trigger,
        } = self;
        [
            certificate_identity,
            certificate_identity_regexp,
            certificate_oidc_issuer,
            certificate_oidc_issuer_regexp,
            certificate_github_workflow_repository,
            certificate_github_workflow_ref,
            certificate_github_workflow_sha,
            certificate_github_workflow_name,
            certificate_github_workflow_trigger,
        ]
        .into_iter()
        .all(Option::is_none)
    }
}

fn matcher(
    exact: &Option<String>,
    pattern: &Option<String>,
    missing: Missing,
) -> Result<Matcher, Failure> {
    match (exact, pattern) {
        // An empty name would be a mistake of a script, never a wish.
        (Some(exact), _) if !exact.is_empty() => Ok(Matcher::Exact(exact.clone())),
        (None, Some(pattern)) if !pattern.is_empty() => Ok(Matcher::pattern(pattern)?),
        _ => Err(Failure::NoIdentity(missing)),
    }
}
