//! The author index that the mirror itself uses, for clients behind it.

use std::sync::{PoisonError, RwLock};

use hyper::body::Bytes;

/// The author index and its bundle, as they were verified; both or neither.
#[derive(Debug, Default)]
pub struct AuthorIndexFiles(RwLock<Option<(Bytes, Bytes)>>);

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorIndexFile {
    Index,
    Bundle,
}

impl AuthorIndexFiles {
    /// Replaces index and bundle.
    pub fn replace(&self, files: Option<(Vec<u8>, Vec<u8>)>) {
        let files = files.map(|(index, bundle)| (Bytes::from(index), Bytes::from(bundle)));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = files;
    }

    pub(crate) fn get(&self, which: AuthorIndexFile) -> Option<Bytes> {
        let files = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (index, bundle) = files.as_ref()?;
        Some(match which {
            AuthorIndexFile::Index => index.clone(),
            AuthorIndexFile::Bundle => bundle.clone(),
        })
    }
}
