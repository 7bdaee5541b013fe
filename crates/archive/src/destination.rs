//! The destination of an archive on PAUSE.

use cpan_sigstore_core::release::{PauseId, Subdirectory};

/// The directory on PAUSE for which an archive is meant, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// The author's account. If unknown, the checks leave room for the longest.
    pub author: Option<PauseId>,
    /// The folder below the author's directory.
    pub subdirectory: Option<Subdirectory>,
}
