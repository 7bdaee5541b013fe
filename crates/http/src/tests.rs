//! The text of every error, with sample data.

use std::{io, time::Duration};

use crate::{HttpError, error::is_about_time};

#[test]
fn states_each_error() {
    let url = || "https://cpan.example/file".to_owned();
    let reason = || "connection reset".to_owned();
    let errors = [
        HttpError::Client("no CA certificates".to_owned()),
        HttpError::ProxySetting {
            variable: "https_proxy",
            found: "proxy".to_owned(),
        },
        HttpError::Proxy {
            url: url(),
            proxy: "http://proxy.example:3128".to_owned(),
            reason: reason(),
        },
        HttpError::ProxiedAddress {
            url: "https://[::1]/file".to_owned(),
            proxy: "http://proxy.example:3128".to_owned(),
        },
        HttpError::Certificate {
            url: url(),
            reason: "unknown issuer".to_owned(),
        },
        HttpError::CertificateTime {
            url: url(),
            reason: "certificate not valid yet".to_owned(),
        },
        HttpError::Redirect {
            url: url(),
            to: "https://login.example/".to_owned(),
        },
        HttpError::InvalidRedirect {
            url: url(),
            found: "without end",
        },
        HttpError::Loop { url: url() },
        HttpError::WebPage {
            url: url(),
            title: "Log in".to_owned(),
        },
        HttpError::Connection {
            url: url(),
            reason: reason(),
        },
        HttpError::Timeout {
            url: url(),
            patience: Duration::from_secs(60),
        },
        HttpError::TimeoutSetting("soon".to_owned()),
        HttpError::Unavailable {
            url: url(),
            status: 503,
            said: "back soon".to_owned(),
        },
        HttpError::Refused {
            url: url(),
            status: 403,
        },
        HttpError::Request {
            url: url(),
            reason: "invalid header".to_owned(),
        },
        HttpError::Write {
            url: url(),
            source: io::ErrorKind::StorageFull.into(),
        },
        HttpError::TooLarge {
            url: url(),
            limit: 1024,
        },
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"));
}

#[test]
fn tells_a_wrong_clock_from_an_unknown_authority() {
    use rustls::{CertificateError, pki_types::UnixTime};
    let time = UnixTime::since_unix_epoch(Duration::from_secs(86_400));
    for about_time in [
        CertificateError::NotValidYet,
        CertificateError::Expired,
        CertificateError::NotValidYetContext {
            time,
            not_before: time,
        },
        CertificateError::ExpiredContext {
            time,
            not_after: time,
        },
    ] {
        assert!(is_about_time(&about_time), "{about_time:?}");
    }
    for other in [CertificateError::UnknownIssuer, CertificateError::Revoked] {
        assert!(!is_about_time(&other), "{other:?}");
    }
}
