//! A PAUSE login alone: provider, real Fulcio, release, and a user who trusts PAUSE's word for its own authors.

use std::path::{Path, PathBuf};

use cpan_sigstore_interop::installed;
use cpan_sigstore_interop::instance::{Instance, write};
use cpan_sigstore_interop::pause_login::TOKEN_SECRET;
use cpan_sigstore_sandbox::Sandbox;
use cpan_sigstore_testkit::archive::distribution;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::real_stack::World;

const ID: &str = "MYAUTHOR";

/// An author's machine.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        write(&path, bytes).unwrap();
        path
    }

    /// Runs our program, which has to succeed, and returns its output.
    async fn run(&self, sandbox: &Sandbox, instance: &Instance, arguments: &[&str]) -> String {
        let mut command = Command::new(installed::ours().unwrap());
        command
            .args(arguments)
            .arg("--trusted-root")
            .arg(instance.trusted_root_file())
            .current_dir(self.folder.path())
            .env_clear()
            .envs(sandbox.env())
            .env("HOME", self.folder.path())
            .env("CPAN_SIGSTORE_DATA", self.folder.path().join("data"))
            .env("PATH", "/usr/bin:/bin")
            .env("BROWSER", browser())
            .env("PAUSE_LOGIN", sandbox.dot_pause_path(ID));
        let output = command.output().await.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Releases a distribution with these flags, and returns the verdict of a user who trusts PAUSE.
    async fn release_and_verify(&self, world: &World, name: &str, login: &[&str]) -> Value {
        let (sandbox, instance) = (&world.sandbox, world.stack.instance());
        let file = format!("{name}-1.0.tar.gz");
        self.file(&file, &distribution(name, "1.0"));
        let config = instance.signing_config_file();
        let pause = sandbox.dot_pause_path(ID);
        let mut arguments = vec!["release", "--yes", "--wait", "--signing-config"];
        arguments.push(config.to_str().unwrap());
        arguments.extend(["--pause-file", pause.to_str().unwrap()]);
        arguments.extend(login);
        arguments.push(&file);
        self.run(sandbox, instance, &arguments).await;

        let policy = format!(
            "[pause]\nissuer = '{}'\ndomain = '127.0.0.1'\n",
            world.pause_login.issuer()
        );
        let user = Self::new();
        let policy = user.file("policy.toml", policy.as_bytes());
        let release = format!("{ID}/{file}");
        let arguments = [
            "verify",
            "--json",
            "--policy",
            policy.to_str().unwrap(),
            &release,
        ];
        let verdict = user.run(sandbox, instance, &arguments).await;
        serde_json::from_str(&verdict).unwrap()
    }
}

/// A scripted person at a browser.
fn browser() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("scripts/pause-browser")
}

fn assert_trusted(world: &World, verdict: &Value) {
    assert_eq!(verdict["finding"], "trusted", "{verdict:#}");
    assert_eq!(verdict["binding"], "pause-issued", "{verdict:#}");
    assert_eq!(verdict["signer"]["issuer"], world.pause_login.issuer());
    assert_eq!(verdict["signer"]["subject"]["name"], "MYAUTHOR!127.0.0.1");
}

/// The password of every account, which is also that of the sandbox's PAUSE.
fn password(sandbox: &Sandbox) -> String {
    crate::real_stack::pause_password(sandbox, ID)
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_release_signed_by_pause_login_in_a_browser() {
    let world = World::shared().await;
    let machine = Machine::new();
    let login = ["--oidc-issuer", world.pause_login.issuer()];
    let verdict = machine
        .release_and_verify(&world, "By-Browser", &login)
        .await;
    assert_trusted(&world, &verdict);
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_release_signed_by_pause_password_and_token() {
    let world = World::shared().await;
    let machine = Machine::new();
    let token = format!("{ID}:signs:{TOKEN_SECRET}");
    for (name, credentials) in [
        ("By-Password", Ok(password(&world.sandbox))),
        ("By-Token", Err(token)),
    ] {
        let response = ask(&world, ID, &credentials).await;
        assert_eq!(response.status(), 200);
        let body: Value = response.json().await.unwrap();
        let token = body["id_token"].as_str().unwrap();
        let token = machine.file("token", token.as_bytes());
        let login = ["--identity-token", token.to_str().unwrap()];
        let verdict = machine.release_and_verify(&world, name, &login).await;
        assert_trusted(&world, &verdict);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_accounts_by_tables_of_pause() {
    let world = World::shared().await;
    let password = password(&world.sandbox);
    for (id, status) in [
        ("SETTLED", 200),
        ("settled", 200),
        ("ASKEDONCE", 200),
        ("CLOSED", 403),
        ("DELETED", 403),
        ("NOROW", 403),
        ("ALIST", 403),
        ("FORCED", 403),
        ("FRESH", 403),
        ("RECOVERS", 403),
        ("OLDHASH", 401),
        ("NOHASH", 401),
        ("NOBODY", 401),
        // MariaDB would take it for SETTLED.
        ("SETTLED ", 401),
    ] {
        let response = ask(&world, id, &Ok(password.clone())).await;
        assert_eq!(response.status(), status, "{id}");
    }
    for (token, status) in [
        ("MYAUTHOR:signs:secret", 200),
        ("MYAUTHOR:SIGNS:secret", 401),
        ("MYAUTHOR:uploads:secret", 401),
        ("MYAUTHOR:ended:secret", 401),
        ("MYAUTHOR:revoked:secret", 401),
        ("MYAUTHOR:elsewhere:secret", 401),
    ] {
        let response = ask(&world, ID, &Err(token.to_owned())).await;
        assert_eq!(response.status(), status, "{token}");
    }
    let audit = world.pause_login.audit().unwrap();
    assert!(audit.contains("refused   password  CLOSED"), "{audit}");
}

/// Asks for a token with a password, or else with a token of PAUSE.
async fn ask(world: &World, id: &str, credentials: &Result<String, String>) -> reqwest::Response {
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let url = format!("{}/oidc/id-token", world.pause_login.issuer());
    let request = http.post(url).form(&[("client_id", "sigstore")]);
    let request = match credentials {
        Ok(password) => request.basic_auth(id, Some(password)),
        Err(token) => request.bearer_auth(token),
    };
    request.send().await.unwrap()
}
