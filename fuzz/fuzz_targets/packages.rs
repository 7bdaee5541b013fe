//! `02packages.details.txt`. What is handed to clients is read as the same again, in order, and leads to releases alone.

#![no_main]

use cpan_sigstore_cpan::index::{Packages, unpack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let _ = unpack(text, 1 << 20);
    let Ok(packages) = Packages::parse(text) else {
        return;
    };
    let sorted = packages.sorted();
    let again = Packages::parse(&sorted).expect("our own list");
    assert_eq!(again.date(), packages.date());
    assert_eq!(again.dropped(), 0);
    assert_eq!(again.sorted(), sorted);
    let list = String::from_utf8(sorted).expect("a text");
    let (_, body) = list.split_once("\n\n").expect("a header");
    for line in body.lines() {
        let package = line.split_ascii_whitespace().next().expect("a package");
        assert!(packages.find(package).is_some(), "{line}");
    }
});
