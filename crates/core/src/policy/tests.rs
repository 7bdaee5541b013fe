use proptest::prelude::*;

use super::*;
use crate::{cause::Cause, finding::Finding, identity::Membership, reason::Reason};

const PATH: &str = "authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz";

/// Every finding, one cause standing for all.
const FINDINGS: [Finding; 19] = [
    Finding::Trusted,
    Finding::Unsigned,
    Finding::Downgrade,
    Finding::SignatureInvalid(Cause::ArtifactMismatch),
    Finding::IdentityMismatch,
    Finding::IdentityRetired,
    Finding::IdentityUnknown,
    Finding::IdentityChanged,
    Finding::OwnerChanged,
    Finding::ReleaseRolledBack,
    Finding::NameMismatch,
    Finding::ArchiveHostile,
    Finding::NameUnchecked,
    Finding::IndexStale,
    Finding::Unavailable,
    Finding::Unlogged,
    Finding::LogStale,
    Finding::LogMismatch,
    Finding::LogFork,
];

/// The keys by which a finding is decided.
const KEYS: [&str; 9] = [
    "name-mismatch",
    "unsigned",
    "identity-unknown",
    "name-unchecked",
    "index-stale",
    "owner-changed",
    "release-rolled-back",
    "unlogged",
    "log-stale",
];

fn rule(text: &str) -> Rule {
    Policy::parse(text).unwrap().rule(&PATH.parse().unwrap())
}

fn decisions(rule: &Rule) -> Vec<Decision> {
    FINDINGS.map(|finding| rule.decide(finding)).to_vec()
}

#[test]
fn default_policy_warns_of_unsigned_and_denies_the_rest() {
    use Decision::{Allow, Deny, TryLater, Warn};
    let expected = [
        Allow, Warn, Deny, Deny, Deny, Deny, Warn, Deny, Warn, Warn, Deny, Deny, Warn, Warn,
        TryLater, Warn, Warn, Deny, Deny,
    ];
    assert_eq!(decisions(&rule("")), expected);
    let path = PATH.parse().unwrap();
    assert_eq!(decisions(&Policy::default().rule(&path)), expected);
    let strict = Policy::default().requiring_signed().rule(&path);
    let denied = [
        Allow, Deny, Deny, Deny, Deny, Deny, Deny, Deny, Deny, Deny, Deny, Deny, Deny, Warn,
        TryLater, Warn, Warn, Deny, Deny,
    ];
    assert_eq!(decisions(&strict), denied);
    assert_eq!(decisions(&rule("default.require-signed = true")), denied);
    assert_eq!(
        strict.reason(Finding::Unsigned),
        Reason::RequireSigned(Origin::Caller)
    );
}

#[test]
fn requires_the_log_between_default_and_specific_sections() {
    let log = "[log]\ntlog-policy = 'log.txt'\nrequire-logged = true\n";
    let strict = rule(&format!("[default]\nunlogged = 'allow'\n{log}"));
    for finding in [Finding::Unlogged, Finding::LogStale] {
        assert_eq!(strict.decide(finding), Decision::Deny);
        let expected = Reason::RequireLogged(Origin::Log);
        assert_eq!(strict.reason(finding), expected);
        assert_eq!(
            strict.reason(finding).to_string(),
            "decided by `require-logged = true` of [log]"
        );
    }
    let own = rule(&format!("{log}[author.TIMLEGGE]\nunlogged = 'allow'\n"));
    assert_eq!(own.decide(Finding::Unlogged), Decision::Allow);
    assert_eq!(own.decide(Finding::LogStale), Decision::Deny);
    // A wish for signatures is none for a log.
    let signed = rule("default.require-signed = true");
    assert_eq!(signed.decide(Finding::Unlogged), Decision::Warn);
}

