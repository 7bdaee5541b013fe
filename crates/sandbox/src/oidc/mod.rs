//! An OpenID provider: OpenID Connect Core and Discovery 1.0, PKCE (RFC 7636) and the device
//! flow (RFC 8628), with the manners of the Dex that serves the public-good Sigstore.
//!
//! One server, three issuers by path, each with discovery, keys, login page, token endpoint and
//! device flow of its own (see [`Realm`]); besides, the endpoint that hands tokens to GitHub
//! Actions jobs, and `/sandbox/token?account=ID`, which mints a token for scripts.

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

/// The one client that may log in, as at the public-good instance.
pub const CLIENT_ID: &str = "sigstore";

/// The provider; clones are the same provider.
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
    /// A provider reachable under `base_url` (no trailing slash), whose tokens carry `clock`'s time.
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

    /// Everything this provider serves, to be mounted at its base URL.
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

    /// The issuers and how a certificate authority has to treat their tokens.
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

    /// The accounts that can log in.
    pub fn accounts(&self) -> &[Account] {
        &self.inner.accounts
    }

    /// The account with this id.
    pub fn account(&self, id: &str) -> Option<&Account> {
        self.inner.accounts.iter().find(|account| account.id == id)
    }

    /// A fresh ID token for an account and the audience `sigstore`, without any login.
    ///
    /// Returns `None` when there is no such account.
    pub fn token(&self, account: &str) -> Option<String> {
        let account = self.account(account)?;
        Some(self.id_token(account, CLIENT_ID, None))
    }

    /// What the provider does wrong.
    pub fn misbehaviour(&self) -> &Misbehaviour<ProviderMisbehaviour> {
        &self.inner.misbehaviour
    }

    /// The seconds a device has to wait between two polls; 1 at first, 0 for no wait at all.
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

    /// The accounts one can choose from: those of the realm, and of the connector if one is asked for.
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

    /// The account that was clicked, if it is this issuer's to speak for.
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

/// A name nobody can guess: 128 random bits in hexadecimal.
fn random_name() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}
