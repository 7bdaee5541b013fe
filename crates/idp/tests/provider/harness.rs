//! A provider on loopback with a clock that the test moves, and its accounts in a file.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use cpan_sigstore_idp::{
    Clock,
    accounts::{Cost, SCOPE, token_hash},
    config::Config,
    keys::JwkSet,
    server::Idp,
    tokens::{Expected, VerifiedToken, verify},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;

/// The time at which each provider starts.
pub const START: i64 = 1_800_000_000;
/// The password of every account.
pub const PASSWORD: &str = "correct horse";
/// The address that the proxy reports, if a test says nothing else.
pub const HOME: &str = "192.0.2.1";

pub struct Provider {
    pub idp: Idp,
    pub issuer: String,
    _folder: TempDir,
    now: Arc<Mutex<Timestamp>>,
    client: Client,
}

impl Provider {
    pub async fn start() -> Self {
        Self::with("").await
    }

    /// Starts a provider with more settings.
    pub async fn with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let issuer = format!("http://{address}");
        let accounts = folder.path().join("accounts.toml");
        write_private(&accounts, &account_file());
        let (accounts, state) = (accounts.display(), folder.path().join("state"));
        let text = format!(
            "issuer = '{issuer}'\nlisten = '{address}'\nstate = '{}'\naccounts = {{ file = '{accounts}' }}\n\
             proxies = ['127.0.0.1/32']\n\
             {settings}\n\
             [[client]]\nid = 'sigstore'\nname = 'A program that signs'\nredirect = 'loopback'\ndirect = true\nsigns = true\n\
             [[client]]\nid = 'metacpan'\nname = 'MetaCPAN'\nredirect = ['https://metacpan.example/login']\n",
            state.display()
        );
        let config = Config::parse(&text, &PathBuf::from("idp.toml")).unwrap();
        let now = Arc::new(Mutex::new(Timestamp::from_second(START).unwrap()));
        let clock = Arc::clone(&now);
        let clock = Clock::new(move || *clock.lock().unwrap());
        let idp = Idp::open(config, clock, Cost(4)).await.unwrap();
        let server = idp.clone();
        tokio::spawn(async move { server.serve(listener, std::future::pending()).await });
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only([])
            .build()
            .unwrap();
        Self {
            idp,
            issuer,
            _folder: folder,
            now,
            client,
        }
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: i64) {
        let mut now = self.now.lock().unwrap();
        *now += SignedDuration::from_secs(seconds);
    }

    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.from(HOME, self.client.get(format!("{}{path}", self.issuer)))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.post_from(HOME, path)
    }

    pub fn post_from(&self, address: &str, path: &str) -> RequestBuilder {
        self.from(address, self.client.post(format!("{}{path}", self.issuer)))
    }

    fn from(&self, address: &str, request: RequestBuilder) -> RequestBuilder {
        request.header("x-forwarded-for", address)
    }

    /// Asks for a token with a password, as a program does.
    pub async fn by_password(&self, id: &str, password: &str) -> Response {
        self.by_password_from(HOME, id, password).await
    }

    pub async fn by_password_from(&self, address: &str, id: &str, password: &str) -> Response {
        let request = self
            .post_from(address, "/oidc/id-token")
            .basic_auth(id, Some(password));
        request
            .form(&[("client_id", "sigstore")])
            .send()
            .await
            .unwrap()
    }

    /// Asks for a token with a token of PAUSE.
    pub async fn by_token(&self, token: &str) -> Response {
        let request = self.post("/oidc/id-token").bearer_auth(token);
        request
            .form(&[("client_id", "sigstore")])
            .send()
            .await
            .unwrap()
    }

    pub async fn keys(&self) -> JwkSet {
        let keys = self.get("/oidc/jwks").send().await.unwrap();
        JwkSet::parse(&keys.bytes().await.unwrap()).unwrap()
    }

    /// Verifies a token as Fulcio does.
    pub async fn verified(&self, token: &str, audience: &str) -> VerifiedToken {
        let expected = Expected {
            issuer: &self.issuer,
            audience,
            now: self.now(),
        };
        verify(token, &self.keys().await, &expected).unwrap()
    }

    /// The outcomes in the audit table, the oldest first.
    pub async fn audit(&self) -> Vec<String> {
        let rows = self.idp.state().audit(None, 1000).await.unwrap();
        rows.iter().rev().map(|row| row.outcome.clone()).collect()
    }
}

/// Returns the ID token in a response, which has to be a success.
pub async fn id_token(response: Response) -> String {
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    body["id_token"].as_str().unwrap().to_owned()
}

/// Returns status and error code of a response.
pub async fn failure(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (
        status,
        body["error"].as_str().unwrap_or_default().to_owned(),
    )
}

pub fn write_private(path: &std::path::Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn account_file() -> String {
    let hash = bcrypt::hash(PASSWORD, 4).unwrap().replace("$2b$", "$2a$");
    let account = |id: &str, more: &str| {
        format!("[account.{id}]\npassword = '{hash}'\nemail = '{id}@example.org'\n{more}\n")
    };
    let token = |id: &str, scope: &str| {
        format!(
            "[[account.ANDREA.token]]\nid = '{id}'\nhash = '{}'\nexpires = '2030-01-01T00:00:00Z'\nscope = '{scope}'\n",
            token_hash(id, "secret")
        )
    };
    [
        account("ANDREA", ""),
        token("sign", SCOPE),
        token("upload", "upload:distributions"),
        account("CARLA", ""),
        account("CLOSED", "status = 'nologin'"),
        account("FORCED", "must-change-password = true"),
        account("FRESH", "changed = '2027-01-14T00:00:00Z'"),
        "[account.OLDHASH]\npassword = 'abcdefghijklm'\n".to_owned(),
    ]
    .concat()
}
