//! The JSON Schema of the index and its parser say the same, as far as a schema can say it. That of the record
//! is held to its parser where the record is.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

use std::fs;

use boon::{Compiler, SchemaIndex, Schemas};
use cpan_sigstore_records::{
    author_index::{
        AUTHORS_LIMIT, AuthorIndex, EARLIER_LIMIT, MAINTAINERS_LIMIT, MEDIA_TYPE, NUMBER_LIMIT,
        OVERRIDES_LIMIT, PACKAGES_LIMIT, REASON_LIMIT, TRANSFERS_LIMIT,
    },
    record::VERSION_LIMIT,
};
use serde_json::{Value, json};

const RECORD: &str = include_str!("../../../docs/spec/schema/author-record.schema.json");
const INDEX: &str = include_str!("../../../docs/spec/schema/index.schema.json");
const NEXT: &str = include_str!("../../../fuzz/seeds/operator_index/next.json");
const PACKAGES: &str = include_str!("../../../fuzz/seeds/operator_index/packages.json");
const SEEDS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../fuzz/seeds/operator_index"
);

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn read() -> Self {
        let mut compiler = Compiler::new();
        for (name, text) in [
            ("author-record.schema.json", RECORD),
            ("index.schema.json", INDEX),
        ] {
            let schema = serde_json::from_str(text).unwrap();
            compiler.add_resource(name, schema).unwrap();
        }
        let mut schemas = Schemas::new();
        let index = compiler.compile("index.schema.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn admits(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }
}

/// Returns whether the parser accepts an index, and the records of all authors in it.
fn is_read(text: &str) -> bool {
    AuthorIndex::parse(text.into())
        .is_ok_and(|index| index.authors().all(|author| author.entries().is_ok()))
}

#[test]
fn indexes_that_are_read_are_valid_by_the_schema() {
    let schema = Schema::read();
    let mut count = 0;
    for seed in fs::read_dir(SEEDS).unwrap() {
        let text = fs::read_to_string(seed.unwrap().path()).unwrap();
        assert!(is_read(&text));
        assert!(schema.admits(&serde_json::from_str(&text).unwrap()));
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn schema_and_parser_judge_every_changed_value_alike() {
    let schema = Schema::read();
    let without = |pointer: &str, key: &str| {
        let mut value: Value = serde_json::from_str(NEXT).unwrap();
        let object = value.pointer_mut(pointer).unwrap().as_object_mut();
        object.unwrap().remove(key).unwrap();
        value
    };
    let with = |pointer: &str, key: &str, new: Value| {
        let mut value: Value = serde_json::from_str(NEXT).unwrap();
        let object = value.pointer_mut(pointer).unwrap().as_object_mut();
        object.unwrap().insert(key.to_owned(), new);
        value
    };
    let entry = "/authors/OTHER/0";
    let announced = "/overrides/0";
    let refused = [
        without("", "authors"),
        without("", "dated"),
        without("", "mediaType"),
        without("", "number"),
        without("", "overrides"),
        without("", "previous"),
        with("", "comment", json!("")),
        with("", "number", json!(0)),
        with("", "number", json!(1)),
        with("", "number", json!(NUMBER_LIMIT + 1)),
        with("", "number", json!("2")),
        with("", "previous", json!(null)),
        with("", "previous", json!("sha256:00")),
        with("", "mediaType", json!("application/json")),
        with("", "dated", json!("2026-11-24T12:00:00.5Z")),
        with("", "dated", json!("2026-11-24 12:00:00Z")),
        with("", "dated", json!("2026-13-24T12:00:00Z")),
        with("/authors", "other", json!([])),
        with("/authors", "A", json!([])),
        with("/authors", "OTHER", json!([])),
        with("/authors", "OTHER", json!({})),
        without(entry, "bundle"),
        without(entry, "record"),
        with(entry, "more", json!(1)),
        with(entry, "bundle", json!("{}")),
        with(&format!("{entry}/record"), "releases", json!("none")),
        with(
            &format!("{entry}/record/identities/0"),
            "subject",
            json!("a b"),
        ),
        without(announced, "announced"),
        without(announced, "author"),
        without(announced, "effective"),
        without(announced, "reason"),
        without(announced, "record"),
        without(announced, "version"),
        with(announced, "more", json!(1)),
        with(announced, "author", json!("timlegge")),
        with(announced, "effective", json!("soon")),
        with(announced, "reason", json!("")),
        with(announced, "reason", json!(" \u{a0}")),
        with(announced, "reason", json!("a\u{202e}b")),
        with(announced, "reason", json!("a\u{e0041}b")),
        with(announced, "reason", json!("x".repeat(REASON_LIMIT + 1))),
        with(announced, "record", json!("")),
        with(announced, "version", json!(0)),
        with(announced, "version", json!(VERSION_LIMIT + 1)),
    ];
    let taken = [
        with("", "overrides", json!([])),
        with("", "authors", json!({})),
        with(entry, "bundle", json!({})),
        with(announced, "reason", json!("x".repeat(REASON_LIMIT))),
        with(announced, "reason", json!("der Schlüssel ist fort")),
        with(announced, "version", json!(VERSION_LIMIT)),
    ];
    for (values, expected) in [(&refused[..], false), (&taken[..], true)] {
        for value in values {
            assert_eq!(is_read(&value.to_string()), expected, "parser: {value}");
            assert_eq!(schema.admits(value), expected, "schema: {value}");
        }
    }
}

#[test]
fn schema_and_parser_judge_changed_packages_alike() {
    let schema = Schema::read();
    let with = |pointer: &str, key: &str, new: Value| {
        let mut value: Value = serde_json::from_str(PACKAGES).unwrap();
        let object = value.pointer_mut(pointer).unwrap().as_object_mut();
        object.unwrap().insert(key.to_owned(), new);
        value
    };
    let transfer = "/transfers/0";
    let refused = [
        with("", "packages", json!({})),
        with("", "packages", json!(null)),
        with("", "transfers", json!([])),
        with("", "transfers", json!(null)),
        with("", "earlier", json!([])),
        with("", "earlier", json!(null)),
        with("", "number", json!(2)),
        with("/packages", "Foo Bar", json!(["ABC"])),
        with("/packages", "", json!(["ABC"])),
        with("/packages", "Foo", json!([])),
        with("/packages", "Foo", json!([null])),
        with("/packages", "Foo", json!(["abc"])),
        with("/packages", "Foo", json!(["ABC", null])),
        with("/packages", "Foo", json!(["ABC", "ABC"])),
        with("/packages", "Foo", json!("ABC")),
        with(transfer, "owners", json!([])),
        with(transfer, "owners", json!("ABC")),
        with(transfer, "effective", json!("soon")),
        with(transfer, "package", json!("Foo Bar")),
        with(transfer, "more", json!(1)),
    ];
    let mut far = with("", "number", json!(NUMBER_LIMIT));
    far["earlier"] = vec![far["previous"].clone(); EARLIER_LIMIT].into();
    let taken = [
        far,
        with("/packages", "Foo", json!(["ABC"])),
        with("/packages", "Foo", json!([null, "ABC"])),
        with("/packages", "Zo\u{eb}'s::X-1.0", json!(["ABC", "DEF"])),
        with(transfer, "owners", json!(null)),
    ];
    for (values, expected) in [(&refused[..], false), (&taken[..], true)] {
        for value in values {
            assert_eq!(is_read(&value.to_string()), expected, "parser: {value}");
            assert_eq!(schema.admits(value), expected, "schema: {value}");
        }
    }
}

#[test]
fn the_schema_names_the_media_type_and_the_limits_of_the_parser() {
    let schema: Value = serde_json::from_str(INDEX).unwrap();
    let properties = &schema["properties"];
    assert_eq!(properties["mediaType"]["const"], MEDIA_TYPE);
    assert_eq!(properties["number"]["maximum"], NUMBER_LIMIT);
    assert_eq!(properties["authors"]["maxProperties"], AUTHORS_LIMIT);
    assert_eq!(properties["overrides"]["maxItems"], OVERRIDES_LIMIT);
    assert_eq!(properties["earlier"]["maxItems"], EARLIER_LIMIT);
    assert_eq!(properties["packages"]["maxProperties"], PACKAGES_LIMIT);
    assert_eq!(properties["transfers"]["maxItems"], TRANSFERS_LIMIT);
    let owners = &schema["$defs"]["owners"];
    assert_eq!(owners["maxItems"], MAINTAINERS_LIMIT + 1);
    let authors = &properties["authors"]["additionalProperties"];
    assert_eq!(authors["maxItems"], VERSION_LIMIT);
    let announced = &schema["$defs"]["override"]["properties"];
    assert_eq!(announced["reason"]["maxLength"], REASON_LIMIT);
    assert_eq!(announced["version"]["maximum"], VERSION_LIMIT);
    assert!(schema["description"].as_str().unwrap().contains(MEDIA_TYPE));
}
