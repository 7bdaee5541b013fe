//! The text of every error, with sample data.

use std::io;

use crate::{
    credentials::{DotPauseError, GpgError, TokenError},
    journal::JournalError,
    server::AddressError,
    trusted::{ExchangeError, Refusal},
    upload::UploadError,
};

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

#[test]
fn states_each_error_of_credentials() {
    let path = || "/home/tim/.pause".into();
    let program = || "gpg".to_owned();
    let errors = [
        DotPauseError::Read {
            path: path(),
            source: denied(),
        },
        DotPauseError::TooLarge(path()),
        DotPauseError::Line {
            path: path(),
            line: 2,
        },
        DotPauseError::Twice {
            path: path(),
            key: "user",
            line: 3,
        },
        DotPauseError::User {
            path: path(),
            line: 1,
            length: 4,
        },
        DotPauseError::Token {
            path: path(),
            line: 4,
            source: TokenError::Form(8),
        },
        DotPauseError::Token {
            path: path(),
            line: 4,
            source: TokenError::User,
        },
        DotPauseError::Gpg(GpgError::Run {
            program: program(),
            path: path(),
            source: denied(),
        }),
        DotPauseError::Gpg(GpgError::Refused {
            program: program(),
            path: path(),
        }),
        DotPauseError::Gpg(GpgError::TooLarge {
            path: path(),
            limit: 1024,
        }),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"));
}

#[test]
fn states_each_error_of_uploads() {
    let path = || "Foo-Bar-1.02.tar.gz.release.json".into();
    let said = || "503 from the queue".to_owned();
    let name = || "Foo-Bar-1.02.tar.gz".to_owned();
    let user = || "TIMLEGGE".parse().unwrap();
    let uploads = [
        UploadError::Password(user()),
        UploadError::Token {
            user: user(),
            said: said(),
        },
        UploadError::PasswordChange(user()),
        UploadError::Account {
            user: user(),
            said: "your account is disabled".to_owned(),
        },
        UploadError::NotConfirmed {
            name: name(),
            said: said(),
        },
        UploadError::Refused {
            name: name(),
            status: 409,
            said: said(),
        },
        UploadError::Changed(name().into()),
        UploadError::Read {
            path: name().into(),
            source: denied(),
        },
    ];
    let journals = [
        JournalError::Read {
            path: path(),
            source: denied(),
        },
        JournalError::Write {
            path: path(),
            source: denied(),
        },
        JournalError::Malformed {
            path: path(),
            found: "format 2".to_owned(),
        },
    ];
    let addresses = [
        AddressError::Form("ftp://pause.example/".to_owned()),
        AddressError::Plain("http://pause.example/".to_owned()),
        AddressError::Password,
    ];
    let mut texts: Vec<_> = uploads.iter().map(ToString::to_string).collect();
    texts.extend(journals.iter().map(ToString::to_string));
    texts.extend(addresses.iter().map(ToString::to_string));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_error_of_trusted_publishing() {
    let host = || "pause.example".to_owned();
    let user = |id: &str| id.parse().unwrap();
    let mut texts: Vec<String> = [
        "token-invalid",
        "token-expired",
        "token-used",
        "issuer-unknown",
        "not-registered",
        "workflow-differs",
        "workflow-called",
        "environment-differs",
        "ref-differs",
        "event-refused",
        "author-ambiguous",
        "account-refused",
        "later-code\u{1b}[2J",
    ]
    .iter()
    .map(|code| Refusal::of(code).to_string())
    .collect();
    let errors = [
        ExchangeError::Refused {
            host: host(),
            refusal: Refusal::NotRegistered,
        },
        ExchangeError::Elsewhere {
            host: host(),
            expected: "https://pause.example".to_owned(),
            found: "https://evil.example/oidc/exchange".to_owned(),
        },
        ExchangeError::Redirect { host: host() },
        ExchangeError::Answer {
            host: host(),
            expected: "an upload token",
            found: "status 404".to_owned(),
        },
        ExchangeError::User {
            expected: user("TIMLEGGE"),
            found: user("ANDREA"),
        },
        ExchangeError::Password(user("TIMLEGGE")),
        ExchangeError::NoRegistration,
        ExchangeError::Ci("no token".into()),
    ];
    texts.extend(errors.iter().map(ToString::to_string));
    insta::assert_snapshot!(texts.join("\n"));
}
