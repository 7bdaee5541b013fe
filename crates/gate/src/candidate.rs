//! The release to decide about, and the trust material to verify it with.

use std::path::Path;

use cpan_sigstore_core::release::{PackageName, ReleasePath};
use cpan_sigstore_cpan::package_index::PackageAuthors;
use cpan_sigstore_files::HashedFile;
use cpan_sigstore_keyless::verify::Verifier;

use crate::{RecordFile, log::IndexStanding};

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
    /// The packages whose entries in the package index lead to it, or the one that was requested. None for a release
    /// that was requested by its path and that no entry leads to.
    pub packages: &'a [PackageName],
    /// The authors of packages by the CPAN itself, as of now. They are of use for the first use of a package alone
    /// ([`Gate::is_first_use`](crate::Gate::is_first_use)).
    pub permissions: Option<&'a PackageAuthors>,
    /// Whether the CPAN log has the package index that leads to it.
    pub index: IndexStanding,
    /// The proof of the CPAN log that somebody gave. Others are looked for.
    pub log_proof: Option<&'a [u8]>,
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
