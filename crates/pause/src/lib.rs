//! PAUSE, the server to which authors of CPAN upload, and the CPAN that it publishes.
//!
//! - [`credentials`]: the account; `~/.pause` in every form, and tokens.
//! - [`server`]: the addresses of PAUSE.
//! - [`trusted`]: an upload token for a CI job, without any stored secret.
//! - [`upload`]: one file to PAUSE, by the form or with a token.
//! - [`journal`]: the progress of a release, so that it can be resumed.
//!
//! It knows nothing of signatures: each upload is bound to the digest that was verified.

pub mod credentials;
pub mod journal;
pub mod server;
pub mod trusted;
pub mod upload;

#[cfg(test)]
mod tests;
