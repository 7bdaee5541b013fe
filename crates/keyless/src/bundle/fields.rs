//! Walks a JSON object field by field and reports the path of each error.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::cause::Cause;
use serde_json::{Map, Value};

use super::VerificationFailure;

/// Most digits of a number: each language has numbers of so many.
const DIGIT_LIMIT: usize = 18;

/// An object at a path, with only known fields.
///
/// A field that is `null` is absent, as in protobuf's JSON mapping.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    path: String,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// Returns the object at the top.
    pub fn top(value: &'a Value, known: &[&str]) -> Result<Self, VerificationFailure> {
        Self::at(String::new(), value, known)
    }

    fn at(path: String, value: &'a Value, known: &[&str]) -> Result<Self, VerificationFailure> {
        let Value::Object(map) = value else {
            return Err(malformed(&path, "not an object"));
        };
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            let key: String = key.chars().take(60).collect();
            return Err(malformed(&path, &format!("the unknown field `{key}`")));
        }
        Ok(Self { path, map })
    }

    /// Returns the value of a field, unless it is absent.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Returns the value of a required field.
    pub fn need(&self, key: &str) -> Result<&'a Value, VerificationFailure> {
        self.get(key)
            .ok_or_else(|| malformed(&self.path, &format!("no `{key}`")))
    }

    /// Returns the object in a required field.
    pub fn object(&self, key: &str, known: &[&str]) -> Result<Fields<'a>, VerificationFailure> {
        Self::at(self.below(key), self.need(key)?, known)
    }

    /// Returns the object in an optional field.
    pub fn optional_object(
        &self,
        key: &str,
        known: &[&str],
    ) -> Result<Option<Fields<'a>>, VerificationFailure> {
        self.get(key)
            .map(|value| Self::at(self.below(key), value, known))
            .transpose()
    }

    /// Returns the items of a list, none if it is absent. More than `limit` items are refused.
    pub fn list(&self, key: &str, limit: usize) -> Result<&'a [Value], VerificationFailure> {
        let items = match self.get(key) {
            None => return Ok(&[]),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(malformed(&self.below(key), "not a list")),
        };
        if items.len() > limit {
            return Err(VerificationFailure::new(
                Cause::BundleExcess,
                format!("{} of `{}` (at most {limit})", items.len(), self.below(key)),
            ));
        }
        Ok(items)
    }

    /// Returns the objects of a list.
    pub fn objects(
        &self,
        key: &str,
        limit: usize,
        known: &[&str],
    ) -> Result<Vec<Fields<'a>>, VerificationFailure> {
        self.list(key, limit)?
            .iter()
            .enumerate()
            .map(|(i, item)| Self::at(format!("{}[{i}]", self.below(key)), item, known))
            .collect()
    }

    /// Returns the text in a required field.
    pub fn text(&self, key: &str) -> Result<&'a str, VerificationFailure> {
        match self.need(key)? {
            Value::String(text) => Ok(text),
            _ => Err(malformed(&self.below(key), "not a text")),
        }
    }

    /// Returns the text in an optional field.
    pub fn optional_text(&self, key: &str) -> Result<Option<&'a str>, VerificationFailure> {
        self.get(key).map(|_| self.text(key)).transpose()
    }

    /// Checks the base64 in a required field.
    pub fn base64(&self, key: &str) -> Result<(), VerificationFailure> {
        check_base64(&self.below(key), self.need(key)?)
    }

    /// Checks the base64 of each item of a list.
    pub fn base64_list(&self, key: &str, limit: usize) -> Result<(), VerificationFailure> {
        let mut items = self.list(key, limit)?.iter();
        items.try_for_each(|item| check_base64(&self.below(key), item))
    }

    /// Checks an optional whole number: as a number or as a text, without sign and leading zeros.
    pub fn whole_number(&self, key: &str) -> Result<(), VerificationFailure> {
        match self.map.get(key) {
            None => Ok(()),
            Some(Value::Number(number))
                if number.is_u64() && is_whole_number(&number.to_string()) =>
            {
                Ok(())
            }
            Some(Value::String(text)) if is_whole_number(text) => Ok(()),
            Some(_) => Err(malformed(&self.below(key), "not a whole number")),
        }
    }

    /// Returns which of several fields is present. Exactly one must be.
    pub fn one_of(&self, keys: &[&'static str]) -> Result<&'static str, VerificationFailure> {
        let mut present = keys.iter().filter(|key| self.get(key).is_some());
        let names = keys.join("`, `");
        match (present.next(), present.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(malformed(&self.path, &format!("none of `{names}`"))),
            (Some(_), Some(_)) => Err(VerificationFailure::new(
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

/// Returns whether a text is a whole number of at most 18 digits, without sign and leading zeros.
pub(super) fn is_whole_number(text: &str) -> bool {
    let is_shortest = text == "0" || !text.starts_with('0');
    is_shortest
        && (1..=DIGIT_LIMIT).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Checks a text in base64: the standard alphabet, padding, and no bits behind the last byte.
fn check_base64(path: &str, value: &Value) -> Result<(), VerificationFailure> {
    match value {
        Value::String(text) if STANDARD.decode(text).is_ok() => Ok(()),
        _ => Err(malformed(path, "no base64")),
    }
}

pub(super) fn malformed(path: &str, found: &str) -> VerificationFailure {
    let found = if path.is_empty() {
        found.to_owned()
    } else {
        format!("{found} at `{path}`")
    };
    VerificationFailure::new(Cause::BundleMalformed, found)
}