#[test]
fn reads_settings_of_the_log() {
    let log = |text: &str| Policy::parse(text).map(|policy| policy.log().cloned());
    assert_eq!(log("").unwrap(), None);
    let settings = log("[log]\ntlog-policy = 'log.txt'\n").unwrap().unwrap();
    let ages = (settings.checkpoint_age, settings.package_index_age);
    assert_eq!((ages, settings.require_logged), ((7, 2), false));
    let settings = log(
        "[log]\ntlog-policy = 'x'\ncheckpoint-age = 1\npackage-index-age = 0\nrequire-logged = true\n",
    );
    let settings = settings.unwrap().unwrap();
    let ages = (settings.checkpoint_age, settings.package_index_age);
    assert_eq!((ages, settings.require_logged), ((1, 0), true));
    for text in [
        "[log]\n",
        "[log]\nrequire-logged = true\n",
        "[log]\ntlog-policy = ''\n",
        "[log]\ntlog-policy = 'x'\ncheckpoint-age = 0\n",
        "[log]\ntlog-policy = 'x'\npackage-index-age = 3651\n",
        "[log]\ntlog-policy = 'x'\nunlogged = 'deny'\n",
        "[author.TIMLEGGE]\nrequire-logged = true\n",
    ] {
        assert!(log(text).is_err(), "{text}");
    }
}

#[test]
fn each_key_is_read_by_itself_most_specific_first() {
    let rule = rule(
        "[default]\nunsigned = 'deny'\nname-unchecked = 'deny'\nidentity-unknown = 'deny'\n\
         [author.TIMLEGGE]\nunsigned = 'warn'\nname-unchecked = 'allow'\n\
         [distribution.Foo-Bar]\nunsigned = 'allow'\n\
         [distribution.Foo]\nunsigned = 'deny'\n[author.OTHER]\nunsigned = 'deny'\n",
    );
    assert_eq!(rule.decide(Finding::Unsigned), Decision::Allow);
    assert_eq!(rule.decide(Finding::NameUnchecked), Decision::Allow);
    assert_eq!(rule.decide(Finding::IdentityUnknown), Decision::Deny);
    assert_eq!(
        rule.reason(Finding::Unsigned).to_string(),
        "decided by `unsigned = \"allow\"` of [distribution.Foo-Bar]"
    );
    assert_eq!(
        rule.reason(Finding::NameUnchecked).to_string(),
        "decided by `name-unchecked = \"allow\"` of [author.TIMLEGGE]"
    );
}

#[test]
fn first_section_with_identities_is_the_one_source() {
    let author = "[author.TIMLEGGE]\nidentities = [{ subject = 'a@x', issuer = 'https://i' }]\n";
    let both = format!(
        "{author}[distribution.Foo-Bar]\nidentities = [{{ subject = 'b@x', issuer = 'https://i' }}]\n"
    );
    for (text, subject, origin) in [
        (author, "a@x", "[author.TIMLEGGE]"),
        (&both, "b@x", "[distribution.Foo-Bar]"),
    ] {
        let identities = rule(text).identities.unwrap();
        assert_eq!(identities.origin.to_string(), origin);
        assert_eq!(identities.value.len(), 1);
        assert!(identities.value[0].identity.subject.matches(subject));
    }
}

fn packages(names: &[&str]) -> Vec<PackageName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[test]
fn module_section_outranks_distribution_most_specific_first() {
    let policy = Policy::parse(
        "[module.'Foo::Bar']\nunsigned = 'allow'\n[module.'Foo::*']\nunsigned = 'deny'\nname-unchecked = 'allow'\n\
         [distribution.Foo-Bar]\nidentity-unknown = 'deny'\nunsigned = 'warn'\n",
    )
    .unwrap();
    let of = |package: &str, finding| {
        let rules = policy.rules(&PATH.parse().unwrap(), &packages(&[package]));
        assert_eq!(rules.len(), 1);
        rules[0].rule.decide(finding)
    };
    assert_eq!(of("Foo::Bar", Finding::Unsigned), Decision::Allow);
    assert_eq!(of("Foo::Bar", Finding::NameUnchecked), Decision::Allow);
    assert_eq!(of("Foo::Bar", Finding::IdentityUnknown), Decision::Deny);
    for below in ["Foo::Bar::Baz", "Foo::X"] {
        assert_eq!(of(below, Finding::Unsigned), Decision::Deny, "{below}");
    }
    for other in ["Foo", "Foo::bar::", "FooBar", "Other"] {
        let expected = match other {
            "Foo::bar::" => Decision::Deny,
            _ => Decision::Warn,
        };
        assert_eq!(of(other, Finding::Unsigned), expected, "{other}");
    }
}

