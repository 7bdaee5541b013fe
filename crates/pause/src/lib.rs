//! PAUSE, the server to which authors of CPAN upload, and the CPAN that it publishes.
//!
//! - [`credentials`]: who uploads; `~/.pause` in every form, tokens.
//! - [`server`]: where PAUSE is.
//! - [`upload`]: one file to PAUSE, by the form or with a token.
//! - [`published`]: what a CPAN holds of an author: files, CHECKSUMS as data.
//! - [`watch`]: from uploaded to published.
//! - [`journal`]: how far a release has come, so that it can be taken up again.
//! - [`backlog`]: what an author published unsigned.
//! - [`recent`]: what a CPAN says was published lately.
//!
//! It knows nothing of signatures: what is uploaded is bound to the digest that was verified.

pub mod backlog;
pub mod credentials;
pub mod journal;
pub mod published;
pub mod recent;
pub mod server;
pub mod upload;
pub mod watch;
