mod recovery;

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

fn empty() -> RecordChain {
    RecordChain::new("TIMLEGGE".parse().unwrap())
}

/// Appends records one after the other, and compares the outcome of each.
#[track_caller]
fn assert_outcomes(known: &mut RecordChain, expected: &[(SignedRecord, Outcome)]) {
    for (number, (record, outcome)) in expected.iter().enumerate() {
        let results = known.append(record.clone(), ChainContext::at(time(NOW)));
        assert_eq!(
            results[0].outcome, *outcome,
            "number {number}: {}",
            results[0]
        );
    }
}

const EARLY: &str = "2026-01-01T00:00:00Z";
const LATER: &str = "2026-06-01T00:00:00Z";

#[test]
fn accepts_records_signed_by_the_version_before() {
    let one = first("TIMLEGGE", &["tim"]);
    let two = next(&one, vec![identity("tim", None), identity("ci", None)]);
    let three = next(
        &two,
        vec![identity("tim", Some(LATER)), identity("ci", None)],
    );
    let mut known = empty();
    assert_outcomes(
        &mut known,
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
                Outcome::SignerUnauthorized,
            ),
        ],
    );
    assert_eq!(known.version(), 3);
    assert_eq!(known.identities(), three.identities());
    assert!(known.has_signer(|signer| signer.subject.as_str() == "ci"));
    assert!(!known.has_signer(|signer| signer.subject.as_str() == "x"));
}

#[test]
fn rejects_records_of_a_stolen_password_alone() {
    let one = first("TIMLEGGE", &["tim"]);
    let mut known = empty();
    assert_outcomes(
        &mut known,
        &[
            // Names the author, and is not signed by the author.
            (
                signed(first("TIMLEGGE", &["tim", "eve"]), "mallory", EARLY),
                Outcome::SignerUnauthorized,
            ),
            (signed(one.clone(), "tim", EARLY), Outcome::Accepted),
            (
                signed(first("TIMLEGGE", &["eve"]), "eve", EARLY),
                Outcome::RivalFirst,
            ),
            (
                signed(next(&one, vec![identity("eve", None)]), "eve", EARLY),
                Outcome::SignerUnauthorized,
            ),
            (
                signed(first("EVE", &["eve"]), "eve", EARLY),
                Outcome::OtherAuthor,
            ),
        ],
    );
    assert_eq!(known.identities(), one.identities());
}

#[test]
fn reports_a_fork_with_both_sides_and_keeps_the_chain() {
    let one = first("TIMLEGGE", &["tim", "ci"]);
    let two = next(&one, vec![identity("tim", None)]);
    let fork = next(&one, vec![identity("ci", None)]);
    let after_fork = next(&fork, vec![identity("eve", None)]);
    let mut known = empty();
    assert_outcomes(
        &mut known,
        &[
            (signed(one, "tim", EARLY), Outcome::Accepted),
            (signed(two.clone(), "tim", EARLY), Outcome::Accepted),
            (signed(after_fork, "ci", LATER), Outcome::WrongParent),
        ],
    );
    let results = known.append(
        signed(fork.clone(), "ci", LATER),
        ChainContext::at(time(NOW)),
    );
    assert_eq!(results[0].outcome, Outcome::Fork);
    assert!(results[0].outcome.is_conflict());
    let text = results[0].to_string();
    for side in [two.digest(), fork.digest()] {
        assert!(text.contains(&side.to_string()), "{text}");
    }
    assert_eq!(known.identities(), two.identities());
}

#[test]
fn holds_records_back_until_a_gap_is_filled() {
    let one = first("TIMLEGGE", &["tim"]);
    let two = next(&one, vec![identity("ci", None)]);
    let three = next(&two, vec![identity("x", None)]);
    let mut known = empty();
    assert_outcomes(
        &mut known,
        &[
            (signed(three.clone(), "ci", LATER), Outcome::Waiting),
            (signed(two, "tim", EARLY), Outcome::Waiting),
        ],
    );
    assert!(known.identities().is_empty());
    let results = known.append(signed(one, "tim", EARLY), ChainContext::at(time(NOW)));
    assert_eq!(results.len(), 3);
    assert!(results.iter().all(|it| it.outcome == Outcome::Accepted));
    assert_eq!(known.identities(), three.identities());
}

