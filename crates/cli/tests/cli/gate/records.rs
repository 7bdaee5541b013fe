//! The author's own records, in the author's directory: what whoever holds the PAUSE password, an identity,
//! both, or the mirror can do with them.

use cpan_sigstore_core::identity::{AuthorIdentity, IdentityPolicy};
use cpan_sigstore_records::record::{AuthorRecord, Releases};
use jiff::{SignedDuration, Timestamp};

use super::shop::{FILE, NEXT, RELEASE, Shop};
use crate::{
    harness::AUTHOR,
    install::installation::Installation,
    pause::author::{ID, distribution},
};

const STRANGER: &str = "stranger@example.net";

/// The records of the author of a shop.
struct Records<'a> {
    shop: &'a Shop,
    releases: Releases,
}

impl Records<'_> {
    fn of(shop: &Shop) -> Records<'_> {
        Records {
            shop,
            releases: Releases::Mixed,
        }
    }

    fn identity(&self, name: &str, until: Option<Timestamp>) -> AuthorIdentity {
        AuthorIdentity {
            identity: IdentityPolicy::exact(name, self.shop.user.issuer()),
            from: None,
            until,
        }
    }

    fn identities(&self, names: &[&str]) -> Vec<AuthorIdentity> {
        names.iter().map(|name| self.identity(name, None)).collect()
    }

    fn first(&self, names: &[&str]) -> AuthorRecord {
        let author = ID.parse().unwrap();
        AuthorRecord::first(author, self.identities(names), self.releases).unwrap()
    }

    fn next(&self, before: &AuthorRecord, names: &[&str]) -> AuthorRecord {
        before.next(self.identities(names), self.releases).unwrap()
    }

    /// Signs a record as an account, and publishes it in the author's directory.
    fn publish(&self, record: &AuthorRecord, account: &str) {
        let bundle = self.shop.sign(account, record.json());
        let name = record.name().to_string();
        self.shop.publish(&name, record.json());
        self.shop.publish(&format!("{name}.sigstore.json"), &bundle);
    }
}

fn release_as(shop: &Shop, account: &str, version: &str) -> String {
    let name = format!("Foo-Bar-{version}.tar.gz");
    shop.publish_signed(account, &name, &distribution("Foo-Bar", version));
    format!("{ID}/{name}")
}

/// A user who has seen a release by the author, whose record is there.
fn known() -> (Shop, AuthorRecord) {
    let shop = Shop::new();
    let records = Records::of(&shop);
    let one = records.first(&[AUTHOR]);
    records.publish(&one, "author");
    shop.release("1.02");
    let found = shop.found(&[RELEASE], 0);
    assert_eq!(found["finding"], "identity-unknown", "{found:#}");
    assert_eq!(found["binding"], "record");
    let found = shop.found(&[RELEASE], 0);
    assert_eq!(found["finding"], "trusted", "{found:#}");
    (shop, one)
}

#[test]
fn a_record_that_nobody_knew_is_believed_no_more_than_a_first_signature() {
    let shop = Shop::new();
    let records = Records::of(&shop);
    records.publish(&records.first(&[STRANGER]), "stranger");
    let release = release_as(&shop, "stranger", "1.02");
    // Whoever asks for certainty has to know the author from elsewhere.
    let found = shop.found(&[&release, "--require-signed"], 12);
    assert_eq!(found["finding"], "identity-unknown");
    // What was denied is not remembered either.
    let found = shop.found(&[&release, "--require-signed"], 12);
    assert_eq!(found["finding"], "identity-unknown", "{found:#}");
}

#[test]
fn with_the_password_alone_neither_a_release_nor_a_record_of_ones_own_counts() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    let release = release_as(&shop, "stranger", "1.03");
    let found = shop.found(&[&release], 12);
    assert_eq!(found["finding"], "identity-mismatch");
    assert!(found["expected"].as_str().unwrap().contains(AUTHOR));

    // A version that follows on the author's, and names the attacker.
    records.publish(&records.next(&one, &[AUTHOR, STRANGER]), "stranger");
    let found = shop.found(&[&release], 12);
    let reasons = found["reasons"].to_string();
    assert!(reasons.contains("signer-not-listed"), "{reasons}");

    // Another first version, in the place of the author's.
    records.publish(&records.first(&[STRANGER]), "stranger");
    let found = shop.found(&[&release], 12);
    assert_eq!(found["finding"], "identity-mismatch");

    // The records taken away.
    for version in [1, 2] {
        let name = format!("{ID}-sigstore-identities-{version}.json");
        assert!(shop.user.sandbox.pause.delete(ID, &name));
    }
    shop.found(&[&release], 12);
    // And the author's own next release is still the author's.
    let found = shop.found(&[&release_as(&shop, "author", "1.04")], 0);
    assert_eq!(found["finding"], "trusted");
}

