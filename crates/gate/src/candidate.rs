//! The release to decide about, and the trust material to verify it with.

use std::path::Path;

use cpan_sigstore_core::release::ReleasePath;
use cpan_sigstore_files::HashedFile;
use cpan_sigstore_keyless::verify::Verifier;

use crate::RecordFile;

/// A release that somebody wants to install.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its path on CPAN: its author and its name.
    pub path: &'a ReleasePath,
    /// The archive: a local file that nobody else writes to.
    pub archive: ArchiveFile<'a>,
    /// The bytes of its bundle, if there is one.
    pub bundle: Option<&'a [u8]>,
    /// The author records in the author's directory, from [`Gate::known_version`](crate::Gate::known_version) on.
    pub records: &'a [RecordFile],
}

/// The file of an archive. Its own name does not matter.
#[derive(Clone, Copy, Debug)]
pub enum ArchiveFile<'a> {
    /// A file that is hashed while it is read.
    Unhashed(&'a Path),
    /// A file that was hashed while it was written. It is not hashed again.
    Hashed(&'a HashedFile),
}

/// The trust material that signatures are verified with.
pub(crate) enum Trust {
    Material(Box<Verifier>),
    /// There is none, for this reason.
    None(String),
}
