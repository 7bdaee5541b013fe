//! Trusted publishing: the CI job itself is the proof that PAUSE wants, and no secret is stored.

use std::{pin::Pin, sync::Arc};

use cpan_sigstore_core::{identity::GITHUB_ISSUER, release::PauseId, text::printable};
use cpan_sigstore_http::Http;
use cpan_sigstore_keyless::login::{CiJob, Env};
use cpan_sigstore_pause::{
    server::Pause,
    trusted::{CiTokens, Exchange, ExchangeError, Refusal, TrustedPublisher},
};
use jiff::Timestamp;

use crate::{error::CommandError, session::Session};

/// Longest claim that is shown, in characters.
const CLAIM_LIMIT: usize = 200;

/// A CI job, and the exchange of the PAUSE to which it uploads.
pub struct Offer {
    job: CiJob,
    exchange: Exchange,
}

/// The tokens of the CI job around this process.
struct JobTokens(CiJob);

impl CiTokens for JobTokens {
    fn token<'a>(
        &'a self,
        audience: &'a str,
    ) -> Pin<
        Box<
            dyn Future<Output = Result<String, Box<dyn std::error::Error + Send + Sync>>>
                + Send
                + 'a,
        >,
    > {
        Box::pin(async move {
            let token = self.0.token(&Env::process(), audience).await?;
            token.check(Timestamp::now())?;
            Ok(token.expose().to_owned())
        })
    }

    fn are_fresh(&self) -> bool {
        self.0 == CiJob::GitHub
    }
}

impl Offer {
    /// Returns the exchange of a PAUSE, if this is a CI job with a token and the PAUSE has one.
    ///
    /// # Errors
    /// A PAUSE without a usable response.
    pub fn find(pause: &Pause, session: &Session<'_>) -> Result<Option<Self>, CommandError> {
        let Some(job) = CiJob::of(&Env::process()).filter(|job| job.has_token()) else {
            return Ok(None);
        };
        let http = Http::for_urls([pause.form().as_str()])?;
        let exchange = session.wait(Exchange::discover(pause, http))?;
        Ok(exchange.map(|exchange| Self { job, exchange }))
    }

    /// Returns the source of the proof, for people.
    pub fn source(&self) -> &'static str {
        self.job.service()
    }

    /// Exchanges the job's token for an upload token, which the end of the session revokes.
    ///
    /// # Errors
    /// No token of the job, or PAUSE refuses it. The claims that a registration needs are in the hint.
    pub fn log_in(
        self,
        user: Option<&PauseId>,
        session: &Session<'_>,
    ) -> Result<Arc<TrustedPublisher>, CommandError> {
        let Self { job, exchange } = self;
        let tokens = Box::new(JobTokens(job));
        let logged_in = TrustedPublisher::log_in(exchange.clone(), tokens, user, Timestamp::now);
        let publisher = session.runtime()?.block_on(logged_in);
        let publisher = match publisher {
            Ok(publisher) => Arc::new(publisher),
            Err(ExchangeError::Refused { host, refusal }) => {
                let claims = session.runtime()?.block_on(claims(job, &exchange));
                return Err(refused(host, refusal, &claims));
            }
            Err(error) => return Err(error.into()),
        };
        session.revoke_at_end(Arc::clone(&publisher));
        session.terminal().say(&format!(
            "uploading as {} by trusted publishing ({})",
            publisher.user(),
            job.service()
        ));
        Ok(publisher)
    }
}

/// Returns the claims of the job that a registration needs. They come from the job and not from PAUSE.
async fn claims(job: CiJob, exchange: &Exchange) -> Vec<(&'static str, String)> {
    match job.token(&Env::process(), exchange.audience()).await {
        Ok(token) => token.registrable(),
        Err(_) => Vec::new(),
    }
}

/// The error of a refusal, with the job's claims and the command that would register it.
fn refused(host: String, refusal: Refusal, claims: &[(&'static str, String)]) -> CommandError {
    let hint = hint(&refusal);
    let is_about_job = refusal.is_about_registration()
        || matches!(refusal, Refusal::EventRefused | Refusal::WorkflowCalled);
    let command = refusal
        .is_about_registration()
        .then(|| registration(claims))
        .flatten();
    let hint = match command {
        Some(command) => format!("{hint}: {command}"),
        None => hint.to_owned(),
    };
    let error = CommandError::failed(ExchangeError::Refused { host, refusal }).hinted(hint);
    let seen: Vec<_> = claims
        .iter()
        .filter(|_| is_about_job)
        .map(|(name, value)| format!("{name}={}", shown(value)))
        .collect();
    match seen.is_empty() {
        true => error,
        false => error.hinted(format!(
            "compare with the claims of this job: {}",
            seen.join(" ")
        )),
    }
}

fn hint(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotRegistered => {
            "register this workflow, on your own machine, with your PAUSE password"
        }
        Refusal::WorkflowDiffers | Refusal::EnvironmentDiffers | Refusal::RefDiffers => {
            "release with the registered workflow, environment and tag, or register this one"
        }
        Refusal::WorkflowCalled => {
            "put the job that releases into the registered workflow itself; called workflows are refused"
        }
        Refusal::EventRefused => {
            "release from a push, a release or by hand; runs of pull requests are refused"
        }
        Refusal::AuthorAmbiguous => "name the author with `--user ID`",
        Refusal::TokenUsed => {
            "run the job again; each token is accepted once, so several commands of a job need several tokens"
        }
        Refusal::TokenExpired => "run the job again",
        Refusal::AccountRefused => "log in at PAUSE with a browser, and follow its advice",
        Refusal::IssuerUnknown | Refusal::TokenInvalid | Refusal::Other(_) => {
            "upload with a token of PAUSE in PAUSE_TOKEN, and ask the administrators of PAUSE"
        }
    }
}

/// Returns the command that registers a job with these claims.
fn registration(claims: &[(&'static str, String)]) -> Option<String> {
    let claim = |name: &str| {
        let found = claims.iter().find(|(claim, _)| *claim == name);
        found.map(|(_, value)| value.as_str())
    };
    let issuer = claim("iss")?;
    let (repository, id, owner, workflow) = match claim("repository") {
        Some(repository) => {
            let workflow = claim("workflow_ref")?.split('@').next()?;
            (
                repository,
                claim("repository_id")?,
                claim("repository_owner_id")?,
                workflow.rsplit('/').next()?,
            )
        }
        None => {
            let workflow = claim("ci_config_ref_uri")?.split('@').next()?;
            (
                claim("project_path")?,
                claim("project_id")?,
                claim("namespace_id")?,
                workflow.split_once("//")?.1,
            )
        }
    };
    let words = [
        (
            "--issuer",
            Some(issuer).filter(|issuer| *issuer != GITHUB_ISSUER),
        ),
        ("--repository", Some(repository)),
        ("--repository-id", Some(id)),
        ("--owner-id", Some(owner)),
        ("--workflow", Some(workflow)),
        ("--environment", claim("environment")),
    ];
    // Only what a shell reads as one word is put into a command to copy.
    let is_plain = |value: &str| {
        !value.is_empty()
            && !value.starts_with('-')
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._/:@+".contains(&byte))
    };
    let mut command = "cpan-sigstore author trusted-publisher add".to_owned();
    for (flag, value) in words {
        let Some(value) = value else { continue };
        if !is_plain(value) {
            return None;
        }
        command.push_str(&format!(" {flag} {value}"));
    }
    Some(format!("run `{command}`"))
}

fn shown(value: &str) -> String {
    printable(value).chars().take(CLAIM_LIMIT).collect()
}
