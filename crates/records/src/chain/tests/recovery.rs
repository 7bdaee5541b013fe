//! The recovery key against those who stole an identity, the key, or both.

use jiff::SignedDuration;

use super::*;
use crate::record::{RecoveryKey, RecoveryKeyPair};

/// The time of the theft; the author's key is in effect since the year began.
const THEFT: &str = "2026-03-01T00:00:00Z";

fn pair(seed: u8) -> RecoveryKeyPair {
    RecoveryKeyPair::of_seed([seed; 32]).unwrap()
}

fn public(seed: u8) -> RecoveryKey {
    pair(seed).public()
}

/// So many days and seconds after the theft.
fn after(days: i64, seconds: i64) -> Timestamp {
    time(THEFT) + SignedDuration::from_hours(24 * days) + SignedDuration::from_secs(seconds)
}

fn at(record: &AuthorRecord, by: &str, days: i64) -> SignedRecord {
    SignedRecord::proved(record.clone(), signer(by), vec![after(days, 0)])
}

/// The next record, with one identity and the recovery key as it was.
fn follows(before: &AuthorRecord, name: &str) -> AuthorRecord {
    next(before, vec![identity(name, None)])
}

/// The next record with another recovery key, or none.
fn keyed(before: &AuthorRecord, name: &str, key: Option<u8>) -> AuthorRecord {
    let record = follows(before, name);
    record.with_recovery_key(key.map(public)).unwrap()
}

fn recovered(record: &AuthorRecord, seed: u8) -> AuthorRecord {
    record.recovered_with(&pair(seed)).unwrap()
}

/// The first record, which states the recovery key 1.
fn one() -> AuthorRecord {
    let first = first("TIMLEGGE", &["tim"]);
    first.with_recovery_key(Some(public(1))).unwrap()
}

fn known(records: &[&SignedRecord]) -> RecordChain {
    let mut chain = empty();
    for signed in records {
        chain.append((*signed).clone(), ChainContext::at(time(NOW)));
    }
    assert_eq!(chain.records().len(), records.len());
    chain
}

/// The outcome of a record after these, and the names in the newest record then.
fn outcome(records: &[&SignedRecord], last: &SignedRecord) -> (Outcome, String) {
    let mut chain = known(records);
    let results = chain.append(last.clone(), ChainContext::at(time(NOW)));
    let names = chain.identities().iter().map(|it| &it.identity.subject);
    let names: Vec<_> = names.map(ToString::to_string).collect();
    (results[0].outcome, names.join(" "))
}

#[track_caller]
fn assert_wins(records: &[&SignedRecord], last: &SignedRecord) {
    assert_eq!(outcome(records, last), (Outcome::Recovered, "new".into()));
}

#[track_caller]
fn assert_loses(records: &[&SignedRecord], last: &SignedRecord, expected: Outcome) {
    let (found, names) = outcome(records, last);
    assert_eq!(found, expected);
    assert_ne!(names, "new");
}

#[test]
fn recovers_from_stolen_identity_within_seven_days() {
    let one = at(&one(), "tim", -30);
    let recovery = recovered(&follows(one.record(), "new"), 1);
    for key in [Some(1), Some(2), None] {
        let stolen = at(&keyed(one.record(), "eve", key), "tim", 0);
        let second = at(&follows(stolen.record(), "eve"), "eve", 1);
        for days in [-1, 0, 6] {
            let recovery = at(&recovery, "new", days);
            assert_wins(&[&one, &stolen], &recovery);
            assert_wins(&[&one, &stolen, &second], &recovery);
            // A verifier that has the author's side first reports the thief's.
            assert_eq!(outcome(&[&one, &recovery], &stolen).0, Outcome::Fork);
        }
    }
}

#[test]
fn ends_stolen_recovery_key_after_seven_days() {
    let one = at(&one(), "tim", -30);
    let recovery = recovered(&follows(one.record(), "new"), 1);
    let signed = |seconds: &[i64]| {
        let times = seconds.iter().map(|seconds| after(7, *seconds)).collect();
        SignedRecord::proved(recovery.clone(), signer("new"), times)
    };
    for key in [Some(2), None] {
        let changed = at(&keyed(one.record(), "tim", key), "tim", 0);
        assert_wins(&[&one, &changed], &signed(&[-1]));
        for seconds in [&[0_i64] as &[_], &[-1, 0], &[0, -1]] {
            assert_loses(&[&one, &changed], &signed(seconds), Outcome::Fork);
        }
        // Nor does it sign what follows.
        let next = at(&recovered(&follows(changed.record(), "new"), 1), "new", 7);
        assert_loses(&[&one, &changed], &next, Outcome::RecoveryRefused);
    }
}

