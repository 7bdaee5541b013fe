//! The HTTP interface. A reverse proxy has to put TLS in front of it.
//!
//! Only the configured proxies and this machine can connect; the address of the person comes from the proxy.

mod address;
mod authorize;
mod direct;
mod discovery;
mod error;
mod form;
mod headers;
mod page;
mod redeem;
mod request;
mod serve;

use std::sync::{Arc, PoisonError, RwLock};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};

use crate::{
    Clock,
    accounts::{Accounts, AccountsError, Cost, Passwords},
    config::Config,
    exchange::{self, Exchange, ProviderPeople, Settings, Store},
    keys::{JwkSet, KeyRing, KeyStore, KeyStoreError, SigningKey, SigningKeyError},
    login::Logins,
    state::{State, StateError},
    tokens,
};

pub use address::ClientAddress;
pub use error::{OAuthError, oauth_error};
pub use serve::ServeError;

/// Largest body of a request, in bytes. Exchanged tokens of CI systems are the largest.
const LARGEST_BODY: usize = 32 * 1024;

/// A provider. Clones are the same provider.
#[derive(Clone)]
pub struct Idp(Arc<Inner>);

struct Inner {
    config: Config,
    clock: Clock,
    store: KeyStore,
    ring: RwLock<KeyRing>,
    logins: Logins,
    forms: form::Forms,
    exchange: Option<Exchange>,
}

/// Why a provider cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// The accounts cannot be read.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The exchange cannot start.
    #[error(transparent)]
    Exchange(#[from] exchange::ExchangeError),
}

impl Idp {
    /// Opens keys, accounts and state.
    ///
    /// # Errors
    /// [`StartError`] if one of them cannot be used.
    pub async fn open(config: Config, clock: Clock, cost: Cost) -> Result<Self, StartError> {
        let state = State::open(&config.state).await?;
        let accounts = Accounts::open(&config.accounts).await?;
        let store = KeyStore::open(&config.state.join("keys"))?;
        let ring = RwLock::new(store.refresh(clock.now())?);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let passwords = Passwords::new(cost, processors);
        let logins = Logins::new(&config, accounts, passwords, state);
        let forms = form::Forms::new()?;
        Ok(Self(Arc::new(Inner {
            exchange: open_exchange(&config, &clock, &logins).await?,
            config,
            clock,
            store,
            ring,
            logins,
            forms,
        })))
    }

    /// Returns the settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Returns the clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Returns the state.
    pub fn state(&self) -> &State {
        self.0.logins.state()
    }

    /// Returns the check of credentials.
    pub fn logins(&self) -> &Logins {
        &self.0.logins
    }

    /// Returns the exchange, if trusted publishing is offered.
    pub fn exchange(&self) -> Option<&Exchange> {
        self.0.exchange.as_ref()
    }

    /// Reads the keys again, and rotates them if it is time.
    ///
    /// # Errors
    /// [`KeyStoreError`] if they cannot be used; the known ones stay in use.
    pub fn refresh_keys(&self) -> Result<(), KeyStoreError> {
        let ring = self.0.store.refresh(self.clock().now())?;
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// Returns the keys that are published now.
    pub fn published_keys(&self) -> JwkSet {
        let ring = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.published(self.clock().now())
    }

    fn signing_key(&self) -> Result<Arc<SigningKey>, SigningKeyError> {
        let ring = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
        let key = ring.signing(self.clock().now()).cloned();
        key.ok_or(SigningKeyError::Sign)
    }

    /// Returns all routes, to be served at the issuer's origin.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(discovery::configuration),
            )
            .route("/oidc/jwks", get(discovery::keys))
            .route(
                "/oidc/authorize",
                get(authorize::ask).post(authorize::answer),
            )
            .route("/oidc/token", post(redeem::redeem))
            .route("/oidc/id-token", post(direct::issue));
        let path = self.config().path();
        let routes = if path.is_empty() {
            routes
        } else {
            Router::new().nest(&path, routes)
        };
        // The document of trusted publishing is at the origin, wherever the provider is.
        let routes = match self.exchange() {
            Some(exchange) => routes.merge(exchange::routes(exchange.clone())),
            None => routes,
        };
        routes
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .layer(from_fn_with_state(self.clone(), address::find))
            .layer(from_fn(headers::add))
            .with_state(self.clone())
    }
}

/// Opens the exchange, if trusted publishing is offered.
async fn open_exchange(
    config: &Config,
    clock: &Clock,
    logins: &Logins,
) -> Result<Option<Exchange>, exchange::ExchangeError> {
    let Some(settings) = &config.exchange else {
        return Ok(None);
    };
    let store = Store::open(&config.state).await?;
    let people = Box::new(ProviderPeople::new(logins.clone(), config.clone()));
    let settings = Settings {
        issuers: settings.ci_services.clone(),
        ..Settings::of(&config.origin())
    };
    Exchange::new(settings, clock.clone(), store, people).map(Some)
}

/// An ID token that is about to be signed.
struct NewToken<'a> {
    subject: &'a str,
    audience: &'a str,
    auth_time: i64,
    nonce: Option<&'a str>,
    amr: &'a str,
}

impl Idp {
    fn sign(&self, key: &SigningKey, new: &NewToken<'_>) -> Result<String, SigningKeyError> {
        let claims = crate::login::id_token_claims(
            self.config().issuer(),
            new.subject,
            new.audience,
            (self.clock().now(), new.auth_time),
            new.nonce,
            new.amr,
        );
        tokens::sign(key, &claims)
    }
}
