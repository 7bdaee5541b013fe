//! The owners of packages, and older releases.

use cpan_sigstore_core::{
    reason::OwnerProof,
    release::{PackageName, PauseId},
    verdict::OwnerSource,
};

use super::*;
use crate::store::PackageOwner;

const EVILS: &str = "E/EV/EVIL/Acme-Helper-9.0.tar.gz";
const TIMS: &str = "T/TI/TIM/Good-Mod-1.0.tar.gz";

fn id(name: &str) -> PauseId {
    name.parse().unwrap()
}

fn packages(names: &[&str]) -> Vec<PackageName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// Good::Mod was first seen from TIM.
fn known(signature: Signature, proof: Option<OwnerProof>) -> Evidence {
    let mut evidence = evidence(signature);
    evidence.sources.known = RecordChain::new(id("EVIL"));
    evidence.authorized = AuthorizedSigners::of(&evidence.sources, now());
    let package: PackageName = "Good::Mod".parse().unwrap();
    let owner = PackageOwner {
        package: package.clone(),
        holders: vec![id("TIM"), id("CO")],
        path: TIMS.parse().unwrap(),
        signed: None,
        seen: now(),
    };
    evidence.owners.known.insert(package, owner);
    let signing = proof.map(|proof| (id("TIM"), proof));
    evidence.owners.signing.extend(signing);
    evidence
}

fn reach(policy: &str, release: &str, names: &[&str], evidence: &Evidence) -> Verdict {
    let path = release.parse().unwrap();
    let policy = Policy::parse(policy).unwrap();
    decide(&path, evidence, &policy.rules(&path, &packages(names)))
}

/// EVIL's own signature, by the first signer that is known of EVIL.
fn trusted() -> Signature {
    valid("eve@x", LATE)
}

fn known_signer(mut evidence: Evidence) -> Evidence {
    evidence.known.author = seen("eve@x");
    evidence
}

#[test]
fn owner_who_signs_is_not_replaced_under_any_policy() {
    let policy = "default.owner-changed = 'allow'";
    for proof in [
        OwnerProof::Release(TIMS.parse().unwrap()),
        OwnerProof::Record,
        OwnerProof::Pinned,
    ] {
        let evidence = known_signer(known(trusted(), Some(proof)));
        let verdict = reach(policy, EVILS, &["Good::Mod"], &evidence);
        assert_found(&verdict, Finding::OwnerChanged, Decision::Deny);
        assert_eq!(verdict.exit(), Exit::IdentityMismatch);
        assert_eq!(verdict.owner, Some(OwnerSource::FirstSeen));
        assert!(lines(&verdict).contains("owner TIM"), "{verdict:?}");
        assert_eq!(verdict.found.as_deref(), Some("Good::Mod from EVIL"));
        // By its path, and through its own package, it is EVIL's to give.
        for names in [&[][..], &["Acme::Helper"]] {
            let verdict = reach("", EVILS, names, &evidence);
            assert_found(&verdict, Finding::Trusted, Decision::Allow);
        }
    }
}

#[test]
fn change_between_authors_who_never_signed_is_a_warning() {
    for (policy, decision) in [
        ("", Decision::Warn),
        ("default.owner-changed = 'deny'", Decision::Deny),
        ("module.'Good::*'.owner-changed = 'deny'", Decision::Deny),
        ("module.'Other::*'.owner-changed = 'deny'", Decision::Warn),
        ("default.require-signed = true", Decision::Deny),
        ("module.'Good::Mod'.require-signed = true", Decision::Deny),
    ] {
        let evidence = known_signer(known(trusted(), None));
        let verdict = reach(policy, EVILS, &["Good::Mod"], &evidence);
        assert_found(&verdict, Finding::OwnerChanged, decision);
    }
    for release in [TIMS, "C/CO/CO/Good-Mod-2.0.tar.gz"] {
        let verdict = reach("", release, &["Good::Mod"], &known(Signature::Absent, None));
        assert_found(&verdict, Finding::Unsigned, Decision::Warn);
        assert!(!lines(&verdict).contains("owner-changed"), "{verdict:?}");
    }
}