#[test]
fn waits_seven_days_for_first_recovery_key() {
    let recovery = |before: &SignedRecord, seconds: &[i64]| {
        let record = recovered(&follows(before.record(), "new"), 1);
        let times = seconds.iter().map(|seconds| after(7, *seconds)).collect();
        SignedRecord::proved(record, signer("new"), times)
    };
    let zero = at(&first("TIMLEGGE", &["tim"]), "tim", -30);
    let added = at(&keyed(zero.record(), "tim", Some(1)), "tim", 0);
    let one = at(&one(), "tim", 0);
    for before in [vec![&zero, &added], vec![&one]] {
        let tip = before[before.len() - 1];
        for early in [&[-1_i64] as &[_], &[-1, 0]] {
            let record = recovery(tip, early);
            assert_loses(&before, &record, Outcome::RecoveryRefused);
        }
        let record = recovery(tip, &[0]);
        assert_eq!(outcome(&before, &record).0, Outcome::Accepted);
    }
}

#[test]
fn takes_back_recovery_key_of_thief_before_it_takes_effect() {
    let zero = at(&first("TIMLEGGE", &["tim"]), "tim", -30);
    let both = vec![identity("tim", None), identity("eve", None)];
    let added = next(zero.record(), both).with_recovery_key(Some(public(2)));
    let added = at(&added.unwrap(), "tim", 0);
    let back = at(&keyed(added.record(), "tim", None), "tim", 6);
    let eve = at(&recovered(&follows(back.record(), "new"), 2), "new", 8);
    assert_loses(&[&zero, &added, &back], &eve, Outcome::RecoveryRefused);
    let eve = at(&recovered(&follows(added.record(), "new"), 2), "new", 8);
    assert_loses(&[&zero, &added, &back], &eve, Outcome::Fork);
    // A key that is stated again waits again.
    let again = at(&keyed(back.record(), "tim", Some(2)), "tim", 6);
    let eve = at(&recovered(&follows(again.record(), "new"), 2), "new", 12);
    assert_loses(
        &[&zero, &added, &back, &again],
        &eve,
        Outcome::RecoveryRefused,
    );
}

#[test]
fn rejects_recovery_record_by_another_key() {
    let one = at(&one(), "tim", -30);
    let stolen = at(&keyed(one.record(), "eve", Some(2)), "tim", 0);
    // By a key that no record states, and by the one that the thief has just stated.
    for seed in [2, 3] {
        let eve = at(&recovered(&follows(one.record(), "new"), seed), "new", 1);
        assert_loses(&[&one, &stolen], &eve, Outcome::RecoveryRefused);
        let eve = at(&recovered(&follows(stolen.record(), "new"), seed), "new", 1);
        assert_loses(&[&one, &stolen], &eve, Outcome::RecoveryRefused);
    }
    // An authorized identity does not make a wrong signature good.
    let wrong = at(&recovered(&follows(one.record(), "new"), 3), "tim", 1);
    assert_loses(&[&one], &wrong, Outcome::RecoveryRefused);
}

#[test]
fn rejects_recovery_record_that_no_named_identity_signed() {
    let one = at(&one(), "tim", -30);
    let record = recovered(&follows(one.record(), "new"), 1);
    let thief = at(&record, "eve", 0);
    assert_loses(&[&one], &thief, Outcome::SignerUnauthorized);
    let until = time(THEFT).to_string();
    let retired = next(one.record(), vec![identity("new", Some(&until))]);
    let retired = at(&recovered(&retired, 1), "new", 0);
    assert_loses(&[&one], &retired, Outcome::SignerRetired);
    // One of the version before may sign it, too.
    assert_eq!(
        outcome(&[&one], &at(&record, "tim", 0)).0,
        Outcome::Accepted
    );
}

