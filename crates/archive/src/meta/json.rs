//! META.json.

use std::fmt;

use serde::{
    Deserializer as _,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use super::{DeclaredName, FIELDS, MetaError};

/// Reads the three fields and skips the rest without recursion.
pub fn read(text: &str) -> Result<DeclaredName, MetaError> {
    let mut fields = Fields::default();
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(&mut fields)
        .and_then(|()| json.end())
        .map_err(|error| MetaError::Malformed(error.to_string()))?;
    match fields.repeated {
        Some(error) => Err(error),
        None => Ok(fields.declared),
    }
}

#[derive(Default)]
struct Fields {
    declared: DeclaredName,
    repeated: Option<MetaError>,
}

impl<'de> Visitor<'de> for &mut Fields {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if !FIELDS.contains(&key.as_str()) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = match map.next_value::<Value>()? {
                Value::String(text) => Some(text),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
            if let Err(error) = self.declared.set(&key, value) {
                self.repeated = Some(error);
            }
        }
        Ok(())
    }
}
