//! The program that opens the login page. It is alone in its file: a new script cannot be run while
//! another test of the same process starts a program.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use cpan_sigstore_http::Http;
use cpan_sigstore_keyless::login::{BrowserFailure, Env, Flow, LoginOptions, Prompt, interactive};
use cpan_sigstore_sandbox::{
    Sandbox, SandboxOptions,
    oidc::browser::{Click, visit},
};
use jiff::Timestamp;

/// Remembers the address and lets the browser log in.
#[derive(Default)]
struct Onlooker(String);

impl Prompt for Onlooker {
    fn show_url(&mut self, url: &str) {
        url.clone_into(&mut self.0);
    }
    fn show_browser_failure(&mut self, failure: &BrowserFailure) {
        panic!("{failure}");
    }
    fn show_device_code(&mut self, _: &str, _: Option<&str>, _: &str) {}
    fn ask_code(&mut self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Waits until the browser is opened, logs in there, and returns the address.
async fn opened_at(seen: &Path) -> String {
    loop {
        if let Ok(text) = fs::read_to_string(seen) {
            let (count, url) = text.trim_end().split_once(':').unwrap();
            assert_eq!(count, "1");
            visit(url, Click::Account("author")).await.unwrap();
            return url.to_owned();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn passes_the_address_to_the_browser_as_only_argument() {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let program = sandbox.dir().join("browser; exit 1");
    let seen = sandbox.dir().join("seen");
    let script = format!(
        "#!/bin/sh\necho \"$#:$1\" > '{0}.new' && mv '{0}.new' '{0}'\n",
        seen.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();

    let env = Env::with_variables([("BROWSER", program.to_str().unwrap())]);
    let options = LoginOptions {
        issuer: sandbox.services.oidc.url(),
        client_id: "sigstore",
        provider: None,
        flow: Flow::Auto,
        patience: Duration::from_secs(20),
        clock: Timestamp::now,
        env: &env,
    };
    let http = Http::for_urls([options.issuer]).unwrap();
    let mut onlooker = Onlooker::default();
    let (token, url) = tokio::join!(
        interactive(&http, &options, &mut onlooker),
        tokio::time::timeout(Duration::from_secs(20), opened_at(&seen)),
    );
    assert_eq!(token.unwrap().email(), Some("author@example.org"));
    assert_eq!(onlooker.0, url.unwrap());
}