#[test]
fn groups_packages_that_share_their_settings() {
    let policy = Policy::parse("[module.'Foo::*']\nunsigned = 'deny'\n").unwrap();
    let path = PATH.parse().unwrap();
    let rules = policy.rules(&path, &packages(&["Foo::A", "Bar", "Foo::B", "Baz"]));
    let grouped: Vec<_> = rules.iter().map(|it| it.packages.clone()).collect();
    assert_eq!(
        grouped,
        [packages(&["Bar", "Baz"]), packages(&["Foo::A", "Foo::B"])]
    );
    let none = policy.rules(&path, &[]);
    assert_eq!(none.len(), 1);
    assert_eq!(none[0].rule, policy.rule(&path));
}

#[test]
fn reads_owners_of_modules_and_distributions() {
    let policy = Policy::parse(
        "[module.'Foo::*']\nauthors = ['tim', 'OTHER']\n[module.'Foo::Bar']\nunsigned = 'deny'\n\
         [distribution.Foo-Bar]\nauthors = ['OTHER']\n",
    )
    .unwrap();
    let ids = |names: &[&str]| -> Vec<PauseId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    };
    let rules = policy.rules(&PATH.parse().unwrap(), &packages(&["Foo::Bar"]));
    let owners = rules[0].rule.module_authors.clone().unwrap();
    assert_eq!(owners.value, ids(&["TIM", "OTHER"]));
    assert_eq!(owners.origin.to_string(), "[module.\"Foo::*\"]");
    let of_distribution = rules[0].rule.distribution_authors.clone().unwrap();
    assert_eq!(of_distribution.value, ids(&["OTHER"]));
    assert_eq!(
        policy.module_authors("Foo::Bar"),
        Some(&ids(&["TIM", "OTHER"])[..])
    );
    assert_eq!(policy.module_authors("Foo"), None);
    assert_eq!(
        policy.owned_distributions().collect::<Vec<_>>(),
        ["Foo-Bar"]
    );
}

#[test]
fn pins_digest_of_one_release_in_every_form_of_its_path() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let path: ReleasePath = PATH.parse().unwrap();
    for key in [
        path.short(),
        PATH.to_owned(),
        "T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz".to_owned(),
    ] {
        let text = format!("[release.\"{key}\"]\ndigest = '{digest}'\n");
        let policy = Policy::parse(&text).unwrap();
        let pin = policy.rule(&path).digest.unwrap();
        assert_eq!(pin.value.to_string(), digest);
        assert_eq!(
            pin.origin.to_string(),
            "[release.\"TIMLEGGE/Foo-Bar-1.02.tar.gz\"]"
        );
        for rule in policy.rules(&path, &packages(&["Foo::Bar", "Foo"])) {
            assert!(rule.rule.digest.is_some());
        }
        for other in [
            "authors/id/T/TI/TIMLEGGE/Foo-Bar-1.03.tar.gz",
            "authors/id/T/TI/TIMLEGGE/sub/Foo-Bar-1.02.tar.gz",
            "authors/id/O/OT/OTHER/Foo-Bar-1.02.tar.gz",
        ] {
            assert_eq!(policy.rule(&other.parse().unwrap()).digest, None, "{other}");
        }
    }
    for twice in [
        "TIMLEGGE/Foo-Bar-1.02.tar.gz",
        "timlegge/Foo-Bar-1.02.tar.gz",
    ] {
        let text = format!(
            "[release.\"{PATH}\"]\ndigest = '{digest}'\n[release.\"{twice}\"]\ndigest = '{digest}'\n"
        );
        assert!(Policy::parse(&text).is_err(), "{twice}");
    }
}

