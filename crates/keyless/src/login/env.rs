//! The environment variables, as a parameter.

use std::{collections::HashMap, fmt};

/// Where environment variables are looked up: the process's own, or those of a test.
pub struct Env(Source);

enum Source {
    Process,
    Given(HashMap<String, String>),
}

impl Env {
    /// The variables of this process.
    pub fn process() -> Self {
        Self(Source::Process)
    }

    /// These variables and no others.
    pub fn given<K: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Self(Source::Given(variables.collect()))
    }

    /// The value of a variable. One that is empty, or no Unicode, counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
            Source::Process => std::env::var(name).ok(),
            Source::Given(variables) => variables.get(name).cloned(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// Whether a variable is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl fmt::Debug for Env {
    /// Shows no value: among them are credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").finish_non_exhaustive()
    }
}
