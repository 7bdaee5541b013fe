//! `~/.pause`. What cannot be read is told by line and key, and nothing that stands there is shown.

#![no_main]

use std::path::Path;

use cpan_sigstore_pause::credentials::DotPause;
use libfuzzer_sys::fuzz_target;

/// Stands for a secret; no message of ours has it by chance.
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
        // Of a user's name that is none is told what stands there: it is no secret.
        Err(cpan_sigstore_pause::credentials::DotPauseError::User { .. }) => {}
        Err(error) => assert!(!error.to_string().contains(SECRET), "{error}"),
    }
});
