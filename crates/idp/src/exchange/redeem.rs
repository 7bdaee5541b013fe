//! The exchange: verification, registration, one upload token.

use std::{net::IpAddr, sync::Arc, time::Duration};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    rand::{SecureRandom as _, SystemRandom},
};
use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_http::HttpError;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::{
    CiIssuer, People, Refusal, Registration, Store, Workflow,
    keys::{KeyCache, PATIENCE},
    run::Run,
    store::{Event, NewToken},
};
use crate::{
    Clock,
    accounts::token_hash,
    network::network_of,
    tokens::{Expected, TokenError, VerifiedToken, issuer_claim, key_name, verify},
};

/// Life of an upload token. A release waits for its bundle to be published, which takes up to ten minutes.
const LIFE: SignedDuration = SignedDuration::from_mins(30);
/// Time over which requests and tokens are counted.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// Most requests of one network within it. CI services share networks among many customers.
const MOST_OF_NETWORK: u32 = 600;
/// Most upload tokens of one author within it.
const MOST_OF_AUTHOR: u32 = 60;
/// Most registrations of one author.
const MOST_REGISTRATIONS: usize = 200;
/// Random bytes of a token, and of the names of tokens and registrations.
const SECRET: usize = 32;
const NAME: usize = 8;

/// The settings of an exchange.
pub struct Settings {
    /// The origin of PAUSE, which tokens have as their only audience.
    pub audience: String,
    /// The CI services.
    pub issuers: Vec<CiIssuer>,
    /// Longest wait for the keys of a CI service.
    pub patience: Duration,
}

/// An exchange. Clones share everything.
#[derive(Clone)]
pub struct Exchange(Arc<Inner>);

struct Inner {
    settings: Settings,
    clock: Clock,
    store: Store,
    keys: KeyCache,
    people: Box<dyn People>,
}

/// An upload token. It has no `Debug`.
pub struct Minted {
    /// The token in PAUSE's form, `USER:ID:SECRET`.
    pub token: SecretString,
    /// Its author.
    pub author: PauseId,
    /// The time at which it expires.
    pub expires: Timestamp,
}

/// Why an exchange cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// A CI service has no address that is protected.
    #[error(
        "invalid CI service: expected an https address without a slash at its end, found `{0}`"
    )]
    Issuer(String),
    /// The tables cannot be used.
    #[error(transparent)]
    Store(#[from] super::StoreError),
    /// Requests are impossible.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl Settings {
    /// Returns the settings for an origin, with the public CI services.
    pub fn of(origin: &str) -> Self {
        Self {
            audience: origin.to_owned(),
            issuers: CiIssuer::public(),
            patience: PATIENCE,
        }
    }
}