#[test]
fn rejects_keys_without_meaning_with_their_line() {
    for (text, line, said) in [
        ("\n[default]\nunsinged = 'deny'", 3, "unsinged"),
        ("[default]\nunsigned = 'maybe'", 2, "maybe"),
        ("[default]\nunsigned = 'try-later'", 2, "try-later"),
        ("[default]\ndowngrade = 'allow'", 2, "downgrade"),
        (
            "[default]\nunsigned = 'warn'\nunsigned = 'deny'",
            3,
            "duplicate",
        ),
        ("[defaults]\n", 1, "defaults"),
        ("\n\n[author.1X]", 3, "PAUSE id"),
        ("[author.TIMLEGGE]\n[author.timlegge]", 2, "once"),
        ("[distribution.'Foo::Bar']", 1, "Foo-Bar"),
        ("[module.'Foo Bar']", 1, "a package"),
        ("[module.'Foo*']", 1, "a package"),
        ("[module.'*']", 1, "a package"),
        ("[module.'::*']", 1, "a package"),
        ("[module.Foo]\nauthors = []", 2, "at least one"),
        ("[module.Foo]\nauthors = [\n'TIM',\n'1X']", 4, "PAUSE id"),
        ("[default]\nauthors = ['TIM']", 2, "a module"),
        ("[author.TIM]\nauthors = ['TIM']", 2, "a module"),
        ("[default]\ntrust-material-age = 0", 2, "1 to 3650"),
        ("[default]\nindex-age-limit = 4000", 2, "1 to 3650"),
        ("[pause]\nissuer = 'i'\ndomain = 'a!b'", 1, "domain"),
        ("[pause]\nissuer = 'i'", 1, "domain"),
        ("[release.'Foo-1.tar.gz']\ndigest = 'sha256:00'", 2, "64"),
        (
            "[release.'TIM/Foo-1.tar.gz']\ndigest = 'md5:00'",
            2,
            "sha256:",
        ),
        (
            "[release.'TIM/Foo-1.tar.gz']\nunsigned = 'allow'",
            2,
            "unsigned",
        ),
        ("[release.'TIM/Foo-1.tar.gz']\n", 1, "digest"),
        ("[default]\ndigest = 'sha256:00'", 2, "digest"),
        ("[default]\nidentities = []", 2, "everybody"),
        ("[author.AB]\nidentities = []", 2, "at least one"),
        (
            "[author.AB]\nidentities = [\n{ subject = 'a' }]",
            3,
            "issuer",
        ),
        ("[author.AB]\nidentities = [{ issuer = 'a' }]", 2, "subject"),
        (
            "[author.AB]\nidentities = [{ pattern = '(', issuer = 'a' }]",
            2,
            "pattern",
        ),
        (
            "[author.AB]\nidentities = [{ subject = 'a', issuer = 'a', from = 'x' }]",
            2,
            "a time",
        ),
        (
            "[author.AB]\nidentities = [{ subject = 'a', issuer = 'a', from = '2026-01-02T00:00:00Z', until = '2026-01-01T00:00:00Z' }]",
            2,
            "before",
        ),
    ] {
        let error = Policy::parse(text).unwrap_err();
        assert_eq!(error.line(), Some(line), "{text}: {error}");
        assert!(error.to_string().contains(said), "{text}: {error}");
    }
    assert!(matches!(
        Policy::parse(&" ".repeat(SIZE_LIMIT + 1)),
        Err(PolicyError::TooLarge(_))
    ));
}

