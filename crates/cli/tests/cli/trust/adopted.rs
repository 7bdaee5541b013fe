//! A module gets another author: the ways out for the author, for the user, and for nobody else.

use std::fs;

use serde_json::Value;

use crate::{
    fixtures::hostile_index::{GOOD, HELPER, RENAMED},
    harness::{Ran, World},
};

/// TIM's folder.
const TIM: &str = "hostile/authors/id/T/TI/TIM";

impl World {
    /// `author ARGS` as TIM, who puts record and bundle into his folder.
    fn tim(&self, account: &str, version: u32, args: &[&str]) -> Ran {
        let cpan = self.hostile_cpan();
        let token = self.sandbox.token(account).unwrap();
        let fixed = ["--user", "TIM", "--no-upload", "--yes", "--cpan", &cpan];
        let mut command = self.command(&[&["author"], args, &fixed[..]].concat());
        command.env("SIGSTORE_ID_TOKEN", token);
        // TIM's own machine has another trust store.
        command.env("CPAN_SIGSTORE_DATA", self.path("tims-data"));
        let ran = Ran::of(command.output().unwrap()).exits(0);
        for suffix in ["", ".sigstore.json"] {
            let name = format!("TIM-sigstore-identities-{version}.json{suffix}");
            fs::copy(self.path(&name), self.path(TIM).join(&name)).unwrap();
        }
        ran
    }

    fn module(&self, code: i32) -> Value {
        let cpan = self.hostile_cpan();
        self.found(&["Good::Mod", "--cpan", &cpan], code)
    }

    fn accept(&self, args: &[&str]) -> Ran {
        let cpan = self.hostile_cpan();
        self.run(&[&["trust", "accept", "--cpan", &cpan], args].concat())
    }
}

/// A user who installed TIM's module, which EVIL has adopted since.
fn adopted() -> World {
    let user = World::with_hostile_index();
    user.lead(&[("Good::Mod", GOOD)]);
    assert_eq!(user.module(0)["decision"], "warn");
    user.lead(&[("Good::Mod", RENAMED)]);
    user
}

#[test]
fn hand_over_of_the_old_author_reaches_the_user() {
    let user = adopted();
    let denied = user.module(12);
    assert_eq!(denied["finding"], "owner-changed");
    for way in [
        "author hand-over",
        "trust accept EVIL/Good-Mod-9.1.tar.gz",
        "index build",
    ] {
        assert!(denied["hint"].as_str().unwrap().contains(way), "{denied}");
    }
    user.tim("author", 1, &["enroll"]);
    user.tim("author", 2, &["hand-over", "Good-Mod", "EVIL"])
        .snapshot("trust/hand_over_of_the_old_author_reaches_the_user-1");
    let admitted = user.module(0);
    assert_eq!(admitted["owner"], "first-seen");
    let reasons = admitted["reasons"].to_string();
    assert!(
        reasons.contains("the record of TIM hands over Good-Mod to EVIL"),
        "{reasons}"
    );
    // Another distribution by the same author takes nothing.
    user.lead(&[("Good::Mod", HELPER)]);
    assert_eq!(user.module(12)["finding"], "owner-changed");
    user.lead(&[("Good::Mod", RENAMED)]);
    user.tim(
        "author",
        3,
        &["hand-over", "Good-Mod", "EVIL", "--take-back"],
    )
    .snapshot("trust/hand_over_of_the_old_author_reaches_the_user-2");
    assert_eq!(user.module(12)["finding"], "owner-changed");
    // The mirror withholds the newest record again.
    for suffix in ["", ".sigstore.json"] {
        let name = format!("TIM-sigstore-identities-3.json{suffix}");
        fs::remove_file(user.path(TIM).join(name)).unwrap();
    }
    assert_eq!(user.module(12)["finding"], "owner-changed");
}

#[test]
fn installs_module_that_was_handed_over_behind_the_mirror() {
    let user = World::with_hostile_index();
    user.install_honestly();
    let moved = [("Good::Mod", RENAMED), ("Acme::Helper", HELPER)];
    user.lead(&moved);
    let ran = user.install_from_hostile(&[], &["Good::Mod"]);
    assert_eq!(ran.code, Some(12), "{ran:#?}");
    user.tim("author", 1, &["enroll"]);
    user.tim("author", 2, &["hand-over", "Good-Mod", "EVIL"]);
    let ran = user.install_from_hostile(&[], &["Good::Mod"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(user.has("perl", "Good::Mod"));
}

#[test]
fn person_accepts_the_new_owner_of_a_module() {
    let user = adopted();
    user.module(12);
    // Nothing is accepted without a yes.
    user.accept(&["Good::Mod"])
        .exits(2)
        .snapshot("trust/person_accepts_the_new_owner_of_a_module-1");
    user.module(12);
    user.accept(&["Good::Mod", "--yes"])
        .exits(0)
        .snapshot("trust/person_accepts_the_new_owner_of_a_module-2");
    assert_eq!(user.module(0)["owner"], "first-seen");
    // The old owner is still one.
    user.lead(&[("Good::Mod", GOOD)]);
    assert_ne!(user.module(0)["finding"], "owner-changed");
}

#[test]
fn person_accepts_the_new_identity_of_an_author() {
    let user = World::with_hostile_index();
    user.lead(&[("Good::Mod", GOOD)]);
    user.module(0);
    let newer = "T/TI/TIM/Good-Mod-1.5.tar.gz";
    user.put_release(newer, Some("stranger"));
    user.lead(&[("Good::Mod", newer)]);
    let denied = user.module(12);
    assert_eq!(denied["finding"], "identity-changed");
    let hint = denied["hint"].as_str().unwrap();
    for way in [
        "trust accept TIM/Good-Mod-1.5.tar.gz",
        "author enroll",
        "author recover",
    ] {
        assert!(hint.contains(way), "{hint}");
    }
    user.accept(&["TIM/Good-Mod-1.5.tar.gz", "--yes"])
        .exits(0)
        .snapshot("trust/person_accepts_the_new_identity_of_an_author");
    assert_eq!(user.module(0)["finding"], "trusted");
}

#[test]
fn accepts_no_stripped_foreign_or_recorded_release() {
    let user = World::with_hostile_index();
    user.lead(&[("Good::Mod", GOOD)]);
    user.module(0);
    let newer = "T/TI/TIM/Good-Mod-1.5.tar.gz";
    user.put_release(newer, None);
    let refused = user.accept(&["TIM/Good-Mod-1.5.tar.gz", "--yes", "--json"]);
    assert_ne!(refused.code, Some(0), "{refused:#?}");
    // A record decides about signers, and nobody accepts another one.
    user.tim("author", 1, &["enroll"]);
    user.module(0);
    user.put_release(newer, Some("stranger"));
    let refused = user
        .accept(&["TIM/Good-Mod-1.5.tar.gz", "--yes", "--json"])
        .exits(12);
    assert_eq!(refused.json()["finding"], "identity-mismatch");
    // A release of which nothing is to be accepted is what it is.
    user.accept(&["Good::Mod", "--yes"]).exits(0);
    user.accept(&["Good-Mod-1.5.tar.gz", "--yes"]).exits(2);
}
