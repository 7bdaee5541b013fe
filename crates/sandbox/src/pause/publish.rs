//! Handling of an upload from the queue, as in PAUSE's daemon `paused`.

use std::sync::LazyLock;

use regex::Regex;

use super::{PauseMisbehaviour, compression::Compression, path, repack::without_world_writable};

/// Names of Perl itself, which only its release managers may upload.
static PERL_ITSELF: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^perl-[\d._-]*\.(tar[._-](gz|bz2)|tbz|tgz|zip)$").ok());
/// Level at which gzip compresses a file again after removing garbage.
const BEST: u32 = 9;
/// Level at which tar compresses a repacked archive.
const DEFAULT: u32 = 6;
/// A byte of the time in a gzip header (RFC 1952, section 2.3), on which nothing depends.
const GZIP_TIME: usize = 4;

/// The reason why PAUSE drops an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Dropped {
    #[error("only release managers may upload Perl")]
    PerlItself,
    #[error("it is damaged, or compressed in another way than its name says")]
    Compression,
    #[error("it could not be fetched")]
    NotFetched,
    #[error("it was withheld")]
    Withheld,
}

/// Returns the bytes to publish for an upload to a path.
pub(super) fn published_bytes(
    path: &str,
    bytes: &[u8],
    wrong: Option<PauseMisbehaviour>,
) -> Result<Vec<u8>, Dropped> {
    let (_, name) = path::split(path);
    if PERL_ITSELF
        .as_ref()
        .is_some_and(|names| names.is_match(name))
    {
        return Err(Dropped::PerlItself);
    }
    let is_bundle = name.ends_with(".sigstore.json");
    match wrong {
        Some(PauseMisbehaviour::DroppedBundle) if is_bundle => return Err(Dropped::Withheld),
        Some(PauseMisbehaviour::SwappedBundle) if is_bundle => {
            let other = r#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}"#;
            return Ok(other.as_bytes().to_vec());
        }
        _ => {}
    }
    let Some(compression) = Compression::of_tar(name) else {
        let is_archive = name.ends_with(".zip");
        let wrong = wrong.filter(|_| is_archive);
        return Ok(altered(bytes.to_vec(), wrong, None));
    };
    let bytes = verified(compression, bytes).ok_or(Dropped::Compression)?;
    Ok(altered(bytes, wrong, Some(compression)))
}

/// Returns the archive as PAUSE publishes it: without garbage after it and without world-writable
/// members. Damaged archives are dropped. Files that are not tar archives stay the same.
fn verified(compression: Compression, bytes: &[u8]) -> Option<Vec<u8>> {
    let unpacked = compression.unpack(bytes)?;
    if let Some(tar) = without_world_writable(&unpacked.bytes) {
        return compression.pack(&tar, DEFAULT).ok();
    }
    // bzip2 only warns of garbage and succeeds.
    if unpacked.garbage && compression == Compression::Gzip {
        return compression.pack(&unpacked.bytes, BEST).ok();
    }
    Some(bytes.to_vec())
}

fn altered(
    mut bytes: Vec<u8>,
    wrong: Option<PauseMisbehaviour>,
    compression: Option<Compression>,
) -> Vec<u8> {
    if wrong == Some(PauseMisbehaviour::ChangedBytes) {
        let byte = match compression {
            Some(Compression::Gzip) => bytes.get_mut(GZIP_TIME),
            _ => bytes.last_mut(),
        };
        if let Some(byte) = byte {
            *byte ^= 1;
        }
    }
    bytes
}
