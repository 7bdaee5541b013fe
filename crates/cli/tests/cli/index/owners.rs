//! Owners of packages in the author index, for a user who has seen nothing.

use cpan_sigstore_testkit::archive::{file, targz};

use super::operator::{OPERATOR, Operator, STRANGER};
use crate::{
    fixtures::hostile_index::{GOOD, HELPER, RENAMED},
    harness::AUTHOR,
};

#[test]
fn author_index_rejects_module_of_another_author_at_first_sight() {
    let operator = Operator::new();
    let user = &operator.world;
    user.policy("");
    user.write_home();
    for (path, account) in [
        (GOOD, "author"),
        (HELPER, "stranger"),
        (RENAMED, "stranger"),
    ] {
        user.put_release(path, Some(account));
    }
    // Both authors have records.
    operator.put(&operator.first("TIM", AUTHOR), "author");
    operator.put(&operator.first("EVIL", STRANGER), "stranger");
    operator.permissions(&["Good::Mod,TIM,f", "Good::Mod,CO,c", "Acme::Helper,EVIL,f"]);
    operator.publish();
    operator.use_it().exits(0);

    for moved in [HELPER, RENAMED] {
        user.lead(&[("Good::Mod", moved)]);
        let ran = user.install_from_hostile(&["--require-signed"], &["Good::Mod"]);
        assert_eq!(ran.code, Some(12), "{ran:#?}");
        assert!(ran.stderr.contains("as the author index says"), "{ran:#?}");
        assert!(!user.has("perl", "Good::Mod") && !user.has("perl", "Acme::Helper"));
        let cpan = user.hostile_cpan();
        let found = user.found(&["Good::Mod", "--cpan", &cpan, "--require-signed"], 12);
        assert_eq!(found["finding"], "owner-changed");
        assert_eq!(found["owner"], "author-index");
    }
    user.lead(&[("Good::Mod", GOOD), ("Acme::Helper", HELPER)]);
    let ran = user.install_from_hostile(&["--require-signed"], &["Good::Mod", "Acme::Helper"]);
    let ran = ran.exits(0);
    assert!(!ran.stderr.contains("first use: "), "{ran:#?}");
}

/// A co-maintainer's release of `Good::Mod`.
const BY_CO: &str = "C/CO/CO/Good-Mod-2.0.tar.gz";
/// A module that the author index does not know, by EVIL and by CO.
const NEW: &str = "E/EV/EVIL/New-Thing-1.0.tar.gz";
const NEW_BY_CO: &str = "C/CO/CO/New-Thing-2.0.tar.gz";

/// A user of an author index with the records of TIM, CO and EVIL, and with the owners of two packages.
fn user_of_index() -> Operator {
    let operator = Operator::new();
    operator.world.policy("");
    operator.world.write_home();
    for (id, name, account) in [
        ("TIM", AUTHOR, "author"),
        ("CO", OPERATOR, "author-work"),
        ("EVIL", STRANGER, "stranger"),
    ] {
        operator.put(&operator.first(id, name), account);
    }
    for (path, account) in [
        (GOOD, "author"),
        (BY_CO, "author-work"),
        (NEW, "stranger"),
        (NEW_BY_CO, "author-work"),
    ] {
        operator.world.put_release(path, Some(account));
    }
    operator.permissions(&["Good::Mod,TIM,f", "Good::Mod,CO,c", "Acme::Helper,EVIL,f"]);
    operator.publish();
    operator.use_it().exits(0);
    operator
}

#[test]
fn author_index_admits_a_release_of_a_co_maintainer() {
    let operator = user_of_index();
    let user = &operator.world;
    for path in [GOOD, BY_CO] {
        user.lead(&[("Good::Mod", path)]);
        let ran = user.install_from_hostile(&["--require-signed"], &["Good::Mod"]);
        let ran = ran.exits(0);
        assert!(user.has("perl", "Good::Mod"), "{ran:#?}");
        assert!(!ran.stderr.contains("first use: "), "{ran:#?}");
    }
}

#[test]
fn module_unknown_to_author_index_is_trusted_on_first_use() {
    let operator = user_of_index();
    let user = &operator.world;
    user.lead(&[("New::Thing", NEW)]);
    let ran = user.install_from_hostile(&["--require-signed"], &["New::Thing"]);
    let ran = ran.exits(0);
    assert!(user.has("perl", "New::Thing"), "{ran:#?}");
    assert!(ran.stderr.contains("first use: "), "{ran:#?}");
    // From then on it is the module of its first author.
    user.lead(&[("New::Thing", NEW_BY_CO)]);
    let ran = user.install_from_hostile(&["--require-signed"], &["New::Thing"]);
    assert_eq!(ran.code, Some(12), "{ran:#?}");
    assert!(ran.stderr.contains("owner-changed"), "{ran:#?}");
    assert!(!user.has("perl", "New::Thing"), "{ran:#?}");
}

#[test]
fn author_index_runs_no_code_of_another_author() {
    let operator = user_of_index();
    let user = &operator.world;
    // EVIL's code leaves a file as soon as it is configured.
    let mark = user.path("code-ran");
    let makefile = format!("open my $mark, '>', '{}' or die $!;\n", mark.display());
    let archive = targz(&[
        file(
            "Acme-Helper-9.0/META.json",
            r#"{"name":"Acme-Helper","version":"9.0"}"#,
        ),
        file("Acme-Helper-9.0/Makefile.PL", makefile),
    ]);
    user.put_archive(HELPER, &archive, Some("stranger"));
    // It runs where EVIL's own module is wanted, and nowhere else.
    user.lead(&[("Good::Mod", HELPER), ("Acme::Helper", HELPER)]);
    let ran = user.install_from_hostile(&["--require-signed"], &["Good::Mod"]);
    assert_eq!(ran.code, Some(12), "{ran:#?}");
    assert!(!mark.exists(), "{ran:#?}");
    user.lead(&[("Acme::Helper", HELPER)]);
    user.install_from_hostile(&["--require-signed"], &["Acme::Helper"]);
    assert!(mark.exists());
}
