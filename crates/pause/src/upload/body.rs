//! A file as the body of an upload: read as it is sent, and compared with its digest before its end.

use std::{
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use cpan_sigstore_core::digest::{Sha256Digest, Sha256Hasher};
use cpan_sigstore_http::HttpError;
use futures_util::stream;
use reqwest::Body;

use super::{Outgoing, Progress, UploadError, unreadable};

/// Size of the parts in which a file is sent, in bytes.
const PART: u64 = 64 * 1024;

/// A body and its length in bytes.
pub(super) struct Sized {
    pub body: Body,
    pub length: u64,
}

/// Why a body broke off: the HTTP client says only that it did.
#[derive(Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<UploadError>>>);

impl Failure {
    pub fn take(&self) -> Option<UploadError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_there(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    fn keep(&self, error: UploadError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// Opens the file for one try of an upload.
///
/// # Errors
/// Where it cannot be opened, or an earlier try found it changed: no further try helps then.
pub(super) fn open(
    outgoing: &Outgoing,
    progress: Progress,
    failure: Failure,
) -> Result<Sized, HttpError> {
    let ended = || HttpError::Request {
        url: outgoing.name.clone(),
        reason: "expected the file to be sent".to_owned(),
    };
    if failure.is_there() {
        return Err(ended());
    }
    let opened = File::open(&outgoing.path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (length, file) = opened.map_err(|source| {
        failure.keep(unreadable(&outgoing.path, source));
        ended()
    })?;
    let parts = Parts {
        file,
        path: outgoing.path.clone(),
        left: length,
        hasher: Sha256Hasher::default(),
        expected: outgoing.digest,
        held: None,
        sent: 0,
        progress,
        failure,
    };
    let stream = stream::try_unfold(parts, async |mut parts| {
        Ok::<_, io::Error>(parts.next()?.map(|part| (part, parts)))
    });
    Ok(Sized {
        body: Body::wrap_stream(stream),
        length,
    })
}

/// Hands out a file one part late, so that the last one is sent only when the digest of all is known.
struct Parts {
    file: File,
    path: PathBuf,
    left: u64,
    hasher: Sha256Hasher,
    expected: Sha256Digest,
    held: Option<Vec<u8>>,
    sent: u64,
    progress: Progress,
    failure: Failure,
}

impl Parts {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let part = loop {
            let mut part = Vec::new();
            // No more than was announced, even where the file grows meanwhile.
            let read = (&self.file)
                .take(PART.min(self.left))
                .read_to_end(&mut part);
            if let Err(error) = read {
                let kind = error.kind();
                return self.fail(unreadable(&self.path, error), kind);
            }
            if part.is_empty() {
                // Compared once; after the last part there is nothing left to send.
                let Some(last) = self.held.take() else {
                    break None;
                };
                if std::mem::take(&mut self.hasher).finish() != self.expected {
                    let changed = UploadError::Changed(self.path.clone());
                    return self.fail(changed, io::ErrorKind::InvalidData);
                }
                break Some(last);
            }
            self.left -= part.len() as u64;
            self.hasher.update(&part);
            if let Some(previous) = self.held.replace(part) {
                break Some(previous);
            }
        };
        if let Some(part) = &part {
            self.sent += part.len() as u64;
            (self.progress)(self.sent);
        }
        Ok(part)
    }

    fn fail(&mut self, error: UploadError, kind: io::ErrorKind) -> io::Result<Option<Vec<u8>>> {
        self.failure.keep(error);
        Err(kind.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// What of a file is sent, of which `verified` was verified.
    fn sent(file: &[u8], verified: &[u8]) -> (Vec<u8>, io::Result<()>) {
        let mut on_disk = tempfile::NamedTempFile::new().unwrap();
        on_disk.write_all(file).unwrap();
        let mut hasher = Sha256Hasher::default();
        hasher.update(verified);
        let mut parts = Parts {
            file: File::open(on_disk.path()).unwrap(),
            path: on_disk.path().to_owned(),
            left: file.len() as u64,
            hasher: Sha256Hasher::default(),
            expected: hasher.finish(),
            held: None,
            sent: 0,
            progress: Arc::new(|_| ()),
            failure: Failure::default(),
        };
        let mut sent = Vec::new();
        loop {
            match parts.next() {
                Ok(Some(part)) => sent.extend(part),
                Ok(None) => return (sent, Ok(())),
                Err(error) => return (sent, Err(error)),
            }
        }
    }

    #[test]
    fn a_file_is_sent_whole_where_it_is_what_was_verified() {
        let part = usize::try_from(PART).unwrap();
        for length in [1, part - 1, part, part + 1, 3 * part] {
            let file = vec![7; length];
            let (bytes, result) = sent(&file, &file);
            assert!(result.is_ok() && bytes == file, "{length}");
        }
    }

    #[test]
    fn a_file_that_changed_after_it_was_verified_is_never_sent_whole() {
        let part = usize::try_from(PART).unwrap();
        for length in [1, part, part + 1, 3 * part] {
            let file = vec![7; length];
            let (bytes, result) = sent(&file, b"what was verified");
            assert!(result.is_err() && bytes.len() < length, "{length}");
        }
    }
}
