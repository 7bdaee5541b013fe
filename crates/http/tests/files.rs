//! Files of a CPAN, over a network that is not as it should be.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::{io::Read as _, time::Duration};

use cpan_sigstore_core::digest::{Sha256Digest, Sha256Hasher};
use cpan_sigstore_files::HashingWriter;
use cpan_sigstore_http::{Backoff, Download, Http, HttpError, Validators};
use cpan_sigstore_sandbox::{Fault, Sandbox, SandboxOptions};
use reqwest::Url;

struct Served {
    sandbox: Sandbox,
    http: Http,
}

impl Served {
    fn new() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
        sandbox
            .pause
            .publish("MYAUTHOR", "Foo-1.0.tar.gz", vec![7; 100_000]);
        let backoff = Backoff::new(vec![Duration::from_millis(1); 2]);
        let http = Http::for_urls([sandbox.services.cpan.url()]).unwrap();
        Self {
            sandbox,
            http: http.with_backoff(backoff),
        }
    }

    fn url(&self, name: &str) -> Url {
        let cpan = self.sandbox.services.cpan.url();
        Url::parse(&format!("{cpan}/authors/id/M/MY/MYAUTHOR/{name}")).unwrap()
    }

    async fn digest(&self) -> Result<Option<Sha256Digest>, HttpError> {
        self.http.digest(self.url("Foo-1.0.tar.gz"), 100_000).await
    }
}

fn expected() -> Sha256Digest {
    let mut hasher = Sha256Hasher::default();
    hasher.update(&[7; 100_000]);
    hasher.finish()
}

