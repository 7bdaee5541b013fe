//! Who signed, and who was meant to sign.
//!
//! [`SignerIdentity`] is what a certificate says; [`IdentityPolicy`] is what the user, a policy or an
//! author record asks for. The comparison stands in [`IdentityPolicy::check`] alone.

mod author;
mod claims;
mod expected;
mod matcher;
mod signer;
mod wildcard;

pub use author::{AuthorIdentity, Membership};
pub use claims::{CiClaims, WorkflowClaims};
pub use expected::{IdentityMismatch, IdentityPolicy, MismatchField};
pub use matcher::{Matcher, PatternError};
pub use signer::{SignerIdentity, Subject};
pub use wildcard::{Wildcard, WildcardError};
