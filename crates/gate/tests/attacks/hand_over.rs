//! Distributions that an owner hands over, and those who were handed nothing.

use cpan_sigstore_core::{release::PackageName, release::PauseId};
use cpan_sigstore_gate::accept::Acceptance;
use cpan_sigstore_records::record::HandOvers;

use super::{
    owners::{Installation, bundle},
    *,
};

const OLD: &str = "T/TI/TIM/Good-Mod-1.0.tar.gz";
const NEW: &str = "E/EV/EVIL/Good-Mod-9.1.tar.gz";

fn hand_overs(stated: &[(&str, &str)]) -> HandOvers {
    let one = |(name, id): &(&str, &str)| ((*name).to_owned(), vec![id.parse().unwrap()]);
    stated.iter().map(one).collect()
}

fn file(record: &AuthorRecord, by: &'static str) -> RecordFile {
    RecordFile {
        version: record.version(),
        bundle: Some(sign(by, record.json())),
        json: record.json().to_vec(),
    }
}

/// The records of TIM: a first one, and the next with these hand-overs.
fn records(stated: &[(&str, &str)]) -> [AuthorRecord; 2] {
    let first = AuthorRecord::parse(&first_record("TIM", &[TIM], TIM).json).unwrap();
    let next = first.handing_over(&hand_overs(stated)).unwrap();
    [first, next]
}

fn package(name: &str) -> Vec<PackageName> {
    vec![name.parse().unwrap()]
}

/// A user who admitted the owner's release.
async fn user(module: &str) -> Installation {
    let user = Installation::new("").await;
    let path = OLD.parse().unwrap();
    let signed = bundle(&path, TIM);
    let verdict = user
        .admit(&path, Some(&signed), &[], &package(module))
        .await;
    assert!(verdict.admits(), "{verdict:?}");
    user
}

async fn learn(user: &Installation, files: &[RecordFile]) {
    let owner: PauseId = "TIM".parse().unwrap();
    let now = Timestamp::now();
    user.gate.remember_owner(&owner, files, now).await.unwrap();
}

async fn new_release(user: &Installation, path: &str, module: &str) -> Verdict {
    let path = path.parse().unwrap();
    let signed = bundle(&path, EVIL);
    user.admit(&path, Some(&signed), &[], &package(module))
        .await
}

#[tokio::test]
async fn admits_release_of_author_to_whom_owner_hands_over() {
    let mut user = user("Good::Mod").await;
    let index = [("Good::Mod", NEW)];
    assert_eq!(user.serve(&index).await, ["Good::Mod"]);
    assert!(!new_release(&user, NEW, "Good::Mod").await.admits());
    let [first, next] = records(&[("Good-Mod", "EVIL")]);
    learn(&user, &[file(&first, TIM), file(&next, TIM)]).await;
    assert!(user.serve(&index).await.is_empty());
    let verdict = new_release(&user, NEW, "Good::Mod").await;
    assert!(verdict.admits(), "{verdict:?}");
    let reasons: Vec<_> = verdict.reasons.iter().map(ToString::to_string).collect();
    assert!(
        reasons.contains(&"the record of TIM hands over Good-Mod to EVIL".to_owned()),
        "{reasons:?}"
    );
    // The owner is still one, and the other author has to sign.
    let path = NEW.parse().unwrap();
    let unsigned = user.admit(&path, None, &[], &package("Good::Mod")).await;
    assert_eq!(unsigned.finding, Finding::Downgrade);
}

#[tokio::test]
async fn rejects_hand_over_in_record_of_stranger() {
    let user = user("Good::Mod").await;
    let first = AuthorRecord::parse(&first_record("TIM", &[EVIL], EVIL).json).unwrap();
    let next = first
        .handing_over(&hand_overs(&[("Good-Mod", "EVIL")]))
        .unwrap();
    learn(&user, &[file(&first, EVIL), file(&next, EVIL)]).await;
    assert!(!new_release(&user, NEW, "Good::Mod").await.admits());
    // A genuine first record, and a second one that its identities did not sign.
    let [first, next] = records(&[("Good-Mod", "EVIL")]);
    learn(&user, &[file(&first, TIM), file(&next, EVIL)]).await;
    assert!(!new_release(&user, NEW, "Good::Mod").await.admits());
}

#[tokio::test]
async fn rejects_replayed_hand_over_that_was_taken_back() {
    let user = user("Good::Mod").await;
    let [first, next] = records(&[("Good-Mod", "EVIL")]);
    let back = next.handing_over(&HandOvers::new()).unwrap();
    learn(
        &user,
        &[file(&first, TIM), file(&next, TIM), file(&back, TIM)],
    )
    .await;
    assert!(!new_release(&user, NEW, "Good::Mod").await.admits());
    learn(&user, &[file(&first, TIM), file(&next, TIM)]).await;
    assert!(!new_release(&user, NEW, "Good::Mod").await.admits());
}

