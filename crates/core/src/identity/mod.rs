//! Signers, and the identities that are expected.
//!
//! [`SignerIdentity`] is read from a certificate; [`IdentityPolicy`] is what the user, a policy or an author record
//! expects. [`IdentityPolicy::check`] alone compares the two.

mod author;
mod claims;
mod expected;
mod matcher;
mod signer;
mod source;
mod stable;
mod wildcard;

pub use author::{AuthorIdentity, Membership};
pub use claims::{CiClaims, WorkflowClaims};
pub use expected::{GITHUB_ISSUER, IdentityMismatch, IdentityPolicy, MismatchField};
pub use matcher::{Matcher, PatternError};
pub use signer::{SignerIdentity, Subject};
pub use source::{SourceClaims, is_workflow_name};
pub use stable::StableIdentity;
pub use wildcard::{Wildcard, WildcardError};
