//! An OpenID provider: OpenID Connect Core and Discovery 1.0, PKCE (RFC 7636) and the device flow
//! (RFC 8628). It behaves like the Dex of the public-good Sigstore.
//!
//! One server has three issuers by path, each with its own discovery, keys, login page, token
//! endpoint and device flow (see [`Realm`]). It also serves tokens for GitHub Actions jobs, and
//! `/sandbox/token?account=ID` issues tokens for scripts.

mod account;
mod ambient;
pub mod browser;
mod device;
mod discovery;
mod keys;
mod login;
mod misbehaviour;
mod page;
mod session;
mod token;
mod token_endpoint;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    routing::{get, post},
};
use rand_core::{OsRng, RngCore as _};

pub use account::{Account, GITHUB, GOOGLE, MICROSOFT, Realm};
pub use misbehaviour::ProviderMisbehaviour;

use crate::{ca::IssuerKind, clock::Clock, misbehaviour::Misbehaviour};
use session::Sessions;

/// The only client that may log in, as at the public-good instance.
pub const CLIENT_ID: &str = "sigstore";

/// An OpenID provider. Clones are the same provider.
#[derive(Clone)]
pub struct Provider {
    inner: Arc<Inner>,
}

struct Inner {
    base_url: String,
    clock: Clock,
    accounts: Vec<Account>,
    key: keys::TokenKey,
    foreign_key: keys::TokenKey,
    job_secret: String,
    device_interval: AtomicU64,
    misbehaviour: Misbehaviour<ProviderMisbehaviour>,
    sessions: Mutex<Sessions>,
}

/// One of the provider's issuers, as the handlers see it.
#[derive(Clone)]
struct Issuer {
    provider: Provider,
    realm: Realm,
}

impl Provider {
    /// Creates a provider at `base_url` (no trailing slash) with tokens by `clock`.
    pub fn new(base_url: String, clock: Clock, accounts: Vec<Account>) -> Self {
        Self {
            inner: Arc::new(Inner {
                base_url,
                clock,
                accounts,
                key: keys::TokenKey::generate(),
                foreign_key: keys::TokenKey::generate(),
                job_secret: random_name(),
                device_interval: AtomicU64::new(1),
                misbehaviour: Misbehaviour::default(),
                sessions: Mutex::new(Sessions::default()),
            }),
        }
    }

    /// Returns all routes, to be mounted at the base URL.
    pub fn router(&self) -> Router {
        let issuer = |realm| {
            issuer_routes().with_state(Issuer {
                provider: self.clone(),
                realm,
            })
        };
        Router::new()
            .merge(issuer(Realm::Email))
            .nest("/pause", issuer(Realm::Pause))
            .nest("/ci", issuer(Realm::Ci))
            .merge(ambient::routes().with_state(self.clone()))
    }

    /// Returns the issuers, and how a certificate authority has to treat their tokens.
    pub fn issuers(&self) -> Vec<(String, IssuerKind)> {
        let domain = "127.0.0.1".to_owned();
        [
            (Realm::Email, IssuerKind::Email),
            (Realm::Pause, IssuerKind::Username { domain }),
            (Realm::Ci, IssuerKind::Workflow),
        ]
        .into_iter()
        .map(|(realm, kind)| (self.issuer_url(realm), kind))
        .collect()
    }

    /// Returns the same, with further providers of user names.
    pub(crate) fn issuers_with(&self, others: &[String]) -> Vec<(String, IssuerKind)> {
        let domain = "127.0.0.1".to_owned();
        let username = IssuerKind::Username { domain };
        let others = others
            .iter()
            .map(|issuer| (issuer.clone(), username.clone()));
        self.issuers().into_iter().chain(others).collect()
    }

    /// Returns the accounts that can log in.
    pub fn accounts(&self) -> &[Account] {
        &self.inner.accounts
    }

    /// Returns the account with this id.
    pub fn account(&self, id: &str) -> Option<&Account> {
        self.inner.accounts.iter().find(|account| account.id == id)
    }

    /// Returns a new ID token for an account and the audience `sigstore`, without a login, or
    /// `None` if the account is unknown.
    pub fn token(&self, account: &str) -> Option<String> {
        let account = self.account(account)?;
        Some(self.id_token(account, CLIENT_ID, None))
    }

    /// Returns a new ID token for an account and an audience, or `None` if the account is unknown.
    pub fn token_for(&self, account: &str, audience: &str) -> Option<String> {
        let account = self.account(account)?;
        Some(self.id_token(account, audience, None))
    }

    /// Returns the issuer of workflow runs.
    pub fn ci_issuer(&self) -> String {
        self.issuer_url(Realm::Ci)
    }

    /// Returns the claims of a token that this provider has signed.
    pub(crate) fn verified(&self, token: &str) -> Option<serde_json::Value> {
        self.inner.key.verified(token)
    }

    pub fn misbehaviour(&self) -> &Misbehaviour<ProviderMisbehaviour> {
        &self.inner.misbehaviour
    }

    /// Sets the seconds between two polls of a device: 1 at first, 0 for no wait.
    pub fn set_device_interval(&self, seconds: u64) {
        self.inner.device_interval.store(seconds, Ordering::Relaxed);
    }

    fn device_interval(&self) -> u64 {
        self.inner.device_interval.load(Ordering::Relaxed)
    }

    fn wrong(&self) -> Option<ProviderMisbehaviour> {
        self.inner.misbehaviour.get()
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        let sessions = &self.inner.sessions;
        sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the accounts of a realm, and of a connector if one is requested.
    fn choice(&self, realm: Realm, connector: Option<&str>) -> Vec<&Account> {
        self.inner
            .accounts
            .iter()
            .filter(|account| account.realm == realm)
            .filter(|account| connector.is_none() || account.connector.as_deref() == connector)
            .collect()
    }
}

impl Issuer {
    fn url(&self) -> String {
        self.provider.issuer_url(self.realm)
    }

    /// Returns the chosen account if this issuer may issue its tokens.
    fn account(&self, id: &str) -> Option<&Account> {
        self.provider
            .account(id)
            .filter(|account| account.realm == self.realm)
    }
}

fn issuer_routes() -> Router<Issuer> {
    Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(discovery::configuration),
        )
        .route("/keys", get(discovery::keys))
        .route("/authorize", get(login::ask).post(login::answer))
        .route("/token", post(token_endpoint::redeem))
        .route("/device/code", post(device::start))
        .route("/device", get(device::ask).post(device::answer))
}

/// Returns an unguessable name: 128 random bits in hexadecimal.
fn random_name() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}
