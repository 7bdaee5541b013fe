//! `upload`: files, credentials, secrets, and publication.

mod credentials;
mod files;
mod published;
pub mod secrets;
