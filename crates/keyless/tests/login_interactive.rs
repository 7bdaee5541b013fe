//! Logins by a scripted person at the sandbox's provider: every flow, and every attack with its
//! error.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use cpan_sigstore_http::{Http, HttpError};
use cpan_sigstore_keyless::login::{
    BrowserFailure, Env, Flow, IdentityToken, LoginError, LoginOptions, Prompt, Provider,
    TokenError, interactive,
};
use cpan_sigstore_sandbox::{
    Fault, Sandbox, SandboxOptions, loopback_client,
    oidc::{
        GITHUB, ProviderMisbehaviour as Wrong,
        browser::{BrowserError, Click, LastPage, visit},
    },
};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use url::Url;

/// A person's click and what they saw.
struct Person {
    click: Click<'static>,
    last_page: Option<JoinHandle<Result<LastPage, BrowserError>>>,
    shown: Arc<Mutex<Vec<String>>>,
}

impl Person {
    fn who_clicks(click: Click<'static>) -> Self {
        Self {
            click,
            last_page: None,
            shown: Arc::default(),
        }
    }

    fn author() -> Self {
        Self::who_clicks(Click::Account("author"))
    }

    fn go(&mut self, url: &str) {
        self.shown.lock().unwrap().push(url.to_owned());
        let (url, click) = (url.to_owned(), self.click);
        self.last_page = Some(tokio::spawn(async move { visit(&url, click).await }));
    }

    async fn last_page(&mut self) -> LastPage {
        self.last_page.take().unwrap().await.unwrap().unwrap()
    }
}

impl Prompt for Person {
    fn show_url(&mut self, url: &str) {
        self.go(url);
    }

    fn show_browser_failure(&mut self, failure: &BrowserFailure) {
        panic!("{failure}");
    }

    fn show_device_code(&mut self, page: &str, complete: Option<&str>, code: &str) {
        assert!(complete.unwrap().starts_with(page));
        assert!(complete.unwrap().ends_with(code));
        self.go(complete.unwrap());
    }

    fn ask_code(&mut self, url: &str) -> io::Result<String> {
        let (url, click) = (url.to_owned(), self.click);
        let page = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(visit(&url, click)).unwrap()
        });
        let page = page.join().unwrap();
        Ok(format!("{}\n", page.code().unwrap_or_default()))
    }
}

/// An environment with a display and a browser that does nothing: the person opens the address.
fn desktop() -> Env {
    Env::with_variables([("BROWSER", "true"), ("DISPLAY", ":0")])
}

fn options<'a>(sandbox: &'a Sandbox, env: &'a Env, flow: Flow) -> LoginOptions<'a> {
    LoginOptions {
        issuer: sandbox.services.oidc.url(),
        client_id: "sigstore",
        provider: None,
        flow,
        patience: Duration::from_secs(20),
        clock: Timestamp::now,
        env,
    }
}

async fn log_in(
    options: &LoginOptions<'_>,
    person: &mut Person,
) -> Result<IdentityToken, LoginError> {
    interactive(&Http::for_urls([options.issuer]).unwrap(), options, person).await
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    sandbox.oidc.set_device_interval(0);
    sandbox
}

#[tokio::test]
async fn returns_the_token_of_the_person_in_every_flow() {
    let sandbox = sandbox();
    for flow in [Flow::Auto, Flow::Browser, Flow::Device, Flow::OutOfBand] {
        let env = desktop();
        let mut person = Person::author();
        let token = log_in(&options(&sandbox, &env, flow), &mut person)
            .await
            .unwrap();
        assert_eq!(token.email(), Some("author@example.org"), "{flow:?}");
        assert_eq!(token.proof_subject(), "author@example.org");
        assert_eq!(token.certified_issuer(), sandbox.services.oidc.url());
    }
}

#[tokio::test]
async fn uses_another_device_without_a_display() {
    let sandbox = sandbox();
    let env = Env::with_variables([("SSH_CONNECTION", "a"), ("DISPLAY", "localhost:10.0")]);
    let mut person = Person::author();
    log_in(&options(&sandbox, &env, Flow::Auto), &mut person)
        .await
        .unwrap();
    let shown = person.shown.lock().unwrap().clone();
    assert!(shown[0].contains("/device?user_code="), "{shown:?}");
}

#[tokio::test]
async fn returns_a_token_without_address_for_a_user_name() {
    let sandbox = sandbox();
    let env = desktop();
    let issuer = format!("{}/pause", sandbox.services.oidc.url());
    let options = LoginOptions {
        issuer: &issuer,
        ..options(&sandbox, &env, Flow::Browser)
    };
    let mut person = Person::who_clicks(Click::Account("MYAUTHOR"));
    let token = log_in(&options, &mut person).await.unwrap();
    assert_eq!((token.email(), token.proof_subject()), (None, "MYAUTHOR"));
}

