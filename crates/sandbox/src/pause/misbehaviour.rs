//! What a PAUSE can do wrong.

/// One misbehaviour of PAUSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseMisbehaviour {
    /// An archive is published with one byte changed; it can still be unpacked where it is a gzip.
    ChangedBytes,
    /// Another file is published under the name of an uploaded Sigstore bundle.
    SwappedBundle,
    /// An uploaded Sigstore bundle is never published.
    DroppedBundle,
    /// Uploads are answered with 200 and nothing is done.
    UnsuccessfulSuccess,
    /// CHECKSUMS has another SHA-256 for every file, packed and unpacked, than the file has.
    WrongChecksums,
    /// CHECKSUMS is not signed, as when PAUSE's own gpg fails.
    UnsignedChecksums,
    /// The database does not take an upload for another reason than a duplicate: 406.
    DatabaseError,
    /// The files RECENT are as they were before the last event.
    StaleRecent,
    /// The files RECENT are no YAML.
    GarbageRecent,
    /// The files RECENT never end.
    EndlessRecent,
    /// There are no files RECENT, as on a mirror that is made by hand.
    NoRecent,
}
