//! The people and machines that can log in.

use serde_json::{Map, Value, json};

/// Dex's name for GitHub, as at the public-good instance. It becomes the certificate's issuer.
pub const GITHUB: &str = "https://github.com/login/oauth";
/// Dex's name for Google.
pub const GOOGLE: &str = "https://accounts.google.com";
/// Dex's name for Microsoft.
pub const MICROSOFT: &str = "https://login.microsoftonline.com";

/// The issuer of an account's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realm {
    /// The base address: people with an e-mail address.
    Email,
    /// `/pause`: user names, tokens without an e-mail address.
    Pause,
    /// `/ci`: workflow runs.
    Ci,
}

/// An account that can log in.
#[derive(Clone, Debug)]
pub struct Account {
    /// Unique name by which buttons, scripts and tests choose the account.
    pub id: String,
    pub realm: Realm,
    /// The token's `sub`.
    pub subject: String,
    /// The token's `email`, if it has one.
    pub email: Option<String>,
    /// Upstream provider of the login, as Dex's `connector_id`.
    pub connector: Option<String>,
    /// Further claims of the token.
    pub claims: Map<String, Value>,
}

impl Account {
    /// Creates a person with an e-mail address who logs in at the provider itself.
    pub fn email(id: &str, address: &str) -> Self {
        Self {
            id: id.to_owned(),
            realm: Realm::Email,
            // It differs from the address, to reveal clients that sign the wrong one.
            subject: format!("subject-of-{id}"),
            email: Some(address.to_owned()),
            connector: None,
            claims: Map::new(),
        }
    }

    /// Moves the login to an upstream provider such as [`GITHUB`].
    #[must_use]
    pub fn through(mut self, connector: &str) -> Self {
        self.connector = Some(connector.to_owned());
        self.claims.insert(
            "federated_claims".to_owned(),
            json!({ "connector_id": connector, "user_id": self.id }),
        );
        self
    }

    /// Creates a user name such as a PAUSE id, without an e-mail address.
    pub fn pause(user: &str) -> Self {
        Self {
            id: user.to_owned(),
            realm: Realm::Pause,
            subject: user.to_owned(),
            email: None,
            connector: None,
            claims: Map::new(),
        }
    }

    /// Creates a run of `.github/workflows/release.yml` of `repository` (`owner/name`) for a tag,
    /// with the claims of GitHub Actions.
    pub fn workflow(id: &str, repository: &str, tag: &str) -> Self {
        let owner = repository.split('/').next().unwrap_or(repository);
        let git_ref = format!("refs/tags/{tag}");
        let workflow = format!("{repository}/.github/workflows/release.yml@{git_ref}");
        let sha = "3f1c0e9a7d24b85c6e0f9d1a2b3c4d5e6f708192";
        let claims = json!({
            "job_workflow_ref": workflow,
            "job_workflow_sha": sha,
            "repository": repository,
            "repository_id": "702001",
            "repository_owner": owner,
            "repository_owner_id": "5001",
            "repository_visibility": "public",
            "ref": git_ref,
            "ref_type": "tag",
            "sha": sha,
            "workflow": "Release",
            "workflow_ref": workflow,
            "workflow_sha": sha,
            "event_name": "push",
            "actor": owner,
            "actor_id": "5001",
            "run_id": "900001",
            "run_number": "17",
            "run_attempt": "1",
            "runner_environment": "github-hosted",
        });
        Self {
            id: id.to_owned(),
            realm: Realm::Ci,
            subject: format!("repo:{repository}:ref:{git_ref}"),
            email: None,
            connector: None,
            claims: claims.as_object().cloned().unwrap_or_default(),
        }
    }

    /// Creates a run of `.gitlab-ci.yml` of `project` (`group/name`) for a tag, with the claims of GitLab.
    pub fn pipeline(id: &str, project: &str, tag: &str) -> Self {
        let claims = json!({
            "project_path": project,
            "project_id": "702001",
            "namespace_id": "5001",
            "namespace_path": project.split('/').next().unwrap_or(project),
            "ref": tag,
            "ref_type": "tag",
            "ref_path": format!("refs/tags/{tag}"),
            "ref_protected": "true",
            "pipeline_source": "push",
            "ci_config_ref_uri": format!("gitlab.com/{project}//.gitlab-ci.yml@refs/tags/{tag}"),
        });
        Self {
            id: id.to_owned(),
            realm: Realm::Ci,
            subject: format!("project_path:{project}:ref_type:tag:ref:{tag}"),
            email: None,
            connector: None,
            claims: claims.as_object().cloned().unwrap_or_default(),
        }
    }

    /// Sets a claim of the token.
    #[must_use]
    pub fn claiming(mut self, claim: &str, value: &str) -> Self {
        self.claims.insert(claim.to_owned(), json!(value));
        self
    }

    /// Returns the accounts of the demo: an author (with and without an upstream provider, and with
    /// an address at work), a stranger, a PAUSE id of each, the author's release workflow, and a pull request to it.
    pub fn cast() -> Vec<Self> {
        vec![
            Self::email("author", "author@example.org"),
            Self::email("stranger", "stranger@example.net"),
            Self::email("author-work", "author@work.example.org"),
            Self::email("author-github", "author@example.org").through(GITHUB),
            Self::email("author-google", "author@example.org").through(GOOGLE),
            Self::email("author-microsoft", "author@example.org").through(MICROSOFT),
            Self::pause("MYAUTHOR"),
            Self::pause("STRANGER"),
            Self::workflow("ci", "author/Foo-Bar", "v1.0").claiming("environment", "pause"),
            Self::workflow("ci-pull-request", "author/Foo-Bar", "v1.0")
                .claiming("environment", "pause")
                .claiming("event_name", "pull_request"),
        ]
    }

    /// Returns the text on the account's button.
    pub fn label(&self) -> String {
        let name = self.email.as_deref().unwrap_or(&self.subject);
        match &self.connector {
            Some(connector) => format!("{name} (through {connector})"),
            None => name.to_owned(),
        }
    }
}
