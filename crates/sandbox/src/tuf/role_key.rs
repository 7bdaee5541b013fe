//! The keys of the roles.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::canonical;
use crate::key::AuthorityKey;

/// A key as root metadata names it.
pub(super) struct RoleKey {
    key: AuthorityKey,
    /// SHA-256 of the canonical key object, in hexadecimal, by which signatures name it.
    pub(super) id: String,
    /// The key object.
    pub(super) public: Value,
}

impl RoleKey {
    pub(super) fn generate() -> Result<Self, spki::Error> {
        let key = AuthorityKey::generate()?;
        let pem = key.pem().map_err(der::Error::from)?;
        let public = json!({
            "keytype": "ecdsa",
            "scheme": "ecdsa-sha2-nistp256",
            "keyval": { "public": pem },
        });
        let id = hex::encode(Sha256::digest(canonical::bytes(&public)));
        Ok(Self { key, id, public })
    }

    /// The signature object over `signed`, made by this key in the name of `name`.
    pub(super) fn sign_as(&self, name: &str, signed: &Value) -> Value {
        let signature = self.key.sign(&canonical::bytes(signed));
        json!({ "keyid": name, "sig": hex::encode(signature) })
    }
}
