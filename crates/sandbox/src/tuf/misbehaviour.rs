/// A misbehaviour of the TUF repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TufMisbehaviour {
    /// The timestamp has expired: the repository is frozen.
    ExpiredTimestamp,
    /// A key outside every root signed the timestamp.
    ForeignTimestamp,
    /// The timestamp is older than one served before. It needs two publications.
    RolledBackTimestamp,
    /// A new timestamp brings back the first snapshot. It needs two publications.
    RolledBackSnapshot,
    /// Every target is served with one byte changed.
    AlteredTarget,
    /// Roots after the first are not signed by their predecessor's key.
    ForeignRoot,
}
