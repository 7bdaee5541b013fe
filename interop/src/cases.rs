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

/// One attack and its outcomes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The attack's name in [`crate::tampering`].
    pub attack: String,
    /// The forms it is tried on.
    pub on: Vec<Form>,
    /// The code that our program answers with.
    pub ours: Outcome,
    /// The peers that decide otherwise, each with the reason.
    #[serde(default)]
    pub differs: BTreeMap<String, Difference>,
}

/// Our answer: one code for all forms, or one for each.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// The same code on every form.
    Same(String),
    /// A code for each form.
    Each(BTreeMap<Form, String>),
}

/// A peer that decides otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Difference {
    /// On every form.
    Always(String),
    /// On some forms only.
    On {
        /// Those forms.
        on: Vec<Form>,
        /// Why.
        why: String,
    },
}

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    /// The peers that refuse a good signature by an otherName identity, each with the reason.
    pub refuse_other_name: BTreeMap<String, String>,
    /// The attacks.
    pub case: Vec<Case>,
}

/// The code by which our program says that everything is right.
pub const TRUSTED: &str = "trusted";

impl Case {
    /// The code that our program answers with on this form.
    pub fn code(&self, form: Form) -> Option<&str> {
        match &self.ours {
            Outcome::Same(code) => Some(code),
            Outcome::Each(codes) => codes.get(&form).map(String::as_str),
        }
    }

    /// Whether this peer accepts on this form: as we do, unless the table says otherwise.
    pub fn accepts(&self, peer: &str, form: Form) -> bool {
        let we_do = self.code(form) == Some(TRUSTED);
        let differs = match self.differs.get(peer) {
            None => false,
            Some(Difference::Always(_)) => true,
            Some(Difference::On { on, .. }) => on.contains(&form),
        };
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
