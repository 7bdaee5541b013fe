//! Reads an archive to its end and passes each member to the checks.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use cpan_sigstore_core::{digest::Sha256Digest, text::count};

use crate::{
    Defect, Severity,
    checks::members::MemberChecks,
    collector::DefectCollector,
    hashed_source::HashedSource,
    read_error::ReadError,
    tar::{AfterEnd, TarReader},
    unpacked_stream::{Compression, Trailer, UnpackedStream},
    zip::ZipReader,
};

/// Unpacked bytes that are read at once.
const BUFFER: usize = 64 * 1024;

/// How far an archive was read.
pub struct Contents {
    /// Digest of all bytes of the file, whether they were unpacked or not.
    pub digest: Sha256Digest,
    /// Number of unpacked bytes.
    pub unpacked: u64,
    /// Whether the archive was read to its end.
    pub complete: bool,
}

/// Reads a compressed tar archive.
///
/// # Errors
/// Errors of the reader. Everything wrong with the archive is a defect instead.
pub fn tar<R: Read>(
    file: HashedSource<R>,
    compression: Compression,
    members: &mut MemberChecks,
    defects: &mut DefectCollector,
) -> io::Result<Contents> {
    // Unpacking block by block would take half as long again.
    let stream = UnpackedStream::new(file, compression);
    let mut tar = TarReader::new(BufReader::with_capacity(BUFFER, stream));
    let complete = complete(walk_tar(&mut tar, members, defects), defects)?;
    let stream = tar.into_inner().into_inner();
    if let Some(trailer) = stream.trailer() {
        trailing_bytes(trailer, defects);
    }
    Ok(Contents {
        unpacked: stream.unpacked_bytes(),
        digest: stream.into_source()?.finish()?,
        complete,
    })
}

/// Reads a tar archive to its end.
///
/// # Errors
/// [`ReadError`]. Everything else that is wrong with the archive is a defect.
pub fn walk_tar<R: Read>(
    tar: &mut TarReader<R>,
    members: &mut MemberChecks,
    defects: &mut DefectCollector,
) -> Result<(), ReadError> {
    while let Some(found) = tar.next()? {
        let content = match MemberChecks::read_limit(&found.member) {
            Some(limit) => tar.read_content(limit)?,
            None => Vec::new(),
        };
        members.check(&found.member, &content, defects);
    }
    match tar.after_end()? {
        AfterEnd::Nothing => {}
        AfterEnd::Bytes => defects.add(
            Defect::DataAfterEnd,
            Severity::Warning,
            "only zeros after the end of the tar archive",
            "bytes that are not members",
        ),
        AfterEnd::Members => defects.add(
            Defect::DataAfterEnd,
            Severity::Error,
            "only zeros after the end of the tar archive",
            "members, which GNU tar ignores and Archive::Tar reads",
        ),
    }
    Ok(())
}

/// PAUSE compresses an archive again if `gzip -t` complains. `gzip` and `bzip2` ignore zeros. Readers take other bytes
/// differently.
fn trailing_bytes(trailer: Trailer, defects: &mut DefectCollector) {
    if trailer.bytes == 0 {
        return;
    }
    let severity = if trailer.is_garbage {
        Severity::Error
    } else {
        Severity::Warning
    };
    defects.add(
        Defect::TrailingBytes,
        severity,
        "nothing after the compressed stream",
        format!(
            "{} after byte {} of the file{}",
            count(trailer.bytes, "byte"),
            trailer.at,
            if trailer.is_garbage { "" } else { ", all zero" }
        ),
    );
}

/// Reads a zip archive.
///
/// # Errors
/// Errors of the reader. Everything wrong with the archive is a defect instead.
pub fn zip<R: Read + Seek>(
    file: &mut R,
    known: Option<Sha256Digest>,
    members: &mut MemberChecks,
    defects: &mut DefectCollector,
) -> io::Result<Contents> {
    let mut unpacked = 0;
    let complete = complete(walk_zip(file, members, defects, &mut unpacked), defects)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Contents {
        digest: HashedSource::with_digest(file, known).finish()?,
        unpacked,
        complete,
    })
}

/// Reads a zip archive to its end.
///
/// # Errors
/// [`ReadError`]. Everything else that is wrong with the archive is a defect.
pub fn walk_zip<R: Read + Seek>(
    file: &mut R,
    members: &mut MemberChecks,
    defects: &mut DefectCollector,
    unpacked: &mut u64,
) -> Result<(), ReadError> {
    let mut zip = ZipReader::new(file)?;
    while let Some((member, content)) = zip.next(MemberChecks::read_limit)? {
        members.check(&member, &content, defects);
        *unpacked = zip.unpacked_bytes();
    }
    Ok(())
}

/// Hashes a file that is not an archive.
///
/// # Errors
/// Errors of the reader.
pub fn no_archive<R: Read>(file: HashedSource<R>) -> io::Result<Contents> {
    Ok(Contents {
        digest: file.finish()?,
        unpacked: 0,
        complete: false,
    })
}

/// Returns whether the archive was read to its end. If not, the reason becomes a defect, unless it
/// is an error of the file.
fn complete(result: Result<(), ReadError>, defects: &mut DefectCollector) -> io::Result<bool> {
    match result {
        Ok(()) => return Ok(true),
        Err(ReadError::Io(error)) => return Err(error),
        Err(ReadError::Corrupt(found)) => defects.add(
            Defect::ArchiveCorrupt,
            Severity::Error,
            "an archive that can be read to its end",
            found,
        ),
        Err(ReadError::Form(form)) => defects.add(
            form.defect(),
            Severity::Error,
            form.expected(),
            form.to_string(),
        ),
        Err(ReadError::Limit(limit)) => defects.add(
            Defect::LimitPassed,
            Severity::Error,
            format!("at most {} {}", limit.limit, limit.what),
            "more",
        ),
    }
    Ok(false)
}
