//! An OpenID provider beside PAUSE that vouches for PAUSE ids.
//!
//! It reads PAUSE's tables (or a file), writes only its own folder, and serves plain HTTP to a reverse proxy.
//!
//! - [`config`]: the operator's settings.
//! - [`keys`]: signing keys, public keys, and key sets (RFC 7517).
//! - [`tokens`]: signed tokens (RFC 7515, RFC 7519), written and verified.
//! - [`accounts`]: people, their passwords and tokens, and who is refused.
//! - [`login`]: the way from credentials to a token, with limits, audit and mails.
//! - [`network`]: addresses of requests behind proxies.
//! - [`notice`]: mails to authors.
//! - [`database`]: SQLite files that only the provider can read.
//! - [`state`]: the provider's own tables.
//! - [`server`]: the HTTP interface.
//! - [`exchange`]: trusted publishing, `POST /oidc/exchange`.

pub mod accounts;
pub mod clock;
pub mod config;
pub mod database;
pub mod exchange;
pub mod keys;
pub mod login;
pub mod network;
pub mod notice;
mod secret;
pub mod server;
pub mod state;
pub mod tokens;

pub use clock::Clock;

#[cfg(test)]
mod tests;
