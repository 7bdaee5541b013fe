//! How an author proves an identity: an OpenID token, from the environment or from a login.
//!
//! - [`ambient()`]: a token that is there already, or that a CI service hands out.
//! - [`interactive()`]: a login at an OpenID provider, by browser, by another device, or by a code
//!   carried over by hand.

pub(crate) mod address;
mod ambient;
mod env;
mod error;
mod interactive;
mod token;

pub use ambient::ambient;
pub use env::Env;
pub use error::LoginError;
pub use interactive::{Flow, LoginOptions, Prompt, Provider, interactive};
pub use token::{IdentityToken, TokenError};
