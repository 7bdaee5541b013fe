//! Environment variables, as a parameter.

use std::{collections::HashMap, fmt};

use cpan_sigstore_core::variable::SecretVariable;

/// A source of environment variables: the process, or a test.
pub struct Env(EnvSource);

enum EnvSource {
    Process,
    Given(HashMap<String, String>),
}

impl Env {
    /// Returns the variables of this process.
    pub fn process() -> Self {
        Self(EnvSource::Process)
    }

    /// Returns these variables and no others.
    pub fn with_variables<K: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Self(EnvSource::Given(variables.collect()))
    }

    /// Returns the value of a variable. An empty value, or one that is not Unicode, is absent.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
            EnvSource::Process => std::env::var(name).ok(),
            EnvSource::Given(variables) => variables.get(name).cloned(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// Returns the value of a variable that may hold a secret.
    pub(super) fn secret(&self, variable: SecretVariable) -> Option<String> {
        self.get(variable.name())
    }

    /// Returns whether a variable is present.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl fmt::Debug for Env {
    /// Shows no value: some are credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").finish_non_exhaustive()
    }
}
