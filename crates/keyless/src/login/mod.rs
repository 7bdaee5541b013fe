//! Identity tokens of OpenID Connect, from the environment or from a login.
//!
//! - [`ambient()`]: a token in the environment, or one that a CI service issues.
//! - [`CiJob`]: a token of a CI job for another audience, such as PAUSE.
//! - [`interactive()`]: a login at an OpenID provider, with a browser, another device, or a code
//!   that the person copies.

pub(crate) mod address;
mod ambient;
mod env;
mod error;
mod interactive;
mod token;

pub use ambient::{CiJob, ambient};
pub use env::Env;
pub use error::LoginError;
pub use interactive::{BrowserFailure, Flow, LoginOptions, Prompt, Provider, interactive};
pub use token::{IdentityToken, TokenError};
