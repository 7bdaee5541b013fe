//! Canonical JSON as TUF signs it (OLPC): sorted names, no white space, and in strings only
//! quotation mark and backslash escaped.

use serde_json::Value;

/// Returns the canonical bytes of a value. Numbers must be integers, as in all TUF metadata.
pub(super) fn bytes(value: &Value) -> Vec<u8> {
    let mut text = String::new();
    write(value, &mut text);
    text.into_bytes()
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => quote(text, out),
        Value::Array(items) => list(out, ['[', ']'], items, write),
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            list(out, ['{', '}'], sorted, |(name, value), out| {
                quote(name, out);
                out.push(':');
                write(value, out);
            });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

fn list<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    mut write_item: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_item(item, out);
    }
    out.push(close);
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn sorts_names_and_keeps_newlines() {
        let value = json!({ "b": [1, true, null], "a": "line\n\"quoted\" \\" });
        assert_eq!(
            String::from_utf8_lossy(&super::bytes(&value)),
            "{\"a\":\"line\n\\\"quoted\\\" \\\\\",\"b\":[1,true,null]}"
        );
    }
}
