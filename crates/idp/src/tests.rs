//! The text of every error, with sample data.

use std::{io, path::PathBuf};

use jiff::Timestamp;

use crate::{
    accounts::{AccountsError, Busy, FileError, HashError, RandomnessError, Refusal},
    config::ConfigError,
    database::OpenError,
    exchange::{self, ExchangeError, KeysError, RegistrationError, StoreError},
    keys::{JwkError, JwkSet, KeyStoreError, SigningKeyError},
    login::LoginError,
    notice::NoticeError,
    server::ServeError,
    state::{Limit, StateError},
    tokens::TokenError,
};

fn path() -> PathBuf {
    "/etc/idp/file".into()
}

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

#[test]
fn states_each_error() {
    let errors = [settings(), keys(), tokens(), accounts(), logins(), others()].concat();
    insta::assert_snapshot!(errors.join("\n"));
}

fn settings() -> Vec<String> {
    let form = toml::from_str::<toml::Table>("issuer = ").unwrap_err();
    [
        ConfigError::Read {
            path: path(),
            source: denied(),
        },
        ConfigError::Form {
            path: path(),
            source: Box::new(form),
        },
        ConfigError::Issuer("http://pause.example".to_owned()),
        ConfigError::Database("mod`".to_owned()),
        ConfigError::Client("sigstore".to_owned()),
        ConfigError::Redirect {
            client: "metacpan".to_owned(),
            address: "http://metacpan.example".to_owned(),
        },
        ConfigError::Notice,
    ]
    .map(|error| error.to_string())
    .into()
}

fn keys() -> Vec<String> {
    let form = JwkSet::parse(b"[]").unwrap_err();
    vec![
        form.to_string(),
        JwkError::TooMany(65).to_string(),
        SigningKeyError::Create.to_string(),
        SigningKeyError::Form.to_string(),
        SigningKeyError::Sign.to_string(),
        KeyStoreError::File {
            path: path(),
            source: denied(),
        }
        .to_string(),
        KeyStoreError::Exposed {
            path: path(),
            mode: 0o644,
        }
        .to_string(),
        KeyStoreError::Form { path: path() }.to_string(),
        KeyStoreError::TooMany.to_string(),
    ]
}

fn tokens() -> Vec<String> {
    [
        TokenError::Form,
        TokenError::Algorithm,
        TokenError::UnknownKey(Some("sandbox-1".to_owned())),
        TokenError::Signature,
        TokenError::Issuer,
        TokenError::Audience,
        TokenError::Expired,
        TokenError::NotYet,
    ]
    .map(|error| error.to_string())
    .into()
}

fn accounts() -> Vec<String> {
    let refusals = [
        Refusal::NotListed,
        Refusal::Closed,
        Refusal::List,
        Refusal::MustChange,
        Refusal::Recent(Timestamp::UNIX_EPOCH),
        Refusal::InRecovery,
    ];
    let mut texts: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    texts.extend([
        FileError::Read {
            path: path(),
            source: denied(),
        }
        .to_string(),
        FileError::Exposed {
            path: path(),
            mode: 0o644,
        }
        .to_string(),
        FileError::Form {
            path: path(),
            at: 7,
            reason: "unknown field".to_owned(),
        }
        .to_string(),
        AccountsError::Address {
            path: path(),
            reason: "it is not UTF-8".to_owned(),
        }
        .to_string(),
        AccountsError::Query(sqlx::Error::PoolTimedOut).to_string(),
        HashError::Length.to_string(),
        HashError::Failed.to_string(),
        RandomnessError.to_string(),
        Busy.to_string(),
    ]);
    texts
}

fn logins() -> Vec<String> {
    [
        LoginError::Wrong,
        LoginError::Limited(Limit::Failures),
        LoginError::Busy,
    ]
    .map(|error| error.to_string())
    .into()
}

fn exchange() -> Vec<String> {
    let service = || "https://gitlab.com".to_owned();
    let mut texts: Vec<String> = [
        KeysError::Slow(service()),
        KeysError::NotDue(service()),
        KeysError::Address(service()),
        KeysError::Status {
            issuer: service(),
            status: 404,
        },
    ]
    .iter()
    .map(ToString::to_string)
    .collect();
    texts.extend([
        ExchangeError::Issuer("http://gitlab.example".to_owned()).to_string(),
        StoreError::from(sqlx::Error::RowNotFound).to_string(),
        RegistrationError {
            field: "owner-id",
            expected: "a number",
        }
        .to_string(),
    ]);
    let refusals = [
        exchange::Refusal::TokenInvalid,
        exchange::Refusal::TokenExpired,
        exchange::Refusal::TokenUsed,
        exchange::Refusal::IssuerUnknown,
        exchange::Refusal::NotRegistered,
        exchange::Refusal::WorkflowDiffers,
        exchange::Refusal::WorkflowCalled,
        exchange::Refusal::EnvironmentDiffers,
        exchange::Refusal::RefDiffers,
        exchange::Refusal::EventRefused,
        exchange::Refusal::AuthorAmbiguous,
        exchange::Refusal::AccountRefused,
        exchange::Refusal::TooMany,
        exchange::Refusal::Unavailable,
    ];
    texts.extend(refusals.map(|refusal| format!("{} {}", refusal.status(), refusal.code())));
    texts
}

#[test]
fn states_each_error_of_the_exchange() {
    insta::assert_snapshot!(exchange().join("\n"));
}

fn others() -> Vec<String> {
    use std::os::unix::process::ExitStatusExt as _;
    let ended = std::process::ExitStatus::from_raw(256);
    vec![
        StateError::Open(OpenError {
            path: path(),
            source: Box::new(denied()),
        })
        .to_string(),
        StateError::Query(sqlx::Error::RowNotFound).to_string(),
        StateError::Randomness.to_string(),
        NoticeError::Run(denied()).to_string(),
        NoticeError::Failed(ended).to_string(),
        NoticeError::Slow.to_string(),
        ServeError::Listen {
            address: ([127, 0, 0, 1], 8480).into(),
            source: denied(),
        }
        .to_string(),
        ServeError::Serve(denied()).to_string(),
    ]
}
