//! Checkpoints: a tree's size and root as a signed note ([C2SP tlog-checkpoint], [signed-note]).
//!
//! The key id before an ECDSA signature is the beginning of the SHA-256 of the public key, as
//! Rekor's clients expect.
//!
//! [C2SP tlog-checkpoint]: https://c2sp.org/tlog-checkpoint
//! [signed-note]: https://c2sp.org/signed-note

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::key::AuthorityKey;
use crate::merkle::Hash;

/// The checkpoint of a tree, signed as `signer`.
pub(crate) fn sign(
    origin: &str,
    signer: &str,
    size: usize,
    root: &Hash,
    key: &AuthorityKey,
) -> String {
    let text = format!("{origin}\n{size}\n{}\n", BASE64.encode(root));
    let signature = [&key.id()[..4], &key.sign(text.as_bytes())].concat();
    format!("{text}\n\u{2014} {signer} {}\n", BASE64.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::ClientKey;

    #[test]
    fn the_note_has_the_published_form_and_verifies() {
        let key = AuthorityKey::generate().unwrap();
        let note = sign("log.test - 7", "log.test", 3, &[1; 32], &key);

        let (text, signature) = note.split_once("\n\n").unwrap();
        assert_eq!(
            text,
            "log.test - 7\n3\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
        );
        let signature = signature.strip_prefix("\u{2014} log.test ").unwrap();
        let signature = BASE64
            .decode(signature.strip_suffix('\n').unwrap())
            .unwrap();
        assert_eq!(signature[..4], key.id()[..4]);
        let public = ClientKey::from_spki(key.spki()).unwrap();
        assert!(public.verify(format!("{text}\n").as_bytes(), &signature[4..]));
        assert!(!public.verify(text.as_bytes(), &signature[4..]));
    }
}
