//! The name of an account on PAUSE.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// Longest id, in characters: what PAUSE's database holds.
const LONGEST: usize = 12;

/// The name of an author's account on PAUSE, such as `TIMLEGGE`: capital letters, digits and
/// hyphens, a letter first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PauseId(String);

/// The text is no PAUSE id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid PAUSE id: expected 2 to {LONGEST} capital letters, digits and hyphens, a letter first, found `{0}`"
)]
pub struct PauseIdError(String);

impl PauseId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The author's directory below a CPAN: `authors/id/T/TI/TIMLEGGE/`.
    pub fn directory(&self) -> String {
        let id = &self.0;
        format!("authors/id/{}/{}/{id}/", &id[..1], &id[..2])
    }
}

impl FromStr for PauseId {
    type Err = PauseIdError;

    /// Reads an id as PAUSE's login does: small letters mean capital ones.
    fn from_str(text: &str) -> Result<Self, PauseIdError> {
        let id = text.to_ascii_uppercase();
        let well_formed = (2..=LONGEST).contains(&id.len())
            && id.starts_with(|c: char| c.is_ascii_uppercase())
            && id
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
        if well_formed {
            Ok(Self(id))
        } else {
            Err(PauseIdError(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for PauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PauseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_its_directory() {
        let id: PauseId = "timlegge".parse().unwrap();
        assert_eq!(id.directory(), "authors/id/T/TI/TIMLEGGE/");
        assert_eq!(
            "JV".parse::<PauseId>().unwrap().directory(),
            "authors/id/J/JV/JV/"
        );
    }

    #[test]
    fn rejects_ids_that_lead_out_of_the_directory() {
        for text in [
            "",
            "A",
            "../ETC",
            "A/B",
            "A.B",
            "1AB",
            "-AB",
            "ÄRGER",
            "ABCDEFGHIJKLM",
        ] {
            assert!(text.parse::<PauseId>().is_err(), "{text}");
        }
    }
}
