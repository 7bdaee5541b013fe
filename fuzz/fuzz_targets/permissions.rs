//! `06perms.txt`. The rendered file must parse as the same data, and every package must have an author.

#![no_main]

use cpan_sigstore_cpan::package_index::PermissionList;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(list) = PermissionList::parse(text) else {
        return;
    };
    let rendered = list.to_text();
    let again = PermissionList::parse(rendered.as_bytes()).expect("our own list");
    assert_eq!(again.date(), list.date());
    assert_eq!(again.dropped(), 0);
    assert_eq!(again.to_text(), rendered);
    let owners = list.owners();
    assert_eq!(again.owners(), owners);
    for (package, owners) in &owners {
        assert!(owners.authors().next().is_some(), "{package}");
        assert!(rendered.contains(&format!("\n{package},")));
    }
});