#[tokio::test]
async fn rejects_forked_hand_over() {
    let user = user("Good::Mod").await;
    let [first, other] = records(&[("Other", "EVIL")]);
    learn(&user, &[file(&first, TIM), file(&other, TIM)]).await;
    let fork = first
        .handing_over(&hand_overs(&[("Good-Mod", "EVIL")]))
        .unwrap();
    learn(&user, &[file(&first, TIM), file(&fork, TIM)]).await;
    assert!(!new_release(&user, NEW, "Good::Mod").await.admits());
}

#[tokio::test]
async fn successor_takes_no_more_than_the_distribution() {
    let user = user("Good::Mod").await;
    let other = "T/TI/TIM/Other-Mod-1.0.tar.gz".parse().unwrap();
    let signed = bundle(&other, TIM);
    user.admit(&other, Some(&signed), &[], &package("Other::Mod"))
        .await;
    let [first, next] = records(&[("Good-Mod", "EVIL")]);
    learn(&user, &[file(&first, TIM), file(&next, TIM)]).await;
    assert!(!new_release(&user, NEW, "Other::Mod").await.admits());
    for path in [
        "E/EV/EVIL/good-mod-9.1.tar.gz",
        "E/EV/EVIL/Other-Mod-9.1.tar.gz",
    ] {
        assert!(
            !new_release(&user, path, "Good::Mod").await.admits(),
            "{path}"
        );
    }
    assert!(new_release(&user, NEW, "Good::Mod").await.admits());
}

#[tokio::test]
async fn reports_rollback_behind_release_of_successor() {
    let user = user("Good::Mod").await;
    let [first, next] = records(&[("Good-Mod", "EVIL")]);
    learn(&user, &[file(&first, TIM), file(&next, TIM)]).await;
    assert!(new_release(&user, NEW, "Good::Mod").await.admits());
    let old = OLD.parse().unwrap();
    let signed = bundle(&old, TIM);
    let verdict = user
        .admit(&old, Some(&signed), &[], &package("Good::Mod"))
        .await;
    assert_eq!(verdict.finding, Finding::ReleaseRolledBack);
}

#[tokio::test]
async fn person_accepts_changed_owner_and_signer() {
    let user = user("Good::Mod").await;
    let verdict = new_release(&user, NEW, "Good::Mod").await;
    assert_eq!(verdict.finding, Finding::OwnerChanged);
    let accepted = user.accept(NEW, Some(EVIL), &package("Good::Mod")).await;
    assert!(matches!(accepted, Acceptance::Accepted(_)), "{accepted:?}");
    assert!(new_release(&user, NEW, "Good::Mod").await.admits());
    // The owner lost his identity, and signs with another one.
    let path = "T/TI/TIM/Good-Mod-10.0.tar.gz";
    let accepted = user.accept(path, Some(EVIL), &package("Good::Mod")).await;
    let Acceptance::Accepted(verdict) = accepted else {
        panic!("{accepted:?}");
    };
    assert_eq!(verdict.finding, Finding::Trusted);
    let signed = bundle(&path.parse().unwrap(), TIM);
    let old = user
        .admit(&path.parse().unwrap(), Some(&signed), &[], &[])
        .await;
    assert_eq!(old.finding, Finding::IdentityChanged);
}

#[tokio::test]
async fn nobody_accepts_any_other_finding() {
    let mut user = user("Good::Mod").await;
    let module = package("Good::Mod");
    // Another archive than the signed one, none of the bundle, and both with another owner.
    for (path, signer) in [
        (OLD, None),
        (NEW, None),
        ("T/TI/TIM/Good-Mod-2.0.tar.gz", None),
    ] {
        let refused = user.accept(path, signer, &module).await;
        assert!(
            matches!(refused, Acceptance::Refused(_)),
            "{path}: {refused:?}"
        );
    }
    let first = first_record("TIM", &[TIM], TIM);
    learn(&user, std::slice::from_ref(&first)).await;
    let refused = user
        .accept("T/TI/TIM/Good-Mod-2.0.tar.gz", Some(EVIL), &module)
        .await;
    let Acceptance::Refused(verdict) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(verdict.finding, Finding::IdentityMismatch);
    user.set_policy("[module.\"Good::Mod\"]\nauthors = ['TIM']\n");
    let refused = user.accept(NEW, Some(EVIL), &module).await;
    assert!(matches!(refused, Acceptance::Refused(_)), "{refused:?}");
    user.set_policy("");
    let verdict = new_release(&user, NEW, "Good::Mod").await;
    assert_eq!(verdict.finding, Finding::OwnerChanged);
}
