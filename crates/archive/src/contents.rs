//! Reads an archive through, showing each member to the checks.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use cpan_sigstore_core::digest::Sha256Digest;

use crate::{
    Code, Severity,
    checks::members::Members,
    findings::Findings,
    read_error::ReadError,
    source::Source,
    tar::{AfterEnd, TarReader},
    unpacked::{Compression, Trailer, Unpacked},
    zip::ZipReader,
};

/// Unpacked bytes that are read at once.
const BUFFER: usize = 64 * 1024;

/// How far an archive was read.
pub struct Contents {
    /// Of all bytes of the file, read or not.
    pub digest: Sha256Digest,
    /// How many bytes were unpacked.
    pub unpacked: u64,
    /// Whether it was read to its end.
    pub complete: bool,
}

/// Reads a compressed tar archive.
///
/// # Errors
/// The file's own; whatever is wrong with the archive is a finding.
pub fn tar<R: Read>(
    file: &mut R,
    compression: Compression,
    members: &mut Members,
    findings: &mut Findings,
) -> io::Result<Contents> {
    // Unpacking block by block would take half as long again.
    let stream = Unpacked::new(Source::new(file), compression);
    let mut tar = TarReader::new(BufReader::with_capacity(BUFFER, stream));
    let complete = complete(walk_tar(&mut tar, members, findings), findings)?;
    let stream = tar.into_inner().into_inner();
    if let Some(trailer) = stream.trailer() {
        trailing_bytes(trailer, compression, findings);
    }
    Ok(Contents {
        unpacked: stream.given(),
        digest: stream.into_source()?.finish()?,
        complete,
    })
}

fn walk_tar<R: Read>(
    tar: &mut TarReader<R>,
    members: &mut Members,
    findings: &mut Findings,
) -> Result<(), ReadError> {
    while let Some(found) = tar.next()? {
        let content = match Members::wanted(&found.member) {
            Some(limit) => tar.read_content(limit)?,
            None => Vec::new(),
        };
        members.see(&found.member, &content, findings);
    }
    match tar.after_end()? {
        AfterEnd::Nothing => {}
        AfterEnd::Bytes => findings.file(
            Code::DataAfterEnd,
            Severity::Warning,
            "nothing but zeros after the end of the tar archive",
            "bytes that are no members",
        ),
        AfterEnd::Members => findings.file(
            Code::DataAfterEnd,
            Severity::Error,
            "nothing but zeros after the end of the tar archive",
            "members, which GNU tar does not see and Archive::Tar does",
        ),
    }
    Ok(())
}

/// What `gzip -t` complains of, PAUSE compresses anew. It passes over zeros in silence, and `bzip2 -t` over
/// anything.
fn trailing_bytes(trailer: Trailer, compression: Compression, findings: &mut Findings) {
    if trailer.bytes == 0 {
        return;
    }
    let severity = if trailer.is_garbage && compression == Compression::Gzip {
        Severity::Error
    } else {
        Severity::Warning
    };
    findings.file(
        Code::TrailingBytes,
        severity,
        "nothing after the compressed stream",
        format!(
            "{} bytes from byte {} of the file on{}",
            trailer.bytes,
            trailer.at,
            if trailer.is_garbage { "" } else { ", all zero" }
        ),
    );
}

/// Reads a zip archive.
///
/// # Errors
/// The file's own; whatever is wrong with the archive is a finding.
pub fn zip<R: Read + Seek>(
    file: &mut R,
    members: &mut Members,
    findings: &mut Findings,
) -> io::Result<Contents> {
    let mut unpacked = 0;
    let complete = complete(walk_zip(file, members, findings, &mut unpacked), findings)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Contents {
        digest: Source::new(file).finish()?,
        unpacked,
        complete,
    })
}

fn walk_zip<R: Read + Seek>(
    file: &mut R,
    members: &mut Members,
    findings: &mut Findings,
    unpacked: &mut u64,
) -> Result<(), ReadError> {
    let mut zip = ZipReader::new(file)?;
    while let Some((member, content)) = zip.next(Members::wanted)? {
        members.see(&member, &content, findings);
        *unpacked = zip.given();
    }
    Ok(())
}

/// What is no archive.
///
/// # Errors
/// The file's own.
pub fn nothing<R: Read>(file: &mut R) -> io::Result<Contents> {
    Ok(Contents {
        digest: Source::new(file).finish()?,
        unpacked: 0,
        complete: false,
    })
}

/// Whether an archive was read to its end; what kept it from that is a finding, or the file's own error.
fn complete(result: Result<(), ReadError>, findings: &mut Findings) -> io::Result<bool> {
    match result {
        Ok(()) => return Ok(true),
        Err(ReadError::Io(error)) => return Err(error),
        Err(ReadError::Corrupt(found)) => findings.file(
            Code::ArchiveCorrupt,
            Severity::Error,
            "an archive that can be read to its end",
            found,
        ),
        Err(ReadError::Limit(limit)) => findings.file(
            Code::LimitPassed,
            Severity::Error,
            format!("at most {} {}", limit.limit, limit.what),
            "more",
        ),
    }
    Ok(false)
}
