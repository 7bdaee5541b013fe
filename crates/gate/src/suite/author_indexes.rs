//! Author indexes that arrive one after the other.

use cpan_sigstore_records::author_index::AuthorIndex;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::TrustStore;

pub(super) fn answer(case: &Value) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("trust-store.sqlite");
    let runtime = Runtime::new().unwrap();
    let accepted: Vec<bool> = runtime.block_on(async {
        let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        let mut accepted = Vec::new();
        for text in case["arrivals"].as_array().unwrap() {
            accepted.push(is_accepted(&store, text.as_str().unwrap()).await);
        }
        accepted
    });
    json!({ "accepted": accepted })
}

/// Whether a text is an author index with whole records, and follows on those that were seen.
async fn is_accepted(store: &TrustStore, text: &str) -> bool {
    let Ok(index) = AuthorIndex::parse(text.as_bytes().to_vec()) else {
        return false;
    };
    if index.authors().any(|author| author.entries().is_err()) {
        return false;
    }
    let signed = Timestamp::UNIX_EPOCH;
    let seen = store.take_in_index(
        "https://operator.example/index.json",
        &index,
        signed,
        signed,
    );
    seen.await.is_ok()
}
