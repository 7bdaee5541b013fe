//! META.json, as JSON::PP reads it. Nothing is built but the keys of the open objects.

use std::{collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Unreadable;

/// Start of the error for a repeated key. Serde passes errors on only as text.
const TWICE: &str = "twice:";

/// Checks that a text is one object, in which no key is repeated at any depth.
pub fn check(text: &str) -> Result<(), Unreadable> {
    if !text.trim_start().starts_with('{') && text.trim_start().starts_with(['[', '"']) {
        return Err(Unreadable::NoMapping);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(Keys)
        .and_then(|()| json.end())
        .map_err(|error| {
            let error = error.to_string();
            match error
                .strip_prefix(TWICE)
                .and_then(|key| key.rsplit_once(" at line"))
            {
                Some((key, _)) => Unreadable::Twice(key.to_owned()),
                None => Unreadable::Syntax(error),
            }
        })
}

/// Visits a value and keeps nothing of it.
struct Keys;

impl<'de> DeserializeSeed<'de> for Keys {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format!("{TWICE}{key}")));
            }
            keys.insert(key);
            map.next_value_seed(Self)?;
        }
        Ok(())
    }
}
