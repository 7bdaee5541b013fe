//! Secrets as they are read from documents and forms.

use secrecy::SecretString;
use serde::{Deserialize as _, Deserializer};

/// Reads a secret.
pub(crate) fn read<'de, D: Deserializer<'de>>(source: D) -> Result<SecretString, D::Error> {
    String::deserialize(source).map(Into::into)
}

/// Reads a secret that may be missing; the field needs `default`, too.
pub(crate) fn read_if_any<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(source)?;
    Ok(text.map(Into::into))
}
