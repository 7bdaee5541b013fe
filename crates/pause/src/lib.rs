//! PAUSE, the server to which authors of CPAN upload, and the CPAN that it publishes.
//!
//! - [`credentials`]: who uploads; `~/.pause` in every form, tokens.
//! - [`server`]: where PAUSE is.
//! - [`upload`]: one file to PAUSE, by the form or with a token.
//! - [`journal`]: how far a release has come, so that it can be taken up again.
//!
//! It knows nothing of signatures: what is uploaded is bound to the digest that was verified.

pub mod credentials;
pub mod journal;
pub mod server;
pub mod upload;
