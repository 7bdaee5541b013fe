//! Trusted publishing: `POST /oidc/exchange` exchanges the token of a CI run for an upload token of minutes.
//!
//! An author registers a workflow with the account's password. A run of it proves itself by a token of its CI service. The
//! exchange verifies the token, compares its immutable ids with the registrations, and gives out a token of PAUSE with the
//! scope for uploads. It never sees a password of PAUSE in a CI service, because there is none.

mod issuer;
mod keys;
mod people;
mod provider;
mod redeem;
mod refusal;
mod registration;
mod routes;
mod run;
mod store;

pub use issuer::{CiIssuer, Kind};
pub use keys::KeysError;
pub use people::{People, PeopleFuture};
pub use provider::ProviderPeople;
pub use redeem::{Exchange, ExchangeError, Minted, Settings};
pub use refusal::Refusal;
pub use registration::{Registration, RegistrationError, Workflow};
pub use routes::routes;
pub use store::{Store, StoreError};

#[cfg(test)]
mod tests;
