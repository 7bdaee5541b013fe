use proptest::prelude::*;

use super::*;
use crate::record::{AuthorRecord, Releases};
use cpan_sigstore_core::identity::{
    AuthorIdentity, CiClaims, IdentityPolicy, Membership, SignerIdentity, Subject,
};

const NOW: &str = "2026-11-24T00:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn signer(name: &str) -> SignerIdentity {
    SignerIdentity {
        subject: Subject::Email(name.into()),
        issuer: "https://issuer.example".into(),
        claims: CiClaims::default(),
    }
}

fn identity(name: &str, until: Option<&str>) -> AuthorIdentity {
    AuthorIdentity {
        identity: IdentityPolicy::exact(name, "https://issuer.example"),
        from: None,
        until: until.map(time),
    }
}

fn signed(record: AuthorRecord, by: &str, at: &str) -> SignedRecord {
    SignedRecord::proved(record, signer(by), vec![time(at)])
}

fn first(author: &str, names: &[&str]) -> AuthorRecord {
    let identities = names.iter().map(|name| identity(name, None)).collect();
    AuthorRecord::first(author.parse().unwrap(), identities, Releases::Mixed).unwrap()
}

fn next(before: &AuthorRecord, identities: Vec<AuthorIdentity>) -> AuthorRecord {
    before.next(identities, Releases::Mixed).unwrap()
}

fn history() -> History {
    History::new("TIMLEGGE".parse().unwrap())
}

/// What becomes of records that come one after the other.
#[track_caller]
fn assert_outcomes(history: &mut History, expected: &[(SignedRecord, Outcome)]) {
    for (number, (record, outcome)) in expected.iter().enumerate() {
        let learned = history.learn(record.clone(), Terms::at(time(NOW)));
        assert_eq!(
            learned[0].outcome, *outcome,
            "number {number}: {}",
            learned[0]
        );
    }
}

const EARLY: &str = "2026-01-01T00:00:00Z";
const LATER: &str = "2026-06-01T00:00:00Z";

#[test]
fn a_record_that_an_identity_of_the_one_before_signed_follows() {
    let one = first("TIMLEGGE", &["tim"]);
    let two = next(&one, vec![identity("tim", None), identity("ci", None)]);
    let three = next(
        &two,
        vec![identity("tim", Some(LATER)), identity("ci", None)],
    );
    let mut history = history();
    assert_outcomes(
        &mut history,
        &[
            (signed(one, "tim", EARLY), Outcome::Accepted),
            (signed(two.clone(), "tim", EARLY), Outcome::Accepted),
            // The new identity may sign what comes next, the retired one before its end.
            (signed(three.clone(), "ci", LATER), Outcome::Accepted),
            (signed(three.clone(), "tim", EARLY), Outcome::Known),
            (
                signed(next(&three, vec![identity("x", None)]), "tim", LATER),
                Outcome::SignerRetired,
            ),
            (
                signed(next(&three, vec![identity("x", None)]), "x", LATER),
                Outcome::SignerNotListed,
            ),
        ],
    );
    assert_eq!(history.version(), 3);
    assert_eq!(history.identities(), three.identities());
    assert!(history.has_signer(|signer| signer.subject.as_str() == "ci"));
    assert!(!history.has_signer(|signer| signer.subject.as_str() == "x"));
}

#[test]
fn whoever_has_only_the_password_makes_no_record_that_counts() {
    let one = first("TIMLEGGE", &["tim"]);
    let mut history = history();
    assert_outcomes(
        &mut history,
        &[
            // Names the author, and is not signed by the author.
            (
                signed(first("TIMLEGGE", &["tim", "eve"]), "mallory", EARLY),
                Outcome::SignerNotListed,
            ),
            (signed(one.clone(), "tim", EARLY), Outcome::Accepted),
            (
                signed(first("TIMLEGGE", &["eve"]), "eve", EARLY),
                Outcome::SecondFirst,
            ),
            (
                signed(next(&one, vec![identity("eve", None)]), "eve", EARLY),
                Outcome::SignerNotListed,
            ),
            (
                signed(first("EVE", &["eve"]), "eve", EARLY),
                Outcome::OtherAuthor,
            ),
        ],
    );
    assert_eq!(history.identities(), one.identities());
}

#[test]
fn a_fork_changes_nothing_and_is_told_with_both_sides() {
    let one = first("TIMLEGGE", &["tim", "ci"]);
    let two = next(&one, vec![identity("tim", None)]);
    let fork = next(&one, vec![identity("ci", None)]);
    let after_fork = next(&fork, vec![identity("eve", None)]);
    let mut history = history();
    assert_outcomes(
        &mut history,
        &[
            (signed(one, "tim", EARLY), Outcome::Accepted),
            (signed(two.clone(), "tim", EARLY), Outcome::Accepted),
            (signed(after_fork, "ci", LATER), Outcome::BrokenChain),
        ],
    );
    let learned = history.learn(signed(fork.clone(), "ci", LATER), Terms::at(time(NOW)));
    assert_eq!(learned[0].outcome, Outcome::Fork);
    assert!(learned[0].outcome.is_conflict());
    let text = learned[0].to_string();
    for side in [two.digest(), fork.digest()] {
        assert!(text.contains(&side.to_string()), "{text}");
    }
    assert_eq!(history.identities(), two.identities());
}

