//! Walking a JSON object field by field, with the path in every refusal.

use cpan_sigstore_core::cause::Cause;
use serde_json::{Map, Value};

use super::Refused;

/// An object at a path, of which only known fields may be there.
///
/// A field that is `null` counts as absent, as in protobuf's JSON mapping.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    path: String,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The object at the top.
    pub fn top(value: &'a Value, known: &[&str]) -> Result<Self, Refused> {
        Self::at(String::new(), value, known)
    }

    fn at(path: String, value: &'a Value, known: &[&str]) -> Result<Self, Refused> {
        let Value::Object(map) = value else {
            return Err(malformed(&path, "no object"));
        };
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            let key: String = key.chars().take(60).collect();
            return Err(malformed(&path, &format!("the unknown field `{key}`")));
        }
        Ok(Self { path, map })
    }

    /// The value of a field, unless it is absent.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Refuses an absent field.
    pub fn need(&self, key: &str) -> Result<&'a Value, Refused> {
        self.get(key)
            .ok_or_else(|| malformed(&self.path, &format!("no `{key}`")))
    }

    /// An object in a field that has to be there.
    pub fn object(&self, key: &str, known: &[&str]) -> Result<Fields<'a>, Refused> {
        Self::at(self.below(key), self.need(key)?, known)
    }

    /// An object in a field that may be absent.
    pub fn optional_object(
        &self,
        key: &str,
        known: &[&str],
    ) -> Result<Option<Fields<'a>>, Refused> {
        self.get(key)
            .map(|value| Self::at(self.below(key), value, known))
            .transpose()
    }

    /// The items of a list; an absent list is empty. More than `limit` are refused.
    pub fn list(&self, key: &str, limit: usize) -> Result<&'a [Value], Refused> {
        let items = match self.get(key) {
            None => return Ok(&[]),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(malformed(&self.below(key), "no list")),
        };
        if items.len() > limit {
            return Err(Refused::new(
                Cause::BundleExcess,
                format!("{} of `{}` (at most {limit})", items.len(), self.below(key)),
            ));
        }
        Ok(items)
    }

    /// The objects of a list.
    pub fn objects(
        &self,
        key: &str,
        limit: usize,
        known: &[&str],
    ) -> Result<Vec<Fields<'a>>, Refused> {
        self.list(key, limit)?
            .iter()
            .enumerate()
            .map(|(i, item)| Self::at(format!("{}[{i}]", self.below(key)), item, known))
            .collect()
    }

    /// A text that has to be there.
    pub fn text(&self, key: &str) -> Result<&'a str, Refused> {
        match self.need(key)? {
            Value::String(text) => Ok(text),
            _ => Err(malformed(&self.below(key), "no text")),
        }
    }

    /// Refuses texts that are there and are none.
    pub fn optional_text(&self, key: &str) -> Result<Option<&'a str>, Refused> {
        self.get(key).map(|_| self.text(key)).transpose()
    }

    /// The one of several fields that is there.
    pub fn one_of(&self, keys: &[&'static str]) -> Result<&'static str, Refused> {
        let mut present = keys.iter().filter(|key| self.get(key).is_some());
        let names = keys.join("`, `");
        match (present.next(), present.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(malformed(&self.path, &format!("none of `{names}`"))),
            (Some(_), Some(_)) => Err(Refused::new(
                Cause::BundleAmbiguous,
                format!("more than one of `{names}`"),
            )),
        }
    }

    fn below(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

pub(super) fn malformed(path: &str, found: &str) -> Refused {
    let found = if path.is_empty() {
        found.to_owned()
    } else {
        format!("{found} at `{path}`")
    };
    Refused::new(Cause::BundleMalformed, found)
}
