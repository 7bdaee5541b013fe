//! `sign`: bundles, logins, and interruptions.

mod bundles;
mod interruptions;
pub mod login;
