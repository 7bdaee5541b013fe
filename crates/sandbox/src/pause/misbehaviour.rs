/// A misbehaviour of PAUSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseMisbehaviour {
    /// An archive is published with one byte changed. A gzip file can still be unpacked.
    ChangedBytes,
    /// Another file is published under the name of an uploaded Sigstore bundle.
    SwappedBundle,
    /// An uploaded Sigstore bundle is never published.
    DroppedBundle,
    /// Every file is dated now, so that it always looks new.
    YoungForever,
    /// A file that is published after another was verified in the same pass is forgotten. The next pass removes it, and
    /// fetches it again.
    LostConnection,
    /// No upload can be fetched.
    FailingFetch,
    /// Uploads get the status 200 and are ignored.
    UnsuccessfulSuccess,
    /// CHECKSUMS has a wrong SHA-256 for every file, packed and unpacked.
    WrongChecksums,
    /// CHECKSUMS is not signed, as when PAUSE's own gpg fails.
    UnsignedChecksums,
    /// The database refuses an upload for another reason than a duplicate: 406.
    DatabaseError,
    /// The files RECENT lack the last event.
    StaleRecent,
    /// The files RECENT are not YAML.
    GarbageRecent,
    /// The files RECENT never end.
    EndlessRecent,
    /// The document of trusted publishing names another server.
    ForeignExchange,
    /// The exchange ignores the author whom a job names.
    OtherAuthorsToken,
    /// The exchange is unavailable.
    ExchangeDown,
    /// The exchange redirects to another server.
    RedirectingExchange,
    /// There are no files RECENT, as on a hand-made mirror.
    NoRecent,
}
