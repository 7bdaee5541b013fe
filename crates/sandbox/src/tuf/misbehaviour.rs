//! What a TUF repository can do wrong.

/// One misbehaviour of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TufMisbehaviour {
    /// The timestamp's time is over: the repository is frozen.
    ExpiredTimestamp,
    /// The timestamp is signed by a key that is in no root.
    ForeignTimestamp,
    /// The timestamp is older than one that was served before; needs two publications.
    RolledBackTimestamp,
    /// A new timestamp brings back the first snapshot; needs two publications.
    RolledBackSnapshot,
    /// Every target is served with one byte changed.
    AlteredTarget,
    /// Roots after the first are not signed by their predecessor's key.
    ForeignRoot,
}