#[test]
fn replays_no_old_recovery_record() {
    let one = at(&one(), "tim", -30);
    let old = at(&recovered(&follows(one.record(), "new"), 1), "new", -20);
    let tip = at(
        &recovered(&keyed(old.record(), "tim", Some(2)), 1),
        "tim",
        -10,
    );
    let later = at(&follows(tip.record(), "tim"), "tim", 0);
    let chain = [&one, &old, &tip, &later];
    assert_loses(&chain, &old, Outcome::Known);
    // Its signature is not over another record, and the record is none without it.
    let stripped = follows(one.record(), "new");
    assert_loses(
        &chain,
        &at(&stripped, "new", -20),
        Outcome::SignerUnauthorized,
    );
    let text = String::from_utf8(old.record().json().to_vec()).unwrap();
    for (from, to) in [("mixed", "signed"), ("\"new\"", "\"eve\"")] {
        let moved = AuthorRecord::parse(text.replace(from, to).as_bytes()).unwrap();
        assert!(moved.is_recovery());
        assert_loses(&[&one], &at(&moved, "tim", 0), Outcome::RecoveryRefused);
    }
    // A record that the old key signed before, and that nobody saw, does not displace what it signed later.
    let hidden = keyed(one.record(), "new", Some(3));
    let hidden = at(&recovered(&hidden, 1), "new", -22);
    assert_loses(&chain, &hidden, Outcome::Fork);
}

#[test]
fn recovers_although_mirror_withheld_recovery_record() {
    let one = at(&one(), "tim", -30);
    let stolen = at(&keyed(one.record(), "eve", Some(2)), "tim", 0);
    let settled = at(&recovered(&follows(stolen.record(), "eve"), 2), "eve", 8);
    let more = at(&follows(settled.record(), "eve"), "eve", 30);
    let chain = [&one, &stolen, &settled, &more];
    let recovery = recovered(&follows(one.record(), "new"), 1);
    assert_wins(&chain, &at(&recovery, "new", 6));
    assert_loses(&chain, &at(&recovery, "new", 7), Outcome::Fork);
}

#[test]
fn keeps_first_of_two_recovery_records() {
    let one = at(&one(), "tim", -30);
    let stolen = at(&follows(one.record(), "eve"), "tim", 0);
    let recovery = at(&recovered(&follows(one.record(), "new"), 1), "new", 1);
    let next = at(&follows(recovery.record(), "new"), "new", 2);
    let rival = at(&recovered(&follows(one.record(), "other"), 1), "other", 3);
    let mut chain = known(&[&one, &stolen]);
    for (signed, expected) in [
        (&recovery, Outcome::Recovered),
        (&next, Outcome::Accepted),
        (&rival, Outcome::Fork),
        (&stolen, Outcome::Fork),
    ] {
        let results = chain.append(signed.clone(), ChainContext::at(time(NOW)));
        assert_eq!(results[0].outcome, expected);
        assert!(expected == Outcome::Accepted || results[0].known.is_some());
    }
    assert_eq!(chain.version(), 3);
}

#[test]
fn changes_recovery_key_at_once_if_old_one_agrees() {
    let one = at(&one(), "tim", -30);
    let changed = at(
        &recovered(&keyed(one.record(), "tim", Some(2)), 1),
        "tim",
        0,
    );
    let old = at(&recovered(&follows(one.record(), "new"), 1), "new", 0);
    assert_loses(&[&one, &changed], &old, Outcome::Fork);
    let old = at(&recovered(&follows(changed.record(), "new"), 1), "new", 0);
    assert_loses(&[&one, &changed], &old, Outcome::RecoveryRefused);
    let now = at(&recovered(&follows(changed.record(), "new"), 2), "new", 0);
    assert_eq!(outcome(&[&one, &changed], &now).0, Outcome::Accepted);
}

