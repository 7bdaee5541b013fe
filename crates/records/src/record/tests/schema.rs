//! The JSON Schema of the standard and the parser say the same, as far as a schema can say it.

use boon::{Compiler, SchemaIndex, Schemas};
use serde::Deserialize;
use serde_json::Value;

use super::*;

const SCHEMA: &str = include_str!("../../../../../docs/spec/schema/author-record.schema.json");
const VECTORS: &str = include_str!("../../../../../docs/spec/vectors/records.json");

/// What is no record for reasons that only its text shows, or a comparison of two values.
const BEYOND_A_SCHEMA: [&str; 14] = [
    // It is written as 1.0, which is the same number.
    "a version that is no whole number",
    "a line break at the end",
    "white space",
    "keys that are not sorted",
    "a character that is escaped without need",
    "a key that is there twice",
    "no JSON",
    "it ends before it begins",
    "from and until are equal",
    // A schema counts characters.
    "a name of 1000 characters and 2000 bytes",
    "more than 64 KiB",
    "the author's own id as another author",
    "other authors in another order",
    "distributions in another order",
];

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn read() -> Self {
        let mut compiler = Compiler::new();
        let schema = serde_json::from_str(SCHEMA).unwrap();
        compiler.add_resource("record.json", schema).unwrap();
        let mut schemas = Schemas::new();
        let index = compiler.compile("record.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn admits(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }
}

#[derive(Deserialize)]
struct Case {
    name: String,
    record: Option<String>,
    accepted: bool,
}

#[test]
fn schema_and_parser_agree_on_the_vectors_of_the_standard() {
    let schema = Schema::read();
    let cases: Vec<Case> = serde_json::from_str(VECTORS).unwrap();
    let (mut beyond, mut wrong) = (0, Vec::new());
    for case in cases {
        let name = &case.name;
        if BEYOND_A_SCHEMA.contains(&name.as_str()) {
            assert!(!case.accepted, "{name}");
            beyond += 1;
            continue;
        }
        // Bytes that are no text have no value.
        let Some(record) = case.record else {
            assert!(!case.accepted, "{name}");
            continue;
        };
        let value = serde_json::from_str(&record).unwrap();
        if schema.admits(&value) != case.accepted {
            wrong.push(case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(beyond, BEYOND_A_SCHEMA.len());
}

#[test]
fn the_schema_names_the_media_type_and_the_limits_of_the_parser() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let properties = &schema["properties"];
    assert_eq!(properties["mediaType"]["const"], MEDIA_TYPE);
    assert_eq!(properties["version"]["maximum"], VERSION_LIMIT);
    assert_eq!(properties["identities"]["maxItems"], IDENTITIES_LIMIT);
    assert!(schema["description"].as_str().unwrap().contains(MEDIA_TYPE));
}

/// A record as the parser takes it, one value of which is another.
fn changed(record: &AuthorRecord, pointer: &str, to: Value) -> Value {
    let mut value: Value = serde_json::from_slice(record.json()).unwrap();
    *value.pointer_mut(pointer).unwrap() = to;
    value
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,8}",
        r#"[a-z/:*]{0,3}://[a-z/*]{0,12}"#,
        "[a-z\u{0}-\u{20}\u{a0}\u{ad}\u{200b}-\u{2030}\u{feff}\u{dffff}-\u{e0081}]{0,4}",
        "[0-9]{3,5}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](Z|[.]5Z|[+]00:00)",
    ]
}

proptest! {
    #[test]
    fn every_record_is_valid_by_the_schema(records in two()) {
        let schema = Schema::read();
        for record in records {
            prop_assert!(schema.admits(&serde_json::from_slice(record.json()).unwrap()));
        }
    }

    #[test]
    fn whatever_stands_in_a_text_schema_and_parser_judge_it_alike(
        text in text(), field in prop::sample::select(vec!["subject", "pattern", "issuer", "until"]),
    ) {
        let identity = AuthorIdentity {
            identity: IdentityPolicy {
                subject: match field {
                    "pattern" => Matcher::Wildcard(Wildcard::new("s://h/o/*").unwrap()),
                    _ => Matcher::Exact("name".into()),
                },
                issuer: Matcher::Exact("issuer".into()),
                source: SourceClaims {
                    repository_id: (field == "pattern").then(|| "17".to_owned()),
                    ..SourceClaims::default()
                },
                workflow: WorkflowClaims::default(),
            },
            from: None,
            until: Some(Timestamp::UNIX_EPOCH),
        };
        let author = "TIMLEGGE".parse().unwrap();
        let record = AuthorRecord::first(author, vec![identity], Releases::Mixed).unwrap();
        let value = changed(&record, &format!("/identities/0/{field}"), text.as_str().into());
        let read = AuthorRecord::parse(value.to_string().as_bytes()).is_ok();
        let admitted = Schema::read().admits(&value);
        // Whether a day is in the calendar no pattern says.
        prop_assert!(read == admitted || (field == "until" && admitted), "{read} {admitted} {text:?}");
    }
}