#[test]
fn a_gap_waits_until_it_is_filled() {
    let one = first("TIMLEGGE", &["tim"]);
    let two = next(&one, vec![identity("ci", None)]);
    let three = next(&two, vec![identity("x", None)]);
    let mut history = history();
    assert_outcomes(
        &mut history,
        &[
            (signed(three.clone(), "ci", LATER), Outcome::Waiting),
            (signed(two, "tim", EARLY), Outcome::Waiting),
        ],
    );
    assert!(history.identities().is_empty());
    let learned = history.learn(signed(one, "tim", EARLY), Terms::at(time(NOW)));
    assert_eq!(learned.len(), 3);
    assert!(learned.iter().all(|it| it.outcome == Outcome::Accepted));
    assert_eq!(history.identities(), three.identities());
}

#[test]
fn a_clock_that_is_behind_believes_nothing_of_the_future() {
    let one = first("TIMLEGGE", &["tim"]);
    let at = |at: &str| signed(one.clone(), "tim", at);
    assert_outcomes(
        &mut history(),
        &[
            (at("2026-11-24T00:10:01Z"), Outcome::SignedInFuture),
            (at("2026-11-24T00:10:00Z"), Outcome::Accepted),
        ],
    );
}

#[test]
fn an_override_puts_a_record_in_the_place_of_what_is_known() {
    let one = first("TIMLEGGE", &["tim"]);
    let stolen = next(&one, vec![identity("eve", None)]);
    let recovered = next(&one, vec![identity("tim2", None)]);
    let after = next(&recovered, vec![identity("tim3", None)]);
    let overrides = [recovered.digest()];
    let terms = Terms {
        now: time(NOW),
        overrides: &overrides,
    };
    let records = [
        signed(one, "tim", EARLY),
        signed(stolen, "tim", EARLY),
        signed(
            next(&first("TIMLEGGE", &["x"]), vec![identity("x", None)]),
            "x",
            EARLY,
        ),
        signed(after.clone(), "tim2", LATER),
        signed(recovered.clone(), "tim2", LATER),
    ];
    for turn in 0..records.len() {
        let mut history = history();
        let mut turned = records.to_vec();
        turned.rotate_left(turn);
        for record in turned {
            history.learn(record, terms);
        }
        assert_eq!(history.identities(), after.identities(), "turn {turn}");
    }
    // It excuses from the identities of the record before, and not from being signed by one of its own.
    let mut history = history();
    let by_another = signed(recovered, "tim", LATER);
    for record in [&records[0], &records[1], &by_another] {
        history.learn(record.clone(), terms);
    }
    assert_eq!(history.identities(), records[1].record().identities());
}

