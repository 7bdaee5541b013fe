//! META.json.

use std::fmt;

use serde::{
    Deserializer as _,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use super::{MetaError, Stated};

/// Reads the two fields; the rest is passed over, without recursion.
pub fn read(text: &str) -> Result<Stated, MetaError> {
    let mut stated = Fields::default();
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(&mut stated)
        .and_then(|()| json.end())
        .map_err(|error| MetaError::Malformed(error.to_string()))?;
    match stated.twice {
        Some(error) => Err(error),
        None => Ok(stated.stated),
    }
}

#[derive(Default)]
struct Fields {
    stated: Stated,
    twice: Option<MetaError>,
}

impl<'de> Visitor<'de> for &mut Fields {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if !matches!(key.as_str(), "name" | "version") {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = match map.next_value::<Value>()? {
                Value::String(text) => Some(text),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
            if let Err(error) = self.stated.set(&key, value) {
                self.twice = Some(error);
            }
        }
        Ok(())
    }
}
