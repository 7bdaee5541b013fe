//! Reports every defect of an archive at once.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::Path,
};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{Packing, ReleaseName},
};
use cpan_sigstore_files::HashedFile;

use crate::{
    Defect, DefectReport, Destination, Severity,
    checks::{file_name, members::MemberChecks},
    collector::DefectCollector,
    contents,
    hashed_source::HashedSource,
    magic,
    unpacked_stream::Compression,
};

/// The result of checking an archive.
#[derive(Clone, Debug)]
pub struct Preflight {
    /// The file name, if it is the name of a release.
    pub release: Option<ReleaseName>,
    /// Digest of the exact bytes that were checked.
    pub digest: Sha256Digest,
    /// Number of members that were read.
    pub members: u64,
    /// Number of bytes that were unpacked.
    pub unpacked: u64,
    /// Whether META states name and version, so that they could be compared with the file name.
    pub states_name: bool,
    /// The defects, the worst first.
    pub defects: Vec<DefectReport>,
}

impl Preflight {
    /// Returns whether the archive may be signed and uploaded: it has warnings at most.
    pub fn is_fit(&self) -> bool {
        self.defects
            .iter()
            .all(|defect| defect.severity == Severity::Warning)
    }
}

/// Checks an archive under the name it will have on PAUSE. The archive is read once, and hashed meanwhile.
///
/// # Errors
/// Errors of the reader. Everything wrong with the archive is a defect instead.
pub fn preflight<R: Read + Seek>(
    archive: &mut R,
    file_name: &str,
    destination: &Destination,
) -> io::Result<Preflight> {
    check(archive, None, file_name, destination)
}

/// Checks an archive that was hashed while it was written. It is not hashed again.
///
/// # Errors
/// Errors of the file. Everything wrong with the archive is a defect instead.
pub fn preflight_hashed(
    archive: &HashedFile,
    file_name: &str,
    destination: &Destination,
) -> io::Result<Preflight> {
    let known = Some(archive.digest());
    check(&mut archive.reader(), known, file_name, destination)
}

fn check<R: Read + Seek>(
    archive: &mut R,
    known: Option<Sha256Digest>,
    file_name: &str,
    destination: &Destination,
) -> io::Result<Preflight> {
    let mut defects = DefectCollector::default();
    let release = file_name::check(file_name, destination, &mut defects);
    let head = magic::head(archive)?;
    let packing = magic::packing(&head);
    suffix(&head, packing, release.as_ref(), &mut defects);

    let mut members = MemberChecks::default();
    let mut tar = |compression| {
        let source = HashedSource::with_digest(&mut *archive, known);
        contents::tar(source, compression, &mut members, &mut defects)
    };
    let read = match packing {
        Some(Packing::Gzip) => tar(Compression::Gzip)?,
        Some(Packing::Bzip2) => tar(Compression::Bzip2)?,
        Some(Packing::Zip) => contents::zip(archive, known, &mut members, &mut defects)?,
        None => contents::no_archive(HashedSource::with_digest(archive, known))?,
    };
    if read.complete {
        members.finish(release.as_ref(), destination, &mut defects);
    }
    Ok(Preflight {
        release,
        digest: read.digest,
        members: members.count(),
        unpacked: read.unpacked,
        states_name: members.metas.state_name(),
        defects: defects.into_reports(packing.is_some_and(|kind| kind != Packing::Zip)),
    })
}

/// Checks a file under its own name.
///
/// # Errors
/// If the file cannot be read.
pub fn preflight_file(path: &Path, destination: &Destination) -> io::Result<Preflight> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    preflight(&mut File::open(path)?, &name, destination)
}

/// Checks that the suffix fits the first bytes of the file.
fn suffix(
    head: &[u8],
    packing: Option<Packing>,
    release: Option<&ReleaseName>,
    defects: &mut DefectCollector,
) {
    if head.is_empty() {
        defects.add(
            Defect::Empty,
            Severity::Error,
            "an archive",
            "an empty file",
        );
        return;
    }
    let Some(suffix) = release.map(ReleaseName::suffix) else {
        return;
    };
    if packing != Some(suffix.packing()) {
        defects.add(
            Defect::SuffixMismatch,
            Severity::Error,
            format!("the format that {} promises", suffix.as_str()),
            magic::describe(packing, head),
        );
    }
}