#[tokio::test]
async fn a_file_is_there_whole_or_not_at_all() {
    let served = Served::new();
    let file = served
        .http
        .file(served.url("Foo-1.0.tar.gz"), 100_000)
        .await;
    assert!(file.unwrap().unwrap() == vec![7; 100_000]);
    assert_eq!(served.digest().await.unwrap(), Some(expected()));
    assert!(
        served
            .http
            .file(served.url("Bar-1.0.tar.gz"), 10)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        served
            .http
            .digest(served.url("Bar-1.0.tar.gz"), 10)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_file_that_breaks_off_is_fetched_anew_and_never_taken_for_whole() {
    let served = Served::new();
    let faults = served.sandbox.services.cpan.faults();
    for fault in [
        Fault::TruncatedBody,
        Fault::DropConnection,
        Fault::Status(503),
    ] {
        faults.next(2, fault.clone());
        assert_eq!(
            served.digest().await.unwrap(),
            Some(expected()),
            "{fault:?}"
        );
        faults.always(fault.clone());
        let error = served.digest().await.unwrap_err();
        assert!(error.is_transient(), "{fault:?}: {error}");
        faults.clear();
    }
}

#[tokio::test]
async fn more_than_the_limit_is_not_read() {
    let served = Served::new();
    let url = || served.url("Foo-1.0.tar.gz");
    let of_file = served.http.file(url(), 99_999).await.unwrap_err();
    let of_digest = served.http.digest(url(), 99_999).await.unwrap_err();
    for error in [of_file, of_digest] {
        assert!(
            matches!(error, HttpError::TooLarge { limit: 99_999, .. }),
            "{error}"
        );
    }
}

/// An answer without the service.
fn answer(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> Fault {
    let headers = headers.iter();
    Fault::Answer {
        status,
        headers: headers
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        body,
    }
}

const PAGE: &str = "<!DOCTYPE html><html><title>Sign in to WiFi</title></html>";

#[tokio::test]
async fn reports_answers_that_are_neither_file_nor_absence() {
    let served = Served::new();
    let faults = served.sandbox.services.cpan.faults();
    for fault in [
        Fault::Status(204),
        answer(403, &[("content-type", "text/html")], PAGE),
        // A proxy that filters must not remove bundles without a trace.
        answer(403, &[], ""),
        answer(403, &[("content-type", "text/plain")], "Forbidden"),
        answer(403, &[("content-type", "application/xml")], ""),
        answer(
            403,
            &[("content-type", "text/html")],
            "<Error><Code>AccessDenied</Code></Error>",
        ),
    ] {
        faults.always(fault.clone());
        let url = || served.url("Foo-1.0.tar.gz");
        let of_file = served.http.file(url(), 10).await.unwrap_err();
        let of_digest = served.http.digest(url(), 10).await.unwrap_err();
        for error in [of_file, of_digest] {
            assert!(
                matches!(error, HttpError::Refused { .. }),
                "{fault:?}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn takes_403_of_an_object_store_for_absence() {
    let served = Served::new();
    let faults = served.sandbox.services.cpan.faults();
    let body = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>";
    faults.always(answer(403, &[("content-type", "application/xml")], body));
    assert_eq!(served.digest().await.unwrap(), None);
    let file = served.http.file(served.url("Foo-1.0.tar.gz"), 10).await;
    assert_eq!(file.unwrap(), None);
}

#[tokio::test]
async fn states_the_server_for_which_a_file_is_requested() {
    let served = Served::new();
    let cpan = &served.sandbox.services.cpan;
    let file = async |http: &Http| http.file(served.url("Foo-1.0.tar.gz"), 100_000).await;
    cpan.faults().always(Fault::Status(508));
    let error = file(&served.http).await.unwrap_err();
    assert!(matches!(error, HttpError::Refused { .. }), "{error}");
    let http = served.http.clone().via("mirror");
    let error = file(&http).await.unwrap_err();
    assert!(matches!(error, HttpError::Loop { .. }), "{error}");
    assert!(error.is_setup() && !error.is_transient());
}

#[tokio::test]
async fn reports_web_page_in_place_of_a_file_by_its_title() {
    let served = Served::new();
    let faults = served.sandbox.services.cpan.faults();
    faults.always(answer(200, &[], PAGE));
    let url = || served.url("Foo-1.0.tar.gz.sigstore.json");
    let of_file = served.http.file(url(), 1000).await.unwrap_err();
    let of_digest = served.http.digest(url(), 1000).await.unwrap_err();
    for error in [of_file, of_digest] {
        assert!(!error.is_transient());
        let text = error.to_string();
        assert!(
            text.ends_with("is a web page with the title `Sign in to WiFi`"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn follows_redirects_on_the_same_host_only() {
    let served = Served::new();
    let faults = served.sandbox.services.cpan.faults();
    let there = served.url("Foo-1.0.tar.gz");
    for location in [there.as_str(), there.path()] {
        for status in [301, 302, 303, 307, 308] {
            faults.next(1, answer(status, &[("location", location)], ""));
            let found = served
                .http
                .digest(served.url("Moved-1.0.tar.gz"), 100_000)
                .await;
            assert_eq!(found.unwrap(), Some(expected()), "{status} {location}");
        }
    }
    let other = "https://evil.example/Foo-1.0.tar.gz?token=secret";
    faults.next(1, answer(302, &[("location", other)], ""));
    let error = served.digest().await.unwrap_err();
    let HttpError::Redirect { to, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(to, "https://evil.example/Foo-1.0.tar.gz");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn ends_a_redirect_that_never_ends() {
    let served = Served::new();
    let faults = served.sandbox.services.cpan.faults();
    let before = served.sandbox.services.cpan.requests().len();
    faults.always(answer(302, &[("location", "Foo-1.0.tar.gz")], ""));
    let error = served.digest().await.unwrap_err();
    assert!(
        error.to_string().ends_with("redirects without end"),
        "{error}"
    );
    assert_eq!(served.sandbox.services.cpan.requests().len() - before, 6);
    faults.always(Fault::Status(302));
    let error = served.digest().await.unwrap_err();
    assert!(
        error.to_string().ends_with("redirects to no address"),
        "{error}"
    );
}

#[tokio::test]
async fn ends_when_the_service_asks_for_a_longer_wait_than_the_limit() {
    let served = Served::new();
    let cpan = &served.sandbox.services.cpan;
    for (seconds, requests) in [("0", 3), ("120", 1)] {
        let before = cpan.requests().len();
        cpan.faults()
            .always(answer(429, &[("retry-after", seconds)], ""));
        let error = served.digest().await.unwrap_err();
        assert!(error.is_transient());
        assert!(
            error
                .to_string()
                .ends_with(&format!("retry after {seconds} s")),
            "{error}"
        );
        assert_eq!(cpan.requests().len() - before, requests, "{seconds}");
    }
}

#[tokio::test]
async fn does_not_try_again_after_the_end() {
    let served = Served::new();
    let cpan = &served.sandbox.services.cpan;
    cpan.faults().always(Fault::Status(503));
    let http = served.http.clone().until(tokio::time::Instant::now());
    let before = cpan.requests().len();
    let url = served.url("Foo-1.0.tar.gz");
    assert!(http.digest(url, 100_000).await.unwrap_err().is_transient());
    assert_eq!(cpan.requests().len() - before, 1);
}

#[tokio::test]
async fn a_download_is_written_whole_after_what_broke_off_before() {
    let served = Served::new();
    let download = async |url| {
        let known = Validators::default();
        let mut writer = HashingWriter::new(tempfile::tempfile().unwrap()).unwrap();
        let result = served
            .http
            .download(url, &known, 100_000, &mut writer)
            .await;
        let file = writer.finish();
        let mut bytes = Vec::new();
        file.reader().read_to_end(&mut bytes).unwrap();
        (result, file, bytes)
    };
    let faults = served.sandbox.services.cpan.faults();
    faults.next(2, Fault::TruncatedBody);
    let (result, file, bytes) = download(served.url("Foo-1.0.tar.gz")).await;
    assert!(matches!(result.unwrap(), Download::Whole(_)));
    assert_eq!((file.digest(), file.size()), (expected(), 100_000));
    assert!(bytes == vec![7; 100_000]);
    let (result, _, bytes) = download(served.url("Bar-1.0.tar.gz")).await;
    assert_eq!(result.unwrap(), Download::Absent);
    assert!(bytes.is_empty());
    faults.always(Fault::TruncatedBody);
    let (result, ..) = download(served.url("Foo-1.0.tar.gz")).await;
    assert!(result.unwrap_err().is_transient());
}
