//! Repacks what can be repaired without anybody's judgement.
//!
//! Two things are: the permission of everybody to write to a member, and bytes after the compressed
//! stream. All other bytes of the tar archive, headers and contents, stay what they were.

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
    Code,
    checks::members::is_repacked_by_pause,
    magic,
    path::MemberPath,
    read_error::ReadError,
    source::Source,
    tar::{TarReader, patch::Patch},
    unpacked::{Compression, Trailer, Unpacked},
};

/// What was repaired, and from what to what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fixed {
    /// Members that everybody could write to.
    pub permissions: u64,
    /// Bytes that stood after the compressed stream.
    pub stripped: u64,
    /// The bytes before.
    pub old_digest: Sha256Digest,
    /// The bytes now.
    pub new_digest: Sha256Digest,
}

/// An archive was not repaired, and is as it was.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// It cannot be read or written.
    #[error("expected to repair {}: {source}", path.display())]
    Io {
        /// The archive.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It cannot be read to its end, so that nothing of it is written again.
    #[error("expected {} to be an archive that can be read to its end, found: {found}", path.display())]
    Unreadable {
        /// The archive.
        path: PathBuf,
        /// What was found.
        found: String,
    },
    /// Something else wrote to it meanwhile.
    #[error("expected {} as it was when it was read, found it changed", path.display())]
    Changed {
        /// The archive.
        path: PathBuf,
    },
}

/// Whether [`fix`] may do something about a defect.
pub const fn is_fixable(code: Code) -> bool {
    matches!(code, Code::WorldWritable | Code::TrailingBytes)
}

/// What there is to repair.
struct Plan {
    compression: Compression,
    patches: Vec<Patch>,
    trailer: Trailer,
    header: Option<GzHeader>,
    digest: Sha256Digest,
}

/// Repairs a tar archive in place: written whole beside it, synced, and renamed. `None` where there is
/// nothing to repair, or nothing that can be: zip archives are left alone.
///
/// # Errors
/// Where it cannot be read to its end, or not written; then it is as it was.
pub fn fix(path: &Path) -> Result<Option<Fixed>, FixError> {
    let failed = |source| FixError::Io {
        path: path.to_owned(),
        source,
    };
    // Through links, so that the file itself is replaced.
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
    let mut tar = TarReader::new(Unpacked::new(Source::new(file), compression));
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

fn replace(target: &Path, file: &mut File, plan: &Plan) -> Result<Option<Fixed>, ReplaceError> {
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
    let new_digest = Source::new(new.as_file_mut()).finish()?;
    new.persist(target).map_err(|error| error.error)?;
    sync_folder(folder);
    Ok(Some(Fixed {
        permissions: plan.patches.len() as u64,
        stripped: plan.trailer.bytes,
        old_digest: plan.digest,
        new_digest,
    }))
}

/// Copies the compressed stream as it is, without what follows it.
fn strip(file: &mut File, new: &mut File, end: u64) -> io::Result<Sha256Digest> {
    let mut source = Source::new(file);
    io::copy(&mut (&mut source).take(end), new)?;
    source.finish()
}

/// Compresses the patched archive again.
fn repack(file: &mut File, new: &mut File, plan: &Plan) -> io::Result<Sha256Digest> {
    let mut stream = Unpacked::new(Source::new(file), plan.compression);
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

/// Under the header that the file had, with its time and name.
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

/// Puts the new name on the disk too, where the system can.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = OpenOptions::new().read(true).open(folder) {
        // Some file systems refuse; the archive itself is on the disk.
        let _ = folder.sync_all();
    }
}
