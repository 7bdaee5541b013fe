//! The run of a CI service, by the claims of its token.

use jiff::Timestamp;
use serde_json::Value;

use super::Registration;

/// Events that start a release.
const EVENTS: [&str; 3] = ["push", "release", "workflow_dispatch"];
const SOURCES: [&str; 2] = ["push", "web"];

/// A run whose token is for this PAUSE and has not expired.
pub(super) struct Run {
    pub(super) issuer: String,
    pub(super) jti: String,
    repository_id: String,
    owner_id: String,
    workflow: String,
    environment: Option<String>,
    git_ref: String,
}

impl Run {
    pub(super) fn of(
        claims: &Value,
        issuer: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<Self, &'static str> {
        if claims["iss"] != issuer {
            return Err("issuer-unknown");
        }
        if claims["aud"] != audience {
            return Err("token-invalid");
        }
        if claims["exp"]
            .as_i64()
            .is_none_or(|end| end <= now.as_second())
        {
            return Err("token-expired");
        }
        let claim = |name: &str| claims[name].as_str().ok_or("token-invalid");
        let owned = |name: &str| claim(name).map(str::to_owned);
        let environment = claims["environment"].as_str().map(str::to_owned);
        if claims["project_id"].is_string() {
            let file = claim("ci_config_ref_uri")?.split('@').next();
            let prefix = format!("/{}//", claim("project_path")?);
            let (_, workflow) = file
                .and_then(|file| file.split_once(&prefix))
                .ok_or("workflow-called")?;
            if !SOURCES.contains(&claim("pipeline_source")?) {
                return Err("event-refused");
            }
            return Ok(Self {
                issuer: issuer.to_owned(),
                jti: owned("jti")?,
                repository_id: owned("project_id")?,
                owner_id: owned("namespace_id")?,
                workflow: workflow.to_owned(),
                environment,
                git_ref: owned("ref_path")?,
            });
        }
        if !EVENTS.contains(&claim("event_name")?) {
            return Err("event-refused");
        }
        let file = claim("workflow_ref")?;
        if file != claim("job_workflow_ref")? {
            return Err("workflow-called");
        }
        let prefix = format!("{}/.github/workflows/", claim("repository")?);
        let workflow = file
            .split('@')
            .next()
            .and_then(|file| file.strip_prefix(&prefix))
            .ok_or("token-invalid")?;
        Ok(Self {
            issuer: issuer.to_owned(),
            jti: owned("jti")?,
            repository_id: owned("repository_id")?,
            owner_id: owned("repository_owner_id")?,
            workflow: workflow.to_owned(),
            environment,
            git_ref: owned("ref")?,
        })
    }

    /// Returns the one author who registered the run, or why there is none.
    pub(super) fn author(
        &self,
        all: &[Registration],
        wanted: Option<&str>,
    ) -> Result<String, &'static str> {
        let mut found: Vec<&Registration> = all
            .iter()
            .filter(|one| wanted.is_none_or(|wanted| wanted == one.author))
            .collect();
        for (code, fits) in self.rules() {
            found.retain(|one| fits(one));
            if found.is_empty() {
                return Err(code);
            }
        }
        let author = &found[0].author;
        match found.iter().all(|one| one.author == *author) {
            true => Ok(author.clone()),
            false => Err("author-ambiguous"),
        }
    }

    #[allow(clippy::type_complexity)]
    fn rules(&self) -> [(&'static str, Box<dyn Fn(&Registration) -> bool + '_>); 4] {
        [
            (
                "not-registered",
                Box::new(|one| {
                    one.workflow.issuer == self.issuer
                        && one.workflow.repository_id == self.repository_id
                        && one.workflow.owner_id == self.owner_id
                }),
            ),
            (
                "workflow-differs",
                Box::new(|one| one.workflow.workflow == self.workflow),
            ),
            (
                "environment-differs",
                Box::new(|one| {
                    let required = &one.workflow.environment;
                    required.is_none() || *required == self.environment
                }),
            ),
            (
                "ref-differs",
                Box::new(|one| one.workflow.has_ref(&self.git_ref)),
            ),
        ]
    }
}
