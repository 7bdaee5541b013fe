//! Author records: whether a text is one.

use cpan_sigstore_records::record::AuthorRecord;
use serde_json::{Value, json};

use super::bundles::bytes;

pub(super) fn answer(case: Value) -> Value {
    let text = match case["record"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => bytes(&case["bytes"]),
    };
    match AuthorRecord::parse(&text) {
        Ok(record) => json!({"accepted": true, "digest": record.digest().to_string()}),
        Err(_) => json!({"accepted": false}),
    }
}
