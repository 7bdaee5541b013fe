//! What a bundle says about itself.

use crate::harness::{AUTHOR, FILE, World};

#[test]
fn states_first_that_nothing_was_verified() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let bundle = user.bundle();
    let bundle = bundle.to_str().unwrap();
    let ran = user
        .run(&["inspect", bundle])
        .exits(0)
        .snapshot("inspect/states_first_that_nothing_was_verified");
    assert!(ran.stdout.starts_with("nothing was verified"), "{ran:#?}");
    assert!(ran.stdout.contains(AUTHOR), "{ran:#?}");
    assert!(ran.stdout.contains("by a timestamp authority"), "{ran:#?}");

    let json = user.run(&["inspect", "--json", bundle]).exits(0).json();
    assert_eq!(json["verified"], false);
    assert_eq!(json["signer"]["subject"]["name"], AUTHOR);
    assert_eq!(json["log-entries"][0]["index"], 0);
}

#[test]
fn rejects_file_that_is_no_bundle() {
    let user = World::new();
    let ran = user.run(&["inspect", "--json", FILE]).exits(11);
    assert_eq!(ran.code(), "bundle-not-json");
    assert_eq!(ran.json()["verified"], false);
    let ran = user
        .run(&["inspect", FILE])
        .exits(11)
        .snapshot("inspect/rejects_file_that_is_no_bundle-1");
    assert!(ran.stdout.starts_with("nothing was verified"), "{ran:#?}");
    user.run(&["inspect", "no-such-file"])
        .exits(1)
        .snapshot("inspect/rejects_file_that_is_no_bundle-2");
}
