//! `~/.pause`. Errors name line and key and never show a value.

#![no_main]

use std::path::Path;

use cpan_sigstore_pause::credentials::DotPause;
use libfuzzer_sys::fuzz_target;

/// The secret. No message contains it by chance.
const SECRET: &str = "Zq9-s3cret";

fuzz_target!(|text: &[u8]| {
    let _ = DotPause::parse(text, Path::new(".pause"));
    let with_secret = [
        text,
        b" ",
        SECRET.as_bytes(),
        b"\npassword ",
        SECRET.as_bytes(),
    ]
    .concat();
    match DotPause::parse(&with_secret, Path::new(".pause")) {
        Ok(read) => assert!(!format!("{:?}", read.password).contains(SECRET)),
        // The error of a malformed user name shows it, because it is not a secret.
        Err(cpan_sigstore_pause::credentials::DotPauseError::User { .. }) => {}
        Err(error) => assert!(!error.to_string().contains(SECRET), "{error}"),
    }
});
