//! How an author proves an identity: an OpenID token, from the environment or from a login.

mod token;

pub use token::{IdentityToken, TokenError};