#[test]
fn rejects_records_signed_in_the_future() {
    let one = first("TIMLEGGE", &["tim"]);
    let at = |at: &str| signed(one.clone(), "tim", at);
    assert_outcomes(
        &mut empty(),
        &[
            (at("2026-11-24T00:10:01Z"), Outcome::SignedInFuture),
            (at("2026-11-24T00:10:00Z"), Outcome::Accepted),
        ],
    );
}

#[test]
fn replaces_known_records_by_an_override() {
    let one = first("TIMLEGGE", &["tim"]);
    let stolen = next(&one, vec![identity("eve", None)]);
    let recovered = next(&one, vec![identity("tim2", None)]);
    let after = next(&recovered, vec![identity("tim3", None)]);
    let overrides = [recovered.digest()];
    let context = ChainContext {
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
        let mut known = empty();
        let mut turned = records.to_vec();
        turned.rotate_left(turn);
        for record in turned {
            known.append(record, context);
        }
        assert_eq!(known.identities(), after.identities(), "turn {turn}");
    }
    // It excuses from the identities of the record before, and not from being signed by one of its own.
    let mut known = empty();
    let by_another = signed(recovered, "tim", LATER);
    for record in [&records[0], &records[1], &by_another] {
        known.append(record.clone(), context);
    }
    assert_eq!(known.identities(), records[1].record().identities());
}

#[test]
fn restores_only_an_unbroken_chain() {
    let one = signed(first("TIMLEGGE", &["tim"]), "tim", EARLY);
    let two = signed(next(one.record(), vec![identity("ci", None)]), "tim", EARLY);
    let restored = |author: &str, chain: &[&SignedRecord]| {
        let chain = chain.iter().map(|signed| (*signed).clone()).collect();
        RecordChain::restored(author.parse().unwrap(), chain)
    };
    let whole = restored("TIMLEGGE", &[&one, &two]).unwrap();
    let shorter = restored("TIMLEGGE", &[&one]).unwrap();
    assert!(whole.contains(&shorter) && whole.contains(&empty()) && !shorter.contains(&whole));
    assert!(restored("OTHER", &[&one]).is_none());
    assert!(restored("TIMLEGGE", &[&two]).is_none());
    assert!(restored("TIMLEGGE", &[&one, &one]).is_none());
}

#[test]
fn keeps_waiting_record_beside_stranger_signature_over_it() {
    let one = signed(first("TIMLEGGE", &["tim"]), "tim", EARLY);
    let two = next(one.record(), vec![identity("ci", None)]);
    let mut chain = empty();
    for signer in ["stranger", "tim"] {
        chain.append(
            signed(two.clone(), signer, EARLY),
            ChainContext::at(time(NOW)),
        );
    }
    chain.append(one, ChainContext::at(time(NOW)));
    assert_eq!(chain.version(), 2);
}

fn digests(chain: &[SignedRecord]) -> Vec<Sha256Digest> {
    let records = chain.iter();
    records.map(|signed| signed.record().digest()).collect()
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

/// The same rules in another form: of all records in the order of arrival, the first one that fits.
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
    fn keeps_the_first_authorized_record_of_each_version(
        steps in prop::collection::vec(step(), 1..14),
        order in prop::collection::vec(any::<prop::sample::Index>(), 14),
    ) {
        let mut left = records(&steps);
        let mut came = Vec::new();
        for index in order.iter().take(steps.len()) {
            came.push(left.remove(index.index(left.len())));
        }
        let mut known = empty();
        for signed in &came {
            known.append(signed.clone(), ChainContext::at(time(NOW)));
        }
        let expected = first_that_fits(&came);
        prop_assert_eq!(digests(known.records()), digests(&expected));
        // Nor does it matter how often something comes.
        let mut again = known.clone();
        for signed in came.iter().rev() {
            let results = again.append(signed.clone(), ChainContext::at(time(NOW)));
            prop_assert!(results.iter().all(|it| it.outcome != Outcome::Accepted));
        }
        prop_assert_eq!(digests(again.records()), digests(known.records()));
    }

    /// Without rivals in the same place, order does not matter at all.
    #[test]
    fn accepts_a_chain_in_any_order(
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
        let mut known = empty();
        let mut order = order.iter().cycle();
        while let Some(index) = order.next().filter(|_| !left.is_empty()) {
            known.append(left.remove(index.index(left.len())), ChainContext::at(time(NOW)));
        }
        prop_assert_eq!(digests(known.records()), digests(&chain));
    }
}
