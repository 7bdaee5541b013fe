//! Who signed, and who was meant to sign.
//!
//! [`Signer`] is what a certificate says; [`ExpectedIdentity`] is what the user, a policy or an
//! author record asks for. The comparison stands in [`ExpectedIdentity::check`] alone.

mod claims;
mod expected;
mod matcher;
mod signer;

pub use claims::{CiClaims, WorkflowClaims};
pub use expected::{ExpectedIdentity, IdentityMismatch, MismatchField};
pub use matcher::{Matcher, PatternError};
pub use signer::{Signer, Subject};
