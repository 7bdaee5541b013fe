//! All that is wrong with an archive, at once.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::Path,
};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{Packing, ReleaseName},
};

use crate::{
    Code, Defect, Destination, Severity,
    checks::{file_name, members::Members},
    contents,
    findings::Findings,
    magic,
    unpacked::Compression,
};

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
    let mut findings = Findings::default();
    let release = file_name::check(file_name, destination, &mut findings);
    let head = magic::head(archive)?;
    let packing = magic::packing(&head);
    kind_of_file(&head, packing, release.as_ref(), &mut findings);

    let mut members = Members::default();
    let read = match packing {
        Some(Packing::Gzip) => {
            contents::tar(archive, Compression::Gzip, &mut members, &mut findings)?
        }
        Some(Packing::Bzip2) => {
            contents::tar(archive, Compression::Bzip2, &mut members, &mut findings)?
        }
        Some(Packing::Zip) => contents::zip(archive, &mut members, &mut findings)?,
        None => contents::nothing(archive)?,
    };
    if read.complete {
        members.finish(release.as_ref(), destination, &mut findings);
    }
    let mut defects = findings.into_defects();
    if packing == Some(Packing::Zip) {
        for defect in &mut defects {
            if defect.code == Code::WorldWritable {
                defect.remedy = "take the permission from the files (`chmod -R o-w`) and pack them again; PAUSE does not index such an archive";
            }
        }
    }
    Ok(Preflight {
        release,
        digest: read.digest,
        members: members.count(),
        unpacked: read.unpacked,
        defects,
    })
}

/// Looks at a file, under its own name.
///
/// # Errors
/// Where it cannot be read.
pub fn preflight_file(path: &Path, destination: &Destination) -> io::Result<Preflight> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    preflight(&mut File::open(path)?, &name, destination)
}

/// Whether the file is what its suffix says.
fn kind_of_file(
    head: &[u8],
    packing: Option<Packing>,
    release: Option<&ReleaseName>,
    findings: &mut Findings,
) {
    if head.is_empty() {
        findings.file(
            Code::Empty,
            Severity::Error,
            "an archive",
            "a file of no bytes",
        );
        return;
    }
    let Some(suffix) = release.map(ReleaseName::suffix) else {
        return;
    };
    if packing != Some(suffix.packing()) {
        findings.file(
            Code::SuffixMismatch,
            Severity::Error,
            format!("what {} stands for", suffix.as_str()),
            magic::words(packing, head),
        );
    }
}
