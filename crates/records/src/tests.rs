//! The text of every error, with sample data.

use crate::{
    author_index::AuthorIndexError,
    record::{RecordError, RecordName, RecoveryKey, RecoveryKeyPair},
};

#[test]
fn states_each_error() {
    let author = || "TIMLEGGE".parse().unwrap();
    let name: Result<RecordName, _> = "TIMLEGGE.json".parse();
    let records = [
        RecordError::TooLarge(70_000),
        RecordError::Shape("missing field `author`".to_owned()),
        RecordError::NotCanonical { at: 17 },
        RecordError::Value {
            field: "version",
            expected: "1 or more",
            found: "0".to_owned(),
        },
    ];
    let indexes = [
        AuthorIndexError::TooLarge(70_000),
        AuthorIndexError::Shape("missing field `number`".to_owned()),
        AuthorIndexError::Value {
            field: "number",
            expected: "1 or more",
            found: "0".to_owned(),
        },
        AuthorIndexError::Author {
            author: author(),
            found: "a bundle without a record".to_owned(),
        },
        AuthorIndexError::Record {
            author: author(),
            version: 2,
            source: RecordError::NotCanonical { at: 17 },
        },
    ];
    let key: Result<RecoveryKey, _> = "ed25519:00".parse();
    let private = RecoveryKeyPair::from_pkcs8(b"none");
    let mut texts = vec![name.unwrap_err().to_string()];
    texts.push(key.unwrap_err().to_string());
    texts.push(private.unwrap_err().to_string());
    texts.extend(records.iter().map(ToString::to_string));
    texts.extend(indexes.iter().map(ToString::to_string));
    insta::assert_snapshot!(texts.join("\n"));
}
