//! The run of a workflow, by the claims of a verified token.

use cpan_sigstore_core::release::PauseId;

use super::{CiIssuer, Kind, Refusal, Registration, Workflow};
use crate::tokens::VerifiedToken;

/// Events of GitHub that start a release. Those of pull requests and of other workflows run foreign code.
const EVENTS: [&str; 3] = ["push", "release", "workflow_dispatch"];
/// The same of GitLab.
const SOURCES: [&str; 2] = ["push", "web"];
/// Folder of GitHub's workflows.
const FOLDER: &str = "/.github/workflows/";

/// The run of a workflow. Names are the token's own; the ids decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub issuer: String,
    /// The token's own name, which is accepted once.
    pub jti: String,
    pub repository: String,
    pub repository_id: String,
    pub owner_id: String,
    pub workflow: String,
    pub environment: Option<String>,
    pub git_ref: String,
}

/// A rule by which registrations are left, and the refusal if none is.
type Rule = (fn(&Run, &Workflow) -> bool, Refusal);

/// The rules in the order of the standard.
const RULES: [Rule; 4] = [
    (Run::has_ids, Refusal::NotRegistered),
    (
        |run, workflow| workflow.workflow == run.workflow,
        Refusal::WorkflowDiffers,
    ),
    (Run::has_environment, Refusal::EnvironmentDiffers),
    (
        |run, workflow| workflow.has_ref(&run.git_ref),
        Refusal::RefDiffers,
    ),
];

impl Run {
    /// Reads the claims of a token.
    pub(super) fn of(token: &VerifiedToken, issuer: &CiIssuer) -> Result<Self, Refusal> {
        match issuer.kind {
            Kind::Github => Self::of_github(token, issuer),
            Kind::Gitlab => Self::of_gitlab(token, issuer),
        }
    }

    fn of_github(token: &VerifiedToken, issuer: &CiIssuer) -> Result<Self, Refusal> {
        let repository = claim(token, "repository")?;
        if !EVENTS.contains(&claim(token, "event_name")?.as_str()) {
            return Err(Refusal::EventRefused);
        }
        let file = claim(token, "workflow_ref")?;
        // The code of the job is that of `job_workflow_ref`, and what started it is `workflow_ref`.
        if file != claim(token, "job_workflow_ref")? {
            return Err(Refusal::WorkflowCalled);
        }
        let (path, _) = file.rsplit_once('@').ok_or(Refusal::TokenInvalid)?;
        let workflow = path
            .strip_prefix(repository.as_str())
            .and_then(|path| path.strip_prefix(FOLDER))
            .ok_or(Refusal::TokenInvalid)?;
        Ok(Self {
            issuer: issuer.issuer.clone(),
            jti: claim(token, "jti")?,
            repository_id: claim(token, "repository_id")?,
            owner_id: claim(token, "repository_owner_id")?,
            workflow: workflow.to_owned(),
            environment: token.text("environment").map(str::to_owned),
            git_ref: claim(token, "ref")?,
            repository,
        })
    }

    fn of_gitlab(token: &VerifiedToken, issuer: &CiIssuer) -> Result<Self, Refusal> {
        let project = claim(token, "project_path")?;
        if !SOURCES.contains(&claim(token, "pipeline_source")?.as_str()) {
            return Err(Refusal::EventRefused);
        }
        let file = claim(token, "ci_config_ref_uri")?;
        let (path, _) = file.rsplit_once('@').ok_or(Refusal::TokenInvalid)?;
        // A configuration of another project is that of others.
        let workflow = path
            .strip_prefix(&format!("{}/{project}//", issuer.host()))
            .ok_or(Refusal::WorkflowCalled)?;
        Ok(Self {
            issuer: issuer.issuer.clone(),
            jti: claim(token, "jti")?,
            repository_id: claim(token, "project_id")?,
            owner_id: claim(token, "namespace_id")?,
            workflow: workflow.to_owned(),
            environment: token.text("environment").map(str::to_owned),
            git_ref: claim(token, "ref_path")?,
            repository: project,
        })
    }

    fn has_ids(&self, workflow: &Workflow) -> bool {
        workflow.issuer == self.issuer
            && workflow.repository_id == self.repository_id
            && workflow.owner_id == self.owner_id
    }

    fn has_environment(&self, workflow: &Workflow) -> bool {
        let required = &workflow.environment;
        required.is_none() || *required == self.environment
    }

    /// Returns the registration of the one author who registered this run.
    pub(super) fn registration<'a>(
        &self,
        all: &'a [Registration],
        wanted: Option<&PauseId>,
    ) -> Result<&'a Registration, Refusal> {
        let mut left: Vec<&Registration> = all
            .iter()
            .filter(|one| wanted.is_none_or(|wanted| *wanted == one.author))
            .collect();
        for (fits, refusal) in RULES {
            left.retain(|one| fits(self, &one.workflow));
            if left.is_empty() {
                return Err(refusal);
            }
        }
        match left.split_first() {
            Some((first, rest)) if rest.iter().all(|one| one.author == first.author) => Ok(first),
            _ => Err(Refusal::AuthorAmbiguous),
        }
    }
}

/// Returns a claim that has to be there.
fn claim(token: &VerifiedToken, name: &str) -> Result<String, Refusal> {
    let found = token.text(name).filter(|text| !text.is_empty());
    found.map(str::to_owned).ok_or(Refusal::TokenInvalid)
}
