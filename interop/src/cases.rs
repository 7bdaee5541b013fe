//! The table of attacks with each program's expected answer: `cases.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

const TABLE: &str = include_str!("../cases.toml");

/// Format and log of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A bundle of version 0.3 with an entry of Rekor v2 and a timestamp.
    RekorV2,
    /// A bundle of version 0.3 with an entry of Rekor v1.
    RekorV1,
    /// Cosign's old format, with an entry of Rekor v1.
    OldFormat,
}

impl Form {
    pub const ALL: [Self; 3] = [Self::RekorV2, Self::RekorV1, Self::OldFormat];
}

/// The expected outcomes of one attack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Forms on which it is tried.
    pub on: Vec<Form>,
    /// Code of our program's answer.
    ours: Words,
    /// Peers that decide differently, each with the reason.
    #[serde(default)]
    differs: BTreeMap<String, Words>,
}

/// One text for every form, or a text for some.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    Same(String),
    Each(BTreeMap<Form, String>),
}

impl Words {
    fn on(&self, form: Form) -> Option<&str> {
        match self {
            Self::Same(words) => Some(words),
            Self::Each(words) => words.get(&form).map(String::as_str),
        }
    }
}

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    /// Peers that refuse a good signature of an otherName identity, each with the reason.
    pub refuse_other_name: BTreeMap<String, String>,
    /// The attacks by name.
    pub attack: BTreeMap<String, Case>,
}

/// Code of our program for a good signature.
const TRUSTED: &str = "trusted";

impl Case {
    /// Returns the code of our program's answer for this form.
    pub fn code(&self, form: Form) -> Option<&str> {
        self.ours.on(form)
    }

    /// Returns whether this peer accepts this form: as we do, unless the table says otherwise.
    pub fn accepts(&self, peer: &str, form: Form) -> bool {
        let we_do = self.code(form) == Some(TRUSTED);
        let differs = self
            .differs
            .get(peer)
            .is_some_and(|reason| reason.on(form).is_some());
        we_do != differs
    }
}

/// Reads the table.
///
/// # Errors
/// If the file is malformed.
pub fn table() -> Result<Table, toml::de::Error> {
    toml::from_str(TABLE)
}