impl Exchange {
    /// Creates an exchange.
    ///
    /// # Errors
    /// [`ExchangeError`] if a CI service has no protected address, or TLS cannot be set up.
    pub fn new(
        settings: Settings,
        clock: Clock,
        store: Store,
        people: Box<dyn People>,
    ) -> Result<Self, ExchangeError> {
        for issuer in &settings.issuers {
            if issuer.keys().is_none() || issuer.issuer.ends_with('/') {
                return Err(ExchangeError::Issuer(issuer.issuer.clone()));
            }
        }
        let keys = KeyCache::new(&settings.issuers, settings.patience)?;
        Ok(Self(Arc::new(Inner {
            settings,
            clock,
            store,
            keys,
            people,
        })))
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Returns the tables.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Exchanges the token of a CI run, for one of several authors if one is named.
    ///
    /// # Errors
    /// [`Refusal`] that states the first reason.
    pub async fn redeem(
        &self,
        token: &str,
        wanted: Option<&PauseId>,
        address: IpAddr,
    ) -> Result<Minted, Refusal> {
        let now = self.0.clock.now();
        let network = network(address);
        self.limit(&network, now).await?;
        let mut repository = None;
        let outcome = self.try_redeem(token, wanted, now, &mut repository).await;
        let code = outcome.as_ref().err().map(|refusal| refusal.code());
        let minted = outcome.as_ref().ok();
        let event = Event {
            event: code.as_deref().unwrap_or("issued"),
            author: minted.map(|(minted, _, _)| minted.author.as_str()),
            repository: repository.as_deref(),
            registration: minted.map(|(_, registration, _)| registration.as_str()),
            token: minted.map(|(_, _, id)| id.as_str()),
        };
        if let Err(error) = self.0.store.note(&event, &network, now).await {
            // Without an audit line nobody gets a token.
            tracing::error!(%error, "cannot write the audit");
            return Err(Refusal::Unavailable);
        }
        outcome.map(|(minted, _, _)| minted)
    }

    async fn try_redeem(
        &self,
        token: &str,
        wanted: Option<&PauseId>,
        now: Timestamp,
        repository: &mut Option<String>,
    ) -> Result<(Minted, String, String), Refusal> {
        let Inner { store, people, .. } = &*self.0;
        let (verified, issuer) = self.verified(token, now).await?;
        let run = Run::of(&verified, issuer)?;
        *repository = Some(format!("{} ({})", run.repository, run.repository_id));
        let all = store.of_repository(&run.repository_id).await?;
        let registration = run.registration(&all, wanted)?;
        if !people.may_upload(&registration.author, now).await {
            return Err(Refusal::AccountRefused);
        }
        // Last, so that a run whose author is about to register can try again.
        if !store
            .use_once(&run.issuer, &run.jti, verified.expires())
            .await?
        {
            return Err(Refusal::TokenUsed);
        }
        let (minted, id) = self.mint(registration, now).await?;
        Ok((minted, registration.id.clone(), id))
    }

    /// Verifies a token with the keys of its issuer, which has to be one of the settings, to the letter.
    async fn verified(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<(VerifiedToken, &CiIssuer), Refusal> {
        let Inner { settings, keys, .. } = &*self.0;
        let stated = issuer_claim(token).map_err(|_| Refusal::TokenInvalid)?;
        let issuer = settings.issuers.iter().find(|one| one.issuer == stated);
        let issuer = issuer.ok_or(Refusal::IssuerUnknown)?;
        let kid = key_name(token).map_err(|_| Refusal::TokenInvalid)?;
        let keys = keys
            .of(issuer, kid.as_deref(), now)
            .await
            .map_err(|error| {
                tracing::warn!(%error, "cannot verify a token");
                Refusal::Unavailable
            })?;
        let expected = Expected {
            issuer: &issuer.issuer,
            audience: &settings.audience,
            now,
        };
        let verified = verify(token, &keys, &expected).map_err(|error| match error {
            TokenError::Expired => Refusal::TokenExpired,
            _ => Refusal::TokenInvalid,
        })?;
        Ok((verified, issuer))
    }

    async fn mint(
        &self,
        registration: &Registration,
        now: Timestamp,
    ) -> Result<(Minted, String), Refusal> {
        let (id, secret) = (random::<NAME>()?, random::<SECRET>()?);
        let expires = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
        let hash = token_hash(&id, &secret);
        let new = NewToken {
            id: &id,
            hash: &hash,
            author: &registration.author,
            registration: &registration.id,
            issued: now,
            expires,
        };
        let since = now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN);
        if !self.0.store.issue(&new, since, MOST_OF_AUTHOR).await? {
            return Err(Refusal::TooMany);
        }
        let minted = Minted {
            token: format!("{}:{id}:{secret}", registration.author).into(),
            author: registration.author.clone(),
            expires,
        };
        Ok((minted, id))
    }

    /// Returns the author whose upload token this is, and its end, if it is valid now.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the tables cannot be read.
    pub async fn uploader(&self, token: &str) -> Result<Option<(PauseId, Timestamp)>, Refusal> {
        let mut parts = token.split(':');
        let (Some(user), Some(id), Some(secret), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Ok(None);
        };
        let Ok(user) = user.parse::<PauseId>() else {
            return Ok(None);
        };
        let now = self.0.clock.now();
        let Some((hash, expires)) = self.0.store.upload_token(&user, id).await? else {
            return Ok(None);
        };
        let sent = token_hash(id, secret);
        let is_same = verify_slices_are_equal(hash.as_bytes(), sent.as_bytes()).is_ok();
        Ok((is_same && now < expires).then_some((user, expires)))
    }

    /// Ends the validity of an upload token. Only its holder can.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the tables cannot be used.
    pub async fn revoke(&self, token: &str, address: IpAddr) -> Result<(), Refusal> {
        let Some((author, _)) = self.uploader(token).await? else {
            return Ok(());
        };
        let id = token.split(':').nth(1).unwrap_or_default();
        self.0.store.revoke(id).await?;
        let event = Event {
            event: "revoked",
            author: Some(author.as_str()),
            token: Some(id),
            ..Event::default()
        };
        let (store, now) = (&self.0.store, self.0.clock.now());
        Ok(store.note(&event, &network(address), now).await?)
    }

    /// Removes tokens that have expired, and old events. Failures are logged.
    pub async fn clean(&self) {
        if let Err(error) = self.0.store.clean(self.0.clock.now()).await {
            tracing::error!(%error, "cannot clean the state of the exchange");
        }
    }

    /// Returns the author who logs in by this name and password.
    pub async fn log_in(
        &self,
        name: &str,
        password: SecretString,
        address: IpAddr,
    ) -> Option<PauseId> {
        let now = self.0.clock.now();
        self.0.people.log_in(name, password, address, now).await
    }

    /// Registers a workflow of an author who has logged in. The same one is registered once.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] if the author has too many, [`Refusal::IssuerUnknown`] for a CI service that is not in the
    /// settings, and [`Refusal::Unavailable`] if the tables cannot be used.
    pub async fn register(
        &self,
        author: &PauseId,
        workflow: Workflow,
        address: IpAddr,
    ) -> Result<Registration, Refusal> {
        let Inner {
            store, settings, ..
        } = &*self.0;
        if !settings
            .issuers
            .iter()
            .any(|one| one.issuer == workflow.issuer)
        {
            return Err(Refusal::IssuerUnknown);
        }
        let all = store.of_author(author).await?;
        if let Some(known) = all.iter().find(|one| one.workflow == workflow) {
            return Ok(known.clone());
        }
        if all.len() >= MOST_REGISTRATIONS {
            return Err(Refusal::TooMany);
        }
        let registration = Registration {
            id: random::<NAME>()?,
            author: author.clone(),
            workflow,
        };
        let now = self.0.clock.now();
        store.register(&registration, now).await?;
        self.note("registered", &registration, address, now).await?;
        Ok(registration)
    }

    /// Returns the registrations of an author.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the tables cannot be read.
    pub async fn registrations(&self, author: &PauseId) -> Result<Vec<Registration>, Refusal> {
        Ok(self.0.store.of_author(author).await?)
    }

    /// Ends a registration of an author, with its upload tokens. Returns whether there was one.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the tables cannot be used.
    pub async fn end_registration(
        &self,
        author: &PauseId,
        id: &str,
        address: IpAddr,
    ) -> Result<bool, Refusal> {
        let all = self.0.store.of_author(author).await?;
        let Some(registration) = all.iter().find(|one| one.id == id) else {
            return Ok(false);
        };
        let is_removed = self.0.store.remove(author, id).await?;
        let now = self.0.clock.now();
        self.note("removed", registration, address, now).await?;
        Ok(is_removed)
    }

    async fn note(
        &self,
        event: &str,
        registration: &Registration,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let event = Event {
            event,
            author: Some(registration.author.as_str()),
            repository: Some(&registration.workflow.repository),
            registration: Some(&registration.id),
            token: None,
        };
        let noted = self.0.store.note(&event, &network(address), now).await;
        Ok(noted?)
    }

    async fn limit(&self, network: &str, now: Timestamp) -> Result<(), Refusal> {
        let since = now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN);
        match self.0.store.events_since(network, since).await? {
            MOST_OF_NETWORK.. => Err(Refusal::TooMany),
            _ => Ok(()),
        }
    }
}

impl From<super::StoreError> for Refusal {
    fn from(error: super::StoreError) -> Self {
        tracing::error!(%error, "cannot use the state of the exchange");
        Self::Unavailable
    }
}

fn network(address: IpAddr) -> String {
    network_of(address).to_string()
}

fn random<const N: usize>() -> Result<String, Refusal> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Refusal::Unavailable)?;
    Ok(hex::encode(bytes))
}
