//! Checkpoints: size and root of a tree as a signed note ([C2SP tlog-checkpoint], [signed-note]).
//!
//! The key id of an ECDSA signature is the start of the public key's SHA-256, as Rekor's clients
//! expect.
//!
//! [C2SP tlog-checkpoint]: https://c2sp.org/tlog-checkpoint
//!
//! [signed-note]: https://c2sp.org/signed-note

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::key::AuthorityKey;
use crate::merkle::Hash;

/// Returns the checkpoint of a tree, signed as `signer`.
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
    fn signs_a_checkpoint_in_the_published_form() {
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
