//! Leaves, entry bundles and paths of tiles. One that is accepted has exactly one text.

#![no_main]

use cpan_sigstore_tlog::{entries, leaf::Leaf, tile::TilePath};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(leaf) = Leaf::parse(bytes) {
        assert_eq!(leaf.to_string().as_bytes(), bytes);
        assert!(!leaf.path().as_str().split('/').any(|part| part == ".."));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(path) = text.parse::<TilePath>()
    {
        assert_eq!(path.to_string(), text);
    }
    let path: TilePath = "tile/entries/000.p/3".parse().expect("a path");
    if let Ok(leaves) = entries::parse(&path, bytes) {
        let mut again = Vec::new();
        for leaf in leaves {
            entries::append(&mut again, leaf).expect("a short leaf");
        }
        assert_eq!(again, bytes);
    }
});
