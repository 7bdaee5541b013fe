//! Author records in the author's directory, and attackers who hold the PAUSE password, an identity, both, or
//! the mirror.

use std::ops::Deref;

use cpan_sigstore_records::record::{AuthorRecord, Releases};
use cpan_sigstore_testkit::records::Records as Builder;
use jiff::{SignedDuration, Timestamp};

use crate::fixtures::shop::{FILE, NEXT, RELEASE};
use crate::{
    fixtures::author::{ID, distribution},
    harness::{AUTHOR, World},
};

const STRANGER: &str = "stranger@example.net";

/// The records of the author of a shop.
struct Records<'a> {
    shop: &'a World,
    builder: Builder,
}

impl Deref for Records<'_> {
    type Target = Builder;

    fn deref(&self) -> &Builder {
        &self.builder
    }
}

impl Records<'_> {
    fn of(shop: &World) -> Records<'_> {
        Records {
            shop,
            builder: Builder::new(ID, shop.issuer()),
        }
    }

    /// Signs a record as an account, and publishes it in the author's directory.
    fn publish(&self, record: &AuthorRecord, account: &str) {
        let bundle = self.shop.sign_bytes(account, record.json());
        let name = record.name().to_string();
        self.shop.publish(&name, record.json());
        self.shop.publish(&format!("{name}.sigstore.json"), &bundle);
    }
}

fn release_as(shop: &World, account: &str, version: &str) -> String {
    let name = format!("Foo-Bar-{version}.tar.gz");
    shop.publish_signed(account, &name, &distribution("Foo-Bar", version));
    format!("{ID}/{name}")
}

/// A user who has seen a release by the author, whose record is there.
fn known() -> (World, AuthorRecord) {
    let shop = World::new();
    let records = Records::of(&shop);
    let one = records.first(&[AUTHOR]);
    records.publish(&one, "author");
    shop.publish_release("1.02");
    let found = shop.found(&[RELEASE], 0);
    assert_eq!(found["finding"], "identity-unknown", "{found:#}");
    assert_eq!(found["binding"], "record");
    let found = shop.found(&[RELEASE], 0);
    assert_eq!(found["finding"], "trusted", "{found:#}");
    (shop, one)
}

#[test]
fn treats_unknown_author_record_as_first_use() {
    let shop = World::new();
    let records = Records::of(&shop);
    records.publish(&records.first(&[STRANGER]), "stranger");
    let release = release_as(&shop, "stranger", "1.02");
    // `require-signed` needs to know the author from elsewhere.
    let found = shop.found(&[&release, "--require-signed"], 12);
    assert_eq!(found["finding"], "identity-unknown");
    // What was denied is not remembered either.
    let found = shop.found(&[&release, "--require-signed"], 12);
    assert_eq!(found["finding"], "identity-unknown", "{found:#}");
}

#[test]
fn rejects_record_and_release_of_password_thief() {
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
        assert!(shop.sandbox.pause.delete(ID, &name));
    }
    shop.found(&[&release], 12);
    // And the author's own next release is still the author's.
    let found = shop.found(&[&release_as(&shop, "author", "1.04")], 0);
    assert_eq!(found["finding"], "trusted");
}

#[test]
fn requires_first_signer_to_sign_later_record() {
    let shop = World::new();
    shop.publish_release("1.02");
    shop.found(&[RELEASE], 0);
    let records = Records::of(&shop);
    // It names the author, who did not sign it.
    records.publish(&records.first(&[AUTHOR, STRANGER]), "stranger");
    let release = release_as(&shop, "stranger", "1.03");
    shop.verify(&[&release])
        .exits(12)
        .snapshot("verify/record-without-first-signer");
    let found = shop.found(&[&release], 12);
    assert_eq!(found["finding"], "identity-changed");
    assert!(
        found["reasons"].to_string().contains("are rejected"),
        "{found:#}"
    );
    // The same by the author connects the two.
    records.publish(&records.first(&[AUTHOR, STRANGER]), "author");
    let found = shop.found(&[&release], 0);
    assert_eq!(found["finding"], "trusted", "{found:#}");
}

