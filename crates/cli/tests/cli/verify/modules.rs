//! `verify MODULE`: the package index leads to a release of the module's owner.

use crate::{
    fixtures::hostile_index::{GOOD, HELPER, RENAMED, UNSIGNED},
    harness::World,
};

#[test]
fn verify_rejects_module_of_another_author() {
    let user = World::with_hostile_index();
    let cpan = user.hostile_cpan();
    let module = ["Good::Mod", "--cpan", &cpan];
    user.lead(&[("Good::Mod", GOOD), ("Acme::Helper", HELPER)]);
    user.verify(&module)
        .exits(0)
        .snapshot("verify/verify_rejects_module_of_another_author-1");
    user.verify(&["Acme::Helper", "--cpan", &cpan]).exits(0);
    let found = user.found(&module, 0);
    assert_eq!(
        (&found["finding"], &found["owner"]),
        (&"trusted".into(), &"first-seen".into())
    );
    for (moved, code, finding) in [
        (HELPER, 12, "owner-changed"),
        (RENAMED, 12, "owner-changed"),
        (UNSIGNED, 13, "downgrade"),
    ] {
        user.lead(&[("Good::Mod", moved)]);
        for flags in [&["--require-signed"][..], &[]] {
            let found = user.found(&[&module, flags].concat(), code);
            assert_eq!(found["finding"], finding, "{moved}");
        }
    }
    user.lead(&[("Good::Mod", HELPER)]);
    user.verify(&module)
        .exits(12)
        .snapshot("verify/verify_rejects_module_of_another_author-2");
    // By its path, the release is what it is.
    let path = HELPER.strip_prefix("E/EV/").unwrap();
    let found = user.found(&[path, "--cpan", &cpan], 0);
    assert_eq!(found["owner"], serde_json::Value::Null);
}

#[test]
fn verify_reports_older_release_of_a_module() {
    let user = World::with_hostile_index();
    let cpan = user.hostile_cpan();
    let module = ["Good::Mod", "--cpan", &cpan];
    let newer = "T/TI/TIM/Good-Mod-1.5.tar.gz";
    user.put_release(newer, Some("author"));
    user.lead(&[("Good::Mod", newer)]);
    user.verify(&module).exits(0);
    // The list is old, and has the same date.
    user.lead(&[("Good::Mod", GOOD)]);
    user.verify(&module)
        .exits(0)
        .snapshot("verify/verify_reports_older_release_of_a_module");
    let found = user.found(&[&module[..], &["--require-signed"]].concat(), 13);
    assert_eq!(found["finding"], "release-rolled-back");
    let path = GOOD.strip_prefix("T/TI/").unwrap();
    assert_eq!(
        user.found(&[path, "--cpan", &cpan], 0)["finding"],
        "trusted"
    );
}