#[tokio::test]
async fn skips_the_account_page_for_a_chosen_account() {
    let sandbox = sandbox();
    let env = desktop();
    let options = LoginOptions {
        provider: Some(Provider::GitHub),
        ..options(&sandbox, &env, Flow::Browser)
    };
    let mut person = Person::who_clicks(Click::Account("author-github"));
    let token = log_in(&options, &mut person).await.unwrap();
    assert_eq!(token.certified_issuer(), GITHUB);
}

#[tokio::test]
async fn rejects_each_false_login_response_with_its_error() {
    type Expected = fn(&LoginError) -> bool;
    let lies: [(Wrong, Expected); 14] = [
        (Wrong::WrongNonce, |e| {
            matches!(e, LoginError::NonceMismatch)
        }),
        (Wrong::MissingNonce, |e| {
            matches!(e, LoginError::NonceMismatch)
        }),
        (
            Wrong::WrongAudience,
            |e| matches!(e, LoginError::Token(TokenError::Audience { found, .. }) if found.contains("somebody-else")),
        ),
        (Wrong::WrongIssuer, |e| {
            matches!(e, LoginError::WrongIssuer { .. })
        }),
        (Wrong::ExpiredToken, |e| {
            matches!(e, LoginError::Token(TokenError::Expired { .. }))
        }),
        (Wrong::ForeignKey, |e| {
            matches!(e, LoginError::Signature { .. })
        }),
        (Wrong::UnsignedToken, |e| {
            matches!(e, LoginError::Signature { .. })
        }),
        (Wrong::NoIdToken, |e| matches!(e, LoginError::NoIdToken)),
        (Wrong::EmailUnverified, |e| {
            matches!(e, LoginError::Token(TokenError::EmailNotVerified { .. }))
        }),
        (Wrong::StateMissing, |e| {
            matches!(e, LoginError::StateMismatch)
        }),
        (Wrong::StateWrong, |e| {
            matches!(e, LoginError::StateMismatch)
        }),
        (Wrong::ForeignDiscovery, |e| {
            matches!(e, LoginError::Discovery { .. })
        }),
        (
            Wrong::FileEndpoint,
            |e| matches!(e, LoginError::Insecure { url } if url.starts_with("file:")),
        ),
        (Wrong::GarbageToken, |e| {
            matches!(e, LoginError::Answer { .. })
        }),
    ];
    let sandbox = sandbox();
    let env = desktop();
    for (wrong, expected) in lies {
        sandbox.oidc.misbehaviour().set(wrong);
        let mut person = Person::author();
        let error = log_in(&options(&sandbox, &env, Flow::Browser), &mut person)
            .await
            .unwrap_err();
        assert!(expected(&error), "{wrong:?} gave {error:?}");
    }
}

#[tokio::test]
async fn verifies_the_token_of_a_device_login() {
    let sandbox = sandbox();
    let env = desktop();
    let options = options(&sandbox, &env, Flow::Device);
    sandbox.oidc.misbehaviour().set(Wrong::ForeignKey);
    let error = log_in(&options, &mut Person::author()).await.unwrap_err();
    assert!(matches!(error, LoginError::Signature { .. }), "{error:?}");
    sandbox.oidc.misbehaviour().set(Wrong::WrongIssuer);
    let error = log_in(&options, &mut Person::author()).await.unwrap_err();
    assert!(matches!(error, LoginError::WrongIssuer { .. }), "{error:?}");
}

#[tokio::test]
async fn reports_a_denied_login() {
    let sandbox = sandbox();
    let env = desktop();
    for flow in [Flow::Browser, Flow::Device] {
        let mut person = Person::who_clicks(Click::Deny);
        let error = log_in(&options(&sandbox, &env, flow), &mut person)
            .await
            .unwrap_err();
        assert!(
            matches!(error, LoginError::Denied),
            "{flow:?} gave {error:?}"
        );
        assert_eq!(person.last_page().await.status, 200);
    }
    let mut person = Person::who_clicks(Click::Deny);
    let by_hand = options(&sandbox, &env, Flow::OutOfBand);
    let error = log_in(&by_hand, &mut person).await.unwrap_err();
    assert!(matches!(error, LoginError::NoCode));
}

#[tokio::test]
async fn polls_more_slowly_on_request_and_not_for_ever() {
    let sandbox = sandbox();
    let env = desktop();
    sandbox.oidc.misbehaviour().set(Wrong::SlowDown);
    let options = LoginOptions {
        patience: Duration::from_millis(600),
        ..options(&sandbox, &env, Flow::Device)
    };
    let error = log_in(&options, &mut Person::author()).await.unwrap_err();
    assert!(matches!(error, LoginError::TimedOut(_)), "{error:?}");
    let requests = sandbox.services.oidc.requests();
    let polls = requests.iter().filter(|r| *r == "POST /token").count();
    assert_eq!(
        polls, 1,
        "asked to slow down, it polled again: {requests:?}"
    );
}

