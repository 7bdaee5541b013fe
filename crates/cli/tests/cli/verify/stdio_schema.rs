//! The JSON Schema of the verifier interface.

use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

const SCHEMA: &str = include_str!("../../../../../docs/spec/schema/verifier.schema.json");

/// A line of the interface.
#[derive(Clone, Copy)]
pub enum Kind {
    Request,
    Answer,
}

struct Schema {
    schemas: Schemas,
    request: SchemaIndex,
    answer: SchemaIndex,
}

static COMPILED: LazyLock<Schema> = LazyLock::new(|| {
    let mut compiler = Compiler::new();
    let schema = serde_json::from_str(SCHEMA).unwrap();
    compiler.add_resource("verifier.json", schema).unwrap();
    let mut schemas = Schemas::new();
    let mut compile = |name: &str| {
        let place = format!("verifier.json#/$defs/{name}");
        compiler.compile(&place, &mut schemas).unwrap()
    };
    let (request, answer) = (compile("request"), compile("answer"));
    Schema {
        schemas,
        request,
        answer,
    }
});

/// Returns whether the schema accepts a line.
pub fn is_valid(line: &Value, kind: Kind) -> bool {
    let schema = &*COMPILED;
    let index = match kind {
        Kind::Request => schema.request,
        Kind::Answer => schema.answer,
    };
    schema.schemas.validate(line, index).is_ok()
}

#[test]
fn schema_accepts_the_lines_of_the_standard() {
    let text = include_str!("../../../../../docs/spec/verifier-interface.md");
    let lines = text.lines().filter(|line| line.starts_with('{'));
    // The digest in the text is shortened.
    let lines = lines.map(|line| line.replace("sha256:…", &format!("sha256:{}", "0".repeat(64))));
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect();
    let [request, answer] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    assert!(is_valid(request, Kind::Request) && is_valid(answer, Kind::Answer));
    assert!(!is_valid(answer, Kind::Request) && !is_valid(request, Kind::Answer));
    let changed = |key: &str, value: Value| {
        let mut answer = answer.clone();
        answer[key] = value;
        is_valid(&answer, Kind::Answer)
    };
    // A verdict with an error is none, and neither is one that contradicts itself.
    assert!(!changed(
        "error",
        serde_json::json!({"code": "failed", "message": "x"})
    ));
    assert!(!changed("exit", 10.into()) && !changed("decision", "deny".into()));
    assert!(!changed("cause", "artifact-mismatch".into()) && changed("copied", true.into()));
}
