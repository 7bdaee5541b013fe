//! Strict JSON: one object, in which no key is repeated.
//!
//! RFC 8259 leaves the meaning of a repeated key open, so two readers can see two documents. Four
//! readers of this workspace read foreign JSON, each with its own guarantees:
//!
//! | reader | result | repeated keys | unknown keys | other guarantees |
//! |---|---|---|---|---|
//! | [`parse_object`], for bundles and trust material | the whole [`Value`] | refused at every depth | left to the caller | one object, nothing after it |
//! | author record (`records::record`) | typed document | refused | refused | the bytes are exactly the canonical form (RFC 8785) |
//! | author index (`records::author_index`) | typed document, read as a stream | refused | refused | bundles stay the bytes that were written; no second copy in memory |
//! | META.json (`archive`) | name, version and status alone | refused for these if values differ; a warning at every depth | skipped | nothing nested is built in memory |

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// Start of the error for a repeated key. Serde passes errors on only as text.
const DUPLICATE: &str = "the key `";

/// Error for bytes that are not exactly one JSON object without repeated keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// An object repeats a key.
    #[error("{0}")]
    DuplicateKey(String),
    /// The bytes are not JSON, or not an object.
    #[error("{0}")]
    Syntax(String),
}

/// Parses one JSON object with nothing after it.
///
/// # Errors
/// [`JsonError::DuplicateKey`] if an object at any depth repeats a key, else [`JsonError::Syntax`].
pub fn parse_object(bytes: &[u8]) -> Result<Value, JsonError> {
    match serde_json::from_slice::<Unique>(bytes) {
        Ok(Unique(value @ Value::Object(_))) => Ok(value),
        Ok(_) => Err(JsonError::Syntax("another JSON value".into())),
        Err(error) if error.to_string().starts_with(DUPLICATE) => {
            Err(JsonError::DuplicateKey(error.to_string()))
        }
        Err(error) => Err(JsonError::Syntax(error.to_string())),
    }
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        UniqueSeed.deserialize(deserializer).map(Unique)
    }
}

struct UniqueSeed;

impl<'de> DeserializeSeed<'de> for UniqueSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UniqueSeed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(UniqueSeed)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                let key: String = key.chars().take(60).collect();
                return Err(A::Error::custom(format!("{DUPLICATE}{key}` twice")));
            }
            let value = entries.next_value_seed(UniqueSeed)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_repeated_keys_at_every_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"b":[{"a":1,"\u0061":2}]}"#] {
            let parsed = parse_object(text.as_bytes());
            assert!(matches!(parsed, Err(JsonError::DuplicateKey(_))), "{text}");
        }
        assert!(parse_object(br#"{"a":{"b":1},"c":{"b":1}}"#).is_ok());
    }

    #[test]
    fn refuses_all_but_one_object() {
        for text in ["", "[]", "1", "{} {}", "{", r#"{"a":1e999}"#] {
            let parsed = parse_object(text.as_bytes());
            assert!(matches!(parsed, Err(JsonError::Syntax(_))), "{text}");
        }
    }
}
