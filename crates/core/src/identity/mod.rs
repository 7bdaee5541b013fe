//! Who signed, and who was meant to sign.
//!
//! [`Signer`] is what a certificate says; [`ExpectedIdentity`] is what the user, a policy or an
//! author record asks for. The comparison stands in [`ExpectedIdentity::check`] alone.

mod author;
mod claims;
mod expected;
mod matcher;
mod signer;
mod wildcard;

pub use author::{AuthorIdentity, Membership};
pub use claims::{CiClaims, WorkflowClaims};
pub use expected::{ExpectedIdentity, IdentityMismatch, MismatchField};
pub use matcher::{Matcher, PatternError};
pub use signer::{Signer, Subject};
pub use wildcard::{Wildcard, WildcardError};
