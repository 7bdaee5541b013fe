//! The decisions that a policy may make about a finding, as its text states them.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

use crate::decision::Decision;

/// One of `allow`, `warn` and `deny`.
pub(super) struct Leniency(Decision);

impl From<Leniency> for Decision {
    fn from(leniency: Leniency) -> Self {
        leniency.0
    }
}

impl<'de> Deserialize<'de> for Leniency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Word)
    }
}

struct Word;

impl Visitor<'_> for Word {
    type Value = Leniency;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"allow\", \"warn\" or \"deny\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Leniency, E> {
        Ok(Leniency(match text {
            "allow" => Decision::Allow,
            "warn" => Decision::Warn,
            "deny" => Decision::Deny,
            _ => return Err(E::invalid_value(Unexpected::Str(text), &self)),
        }))
    }
}
