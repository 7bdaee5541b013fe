//! The table of attacks with what each program says to them: `cases.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

const TABLE: &str = include_str!("../cases.toml");

/// What is signed, where, and in which format.
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
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RekorV2, Self::RekorV1, Self::OldFormat];
}

/// The outcomes of one attack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The forms it is tried on.
    pub on: Vec<Form>,
    /// The code that our program answers with.
    ours: Words,
    /// The peers that decide otherwise, each with the reason.
    #[serde(default)]
    differs: BTreeMap<String, Words>,
}

/// The same words for every form, or words for some.
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
    /// The peers that refuse a good signature by an otherName identity, each with the reason.
    pub refuse_other_name: BTreeMap<String, String>,
    /// The attacks by name.
    pub attack: BTreeMap<String, Case>,
}

/// The code by which our program says that everything is right.
const TRUSTED: &str = "trusted";

impl Case {
    /// The code that our program answers with on this form.
    pub fn code(&self, form: Form) -> Option<&str> {
        self.ours.on(form)
    }

    /// Whether this peer accepts on this form: as we do, unless the table says otherwise.
    pub fn accepts(&self, peer: &str, form: Form) -> bool {
        let we_do = self.code(form) == Some(TRUSTED);
        let differs = self
            .differs
            .get(peer)
            .is_some_and(|reason| reason.on(form).is_some());
        we_do != differs
    }
}

/// The table.
///
/// # Errors
/// When the file does not have the form it should.
pub fn table() -> Result<Table, toml::de::Error> {
    toml::from_str(TABLE)
}
