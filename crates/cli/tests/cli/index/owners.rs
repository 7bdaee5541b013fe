//! Owners of packages in the author index, for a user who has seen nothing.

use super::operator::Operator;
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
    operator.put(
        &operator.first("EVIL", super::operator::STRANGER),
        "stranger",
    );
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