#[test]
fn pin_names_owners_before_index_and_first_sight() {
    let pin = |id: &str| format!("module.'Good::*'.authors = ['{id}']");
    let mut evidence = known_signer(known(trusted(), Some(OwnerProof::Record)));
    let attested = |names: &[&str]| names.iter().map(|name| id(name)).collect();
    evidence
        .owners
        .attested
        .insert("Good::Mod".parse().unwrap(), attested(&["TIM"]));
    let by = |policy: &str, evidence: &Evidence| {
        let verdict = reach(policy, EVILS, &["Good::Mod"], evidence);
        (verdict.finding, verdict.decision, verdict.owner)
    };
    let trusted = |source| (Finding::Trusted, Decision::Allow, Some(source));
    let denied = |source| (Finding::OwnerChanged, Decision::Deny, Some(source));
    assert_eq!(by(&pin("EVIL"), &evidence), trusted(OwnerSource::Pin));
    assert_eq!(by(&pin("CO"), &evidence), denied(OwnerSource::Pin));
    assert_eq!(by("", &evidence), denied(OwnerSource::AuthorIndex));
    evidence
        .owners
        .attested
        .insert("Good::Mod".parse().unwrap(), attested(&["CO", "EVIL"]));
    assert_eq!(by("", &evidence), trusted(OwnerSource::AuthorIndex));
    // A pin that names the first owner only denies what the author index allows.
    assert_eq!(by(&pin("TIM"), &evidence), denied(OwnerSource::Pin));
}

#[test]
fn pin_of_distribution_restricts_and_answers_for_no_module() {
    let evidence = known_signer(known(trusted(), Some(OwnerProof::Record)));
    // It does not name an owner of the module: EVIL's distribution is EVIL's, and Good::Mod is not.
    let own = "distribution.Acme-Helper.authors = ['EVIL']";
    let verdict = reach(own, EVILS, &["Good::Mod"], &evidence);
    assert_found(&verdict, Finding::OwnerChanged, Decision::Deny);
    // It restricts a release that is requested by its path, too.
    let tims = "distribution.Good-Mod.authors = ['TIM']";
    let verdict = reach(tims, "E/EV/EVIL/Good-Mod-9.1.tar.gz", &[], &evidence);
    assert_found(&verdict, Finding::OwnerChanged, Decision::Deny);
    assert!(
        lines(&verdict).contains("[distribution.Good-Mod]"),
        "{verdict:?}"
    );
    let verdict = reach(tims, EVILS, &[], &evidence);
    assert_found(&verdict, Finding::Trusted, Decision::Allow);
}

#[test]
fn package_more_in_the_index_loosens_nothing() {
    let policy = "[module.'Good::*']\nrequire-signed = true\nunsigned = 'deny'\n\
                  [module.'Acme::*']\nunsigned = 'allow'\nauthors = ['EVIL']\n";
    let evidence = known(Signature::Absent, Some(OwnerProof::Record));
    let alone = reach(policy, EVILS, &["Good::Mod"], &evidence);
    assert!(!alone.admits());
    for names in [
        ["Acme::Helper", "Good::Mod"],
        ["Good::Mod", "Acme::Helper"],
        ["Good::Mod", "Zoo"],
    ] {
        let verdict = reach(policy, EVILS, &names, &evidence);
        assert_eq!(verdict.finding, alone.finding, "{names:?}");
        assert!(!verdict.admits(), "{names:?}");
        assert!(lines(&verdict).contains("owner-changed"), "{verdict:?}");
    }
    let verdict = reach(policy, EVILS, &["Acme::Helper"], &evidence);
    assert_found(&verdict, Finding::Unsigned, Decision::Allow);
}

#[test]
fn downgrade_follows_the_package() {
    let signed = |path: &str| {
        let mut evidence = known(Signature::Absent, None);
        let owner = evidence.owners.known.get_mut("Good::Mod").unwrap();
        owner.signed = Some(path.parse().unwrap());
        evidence
    };
    // Another file, another distribution, another author.
    for release in [
        "N/NO/NOBODY/GoodMod-2.0.tar.gz",
        "T/TI/TIM/GoodMod-2.0.tar.gz",
        "C/CO/CO/Good-Mod-2.0.tar.gz",
    ] {
        let verdict = reach("", release, &["Good::Mod"], &signed(TIMS));
        assert_found(&verdict, Finding::Downgrade, Decision::Deny);
        assert_eq!(verdict.exit(), Exit::Downgrade);
        let verdict = reach("", release, &["Other"], &signed(TIMS));
        assert_found(&verdict, Finding::Unsigned, Decision::Warn);
    }
    // The user may say that a module need not be signed; a looser section elsewhere does not.
    let co = "C/CO/CO/Good-Mod-2.0.tar.gz";
    for (policy, finding) in [
        ("module.'Good::Mod'.unsigned = 'warn'", Finding::Unsigned),
        ("default.unsigned = 'allow'", Finding::Downgrade),
        ("author.CO.unsigned = 'allow'", Finding::Downgrade),
        (
            "distribution.Good-Mod.unsigned = 'allow'",
            Finding::Downgrade,
        ),
        ("module.'Good::Mod'.unsigned = 'deny'", Finding::Downgrade),
    ] {
        let verdict = reach(policy, co, &["Good::Mod"], &signed(TIMS));
        assert_eq!(verdict.finding, finding, "{policy}");
    }
}

