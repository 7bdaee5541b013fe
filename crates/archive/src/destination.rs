//! Where on PAUSE an archive is to go.

use cpan_sigstore_core::release::{PauseId, Subdirectory};

/// Where on PAUSE an archive is to go, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// The author's account; where it is not known, room is left for the longest.
    pub author: Option<PauseId>,
    /// The folder below the author's.
    pub subdirectory: Option<Subdirectory>,
}