#[test]
fn whoever_signed_first_has_to_agree_to_a_record_that_comes_later() {
    let shop = Shop::new();
    shop.release("1.02");
    shop.found(&[RELEASE], 0);
    let records = Records::of(&shop);
    // It names the author, who did not sign it.
    records.publish(&records.first(&[AUTHOR, STRANGER]), "stranger");
    let release = release_as(&shop, "stranger", "1.03");
    let found = shop.found(&[&release], 12);
    assert_eq!(found["finding"], "identity-changed");
    assert!(
        found["reasons"].to_string().contains("do not count"),
        "{found:#}"
    );
    // The same by the author connects the two.
    records.publish(&records.first(&[AUTHOR, STRANGER]), "author");
    let found = shop.found(&[&release], 0);
    assert_eq!(found["finding"], "trusted", "{found:#}");
}

#[test]
fn an_identity_that_was_added_properly_is_the_authors() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    let release = release_as(&shop, "stranger", "1.03");
    shop.found(&[&release], 12);
    records.publish(&records.next(&one, &[AUTHOR, STRANGER]), "author");
    let found = shop.found(&[&release], 0);
    assert_eq!(found["finding"], "trusted");
    assert!(
        found["reasons"].to_string().contains("version 2"),
        "{found:#}"
    );
}

#[test]
fn an_identity_that_was_stolen_is_worth_nothing_from_the_time_the_author_says() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    let two = records.next(&one, &[AUTHOR, STRANGER]);
    records.publish(&two, "author");
    let before = release_as(&shop, "author", "1.03");
    shop.found(&[&before], 0);
    // Signed before the theft, which was an hour from now, to the clock of the sandbox's authorities.
    let stolen = Timestamp::now() - SignedDuration::from_secs(3600);
    let stolen = Timestamp::from_second(stolen.as_second()).unwrap();
    let identities = vec![
        records.identity(AUTHOR, Some(stolen)),
        records.identity(STRANGER, None),
    ];
    let three = two.next(identities, Releases::Mixed).unwrap();
    records.publish(&three, "stranger");
    let found = shop.found(&[&before], 12);
    assert_eq!(found["finding"], "identity-retired");
    // Nor can the stolen identity take it back.
    records.publish(&records.next(&three, &[AUTHOR]), "author");
    let found = shop.found(&[&before], 12);
    assert_eq!(found["finding"], "identity-retired");
    assert!(
        found["reasons"].to_string().contains("signer-retired"),
        "{found:#}"
    );
}

#[test]
fn an_older_record_is_no_news_after_a_newer_one() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    let two = records.next(&one, &[STRANGER]);
    records.publish(&two, "author");
    shop.found(&[&release_as(&shop, "stranger", "1.03")], 0);
    // A mirror that went back to the time of version 1, where the author's first identity still counted.
    assert!(shop.user.sandbox.pause.delete(ID, &two.name().to_string()));
    let found = shop.found(&[&release_as(&shop, "author", "1.04")], 12);
    assert_eq!(found["finding"], "identity-mismatch");
    assert!(found["expected"].as_str().unwrap().contains(STRANGER));
}

#[test]
fn a_fork_by_whoever_has_password_and_identity_changes_nothing_for_those_who_knew() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    let two = records.next(&one, &[AUTHOR]);
    records.publish(&two, "author");
    shop.found(&[&release_as(&shop, "author", "1.03")], 0);
    records.publish(&records.next(&one, &[STRANGER]), "author");
    let found = shop.found(&[&release_as(&shop, "stranger", "1.04")], 12);
    assert_eq!(found["finding"], "identity-mismatch");
}

#[test]
fn where_all_releases_are_signed_one_without_a_bundle_is_a_downgrade_for_newcomers_too() {
    let shop = Shop::new();
    let records = Records {
        shop: &shop,
        releases: Releases::Signed,
    };
    records.publish(&records.first(&[AUTHOR]), "author");
    shop.publish(NEXT, &distribution("Foo-Bar", "1.03"));
    let loose = shop.policy("default.unsigned = 'allow'\n");
    let found = shop.found(&[&[&format!("{ID}/{NEXT}")[..]], &loose[..]].concat(), 13);
    assert_eq!(found["finding"], "downgrade");
    assert!(
        found["expected"]
            .as_str()
            .unwrap()
            .contains("every release")
    );
}

