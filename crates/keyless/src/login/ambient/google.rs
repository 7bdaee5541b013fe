//! Google Cloud: the machine's account, known to the metadata server, requests a token for the
//! service account in `GOOGLE_SERVICE_ACCOUNT_NAME` (Google Cloud documentation, IAM Service
//! Account Credentials API, `generateIdToken`).

use reqwest::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use url::Url;

use super::{
    super::{Env, LoginError},
    AUDIENCE,
};
use cpan_sigstore_http::Http;

const SERVICE: &str = "Google Cloud";
/// Largest response, in bytes. Real ones have 2 KiB.
const LIMIT: usize = 64 * 1024;

/// Base addresses of Google's services.
pub(super) struct Endpoints {
    metadata: String,
    credentials: String,
}

#[derive(Deserialize)]
struct AccessToken {
    access_token: String,
}

#[derive(Deserialize)]
struct IdToken {
    token: String,
}

impl Endpoints {
    pub(super) fn of(env: &Env) -> Self {
        // Google's own libraries use this variable to find another metadata server.
        let host = env.get("GCE_METADATA_HOST");
        let host = host.as_deref().unwrap_or("metadata.google.internal");
        Self {
            metadata: format!("http://{host}"),
            credentials: "https://iamcredentials.googleapis.com".to_owned(),
        }
    }
}

/// Returns the service account to sign as.
pub(super) fn account(env: &Env) -> Option<String> {
    env.get("GOOGLE_SERVICE_ACCOUNT_NAME")
}

pub(super) async fn token(endpoints: &Endpoints, account: &str) -> Result<String, LoginError> {
    let http = Http::for_urls([endpoints.credentials.as_str()])?;
    // The metadata server is local to the machine and offers only http.
    let mut metadata = address(&endpoints.metadata, |path| {
        path.extend([
            "computeMetadata",
            "v1",
            "instance",
            "service-accounts",
            "default",
            "token",
        ]);
    })?;
    metadata
        .query_pairs_mut()
        .append_pair("scopes", "https://www.googleapis.com/auth/cloud-platform");
    let request = http
        .request(Method::GET, metadata)
        .header("Metadata-Flavor", "Google");
    let access: AccessToken = answer(&http, request).await?;

    let credentials = address(&endpoints.credentials, |path| {
        path.extend(["v1", "projects", "-", "serviceAccounts"]);
        path.push(&format!("{account}:generateIdToken"));
    })?;
    let request = http
        .request(Method::POST, credentials)
        .bearer_auth(access.access_token)
        .json(&json!({ "audience": AUDIENCE, "includeEmail": true }));
    let id: IdToken = answer(&http, request).await?;
    Ok(id.token)
}

async fn answer<T: DeserializeOwned>(
    http: &Http,
    request: reqwest::RequestBuilder,
) -> Result<T, LoginError> {
    let answer = http.send(request, LIMIT).await?;
    if !answer.is_success() {
        let reason = format!("status {}: {}", answer.status, answer.excerpt());
        return Err(LoginError::Ci {
            service: SERVICE,
            reason,
        });
    }
    serde_json::from_slice(&answer.body).map_err(|_| LoginError::Ci {
        service: SERVICE,
        reason: "a response without a token".to_owned(),
    })
}

fn address(
    base: &str,
    extend: impl FnOnce(&mut url::PathSegmentsMut<'_>),
) -> Result<Url, LoginError> {
    let no_url = || LoginError::Ci {
        service: SERVICE,
        reason: format!("`{base}` is not an address of a service"),
    };
    let mut url = Url::parse(base).map_err(|_| no_url())?;
    extend(&mut url.path_segments_mut().map_err(|()| no_url())?);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use cpan_sigstore_sandbox::{Sandbox, SandboxOptions};

    use super::*;
    use crate::login::IdentityToken;

    #[tokio::test]
    async fn requests_a_token_for_the_google_service_account() {
        let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
        let endpoints = Endpoints {
            metadata: sandbox.services.oidc.url().to_owned(),
            credentials: sandbox.services.oidc.url().to_owned(),
        };
        let jwt = token(&endpoints, "author@example.org").await.unwrap();
        let token = IdentityToken::from_jwt(&jwt).unwrap();
        token.check(jiff::Timestamp::now()).unwrap();
        assert_eq!(token.email(), Some("author@example.org"));

        let nobody = super::token(&endpoints, "nobody@example.org").await;
        assert!(matches!(nobody, Err(LoginError::Ci { reason, .. }) if reason.contains("404")));
    }
}
