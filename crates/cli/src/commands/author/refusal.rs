//! Errors that several commands on records share.

use cpan_sigstore_core::{finding::Exit, identity::AuthorIdentity, release::PauseId};

use crate::error::CommandError;

/// There is no record to continue.
pub fn not_enrolled(author: &PauseId) -> CommandError {
    CommandError::new(
        Exit::Unsigned,
        format!("cannot change the record of {author}: there is none"),
    )
    .hinted("publish a first record with `cpan-sigstore author enroll`")
}

/// An identity that the record already lists.
pub fn named(identity: &AuthorIdentity) -> CommandError {
    CommandError::failed(format!(
        "cannot add {identity}: the record already lists it"
    ))
    .hinted("show the record with `cpan-sigstore author show`; nothing was signed")
}

/// A change that changes nothing.
pub fn no_change() -> CommandError {
    CommandError::failed("nothing to change: the record already says this".to_owned())
        .hinted("check the record with `cpan-sigstore author show`; nothing was signed")
}
