//! Trusted publishing: the token of a CI run is exchanged for an upload token of minutes.
//!
//! It follows section 14 of the standard, for the sandbox's own provider as the one CI service. Its tokens have the claims
//! of GitHub Actions or of GitLab.

mod registration;
mod routes;
mod run;

use std::collections::BTreeSet;

use axum::{
    Router,
    routing::{delete, get, post},
};
use jiff::SignedDuration;

pub use registration::{Registration, Workflow};

use super::{AccountState, Pause};
use crate::oidc::Provider;
use run::Run;

/// Life of an upload token.
const LIFE: SignedDuration = SignedDuration::from_mins(30);

/// The exchange of a PAUSE.
pub(super) struct TrustedPublishing {
    /// The address of PAUSE, which tokens have as their audience.
    origin: String,
    provider: Provider,
    registrations: Vec<Registration>,
    /// Number of registrations so far.
    numbers: u32,
    /// Issuer and `jti` of exchanged tokens.
    used: BTreeSet<(String, String)>,
    /// All upload tokens that it gave out.
    minted: Vec<String>,
}

impl Pause {
    /// Offers trusted publishing at this address, to the runs of a provider.
    pub(crate) fn offer_trusted_publishing(&self, origin: &str, provider: Provider) {
        self.state().trusted = Some(TrustedPublishing {
            origin: origin.to_owned(),
            provider,
            registrations: Vec::new(),
            numbers: 0,
            used: BTreeSet::new(),
            minted: Vec::new(),
        });
    }

    /// Ends the offer, as on the PAUSE of today.
    pub fn withdraw_trusted_publishing(&self) {
        self.state().trusted = None;
    }

    /// Registers a workflow that may upload for a PAUSE id.
    pub fn register_workflow(&self, author: &str, workflow: Workflow) -> Registration {
        let mut registration = Registration {
            id: String::new(),
            author: author.to_owned(),
            workflow,
        };
        if let Some(trusted) = &mut self.state().trusted {
            trusted.numbers += 1;
            registration.id = format!("w{}", trusted.numbers);
            trusted.registrations.push(registration.clone());
        }
        registration
    }

    /// Returns all upload tokens that the exchange gave out, in order.
    pub fn minted_tokens(&self) -> Vec<String> {
        let state = self.state();
        state
            .trusted
            .iter()
            .flat_map(|trusted| &trusted.minted)
            .cloned()
            .collect()
    }

    /// Returns whether a token can upload now.
    pub fn accepts_token(&self, token: &str) -> bool {
        self.holder(token).is_some()
    }

    /// Returns the registrations of a PAUSE id.
    pub fn registrations(&self, author: &str) -> Vec<Registration> {
        let state = self.state();
        let all = state
            .trusted
            .iter()
            .flat_map(|trusted| &trusted.registrations);
        all.filter(|one| one.author == author).cloned().collect()
    }

    /// Ends a registration, and returns whether there was one.
    pub fn end_registration(&self, author: &str, id: &str) -> bool {
        let mut state = self.state();
        let Some(trusted) = &mut state.trusted else {
            return false;
        };
        let before = trusted.registrations.len();
        trusted
            .registrations
            .retain(|one| one.author != author || one.id != id);
        trusted.registrations.len() < before
    }

    /// Returns a new upload token for a run, with the time of its end.
    fn exchange(
        &self,
        token: &str,
        wanted: Option<&str>,
    ) -> Result<(String, jiff::Timestamp), &'static str> {
        let now = self.inner.clock.now();
        let mut state = self.state();
        let Some(trusted) = &mut state.trusted else {
            return Err("issuer-unknown");
        };
        let claims = trusted.provider.verified(token).ok_or("token-invalid")?;
        let run = Run::of(&claims, &trusted.provider.ci_issuer(), &trusted.origin, now)?;
        let author = run.author(&trusted.registrations, wanted)?;
        let proof = (run.issuer.clone(), run.jti.clone());
        if trusted.used.contains(&proof) {
            return Err("token-used");
        }
        trusted.used.insert(proof);
        let refused = state
            .account_states
            .get(&author)
            .copied()
            .unwrap_or_default();
        if refused != AccountState::Active {
            return Err("account-refused");
        }
        let until = now.saturating_add(LIFE).map_err(|_| "token-invalid")?;
        let minted = state.tokens.issue_until(&author, until);
        if let Some(trusted) = &mut state.trusted {
            trusted.minted.push(minted.clone());
        }
        Ok((minted, until))
    }
}

pub(super) fn router() -> Router<Pause> {
    Router::new()
        .route(
            "/.well-known/pause-trusted-publishing",
            get(routes::document),
        )
        .route(
            "/oidc/exchange",
            post(routes::exchange).delete(routes::revoke),
        )
        .route(
            "/oidc/trusted-publishers",
            get(routes::list).post(routes::add),
        )
        .route("/oidc/trusted-publishers/{id}", delete(routes::remove))
}
