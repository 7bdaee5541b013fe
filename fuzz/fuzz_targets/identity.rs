//! Identity tokens, digests, and identity patterns. A pattern never matches more than the whole
//! name.

#![no_main]

use cpan_sigstore_core::{digest::Sha256Digest, identity::Matcher};
use cpan_sigstore_keyless::{login::IdentityToken, verify::PublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(token) = IdentityToken::from_jwt(text) {
        // `Debug` output never contains the secret.
        assert!(!format!("{token:?}").contains(token.expose()));
    }
    if let Ok(digest) = text.parse::<Sha256Digest>() {
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }
    let _ = PublicKey::from_pem(text);
    let Some((pattern, name)) = text.split_once('\n') else {
        return;
    };
    if let Ok(matcher) = Matcher::pattern(pattern)
        && matcher.matches(name)
    {
        // A name with text before or after it that the pattern cannot contain is another name.
        let plain = pattern.chars().all(|c| c.is_ascii_alphanumeric());
        assert!(!plain || pattern == name);
    }
});