#[test]
fn judges_recovery_by_times_of_signing_alone() {
    let one = at(&one(), "tim", -30);
    let stolen = at(&keyed(one.record(), "eve", None), "tim", 0);
    let record = recovered(&follows(one.record(), "new"), 1);
    for (days, expected) in [(6, Outcome::Recovered), (7, Outcome::Fork)] {
        for now in [after(days, 0), after(days + 1000, 0)] {
            let mut chain = known(&[&one, &stolen]);
            let results = chain.append(at(&record, "new", days), ChainContext::at(now));
            assert_eq!(results[0].outcome, expected);
        }
        let mut chain = known(&[&one, &stolen]);
        let early = ChainContext::at(after(days, -601));
        let results = chain.append(at(&record, "new", days), early);
        assert_eq!(results[0].outcome, Outcome::SignedInFuture);
    }
    // A record without a time recovers nothing.
    let timeless = SignedRecord::proved(record, signer("new"), Vec::new());
    assert_loses(&[&one, &stolen], &timeless, Outcome::RecoveryRefused);
}

#[test]
fn keeps_override_against_stolen_recovery_key() {
    let one = at(&one(), "tim", -30);
    let stolen = at(&follows(one.record(), "eve"), "tim", 0);
    let operator = at(&keyed(one.record(), "tim2", Some(3)), "tim2", 1);
    let eve = at(&recovered(&follows(one.record(), "new"), 1), "new", 2);
    let overrides = [operator.record().digest()];
    let context = ChainContext {
        now: time(NOW),
        overrides: &overrides,
    };
    for order in [[&operator, &eve], [&eve, &operator]] {
        let mut chain = known(&[&one, &stolen]);
        for signed in order {
            chain.append(signed.clone(), context);
        }
        assert_eq!(chain.tip().unwrap().record(), operator.record());
    }
    // Even if the override's record keeps the stolen key.
    let kept = at(&follows(one.record(), "tim2"), "tim2", 1);
    let overrides = [kept.record().digest()];
    let mut chain = known(&[&one]);
    for signed in [&kept, &eve] {
        let now = time(NOW);
        let overrides = &overrides;
        chain.append(signed.clone(), ChainContext { now, overrides });
    }
    assert_eq!(chain.tip().unwrap().record(), kept.record());
    // The key in the override's record is in effect at once, and the stolen one no more.
    let mut chain = known(&[&one]);
    chain.append(operator.clone(), context);
    for (seed, expected) in [(1, Outcome::RecoveryRefused), (3, Outcome::Accepted)] {
        let next = at(
            &recovered(&follows(operator.record(), "new"), seed),
            "new",
            2,
        );
        assert_eq!(chain.append(next, context)[0].outcome, expected);
    }
}

#[test]
fn recovers_in_any_order_of_arrival() {
    let one = at(&one(), "tim", -30);
    let stolen = at(&keyed(one.record(), "eve", Some(2)), "tim", 0);
    let settled = at(&recovered(&follows(stolen.record(), "eve"), 2), "eve", 8);
    let recovery = at(&recovered(&follows(one.record(), "new"), 1), "new", 5);
    let next = at(&follows(recovery.record(), "tim3"), "new", 6);
    let records = [one, stolen, settled, recovery, next.clone()];
    for order in 0..120 {
        let (mut left, mut order) = (records.to_vec(), order);
        let mut chain = empty();
        for count in (1..=records.len()).rev() {
            let signed = left.remove(order % count);
            order /= count;
            chain.append(signed, ChainContext::at(time(NOW)));
        }
        assert_eq!(chain.tip().unwrap().record(), next.record());
    }
}

#[test]
fn restores_chain_with_recovery_records() {
    let one = at(&one(), "tim", -30);
    let recovery = recovered(&follows(one.record(), "new"), 1);
    let times = vec![after(1, 0), after(1, 60)];
    let recovery = SignedRecord::proved(recovery, signer("new"), times);
    let next = at(&keyed(recovery.record(), "new", Some(2)), "new", 2);
    let chain = known(&[&one, &recovery, &next]);
    // A trust store has the first time of each record alone.
    let first = |signed: &SignedRecord| {
        let first = signed.signed().into_iter().collect();
        SignedRecord::proved(signed.record().clone(), signed.signer().clone(), first)
    };
    let stored = chain.records().iter().map(first).collect();
    let mut restored = RecordChain::restored("TIMLEGGE".parse().unwrap(), stored).unwrap();
    let last = at(&recovered(&follows(next.record(), "last"), 1), "last", 3);
    let results = restored.append(last, ChainContext::at(time(NOW)));
    assert_eq!(results[0].outcome, Outcome::Accepted);
}
