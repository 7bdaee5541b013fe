//! Repacks what can be repaired without human judgement.
//!
//! Two defects can: world-writable members, and bytes after the compressed stream. All other bytes
//! of the tar archive, headers and contents, stay the same.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use bzip2::write::BzEncoder;
use cpan_sigstore_core::{digest::Sha256Digest, release::Packing};
use flate2::{GzBuilder, GzHeader, write::GzEncoder};
use serde::Serialize;
use tempfile::Builder;

use crate::{
    checks::members::is_repacked_by_pause,
    hashed_source::HashedSource,
    magic,
    path::MemberPath,
    read_error::ReadError,
    tar::{TarReader, patch::Patch},
    unpacked_stream::{Compression, Trailer, UnpackedStream},
};

/// The changes of a repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Repair {
    /// Number of members that were world-writable.
    pub permissions: u64,
    /// Number of bytes cut off after the compressed stream.
    pub stripped: u64,
    /// Digest before the repair.
    pub old_digest: Sha256Digest,
    /// Digest after the repair.
    pub new_digest: Sha256Digest,
}

/// Error of a repair. The archive is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// The archive cannot be read or written.
    #[error("cannot repair {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The archive cannot be read to its end, so it is not rewritten.
    #[error("cannot repair {}: the archive is unreadable: {found}", path.display())]
    Unreadable { path: PathBuf, found: String },
    /// Another process changed the archive meanwhile.
    #[error("cannot repair {}: another process changed the file", path.display())]
    Changed { path: PathBuf },
}

/// The repairs that an archive needs.
struct Plan {
    compression: Compression,
    patches: Vec<Patch>,
    trailer: Trailer,
    header: Option<GzHeader>,
    digest: Sha256Digest,
}

/// Repairs a tar archive in place: writes a copy beside it, syncs the copy, and renames it. Returns
/// `None` if there is nothing to repair. Zip archives are never changed.
///
/// # Errors
/// [`FixError`] if the archive cannot be read to its end or written. It is then unchanged.
pub fn fix(path: &Path) -> Result<Option<Repair>, FixError> {
    let failed = |source| FixError::Io {
        path: path.to_owned(),
        source,
    };
    // Follow links, to replace the file itself.
    let target = path.canonicalize().map_err(failed)?;
    let mut file = File::open(&target).map_err(failed)?;
    let head = magic::head(&mut file).map_err(failed)?;
    let compression = match magic::packing(&head) {
        Some(Packing::Gzip) => Compression::Gzip,
        Some(Packing::Bzip2) => Compression::Bzip2,
        Some(Packing::Zip) | None => return Ok(None),
    };
    let plan = plan(&mut file, compression).map_err(|error| match error {
        ReadError::Io(source) => failed(source),
        error => FixError::Unreadable {
            path: path.to_owned(),
            found: error.to_string(),
        },
    })?;
    if plan.patches.is_empty() && plan.trailer.bytes == 0 {
        return Ok(None);
    }
    replace(&target, &mut file, &plan).map_err(|error| match error {
        ReplaceError::Changed => FixError::Changed {
            path: path.to_owned(),
        },
        ReplaceError::Io(source) => failed(source),
    })
}

/// Reads the archive to its end.
fn plan(file: &mut File, compression: Compression) -> Result<Plan, ReadError> {
    let mut tar = TarReader::new(UnpackedStream::new(HashedSource::new(file), compression));
    let mut patches = Vec::new();
    while let Some(found) = tar.next()? {
        if is_repacked_by_pause(&found.member, &MemberPath::parse(&found.member.path)) {
            patches.push(Patch::new(found.header_at));
        }
    }
    tar.after_end()?;
    let stream = tar.into_inner();
    let trailer = stream
        .trailer()
        .ok_or_else(|| ReadError::Corrupt("it ends early".into()))?;
    let header = stream.gzip_header().cloned();
    Ok(Plan {
        compression,
        patches,
        trailer,
        header,
        digest: stream.into_source()?.finish()?,
    })
}

enum ReplaceError {
    Io(io::Error),
    Changed,
}

impl From<io::Error> for ReplaceError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn replace(target: &Path, file: &mut File, plan: &Plan) -> Result<Option<Repair>, ReplaceError> {
    let folder = target.parent().unwrap_or_else(|| Path::new("."));
    let mut new = Builder::new()
        .prefix(".cpan-sigstore-")
        .suffix(".tmp")
        .tempfile_in(folder)?;
    file.seek(SeekFrom::Start(0))?;
    let read_again = if plan.patches.is_empty() {
        strip(file, new.as_file_mut(), plan.trailer.at)?
    } else {
        repack(file, new.as_file_mut(), plan)?
    };
    if read_again != plan.digest {
        return Err(ReplaceError::Changed);
    }
    fs::set_permissions(new.path(), file.metadata()?.permissions())?;
    new.as_file().sync_all()?;
    new.as_file_mut().seek(SeekFrom::Start(0))?;
    let new_digest = HashedSource::new(new.as_file_mut()).finish()?;
    new.persist(target).map_err(|error| error.error)?;
    sync_folder(folder);
    Ok(Some(Repair {
        permissions: plan.patches.len() as u64,
        stripped: plan.trailer.bytes,
        old_digest: plan.digest,
        new_digest,
    }))
}

/// Copies the compressed stream without the bytes that follow it.
fn strip(file: &mut File, new: &mut File, end: u64) -> io::Result<Sha256Digest> {
    let mut source = HashedSource::new(file);
    io::copy(&mut (&mut source).take(end), new)?;
    source.finish()
}

/// Compresses the patched archive again.
fn repack(file: &mut File, new: &mut File, plan: &Plan) -> io::Result<Sha256Digest> {
    let mut stream = UnpackedStream::new(HashedSource::new(file), plan.compression);
    match plan.compression {
        Compression::Gzip => {
            let mut out = gzip(new, plan.header.as_ref());
            Patch::copy(&plan.patches, &mut stream, &mut out)?;
            out.finish()?;
        }
        Compression::Bzip2 => {
            let mut out = BzEncoder::new(new, bzip2::Compression::best());
            Patch::copy(&plan.patches, &mut stream, &mut out)?;
            out.finish()?;
        }
    }
    stream.into_source()?.finish()
}

/// Keeps the time and name of the original header.
fn gzip<W: Write>(out: W, header: Option<&GzHeader>) -> GzEncoder<W> {
    let mut builder = GzBuilder::new();
    if let Some(header) = header {
        builder = builder
            .mtime(header.mtime())
            .operating_system(header.operating_system());
        if let Some(name) = header.filename() {
            builder = builder.filename(name);
        }
    }
    builder.write(out, flate2::Compression::best())
}

/// Syncs the rename, if the file system can.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = OpenOptions::new().read(true).open(folder) {
        // Some file systems refuse. The archive itself is already synced.
        let _ = folder.sync_all();
    }
}