#[test]
fn states_expected_and_found_values() {
    let texts = [
        "[default]\nunsigned = 5",
        "[default]\nunsigned = 'perhaps'",
        "[default]\nunsigned = {}",
        "[default]\nrequire-signed = 'yes'",
        "default = 5",
        "author = 3",
        "[author]\nTIMLEGGE = 3",
        "[default]\nindex-age = 'a'",
        "[default]\nindex-age = -1",
        "[default]\nindex-age = 1.5",
        "[author.TIMLEGGE]\nidentities = 'tim@example.org'",
        "[author.TIMLEGGE]\nidentities = ['tim@example.org']",
        "[author.TIMLEGGE]\nidentities = [{ subject = 3 }]",
        "[author.TIMLEGGE]\nidentities = [{ subjet = 3 }]",
        "[module.Foo]\nauthors = 'TIMLEGGE'",
        "[pause]\nissuer = 'https://pause.example'",
        "unsigned = 'warn'",
        "[default]\nunsigned = warn",
        "[default",
    ];
    let errors = texts.map(|text| Policy::parse(text).unwrap_err().to_string());
    for error in &errors {
        for word in [
            "struct ",
            "sequence",
            "map",
            "u32",
            "variant",
            "invalid type",
        ] {
            assert!(!error.contains(word), "{error}");
        }
    }
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn identity_is_valid_between_its_times_at_every_clock() {
    let rule = rule(
        "[author.TIMLEGGE]\nidentities = [{ subject = 'a@x', issuer = 'i', from = '2026-01-01T00:00:00Z', until = '2027-01-01T00:00:00Z' }]",
    );
    let pins = rule.identities.unwrap().value;
    let signer = |subject: &str| crate::identity::SignerIdentity {
        subject: crate::identity::Subject::Email(subject.into()),
        issuer: "i".into(),
        claims: crate::identity::CiClaims::default(),
    };
    let times = |texts: &[&str]| -> Vec<jiff::Timestamp> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    let first = "2026-01-01T00:00:00Z";
    let end = "2027-01-01T00:00:00Z";
    let compare =
        |subject, at: &[&str]| AuthorIdentity::compare(&pins, &signer(subject), &times(at));
    assert_eq!(compare("a@x", &[first]), Membership::Authorized);
    assert_eq!(compare("a@x", &[end]), Membership::Expired);
    assert_eq!(compare("a@x", &[first, end]), Membership::Expired);
    assert_eq!(compare("a@x", &[]), Membership::Expired);
    assert_eq!(compare("b@x", &[first]), Membership::Unauthorized);
}

proptest! {
    #[test]
    fn no_policy_admits_what_is_always_denied(
        choices in prop::collection::vec(0..4_usize, 27),
        required in any::<bool>(),
    ) {
        let mut text = format!("default.require-signed = {required}\n");
        for (section, choices) in ["default", "author.TIMLEGGE", "distribution.Foo-Bar"].iter().zip(choices.chunks(9)) {
            for (key, choice) in KEYS.iter().zip(choices) {
                if let Some(word) = ["allow", "warn", "deny"].get(*choice) {
                    text.push_str(&format!("{section}.{key} = '{word}'\n"));
                }
            }
        }
        let policy = Policy::parse(&text).unwrap();
        let path = PATH.parse().unwrap();
        let (loose, strict) = (policy.rule(&path), policy.clone().requiring_signed().rule(&path));
        for finding in FINDINGS {
            let can_be_loosened = matches!(
                finding,
                Finding::Unsigned
                    | Finding::IdentityUnknown
                    | Finding::NameUnchecked
                    | Finding::NameMismatch
                    | Finding::IndexStale
                    | Finding::OwnerChanged
                    | Finding::ReleaseRolledBack
                    | Finding::Unlogged
                    | Finding::LogStale
            );
            prop_assert!(can_be_loosened || finding == Finding::Trusted || !loose.decide(finding).admits());
            prop_assert!(!strict.decide(finding).admits() || loose.decide(finding).admits());
            // The age of an index and the log have keys of their own: they say nothing of the signature.
            let is_strict = matches!(
                finding,
                Finding::Trusted | Finding::IndexStale | Finding::Unlogged | Finding::LogStale
            );
            prop_assert!(!strict.decide(finding).admits() || is_strict);
        }
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,60}") {
        let _ = Policy::parse(&text);
    }
}
