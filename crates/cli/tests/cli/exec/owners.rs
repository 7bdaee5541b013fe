//! A package index that leads a module to another author's release, with the real cpanm.

use crate::{
    fixtures::hostile_index::{GOOD, HELPER, HONEST, RENAMED, UNSIGNED},
    harness::{Ran, World},
};

/// The client found no module, and the summary says why.
#[track_caller]
fn assert_left_out(user: &World, ran: &Ran) {
    assert_eq!(ran.code, Some(12), "{ran:#?}");
    let said = "left out of the package index: ";
    let line = ran.stderr.lines().find(|line| line.starts_with(said));
    assert!(
        line.is_some_and(|line| line.contains("deny owner-changed")),
        "{ran:#?}"
    );
    assert!(
        line.is_some_and(|line| line.contains("Good::Mod from TIM")),
        "{ran:#?}"
    );
    assert_nothing_installed(user, ran);
}

#[track_caller]
fn assert_nothing_installed(user: &World, ran: &Ran) {
    for module in ["Good::Mod", "Acme::Helper", "GoodMod"] {
        assert!(!user.has("perl", module), "{module}: {ran:#?}");
    }
}

#[track_caller]
fn assert_denied(user: &World, ran: &Ran, code: i32, finding: &str) {
    assert_eq!(ran.code, Some(code), "{ran:#?}");
    let mut lines = ran.stderr.lines();
    let is_said = lines.any(|line| line.starts_with("refused: ") && line.contains(finding));
    assert!(is_said, "{ran:#?}");
    assert_nothing_installed(user, ran);
}

#[test]
fn exec_leads_no_module_to_another_authors_signed_release() {
    let user = World::with_hostile_index();
    user.install_honestly();
    for moved in [HELPER, RENAMED] {
        user.lead(&[("Good::Mod", moved)]);
        for flags in [&["--require-signed"][..], &[]] {
            let ran = user.install_from_hostile(flags, &["Good::Mod"]);
            assert_left_out(&user, &ran);
        }
        // A client that has the entry from elsewhere asks for the path.
        let file = moved.strip_prefix("E/EV/").unwrap();
        let ran = user.install_from_hostile(&[], &[file]);
        assert_denied(&user, &ran, 12, "owner-changed");
    }
    // cpanm reads the author behind the last `authors/id/` of a path.
    user.lead(&[("Good::Mod", &format!("T/TI/TIM/authors/id/{RENAMED}"))]);
    let ran = user.install_from_hostile(&[], &["Good::Mod"]);
    assert_nothing_installed(&user, &ran);
    // EVIL's own module is EVIL's to give.
    user.lead(&HONEST);
    let ran = user.install_from_hostile(&["--require-signed"], &["Acme::Helper"]);
    ran.exits(0).assert_summary("owner-known");
}

#[test]
fn exec_installs_no_unsigned_release_of_signed_module() {
    let user = World::with_hostile_index();
    user.policy("[author.TIM]\nrequire-signed = false\n");
    user.install_honestly();
    user.lead(&[("Good::Mod", UNSIGNED)]);
    let ran = user.install_from_hostile(&[], &["Good::Mod"]);
    assert_left_out(&user, &ran);
    ran.assert_summary("owner-changed");
    let ran = user.install_from_hostile(&[], &["NOBODY/GoodMod-2.0.tar.gz"]);
    assert_denied(&user, &ran, 13, "downgrade");
}

#[test]
fn exec_states_first_use_of_modules_once() {
    let user = World::with_hostile_index();
    user.lead(&HONEST);
    let ran = user.install_from_hostile(&[], &["Good::Mod", "Acme::Helper"]);
    let ran = ran.exits(0);
    assert_eq!(ran.stderr.matches("first use: ").count(), 1, "{ran:#?}");
    assert!(ran.stderr.contains("in 2 releases: EVIL, TIM"), "{ran:#?}");
    let ran = user.install_from_hostile(&[], &["Good::Mod"]);
    assert!(!ran.stderr.contains("first use: "), "{ran:#?}");
}

#[test]
fn exec_follows_a_pin_or_a_forgotten_package() {
    let user = World::with_hostile_index();
    user.install_honestly();
    user.lead(&[("Good::Mod", RENAMED)]);
    assert_left_out(&user, &user.install_from_hostile(&[], &["Good::Mod"]));
    user.policy("[module.'Good::*']\nauthors = ['TIM', 'EVIL']\n");
    user.install_from_hostile(&[], &["Good::Mod"]).exits(0);
    assert!(user.has("perl", "Good::Mod"));
    user.policy("");
    assert_left_out(&user, &user.install_from_hostile(&[], &["Good::Mod"]));
    user.run(&["trust", "forget", "--package", "Good::Mod"])
        .exits(0);
    user.install_from_hostile(&[], &["Good::Mod"]).exits(0);
    // From now on it is EVIL's.
    user.lead(&[("Good::Mod", GOOD)]);
    let ran = user.install_from_hostile(&[], &["Good::Mod"]);
    assert_eq!(ran.code, Some(12), "{ran:#?}");
}
