//! Policies, and the checkpoints that satisfy them.

use super::*;
use crate::{
    checkpoint::cosign,
    hash::NodeHash,
    key::{Algorithm, SigningKey},
    tree::TreeHead,
};

const ORIGIN: &str = "cpan.example/log";

fn key(name: &str, seed: u8) -> SigningKey {
    let algorithm = match seed {
        1 | 2 => Algorithm::Ed25519,
        _ => Algorithm::CosignatureV1,
    };
    SigningKey::from_seed(name, algorithm, [seed; 32]).unwrap()
}

fn witness(at: u8) -> SigningKey {
    key(&format!("witness{at}.example"), 10 + at)
}

/// A policy of one log and three witnesses.
fn policy_text(rest: &str) -> String {
    let mut text = format!(
        "log {} https://cpan.example/log/\n",
        key(ORIGIN, 1).verifier()
    );
    for at in 1..=3 {
        text.push_str(&format!("witness w{at} {}\n", witness(at).verifier()));
    }
    text + rest
}

fn policy(rest: &str) -> LogPolicy {
    policy_text(rest).parse().unwrap()
}

fn checkpoint(cosigners: &[u8]) -> Note {
    let tree = TreeHead {
        size: 7,
        root: NodeHash::of_leaf(b"root"),
    };
    let mut note = Checkpoint::new(ORIGIN, tree).sign(&key(ORIGIN, 1)).unwrap();
    for at in cosigners {
        note.add(cosign(&note, &witness(*at), 1000 + u64::from(*at)));
    }
    note
}

fn verify(policy: &LogPolicy, note: &Note) -> Result<VerifiedCheckpoint, CheckpointError> {
    policy.verify(note.to_string().as_bytes())
}

#[test]
fn requires_the_quorum_of_witnesses() {
    let two_of_three = policy("group g 2 w1 w2 w3\nquorum g\n");
    let verified = verify(&two_of_three, &checkpoint(&[1, 3])).unwrap();
    let times: Vec<_> = verified
        .cosigned()
        .iter()
        .map(|one| (one.witness.as_str(), one.time))
        .collect();
    assert_eq!(times, [("w1", 1001), ("w3", 1003)]);
    for (cosigners, found) in [(&[][..], &[][..]), (&[2], &["w2"])] {
        let error = verify(&two_of_three, &checkpoint(cosigners)).unwrap_err();
        let found = found.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(error, CheckpointError::Quorum { found });
    }
    assert!(verify(&policy("quorum none\n"), &checkpoint(&[])).is_ok());
    assert!(verify(&policy("quorum w2\n"), &checkpoint(&[1, 3])).is_err());
    let nested = policy("group a any w1 w2\ngroup b all a w3\nquorum b\n");
    assert!(verify(&nested, &checkpoint(&[2, 3])).is_ok());
    assert!(verify(&nested, &checkpoint(&[1, 2])).is_err());
}

#[test]
fn rejects_checkpoint_by_another_key_of_the_log() {
    let tree = TreeHead {
        size: 7,
        root: NodeHash::of_leaf(b"root"),
    };
    let policy = policy("quorum none\n");
    let forged = Checkpoint::new(ORIGIN, tree).sign(&key(ORIGIN, 2)).unwrap();
    let error = verify(&policy, &forged).unwrap_err();
    assert_eq!(error, CheckpointError::Unsigned(ORIGIN.to_owned()));
    let other = Checkpoint::new("other.example", tree)
        .sign(&key(ORIGIN, 1))
        .unwrap();
    let error = verify(&policy, &other).unwrap_err();
    assert_eq!(
        error,
        CheckpointError::UnknownLog("other.example".to_owned())
    );
}

#[test]
fn rejects_cosignature_of_another_checkpoint() {
    let tree = TreeHead {
        size: 8,
        root: NodeHash::of_leaf(b"other"),
    };
    let other = Checkpoint::new(ORIGIN, tree).sign(&key(ORIGIN, 1)).unwrap();
    let mut note = checkpoint(&[]);
    note.add(cosign(&other, &witness(1), 1000));
    let error = verify(&policy("quorum w1\n"), &note).unwrap_err();
    assert_eq!(error, CheckpointError::Invalid("w1".to_owned()));
}

#[test]
fn counts_each_witness_once() {
    let two = policy("group g 2 w1 w2\nquorum g\n");
    let text = checkpoint(&[1]).to_string();
    let line = text.lines().last().unwrap();
    let repeated = format!("{text}{line}\n");
    let error = two.verify(repeated.as_bytes()).unwrap_err();
    assert_eq!(
        error,
        CheckpointError::Quorum {
            found: vec!["w1".to_owned()]
        }
    );
}

