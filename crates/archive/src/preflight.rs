//! All that is wrong with an archive, at once.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::Path,
};

use cpan_sigstore_core::{digest::Sha256Digest, release::ReleaseName};

use crate::{Defect, Destination, Severity};

/// What a look at an archive has found.
#[derive(Clone, Debug)]
pub struct Preflight {
    /// What the file name says, where it is the name of a release.
    pub release: Option<ReleaseName>,
    /// The exact bytes that were looked at.
    pub digest: Sha256Digest,
    /// How many members were read.
    pub members: u64,
    /// How many bytes were unpacked.
    pub unpacked: u64,
    /// What is wrong, the worst first.
    pub defects: Vec<Defect>,
}

impl Preflight {
    /// Whether the archive may be signed and uploaded: there may be warnings, but no error.
    pub fn is_fit(&self) -> bool {
        self.of(Severity::Error).next().is_none()
    }

    /// The defects of one severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Defect> {
        self.defects
            .iter()
            .filter(move |defect| defect.severity == severity)
    }
}

/// Looks at an archive, under the name it is to have on PAUSE.
///
/// # Errors
/// The reader's own. Whatever is wrong with the archive is a defect.
pub fn preflight<R: Read + Seek>(
    archive: &mut R,
    file_name: &str,
    destination: &Destination,
) -> io::Result<Preflight> {
    unimplemented!()
}

/// Looks at a file, under its own name.
///
/// # Errors
/// Where it cannot be read.
pub fn preflight_file(path: &Path, destination: &Destination) -> io::Result<Preflight> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    preflight(&mut File::open(path)?, &name, destination)
}
