//! Names, versions and paths of releases. An accepted name is displayed as it was and stays in its
//! directory.

#![no_main]

use cpan_sigstore_core::release::{
    PerlVersion, ReleaseName, ReleasePath, Subdirectory, name_matches_meta,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let mut line = || lines.next().unwrap_or_default();
    let (first, name, version) = (line(), line(), line());
    if let Ok(path) = first.parse::<ReleasePath>() {
        let shown = path.to_string();
        assert!(shown.ends_with(first) && !shown.contains("/."));
        assert!(shown.starts_with(&path.author.directory()));
        assert_eq!(shown.parse(), Ok(path));
    }
    if let Ok(release) = first.parse::<ReleaseName>() {
        assert_eq!(release.to_string(), first);
        assert!(!first.contains('/'));
        let _ = (release.is_developer_release(), release.perl_version());
        if name_matches_meta(&release, name, version).is_ok() {
            // Only the name itself matches it.
            assert!(name_matches_meta(&release, &format!("{name}x"), version).is_err());
        }
    }
    if let Ok(subdirectory) = first.parse::<Subdirectory>() {
        assert!(!format!("/{subdirectory}").contains("/."));
    }
    if let (Ok(left), Ok(right)) = (name.parse::<PerlVersion>(), version.parse::<PerlVersion>()) {
        assert_eq!(left == right, left.numbers() == right.numbers());
        assert_eq!(left.cmp(&right), right.cmp(&left).reverse());
    }
});
