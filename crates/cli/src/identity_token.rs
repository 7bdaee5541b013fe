//! The identity token: given, offered by the environment, or by a login on the terminal.

use std::{ffi::OsString, io::IsTerminal as _, path::Path, time::Duration};

use cpan_sigstore_core::text::{decoded, shown_path};
use cpan_sigstore_http::Http;
use cpan_sigstore_keyless::{
    login::{
        BrowserFailure, Env, Flow, IdentityToken, LoginError, LoginOptions, Prompt, Provider,
        ambient, interactive,
    },
    trust::Instance,
};
use jiff::Timestamp;

use crate::{
    clock,
    error::CommandError,
    flags::LoginArgs,
    ui::{
        Terminal,
        consent::{self, Consent},
    },
};

/// Largest file with a token that is read, in bytes.
const TOKEN_LIMIT: u64 = 64 * 1024;
/// Longest line that is read from the terminal, in bytes.
const LINE_LIMIT: u64 = 4096;
/// How long a person may take to log in.
const PATIENCE: Duration = Duration::from_secs(600);
/// The client id at a provider that was set up for Sigstore.
const CLIENT_ID: &str = "sigstore";

/// The identity token: given, else offered by the environment, else by a login.
///
/// `stated_issuer` is the one of the signing configuration.
pub async fn token(
    args: &LoginArgs,
    instance: &Instance,
    stated_issuer: Option<&str>,
    consent: Consent,
    terminal: &Terminal,
) -> Result<IdentityToken, CommandError> {
    let client_id = args
        .oidc_client_id
        .as_deref()
        .or(instance.oidc_client_id.as_deref())
        .unwrap_or(CLIENT_ID);
    let env = Env::process();
    let offered = match &args.identity_token {
        Some(given) => Some(given_token(&given.0)?),
        // A flag for the login outranks a token in the environment.
        None if asks_for_login(args) => None,
        None => ambient(&env).await?,
    };
    let issuer = args
        .oidc_issuer
        .as_deref()
        .or(instance.oidc_issuer.as_deref())
        .or(stated_issuer);
    if let Some(token) = offered {
        let token = token.for_audience(client_id);
        let now = Timestamp::now();
        return match token.check(now) {
            Ok(()) => Ok(token),
            Err(error) => Err(clock::explained(error, now, issuer).await),
        };
    }
    let issuer = issuer.ok_or_else(no_issuer)?;
    if nobody_logs_in(args) {
        return Err(no_token_in_ci());
    }
    if consent == Consent::Required {
        consent::ask(terminal, args.yes)?;
    }
    let http = Http::for_urls([issuer])?;
    let options = LoginOptions {
        issuer,
        client_id,
        provider: args.provider.map(Provider::from),
        flow: flow(args),
        patience: PATIENCE,
        clock: Timestamp::now,
        env: &env,
    };
    match interactive(&http, &options, &mut TerminalPrompt { terminal }).await {
        Ok(token) => Ok(token),
        Err(LoginError::Token(error)) => {
            Err(clock::explained(error, Timestamp::now(), Some(issuer)).await)
        }
        Err(error) => Err(error.into()),
    }
}

fn asks_for_login(args: &LoginArgs) -> bool {
    args.provider.is_some() || args.device || args.out_of_band || args.oidc_issuer.is_some()
}

fn flow(args: &LoginArgs) -> Flow {
    match (args.device, args.out_of_band) {
        (true, _) => Flow::Device,
        (_, true) => Flow::OutOfBand,
        _ => Flow::Auto,
    }
}

/// Whether this is a CI job, in which nobody can log in. A flag for the login says that somebody can.
fn nobody_logs_in(args: &LoginArgs) -> bool {
    is_ci(|name| std::env::var_os(name)) && !asks_for_login(args) && !std::io::stdin().is_terminal()
}

