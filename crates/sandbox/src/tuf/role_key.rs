use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::canonical;
use crate::key::AuthorityKey;

/// A key as in root metadata.
pub(super) struct RoleKey {
    key: AuthorityKey,
    /// SHA-256 of the canonical key object, in hexadecimal. Signatures name the key by it.
    pub(super) id: String,
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

    /// Returns this key's signature object over `signed`, under the key id `name`.
    pub(super) fn sign_as(&self, name: &str, signed: &Value) -> Value {
        let signature = self.key.sign(&canonical::bytes(signed));
        json!({ "keyid": name, "sig": hex::encode(signature) })
    }
}