#[tokio::test]
async fn reports_an_expired_device_code() {
    /// Reads the code after its expiry.
    struct Late<'a>(&'a Sandbox);
    impl Prompt for Late<'_> {
        fn show_url(&mut self, _: &str) {}
        fn show_browser_failure(&mut self, _: &BrowserFailure) {}
        fn show_device_code(&mut self, _: &str, _: Option<&str>, _: &str) {
            self.0
                .oidc_clock()
                .set_offset(SignedDuration::from_hours(1));
        }
        fn ask_code(&mut self, _: &str) -> io::Result<String> {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
    let sandbox = sandbox();
    let env = desktop();
    let http = Http::for_urls([sandbox.services.oidc.url()]).unwrap();
    let device = options(&sandbox, &env, Flow::Device);
    let error = interactive(&http, &device, &mut Late(&sandbox))
        .await
        .unwrap_err();
    assert!(matches!(error, LoginError::DeviceCodeExpired), "{error:?}");
    let by_hand = options(&sandbox, &env, Flow::OutOfBand);
    let error = interactive(&http, &by_hand, &mut Late(&sandbox))
        .await
        .unwrap_err();
    assert!(matches!(error, LoginError::Code(_)), "{error:?}");
}

#[tokio::test]
async fn serves_only_the_login_on_the_callback_port() {
    /// Sends what strangers would send, then logs in.
    struct Probing(Person, Option<JoinHandle<[u16; 4]>>);
    impl Prompt for Probing {
        fn show_url(&mut self, url: &str) {
            let url = url.to_owned();
            let (_, back) = Url::parse(&url)
                .unwrap()
                .query_pairs()
                .find(|(name, _)| name == "redirect_uri")
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .unwrap();
            assert!(back.starts_with("http://localhost:"));
            let click = self.0.click;
            self.1 = Some(tokio::spawn(async move {
                let http = loopback_client().unwrap();
                let status = async |request: reqwest::RequestBuilder| {
                    request.send().await.unwrap().status().as_u16()
                };
                let elsewhere = back.replace("/auth/callback", "/favicon.ico");
                [
                    status(http.get(elsewhere)).await,
                    status(http.get(&back).header("Host", "rebound.example.org")).await,
                    status(http.post(format!("{back}?code=x"))).await,
                    visit(&url, click).await.unwrap().status,
                ]
            }));
        }
        fn show_browser_failure(&mut self, _: &BrowserFailure) {}
        fn show_device_code(&mut self, _: &str, _: Option<&str>, _: &str) {}
        fn ask_code(&mut self, _: &str) -> io::Result<String> {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
    let sandbox = sandbox();
    let env = desktop();
    let http = Http::for_urls([sandbox.services.oidc.url()]).unwrap();
    let mut person = Probing(Person::author(), None);
    let browser = options(&sandbox, &env, Flow::Browser);
    interactive(&http, &browser, &mut person).await.unwrap();
    assert_eq!(person.1.unwrap().await.unwrap(), [404, 404, 405, 200]);
}

#[tokio::test]
async fn sends_nothing_in_clear_and_bounds_responses() {
    let sandbox = sandbox();
    let env = desktop();
    for (issuer, insecure) in [("http://login.example.org", true), ("login", false)] {
        let options = LoginOptions {
            issuer,
            ..options(&sandbox, &env, Flow::Browser)
        };
        let error = log_in(&options, &mut Person::author()).await.unwrap_err();
        match error {
            LoginError::Insecure { .. } => assert!(insecure),
            LoginError::IssuerUrl { .. } => assert!(!insecure),
            other => panic!("{issuer} gave {other:?}"),
        }
    }
    sandbox
        .services
        .oidc
        .faults()
        .next(1, Fault::OversizedBody(1 << 20));
    let error = log_in(
        &options(&sandbox, &env, Flow::Browser),
        &mut Person::author(),
    )
    .await
    .unwrap_err();
    assert!(
        matches!(error, LoginError::Http(HttpError::TooLarge { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn gets_no_token_for_an_unknown_client() {
    let sandbox = sandbox();
    let env = desktop();
    let options = LoginOptions {
        client_id: "another",
        ..options(&sandbox, &env, Flow::Device)
    };
    let error = log_in(&options, &mut Person::author()).await.unwrap_err();
    assert!(
        matches!(&error, LoginError::Refused { code, .. } if code == "invalid_client"),
        "{error:?}"
    );
}