/// Whether these variables are those of a CI job. Most services set `CI`; the others are Azure Pipelines, Jenkins,
/// TeamCity, AWS CodeBuild and Bitbucket.
fn is_ci(get: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |value: OsString| !value.is_empty() && !value.eq_ignore_ascii_case("false");
    [
        get("CI"),
        get("TF_BUILD"),
        get("JENKINS_URL"),
        get("TEAMCITY_VERSION"),
        get("CODEBUILD_BUILD_ID"),
        get("BITBUCKET_BUILD_NUMBER"),
    ]
    .into_iter()
    .flatten()
    .any(is_set)
}

/// A CI job without an identity token.
fn no_token_in_ci() -> CommandError {
    CommandError::failed(
        "no identity token in this CI job: expected one in SIGSTORE_ID_TOKEN, or a job of GitHub Actions, GitLab, Buildkite or CircleCI that may request one".to_owned(),
    )
    .hinted("set SIGSTORE_ID_TOKEN, give `--identity-token`, or let somebody log in elsewhere with `--device`")
}

/// No issuer to log in at.
fn no_issuer() -> CommandError {
    CommandError::usage(
        "missing OpenID issuer: neither the instance nor its signing configuration names one"
            .to_owned(),
    )
    .hinted("name one with `--oidc-issuer URL`, or give a token with `--identity-token`")
}

/// A token from the command line: itself, or the file that holds it.
fn given_token(given: &str) -> Result<IdentityToken, CommandError> {
    // What was given is never shown: it may be a token with a slip.
    let failed =
        |source| CommandError::system("cannot read the file that `--identity-token` names", source);
    let read = cpan_sigstore_files::read_limited(Path::new(given), TOKEN_LIMIT)
        .and_then(|text| text.ok_or_else(cpan_sigstore_files::no_such_file));
    match read {
        Ok(text) => {
            let text = decoded(&text);
            let token = IdentityToken::from_jwt(&String::from_utf8_lossy(&text));
            token.map_err(|error| CommandError::from(error).at(&shown_path(Path::new(given))))
        }
        // A token has two dots; with a slash, or fewer dots, it was meant as a file.
        Err(error) if given.contains('/') || given.matches('.').count() != 2 => Err(failed(error)),
        Err(_) => Ok(IdentityToken::from_jwt(given)?),
    }
}

/// The prompts of a login, on the terminal.
struct TerminalPrompt<'a> {
    terminal: &'a Terminal,
}

impl Prompt for TerminalPrompt<'_> {
    fn show_url(&mut self, url: &str) {
        self.terminal
            .say("Your browser opens to log you in. If it does not, open this address:");
        self.terminal.say(&format!("  {url}"));
    }

    fn show_browser_failure(&mut self, failure: &BrowserFailure) {
        self.terminal.warning(&failure.to_string());
        self.terminal
            .hint("open the address above, or log in on another device with `--device`");
    }

    fn show_device_code(&mut self, page: &str, complete: Option<&str>, code: &str) {
        self.terminal
            .say("Open this address on any device and enter the code:");
        self.terminal.say(&format!("  {page}"));
        self.terminal.say(&format!("  code: {code}"));
        if let Some(complete) = complete {
            self.terminal
                .say(&format!("or, with the code in it: {complete}"));
        }
    }

    fn ask_code(&mut self, url: &str) -> std::io::Result<String> {
        self.terminal
            .say("Open this address in any browser and log in:");
        self.terminal.say(&format!("  {url}"));
        self.terminal
            .ask("Then enter the code that it shows:", LINE_LIMIT)?
            .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_the_jobs_of_ci_services() {
        let ci = |variable: &str, value: &str| {
            is_ci(|name| (name == variable).then(|| OsString::from(value)))
        };
        for (variable, value) in [
            ("CI", "true"),
            ("CI", "1"),
            ("CI", "woodpecker"),
            ("TF_BUILD", "True"),
            ("JENKINS_URL", "https://ci.example/"),
            ("TEAMCITY_VERSION", "2026.1"),
            ("CODEBUILD_BUILD_ID", "a:b"),
            ("BITBUCKET_BUILD_NUMBER", "7"),
        ] {
            assert!(ci(variable, value), "{variable}");
        }
        for value in ["", "false", "False"] {
            assert!(!ci("CI", value), "{value}");
        }
        assert!(!ci("HOME", "/root"));
    }
}
