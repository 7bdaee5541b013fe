//! The workflows that an author has registered. Only the password of the account reads and changes them.

use cpan_sigstore_core::json;
use cpan_sigstore_http::{Answer, Http};
use reqwest::{Method, Url, header::AUTHORIZATION};
use serde::{Deserialize, Serialize};

use super::{ExchangeError, shown};
use crate::credentials::Credentials;

/// Largest response, in bytes.
const ANSWER_LIMIT: usize = 256 * 1024;

/// A workflow that may upload for an author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Workflow {
    /// The CI service, to the letter.
    pub issuer: String,
    /// The repository's name, for people. Its id decides.
    pub repository: String,
    /// The repository's immutable id.
    pub repository_id: String,
    /// The immutable id of its owner.
    pub owner_id: String,
    /// The file of the workflow: its name below `.github/workflows`, or its path at GitLab.
    pub workflow: String,
    /// The required environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The required branch or tag; a `*` at its end means any rest.
    #[serde(rename = "ref")]
    pub git_ref: String,
}

/// A registered workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Its name, by which it is removed.
    pub id: String,
    /// The workflow.
    #[serde(flatten)]
    pub workflow: Workflow,
}

/// The registrations of one account at one PAUSE.
pub struct Registrations<'a> {
    http: &'a Http,
    url: &'a Url,
    host: &'a str,
    credentials: &'a Credentials,
}

impl<'a> Registrations<'a> {
    pub(super) fn new(
        http: &'a Http,
        url: &'a Url,
        host: &'a str,
        credentials: &'a Credentials,
    ) -> Self {
        Self {
            http,
            url,
            host,
            credentials,
        }
    }

    /// Returns all registrations of the account.
    ///
    /// # Errors
    /// [`ExchangeError`] if PAUSE refuses, or its response is unusable.
    pub async fn list(&self) -> Result<Vec<Registration>, ExchangeError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Listing {
            trusted_publishers: Vec<Registration>,
        }
        let answer = self.send(Method::GET, self.url.clone(), None).await?;
        let parsed = json::parse_object(&answer.body).unwrap_or_default();
        let listing: Listing =
            serde_json::from_value(parsed).map_err(|error| self.unusable(&error.to_string()))?;
        Ok(listing.trusted_publishers)
    }

    /// Registers a workflow.
    ///
    /// # Errors
    /// As [`Registrations::list`].
    pub async fn add(&self, workflow: &Workflow) -> Result<Registration, ExchangeError> {
        let answer = self
            .send(Method::POST, self.url.clone(), Some(workflow))
            .await?;
        let parsed = json::parse_object(&answer.body).unwrap_or_default();
        let registered: Registration =
            serde_json::from_value(parsed).map_err(|error| self.unusable(&error.to_string()))?;
        match registered.workflow == *workflow {
            true => Ok(registered),
            false => Err(self.unusable("another workflow")),
        }
    }

    /// Ends a registration. Upload tokens that were given out for it expire by themselves.
    ///
    /// # Errors
    /// As [`Registrations::list`]; [`ExchangeError::NoRegistration`] if there is none of this name.
    pub async fn remove(&self, id: &str) -> Result<(), ExchangeError> {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(id);
        }
        self.send(Method::DELETE, url, None).await?;
        Ok(())
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<&Workflow>,
    ) -> Result<Answer, ExchangeError> {
        let mut request = self
            .http
            .request(method.clone(), url)
            .header(AUTHORIZATION, self.credentials.authorization());
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.http.send(request, ANSWER_LIMIT).await?;
        let said = json::parse_object(&answer.body).unwrap_or_default();
        let said = said["error"].as_str().unwrap_or_default();
        match answer.status {
            200..=299 => Ok(answer),
            401 => Err(ExchangeError::Password(self.credentials.user().clone())),
            404 if method == Method::DELETE => Err(ExchangeError::NoRegistration),
            status => {
                let said = self.credentials.redact(&shown(said));
                Err(self.unusable(format!("status {status} {said}").trim_end()))
            }
        }
    }

    fn unusable(&self, found: &str) -> ExchangeError {
        ExchangeError::Answer {
            host: self.host.to_owned(),
            expected: "registered workflows",
            found: shown(found),
        }
    }
}