#[test]
fn ignores_signatures_of_unknown_keys() {
    let mut note = checkpoint(&[1]);
    note.add(cosign(&note, &key("stranger", 99), 5));
    assert!(verify(&policy("quorum w1\n"), &note).is_ok());
}

#[test]
fn rejects_checkpoint_with_any_changed_byte() {
    let policy = policy("group g 2 w1 w2 w3\nquorum g\n");
    let bytes = checkpoint(&[1, 2]).to_string().into_bytes();
    assert!(policy.verify(&bytes).is_ok());
    for at in 0..bytes.len() {
        for bit in [1, 4] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            assert!(policy.verify(&changed).is_err(), "{at} {bit}");
        }
    }
    for end in 0..bytes.len() {
        assert!(policy.verify(&bytes[..end]).is_err(), "{end}");
    }
}

#[test]
fn rejects_text_that_is_no_policy() {
    let log = key(ORIGIN, 1).verifier().to_string();
    let first = witness(1).verifier().to_string();
    for rest in [
        "",
        "quorum\n",
        "quorum none none\n",
        "quorum none\nquorum none\n",
        "quorum w4\n",
        "quorum g\ngroup g 1 w1\n",
        "group g 0 w1\nquorum g\n",
        "group g 2 w1\nquorum g\n",
        "group g +1 w1\nquorum g\n",
        "group g any\nquorum g\n",
        "group g 2 w1 w1\nquorum g\n",
        "group g 1 w1\ngroup h 1 w1\nquorum h\n",
        "group w1 1 w2\nquorum w1\n",
        "group none 1 w2\nquorum none\n",
        "group g 1 g\nquorum g\n",
        "witness\nquorum none\n",
        "policy\nquorum none\n",
        &format!("witness w9 {first}\nquorum none\n"),
        &format!("witness w9 {log}\nquorum none\n"),
        &format!("log {first}\nquorum none\n"),
        &format!("log {log}\nquorum none\n"),
        "log x\nquorum none\n",
        // A witness under two names would cosign twice.
        &format!(
            "witness w9 {}\nquorum none\n",
            key("other.example", 11).verifier()
        ),
        &format!("log {}\nquorum none\n", key("other.example", 1).verifier()),
        "group none 1 w1\nquorum none\n",
        "group g 1 none\nquorum g\n",
        // Programs differ in comments behind words, and in carriage returns.
        "quorum none # nobody\n",
        "group g 1 w1 w2#w3\nquorum g\n",
        "quorum none\r\n",
        "quorum\u{b}none\n",
    ] {
        assert!(policy_text(rest).parse::<LogPolicy>().is_err(), "{rest}");
    }
    assert_eq!(
        "quorum none\n".parse::<LogPolicy>(),
        Err(PolicyError::Missing("log KEY [URL]"))
    );
    let many: String = (1..300)
        .map(|at| format!("group g{at} 1 g{}\n", at - 1))
        .collect();
    let many = policy_text(&format!("group g0 1 w1\n{many}quorum g9\n"));
    assert_eq!(many.parse::<LogPolicy>(), Err(PolicyError::TooMany));
}

#[test]
fn reads_names_that_are_words_of_the_format() {
    let policy = policy("group any 1 w1\ngroup log all any w2\nquorum log\n");
    assert!(verify(&policy, &checkpoint(&[1, 2])).is_ok());
    assert!(verify(&policy, &checkpoint(&[1, 3])).is_err());
    // Names are bytes, and no two letters that look alike are one.
    let unlike = "group K 1 w1\ngroup \u{212a} 1 w2\nquorum K\n";
    let policy: LogPolicy = policy_text(unlike).parse().unwrap();
    assert!(verify(&policy, &checkpoint(&[2])).is_err());
}

#[test]
fn reads_comments_and_addresses() {
    let policy = policy("# all of them\n\n\tgroup  g all w1\tw2 w3\n \t# three\n  quorum g\n");
    assert_eq!(
        policy.logs()[0].url.as_deref(),
        Some("https://cpan.example/log/")
    );
    assert_eq!(policy.witnesses().len(), 3);
    assert!(verify(&policy, &checkpoint(&[1, 2])).is_err());
    assert!(verify(&policy, &checkpoint(&[1, 2, 3])).is_ok());
}
