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

#[tokio::test]
async fn what_is_neither_there_nor_missing_is_an_error() {
    let served = Served::new();
    let faults = served.sandbox.services.cpan.faults();
    // A redirect among others: none is followed.
    for status in [302, 204, 403] {
        faults.always(Fault::Status(status));
        let url = || served.url("Foo-1.0.tar.gz");
        let of_file = served.http.file(url(), 10).await.unwrap_err();
        let of_digest = served.http.digest(url(), 10).await.unwrap_err();
        for error in [of_file, of_digest] {
            assert!(
                matches!(error, HttpError::Refused { .. }),
                "{status}: {error}"
            );
        }
    }
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
