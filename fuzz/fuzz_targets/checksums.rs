//! CHECKSUMS. The rendered file must parse as the same data.

#![no_main]

use cpan_sigstore_cpan::checksums::Checksums;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(checksums) = Checksums::parse(text) else {
        return;
    };
    let text = checksums.to_text();
    let again = Checksums::parse(text.as_bytes()).expect("our own CHECKSUMS");
    assert_eq!(again.to_text(), text);
    for (name, entry) in again.iter() {
        assert_eq!(checksums.get(name), Some(entry));
    }
});