#[test]
fn a_record_that_is_garbage_endless_or_without_bundle_counts_for_nothing() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    let release = release_as(&shop, "stranger", "1.03");
    let two = records.next(&one, &[STRANGER]);
    let other = records.first(&[STRANGER]);
    let name = two.name().to_string();
    let spaced = [two.json(), b"\n"].concat();
    for (json, bundle, said) in [
        (&b"{}"[..], None, "fields of an author record"),
        (&spaced, None, "canonical"),
        (&vec![b' '; (64 << 10) + 1], None, "65536 bytes"),
        (two.json(), None, "found none"),
        (other.json(), None, "as its name says"),
        (two.json(), Some(&b"{}"[..]), "bundle"),
    ] {
        shop.publish(&name, json);
        if let Some(bundle) = bundle {
            shop.publish(&format!("{name}.sigstore.json"), bundle);
        }
        let found = shop.found(&[&release], 12);
        let reasons = found["reasons"].to_string();
        assert!(reasons.contains(said), "{said}: {reasons}");
    }
}

#[test]
fn exec_installs_by_the_authors_record_and_refuses_what_is_beside_it() {
    let user = Installation::new();
    user.shop.policy("");
    let records = Records::of(&user.shop);
    let one = records.first(&[AUTHOR]);
    records.publish(&one, "author");
    user.shop.release("1.01");
    user.cpanm(&["Foo::Bar"]).exits(0);
    std::fs::remove_dir_all(user.shop.user.path("perl")).unwrap();
    user.shop
        .publish_signed("stranger", FILE, &distribution("Foo-Bar", "1.02"));
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 12, "identity-mismatch");
    records.publish(&records.first(&[STRANGER]), "stranger");
    let ran = user.cpanm(&["Foo::Bar"]);
    user.assert_refused(&ran, 12, "identity-mismatch");
    let two = records.next(&one, &[AUTHOR, STRANGER]);
    records.publish(&two, "author");
    user.cpanm(&["Foo::Bar"]).exits(0);
    assert!(user.has("perl", "Foo::Bar"));
}

#[test]
fn pause_vouches_for_its_own_author_and_for_nobody_else_s_releases() {
    let shop = Shop::new();
    let bytes = distribution("Foo-Bar", "1.02");
    shop.publish_signed(ID, FILE, &bytes);
    let inspected = shop
        .user
        .run(&["inspect", "--json", "to-sign.sigstore.json"])
        .exits(0)
        .json();
    let signer = &inspected["signer"];
    let issuer = signer["issuer"].as_str().unwrap();
    let name = signer["subject"]["name"].as_str().unwrap();
    let domain = name.strip_prefix(&format!("{ID}!")).unwrap();
    let policy = format!("[pause]\nissuer = '{issuer}'\ndomain = '{domain}'\n");
    let policy = shop.policy(&policy);
    let args = [&[RELEASE], &policy[..]].concat();
    let found = shop.found(&args, 0);
    assert_eq!(found["finding"], "trusted", "{found:#}");
    assert_eq!(found["binding"], "pause-issued");
    // Another author's certificate by PAUSE is another author's.
    let bundle = shop.sign("STRANGER", &bytes);
    shop.publish(&format!("{FILE}.sigstore.json"), &bundle);
    let found = shop.found(&args, 12);
    assert_eq!(found["finding"], "identity-mismatch");
    // And the author's own record stands before PAUSE's word.
    let records = Records::of(&shop);
    records.publish(&records.first(&[AUTHOR]), "author");
    let bundle = shop.sign(ID, &bytes);
    shop.publish(&format!("{FILE}.sigstore.json"), &bundle);
    shop.user.run(&["memory", "forget", "--all"]).exits(0);
    let found = shop.found(&args, 12);
    assert_eq!(found["finding"], "identity-mismatch", "{found:#}");
    assert_eq!(found["binding"], "record");
}

#[test]
fn trust_explain_says_who_signs_since_when_and_what_does_not_count() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    records.publish(&records.next(&one, &[STRANGER]), "stranger");
    let explain = |args: &[&str]| shop.user.run(&[&["trust", "explain"], args].concat());
    let ran = explain(&[ID]).exits(0);
    for said in ["version 1, remembered", AUTHOR, "first seen"] {
        assert!(ran.stdout.contains(said), "{said}: {ran:#?}");
    }
    assert!(ran.stderr.contains("signer-not-listed"), "{ran:#?}");
    let found = explain(&["--json", ID]).exits(0).json();
    assert_eq!(found["source"], "record");
    assert_eq!(found["record"]["versions"][0]["version"], 1);
    let found = explain(&["--json", "NOBODY"]).exits(12).json();
    assert!(found.get("source").is_none(), "{found:#}");
}
