//! Signing with services that fail, respond late, twice, or with invalid responses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot continue fails"
)]

use std::{path::Path, sync::Arc, time::Duration};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_http::{Backoff, HttpError};
use cpan_sigstore_keyless::{
    login::{IdentityToken, TokenError},
    sign::{LoginPolicy, Services, SignError, SignedBundle, SigningSession},
    trust::{SigningConfig, TrustedRoot},
    verify::Verifier,
};
use cpan_sigstore_sandbox::{Fault, Sandbox, SandboxOptions, Service};
use jiff::{SignedDuration, Timestamp};

const DIGEST: Sha256Digest = Sha256Digest::new([7; 32]);

/// Signs with the given signing configuration, with three attempts without pauses.
fn sign(sandbox: &Sandbox, config: &Path) -> Result<SignedBundle, SignError> {
    block_on(async {
        let (signer, _) = certify(sandbox, config).await?;
        signer.sign(DIGEST).await
    })
}

async fn certify(
    sandbox: &Sandbox,
    config: &Path,
) -> Result<(SigningSession, IdentityToken), SignError> {
    let root = TrustedRoot::from_file(&sandbox.trusted_root_path()).unwrap();
    let config = SigningConfig::from_file(config).unwrap();
    let token = IdentityToken::from_jwt(&sandbox.token("author").unwrap()).unwrap();
    let signer = SigningSession::certify(
        Services::select(&config, jiff::Timestamp::now())?,
        Arc::new(Verifier::new(&root).unwrap()),
        &token,
        LoginPolicy::new(&token, None),
        Backoff::new(vec![Duration::ZERO; 2]),
        Timestamp::now(),
    )
    .await?;
    Ok((signer, token))
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn sandbox() -> Sandbox {
    Sandbox::start(SandboxOptions::default()).unwrap()
}

fn services(sandbox: &Sandbox) -> [&Service; 3] {
    let services = &sandbox.services;
    [&services.ca, &services.rekor_v2, &services.tsa]
}

#[test]
fn retries_after_transient_faults() {
    let sandbox = sandbox();
    for service in services(&sandbox) {
        for fault in [
            Fault::DropConnection,
            Fault::Status(429),
            Fault::Status(500),
            Fault::Status(503),
            Fault::TruncatedBody,
        ] {
            service.faults().next(2, fault.clone());
            let before = service.requests().len();
            let result = sign(&sandbox, &sandbox.signing_config_path());
            // After a truncated response the log has the entry. The second attempt meets 409.
            result.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            assert!(service.requests().len() > before + 1, "{fault:?}");
        }
    }
}

#[test]
fn reports_whether_a_lasting_fault_may_pass() {
    let sandbox = sandbox();
    for service in services(&sandbox) {
        for (fault, transient) in [
            (Fault::DropConnection, true),
            (Fault::Status(503), true),
            (Fault::Status(400), false),
            (Fault::Status(404), false),
            (Fault::Garbage, false),
        ] {
            service.faults().always(fault.clone());
            let error = sign(&sandbox, &sandbox.signing_config_path()).unwrap_err();
            assert_eq!(error.is_transient(), transient, "{fault:?}: {error}");
            assert!(error.to_string().contains(service.url()), "{error}");
        }
        service.faults().clear();
    }
}

#[test]
fn never_repeats_a_request_refused_for_good() {
    let sandbox = sandbox();
    sandbox.services.ca.faults().always(Fault::Status(400));
    sign(&sandbox, &sandbox.signing_config_path()).unwrap_err();
    assert_eq!(sandbox.services.ca.requests().len(), 1);
}

#[test]
fn stops_reading_an_endless_response() {
    let sandbox = sandbox();
    for service in services(&sandbox) {
        service.faults().always(Fault::OversizedBody(4 << 20));
        let error = sign(&sandbox, &sandbox.signing_config_path()).unwrap_err();
        assert!(
            matches!(error, SignError::Http(HttpError::TooLarge { .. })),
            "{error}"
        );
        service.faults().clear();
    }
}

#[test]
fn fetches_an_entry_that_rekor_v1_already_has() {
    let sandbox = sandbox();
    sandbox
        .services
        .rekor_v1
        .faults()
        .next(1, Fault::DropAnswer);
    sign(&sandbox, &sandbox.signing_config_v1_path()).unwrap();
    assert_eq!(sandbox.rekor_v1.entries().len(), 1);
    let requests = sandbox.services.rekor_v1.requests();
    assert_eq!(
        &requests[..2],
        ["POST /api/v1/log/entries", "POST /api/v1/log/entries"]
    );
    assert!(
        requests[2].starts_with("GET /api/v1/log/entries/"),
        "{requests:?}"
    );
}

#[test]
fn signs_again_if_rekor_v2_does_not_return_its_entry() {
    let sandbox = sandbox();
    sandbox
        .services
        .rekor_v2
        .faults()
        .next(1, Fault::DropAnswer);
    sign(&sandbox, &sandbox.signing_config_path()).unwrap();
    assert_eq!(sandbox.services.ca.requests().len(), 1);
}

#[test]
fn reports_a_log_that_always_says_409() {
    let sandbox = sandbox();
    sandbox
        .services
        .rekor_v2
        .faults()
        .always(Fault::Status(409));
    let error = sign(&sandbox, &sandbox.signing_config_path()).unwrap_err();
    assert!(matches!(error, SignError::EntryExists { .. }), "{error}");
    assert_eq!(sandbox.services.rekor_v2.requests().len(), 2);
}

#[test]
fn renews_a_certificate_while_the_login_is_valid() {
    let sandbox = sandbox();
    let certificates = || sandbox.services.ca.requests().len();
    block_on(async {
        let config = sandbox.signing_config_path();
        let (mut signer, token) = certify(&sandbox, &config).await.unwrap();
        let now = Timestamp::now();
        signer.renew(&token, now).await.unwrap();
        assert_eq!(certificates(), 1);
        // Certificates live for ten minutes.
        let soon = now + SignedDuration::from_mins(9) + SignedDuration::from_secs(1);
        signer.renew(&token, soon).await.unwrap();
        assert_eq!(certificates(), 2);
        signer.sign(DIGEST).await.unwrap();
        let later = now + SignedDuration::from_hours(24);
        let error = signer.renew(&token, later).await.unwrap_err();
        assert!(
            matches!(error, SignError::Token(TokenError::Expired { .. })),
            "{error}"
        );
        assert_eq!(certificates(), 2);
    });
}