#[test]
fn first_use_states_what_nobody_knows() {
    let evidence = known(Signature::Absent, None);
    let verdict = reach("", EVILS, &["New", "New::Sub"], &evidence);
    assert_found(&verdict, Finding::Unsigned, Decision::Warn);
    assert_eq!(verdict.owner, Some(OwnerSource::FirstUse));
    let said = "nothing is known about the owner of New and one other package";
    assert!(lines(&verdict).contains(said), "{verdict:?}");
    let verdict = reach("", EVILS, &[], &evidence);
    assert_eq!(verdict.owner, None);
    assert!(!lines(&verdict).contains("owner"), "{verdict:?}");
}

#[test]
fn older_release_of_the_index_is_a_rollback() {
    let mut evidence = known(Signature::Absent, None);
    evidence.known.newest = vec!["T/TI/TIM/Good-Mod-1.10.tar.gz".parse().unwrap()];
    for (release, names, is_older) in [
        (TIMS, &["Good::Mod"][..], true),
        ("T/TI/TIM/Good-Mod-1.9.tar.gz", &["Good::Mod"], false),
        ("T/TI/TIM/Good-Mod-1.10.tar.gz", &["Good::Mod"], false),
        ("T/TI/TIM/Good-Mod-1.11.tar.gz", &["Good::Mod"], false),
        // The user wanted this one.
        (TIMS, &[], false),
    ] {
        let verdict = reach("default.unsigned = 'allow'", release, names, &evidence);
        let expected = match is_older {
            true => (Finding::ReleaseRolledBack, Decision::Warn),
            false => (Finding::Unsigned, Decision::Allow),
        };
        assert_eq!((verdict.finding, verdict.decision), expected, "{release}");
    }
    let strict = "default.require-signed = true";
    let mut signed = known(valid("tim@x", LATE), None);
    signed.known = StoreRows {
        author: seen("tim@x"),
        newest: evidence.known.newest.clone(),
        ..StoreRows::default()
    };
    let verdict = reach(strict, TIMS, &["Good::Mod"], &signed);
    assert_found(&verdict, Finding::ReleaseRolledBack, Decision::Deny);
    assert_eq!(verdict.exit(), Exit::Downgrade);
}

#[test]
fn older_release_of_a_co_maintainer_is_a_rollback() {
    let mut evidence = known(Signature::Absent, None);
    let newest = |path: &str| path.parse().unwrap();
    evidence.known.newest = vec![
        newest("E/EV/EVIL/Good-Mod-99.tar.gz"),
        newest("T/TI/TIM/Good-Mod-1.10.tar.gz"),
    ];
    let owner = |package: &str, holders: &[&str]| PackageOwner {
        package: package.parse().unwrap(),
        holders: holders.iter().map(|name| id(name)).collect(),
        path: TIMS.parse().unwrap(),
        signed: None,
        seen: now(),
    };
    // Of a package more that the outsider registered, and shared with the author.
    let squatted = owner("Good::Mod::Extra", &["EVIL", "TIM", "CO"]);
    let others = owner("Good::Other", &["CO"]);
    for owner in [squatted, others] {
        evidence.owners.known.insert(owner.package.clone(), owner);
    }
    let old = "C/CO/CO/Good-Mod-1.05.tar.gz";
    let new = "C/CO/CO/Good-Mod-1.11.tar.gz";
    let is_rollback = |evidence: &Evidence, release: &str, names: &[&str]| {
        let verdict = reach("default.unsigned = 'allow'", release, names, evidence);
        if verdict.finding == Finding::ReleaseRolledBack {
            let expected = verdict.expected.unwrap();
            assert!(!expected.contains("EVIL"), "{expected}");
        }
        verdict.finding == Finding::ReleaseRolledBack
    };
    for (release, names, is_older) in [
        (old, &["Good::Mod"][..], true),
        // The writer of the index leads more packages there, or others.
        (old, &["Good::Mod", "Good::Other", "New"], true),
        (old, &["Good::Other"], true),
        (old, &["Good::Mod::Extra"], true),
        (new, &["Good::Mod"], false),
        (new, &["Good::Mod", "Good::Mod::Extra"], false),
        (
            "T/TI/TIM/Good-Mod-1.11.tar.gz",
            &["Good::Mod::Extra"],
            false,
        ),
        ("T/TI/TIM/Good-Mod-1.11.tar.gz", &["New"], false),
        (old, &[], false),
    ] {
        assert_eq!(
            is_rollback(&evidence, release, names),
            is_older,
            "{release} {names:?}"
        );
    }
    // At first sight of the module, the CPAN names the owners.
    let main = evidence.owners.known.remove("Good::Mod").unwrap();
    let permitted = (main.package, main.holders);
    evidence.owners.permitted.extend([permitted]);
    assert!(is_rollback(
        &evidence,
        old,
        &["Good::Mod", "Good::Mod::Extra"]
    ));
    assert!(!is_rollback(
        &evidence,
        new,
        &["Good::Mod", "Good::Mod::Extra"]
    ));
}

