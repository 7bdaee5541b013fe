//! The text of every error, with sample data.

use std::{io, time::Duration};

use cpan_sigstore_core::{
    cause::Cause,
    identity::{CiClaims, SignerIdentity, Subject},
};
use jiff::Timestamp;

use crate::{
    bundle::VerificationFailure,
    clock::ClockDifference,
    login::{BrowserFailure, LoginError, TokenError},
    sign::SignError,
    trust::{Config, ConfigError, RefreshError, TrustError},
    verify::{ArtifactError, ClockBehind, PublicKey, UnknownAuthority},
};

const ISSUER: &str = "https://accounts.example.org";

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

fn failure() -> VerificationFailure {
    VerificationFailure::new(Cause::SignatureMismatch, "another signature")
}

fn clock_behind() -> ClockBehind {
    ClockBehind {
        clock: Timestamp::UNIX_EPOCH,
        issued: Timestamp::from_second(1_795_000_000).unwrap(),
    }
}

#[test]
fn states_each_error_of_a_login() {
    let issuer = || ISSUER.to_owned();
    let url = || "http://accounts.example.org".to_owned();
    let reason = || "no `token_endpoint`".to_owned();
    let login = [
        LoginError::IssuerUrl { url: url() },
        LoginError::Insecure { url: url() },
        LoginError::Discovery {
            issuer: issuer(),
            reason: reason(),
        },
        LoginError::NoDeviceFlow { issuer: issuer() },
        LoginError::Listen(denied()),
        LoginError::Code(denied()),
        LoginError::TimedOut(Duration::from_secs(300)),
        LoginError::DeviceCodeExpired,
        LoginError::Denied,
        LoginError::Refused {
            code: "invalid_client".to_owned(),
            description: Some("unknown client".to_owned()),
        },
        LoginError::StateMismatch,
        LoginError::NoCode,
        LoginError::Answer { reason: reason() },
        LoginError::NoIdToken,
        LoginError::NonceMismatch,
        LoginError::Signature { reason: reason() },
        LoginError::WrongIssuer {
            expected: issuer(),
            found: url(),
        },
        LoginError::Variable {
            variable: "SIGSTORE_ID_TOKEN",
            source: TokenError::Form("1 part".to_owned()),
        },
        LoginError::NotPermitted {
            service: "GitHub Actions",
            hint: "add `permissions: id-token: write`",
        },
        LoginError::Ci {
            service: "GitHub Actions",
            reason: reason(),
        },
    ];
    let token = [
        TokenError::Form("one part".to_owned()),
        TokenError::Expired {
            at: Timestamp::UNIX_EPOCH,
        },
        TokenError::Audience {
            expected: "sigstore".to_owned(),
            found: "another".to_owned(),
        },
        TokenError::EmailNotVerified {
            email: "tim@example.org".to_owned(),
        },
    ];
    let browser = [
        BrowserFailure::Program {
            program: "firefox".to_owned(),
            source: denied(),
        },
        BrowserFailure::NoCommand,
        BrowserFailure::Default(denied()),
    ];
    let mut texts: Vec<_> = login.iter().map(ToString::to_string).collect();
    texts.extend(browser.iter().map(ToString::to_string));
    texts.extend(token.iter().map(ToString::to_string));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_error_of_signing() {
    let url = || "https://rekor.example.org".to_owned();
    let errors = [
        SignError::Services {
            expected: "a log",
            found: "none".to_owned(),
        },
        SignError::Status {
            service: "the log",
            url: url(),
            status: 400,
            said: "invalid entry".to_owned(),
        },
        SignError::Answer {
            service: "the log",
            url: url(),
            expected: "an entry",
            found: "a web page".to_owned(),
        },
        SignError::NotYet {
            clock: Timestamp::UNIX_EPOCH,
            service: url(),
            start: Timestamp::UNIX_EPOCH,
        },
        SignError::EntryExists { url: url() },
        SignError::CertificateKey,
        SignError::Certificate(failure()),
        SignError::Identity {
            expected: "tim@example.org".to_owned(),
            found: Box::new(SignerIdentity {
                subject: Subject::Email("eve@example.org".to_owned()),
                issuer: ISSUER.to_owned(),
                claims: CiClaims::default(),
            }),
        },
        SignError::OwnBundle(failure()),
        SignError::Clock(clock_behind()),
        SignError::Key("no random numbers".to_owned()),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"));
}

#[test]
fn states_each_error_of_configuration() {
    let path = || "/etc/cpan-sigstore.toml".into();
    let config = [
        ConfigError::Read {
            path: path(),
            source: denied(),
        },
        ConfigError::Write {
            path: path(),
            source: denied(),
        },
        ConfigError::Syntax {
            path: path(),
            reason: "line 2: expected a value".to_owned(),
        },
        ConfigError::UnknownInstance {
            name: "ours".to_owned(),
            known: "public-good, staging".to_owned(),
        },
        ConfigError::Taken("staging".to_owned()),
        ConfigError::Name("a b".to_owned()),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "[instances.ours]\ntuf-url = 'https://x'\n").unwrap();
    let config_file = Config::load(&file).unwrap();
    let instance = config_file.instance(Some("ours")).unwrap_err();
    let mut texts: Vec<_> = config.iter().map(ToString::to_string).collect();
    texts.push(instance.to_string());
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_error_of_verification() {
    let origin = || "trusted_root.json".to_owned();
    let trust = [
        TrustError::Read {
            path: origin().into(),
            source: denied(),
        },
        TrustError::TooLarge { origin: origin() },
        TrustError::Unusable {
            expected: "a trusted root",
            origin: origin(),
            found: "another document".to_owned(),
        },
        TrustError::Unavailable {
            url: "https://tuf.example.org".to_owned(),
            online: RefreshError::Offline,
            cache: "no such file".to_owned(),
        },
        TrustError::Unavailable {
            url: "https://tuf.example".to_owned(),
            online: RefreshError::Clock {
                reason: "timestamp metadata expired at 2026-12-05T08:42:07Z".to_owned(),
                clock: Box::new(ClockDifference {
                    clock: Timestamp::MAX,
                    service: "https://tuf.example".to_owned(),
                    date: Timestamp::UNIX_EPOCH,
                }),
            },
            cache: "no metadata".to_owned(),
        },
        TrustError::NoSigningConfig,
    ];
    let mut texts: Vec<_> = trust.iter().map(ToString::to_string).collect();
    texts.push(ArtifactError(denied()).to_string());
    texts.push(failure().to_string());
    let log = UnknownAuthority::new("the log", "wNI9at".to_owned(), Cause::LogUnknown);
    texts.push(log.to_string());
    texts.push(PublicKey::from_pem("no key").unwrap_err().to_string());
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_error_of_a_log_entry() {
    use crate::transparency::entry::EntryError;
    let errors = [EntryError::Form, EntryError::Certificate];
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(texts.join("\n"));
}
