//! `/-/index.json`: the operator's index that the mirror itself goes by, for those behind it.

use std::sync::{PoisonError, RwLock};

use cpan_sigstore_records::author_index::MEDIA_TYPE;
use hyper::{StatusCode, body::Bytes};

use super::answer::{Response, text, typed};

/// The index and its bundle, as they were verified; both or neither.
#[derive(Debug, Default)]
pub struct OperatorFiles(RwLock<Option<(Bytes, Bytes)>>);

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OperatorFile {
    Index,
    Bundle,
}

impl OperatorFiles {
    /// From now on these are served: the index, and its bundle.
    pub fn replace(&self, files: Option<(Vec<u8>, Vec<u8>)>) {
        let files = files.map(|(index, bundle)| (Bytes::from(index), Bytes::from(bundle)));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = files;
    }

    pub(super) fn answer(&self, which: OperatorFile) -> Response {
        let files = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match (files, which) {
            (Some((index, _)), OperatorFile::Index) => typed(StatusCode::OK, MEDIA_TYPE, index),
            (Some((_, bundle)), OperatorFile::Bundle) => {
                typed(StatusCode::OK, "application/json", bundle)
            }
            (None, _) => text(
                StatusCode::NOT_FOUND,
                "not found: this mirror goes by no operator's index\n",
            ),
        }
    }
}