#[test]
fn rollback_of_a_distribution_without_its_module_follows_packages() {
    let mut evidence = known(Signature::Absent, None);
    let newest = |path: &str| path.parse().unwrap();
    evidence.known.newest = vec![
        newest("E/EV/EVIL/libgood-perl-99.tar.gz"),
        newest("T/TI/TIM/libgood-perl-2.0.tar.gz"),
    ];
    for (release, is_older) in [
        ("C/CO/CO/libgood-perl-1.0.tar.gz", true),
        ("C/CO/CO/libgood-perl-2.1.tar.gz", false),
    ] {
        for names in [&["Good::Mod"][..], &["Good::Mod", "New"]] {
            let verdict = reach("default.unsigned = 'allow'", release, names, &evidence);
            let is_rollback = verdict.finding == Finding::ReleaseRolledBack;
            assert_eq!(is_rollback, is_older, "{verdict:?}");
        }
    }
}

#[test]
fn warning_teaches_nothing_about_packages() {
    let learned = |release: &str, names: &[&str], evidence: &Evidence| {
        let path = release.parse().unwrap();
        let rules = Policy::default().rules(&path, &packages(names));
        let lesson = Lesson::of(&path, evidence, &rules, now());
        let names: Vec<_> = lesson
            .packages
            .iter()
            .map(|it| it.package.to_string())
            .collect();
        (names, lesson.is_newest)
    };
    let evidence = known_signer(known(trusted(), None));
    assert_eq!(
        learned(EVILS, &["Good::Mod", "New"], &evidence),
        (vec![], false)
    );
    assert_eq!(
        learned(EVILS, &["New"], &evidence),
        (vec!["New".to_owned()], true)
    );
    assert_eq!(learned(EVILS, &[], &evidence), (vec![], false));
    // A holder's first signature is remembered, and changes no holder.
    let path = TIMS.parse().unwrap();
    let rules = Policy::default().rules(&path, &packages(&["Good::Mod"]));
    let lesson = Lesson::of(&path, &evidence, &rules, now());
    assert_eq!(lesson.packages[0].signed, Some(path));
    assert_eq!(lesson.packages[0].holders, [id("TIM"), id("CO")]);
}

proptest! {
    /// For all packages that the index adds to a release, and for all policies: a verdict reports the change of the
    /// owner.
    #[test]
    fn change_of_owner_is_always_reported(
        others in prop::collection::vec(0..3_usize, 0..4),
        is_signed in any::<bool>(),
        signs in any::<bool>(),
        policy in 0..5_usize,
    ) {
        let mut names = vec!["Good::Mod"];
        names.extend(others.into_iter().map(|at| ["Acme::X", "Zoo", "Good::Sub"][at]));
        names.rotate_left(1);
        let signature = if is_signed { trusted() } else { Signature::Absent };
        let evidence = known_signer(known(signature, signs.then_some(OwnerProof::Record)));
        let policy = [
            "",
            "default.owner-changed = 'allow'\ndefault.unsigned = 'allow'",
            "module.'Acme::*'.authors = ['EVIL']\ndistribution.Acme-Helper.authors = ['EVIL']",
            "author.EVIL.owner-changed = 'allow'",
            "module.Zoo.owner-changed = 'allow'\nmodule.'Good::Sub'.unsigned = 'allow'",
        ][policy];
        let verdict = reach(policy, EVILS, &names, &evidence);
        let is_reported = verdict.finding == Finding::OwnerChanged
            || lines(&verdict).contains("owner-changed");
        prop_assert!(is_reported, "{verdict:?}");
        prop_assert!(!signs || !verdict.admits(), "{verdict:?}");
    }
}