#[test]
fn accepts_identity_added_by_author_record() {
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
fn rejects_retired_identity_from_its_end_on() {
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
    shop.verify(&[&before])
        .exits(12)
        .snapshot("verify/identity-retired");
    let found = shop.found(&[&before], 12);
    assert_eq!(found["finding"], "identity-retired");
    assert!(
        found["reasons"].to_string().contains("signer-retired"),
        "{found:#}"
    );
}

#[test]
fn rejects_rolled_back_author_record() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    let two = records.next(&one, &[STRANGER]);
    records.publish(&two, "author");
    shop.found(&[&release_as(&shop, "stranger", "1.03")], 0);
    // A mirror that went back to the time of version 1, where the author's first identity still counted.
    assert!(shop.sandbox.pause.delete(ID, &two.name().to_string()));
    let found = shop.found(&[&release_as(&shop, "author", "1.04")], 12);
    assert_eq!(found["finding"], "identity-mismatch");
    assert!(found["expected"].as_str().unwrap().contains(STRANGER));
}

#[test]
fn rejects_forked_author_record() {
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
fn reports_downgrade_where_record_says_all_are_signed() {
    let shop = World::new();
    let mut records = Records::of(&shop);
    records.builder.releases = Releases::Signed;
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
fn ignores_malformed_endless_and_unsigned_record() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    let release = release_as(&shop, "stranger", "1.03");
    let two = records.next(&one, &[STRANGER]);
    let other = records.first(&[STRANGER]);
    let name = two.name().to_string();
    let spaced = [two.json(), b"\n"].concat();
    for (json, bundle, said) in [
        (&b"{}"[..], None, "invalid author record"),
        (&spaced, None, "canonical"),
        (&vec![b' '; (64 << 10) + 1], None, "65536 bytes"),
        (two.json(), None, "has no bundle"),
        (other.json(), None, "as in its name"),
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
fn exec_installs_by_author_record() {
    let user = World::new().with_policy();
    user.policy("");
    let records = Records::of(&user);
    let one = records.first(&[AUTHOR]);
    records.publish(&one, "author");
    user.publish_release("1.01");
    user.cpanm(&["Foo::Bar"]).exits(0);
    std::fs::remove_dir_all(user.path("perl")).unwrap();
    user.publish_signed("stranger", FILE, &distribution("Foo-Bar", "1.02"));
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
fn accepts_pause_identity_for_its_own_author_only() {
    let shop = World::new();
    let bytes = distribution("Foo-Bar", "1.02");
    shop.publish_signed(ID, FILE, &bytes);
    let inspected = shop
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
    let bundle = shop.sign_bytes("STRANGER", &bytes);
    shop.publish(&format!("{FILE}.sigstore.json"), &bundle);
    let found = shop.found(&args, 12);
    assert_eq!(found["finding"], "identity-mismatch");
    // And the author's own record stands before PAUSE's word.
    let records = Records::of(&shop);
    records.publish(&records.first(&[AUTHOR]), "author");
    let bundle = shop.sign_bytes(ID, &bytes);
    shop.publish(&format!("{FILE}.sigstore.json"), &bundle);
    shop.run(&["trust", "forget", "--all"])
        .exits(0)
        .snapshot("trust/accepts_pause_identity_for_its_own_author_only");
    let found = shop.found(&args, 12);
    assert_eq!(found["finding"], "identity-mismatch", "{found:#}");
    assert_eq!(found["binding"], "record");
}

#[test]
fn explains_trust_with_signers_and_rejected_records() {
    let (shop, one) = known();
    let records = Records::of(&shop);
    records.publish(&records.next(&one, &[STRANGER]), "stranger");
    let explain = |args: &[&str]| shop.run(&[&["trust", "explain"], args].concat());
    let ran = explain(&[ID])
        .exits(0)
        .snapshot("trust/explains_trust_with_signers_and_rejected_records");
    for said in ["version 1, in the trust store", AUTHOR, "first seen"] {
        assert!(ran.stdout.contains(said), "{said}: {ran:#?}");
    }
    assert!(ran.stderr.contains("signer-not-listed"), "{ran:#?}");
    let found = explain(&["--json", ID]).exits(0).json();
    assert_eq!(found["source"], "record");
    assert_eq!(found["record"]["versions"][0]["version"], 1);
    let found = explain(&["--json", "NOBODY"]).exits(12).json();
    assert!(found.get("source").is_none(), "{found:#}");
}
