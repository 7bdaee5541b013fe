//! `02packages.details.txt`. The rendered file must parse as the same data and have no package line
//! in its header.

#![no_main]

use cpan_sigstore_cpan::package_index::{PackageIndex, unpack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let _ = unpack(text, 1 << 20);
    let Ok(index) = PackageIndex::parse(text.to_vec()) else {
        return;
    };
    let text = index.to_text();
    let again = PackageIndex::parse(text.clone().into_bytes()).expect("our own index");
    assert_eq!(again.date(), index.date());
    assert!(again.dropped().is_empty());
    assert_eq!(again.to_text(), text);
    for package in index.packages() {
        assert!(again.find(package).is_some(), "{package}");
    }
});