#[test]
fn what_is_no_chain_is_not_restored() {
    let one = signed(first("TIMLEGGE", &["tim"]), "tim", EARLY);
    let two = signed(next(one.record(), vec![identity("ci", None)]), "tim", EARLY);
    let restored = |author: &str, chain: &[&SignedRecord]| {
        let chain = chain.iter().map(|signed| (*signed).clone()).collect();
        History::restored(author.parse().unwrap(), chain)
    };
    let whole = restored("TIMLEGGE", &[&one, &two]).unwrap();
    let shorter = restored("TIMLEGGE", &[&one]).unwrap();
    assert!(whole.extends(&shorter) && whole.extends(&history()) && !shorter.extends(&whole));
    assert!(restored("OTHER", &[&one]).is_none());
    assert!(restored("TIMLEGGE", &[&two]).is_none());
    assert!(restored("TIMLEGGE", &[&one, &one]).is_none());
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const TIMES: [&str; 3] = [EARLY, LATER, "2027-01-01T00:00:00Z"];

/// How a record is made of those before it.
#[derive(Clone, Debug)]
struct Step {
    author: usize,
    /// Which of the records before it it follows on; the first of an author where there is none.
    follows: Option<prop::sample::Index>,
    identities: Vec<(usize, bool)>,
    signer: usize,
    at: usize,
}

fn step() -> impl Strategy<Value = Step> {
    (
        prop::sample::select(vec![0_usize, 0, 0, 0, 1]),
        prop::option::weighted(0.8, any::<prop::sample::Index>()),
        prop::collection::vec((0..NAMES.len(), any::<bool>()), 1..4),
        0..NAMES.len(),
        prop::sample::select(vec![0_usize, 0, 0, 1, 2]),
    )
        .prop_map(|(author, follows, identities, signer, at)| Step {
            author,
            follows,
            identities,
            signer,
            at,
        })
}

fn records(steps: &[Step]) -> Vec<SignedRecord> {
    let mut made: Vec<SignedRecord> = Vec::new();
    for step in steps {
        let mut identities: Vec<AuthorIdentity> = Vec::new();
        for (name, retired) in &step.identities {
            let identity = identity(NAMES[*name], retired.then_some(LATER));
            if !identities.contains(&identity) {
                identities.push(identity);
            }
        }
        let before = match &step.follows {
            Some(index) if !made.is_empty() => Some(index.get(&made).record().clone()),
            _ => None,
        };
        let record = match before {
            Some(before) => next(&before, identities),
            None => AuthorRecord::first(
                ["TIMLEGGE", "OTHER"][step.author].parse().unwrap(),
                identities,
                Releases::Mixed,
            )
            .unwrap(),
        };
        made.push(signed(record, NAMES[step.signer], TIMES[step.at]));
    }
    made
}

/// The same rules told another way: of all that came, in the order in which it came, the first that fits.
fn first_that_fits(came: &[SignedRecord]) -> Vec<SignedRecord> {
    let mut chain: Vec<SignedRecord> = Vec::new();
    loop {
        let before = chain.last().map(SignedRecord::record);
        let fits = |signed: &&SignedRecord| {
            let record = signed.record();
            let may_sign = before.map_or(record.identities(), AuthorRecord::identities);
            record.author().as_str() == "TIMLEGGE"
                && record.previous() == before.map(AuthorRecord::digest)
                && signed.times().iter().all(|at| *at <= time(NOW))
                && AuthorIdentity::compare(may_sign, signed.signer(), signed.times())
                    == Membership::Authorized
        };
        match came.iter().find(fits) {
            Some(signed) => chain.push(signed.clone()),
            None => return chain,
        }
    }
}

proptest! {
    /// Trust never holds an identity without an unbroken chain of signatures from the first record that was
    /// seen, and order matters in nothing but which of two records in the same place came first.
    #[test]
    fn the_first_in_each_place_that_its_predecessor_signed_counts_whatever_else_comes(
        steps in prop::collection::vec(step(), 1..14),
        order in prop::collection::vec(any::<prop::sample::Index>(), 14),
    ) {
        let mut left = records(&steps);
        let mut came = Vec::new();
        for index in order.iter().take(steps.len()) {
            came.push(left.remove(index.index(left.len())));
        }
        let mut history = history();
        for signed in &came {
            history.learn(signed.clone(), Terms::at(time(NOW)));
        }
        let expected = first_that_fits(&came);
        let digests = |chain: &[SignedRecord]| -> Vec<_> {
            chain.iter().map(|signed| signed.record().digest()).collect()
        };
        prop_assert_eq!(digests(history.chain()), digests(&expected));
        // Nor does it matter how often something comes.
        let mut again = history.clone();
        for signed in came.iter().rev() {
            let learned = again.learn(signed.clone(), Terms::at(time(NOW)));
            prop_assert!(learned.iter().all(|it| it.outcome != Outcome::Accepted));
        }
        prop_assert_eq!(again.chain(), history.chain());
    }

    /// Without rivals in the same place, order does not matter at all.
    #[test]
    fn a_chain_is_the_same_in_whatever_order_it_comes(
        length in 1..8_usize,
        order in prop::collection::vec(any::<prop::sample::Index>(), 8),
        noise in prop::collection::vec(step(), 0..6),
    ) {
        let mut chain = vec![signed(first("TIMLEGGE", &["a"]), "a", EARLY)];
        for number in 1..length {
            let before = chain[number - 1].record().clone();
            let name = format!("a{number}");
            let may = ["a".to_owned(), format!("a{}", number - 1)];
            let by = may[number % 2].as_str();
            let by = if number == 1 { "a" } else { by };
            let identities = vec![identity("a", None), identity(&name, None)];
            chain.push(signed(next(&before, identities), by, EARLY));
        }
        // Others', and of this author what nobody of the chain signed.
        let noise = records(&noise).into_iter().map(|noise| {
            SignedRecord::proved(noise.record().clone(), signer("mallory"), noise.times().to_vec())
        });
        let mut left: Vec<_> = chain.iter().cloned().chain(noise).collect();
        let mut history = history();
        let mut order = order.iter().cycle();
        while let Some(index) = order.next().filter(|_| !left.is_empty()) {
            history.learn(left.remove(index.index(left.len())), Terms::at(time(NOW)));
        }
        prop_assert_eq!(history.chain(), chain.as_slice());
    }
}
