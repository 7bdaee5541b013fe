//! Each attack on the client of a log, and why it fails.

use cpan_sigstore_tlog::{checkpoint::Checkpoint, proof::TlogProof};

use super::*;

/// Two histories of one log: one has Foo-Bar, the other something else in its place.
fn split() -> (TestLog, TestLog) {
    let honest = TestLog::new(9);
    let last = honest.leaves.len() - 1;
    let split = honest.first(last).with(leaf(FOO, "evil", NOW));
    (honest, split)
}

#[tokio::test]
async fn reports_split_view_with_both_checkpoints_and_after_a_restart() {
    let (honest, evil) = split();
    let larger = evil.with(leaf(OTHER, "other", NOW));
    for forked in [evil, larger] {
        let (server, machine) = (Server::of(&honest), Machine::new().await);
        assert_eq!(digest(&machine.ask(&honest, &server.url).await), foo());
        // Somebody lies to this machine from now on, and removes its cache.
        std::fs::remove_dir_all(machine.folder.path().join("cache")).unwrap();
        server.serve(&forked);
        let answer = machine.ask(&honest, &server.url).await;
        let LogAnswer::Forked(fork) = answer else {
            panic!("{answer:?}")
        };
        let notes = [honest.checkpoint(), forked.checkpoint()].map(|it| it.to_string());
        assert_eq!(fork.evidence(), notes.join("\n"));
        // The log tells the truth again, and the evidence remains.
        server.serve(&honest);
        let machine = machine.restarted().await;
        let answer = machine.ask(&honest, &server.url).await;
        let LogAnswer::Forked(kept) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(kept.evidence(), fork.evidence());
        assert_eq!(machine.known_size().await, Some(11));
        // Until a person decides.
        let forget = crate::store::Forget::Log(ORIGIN.to_owned());
        assert!(machine.store.forget(&forget).await.unwrap() > 0);
        assert_eq!(digest(&machine.ask(&honest, &server.url).await), foo());
    }
}

#[tokio::test]
async fn keeps_the_newest_checkpoint_when_a_log_is_rolled_back() {
    let log = TestLog::new(9);
    let newer = log.with(leaf(OTHER, "other", NOW));
    let (server, machine) = (Server::of(&newer), Machine::new().await);
    assert_eq!(digest(&machine.ask(&newer, &server.url).await), foo());
    assert_eq!(machine.known_size().await, Some(12));
    let rolled_back = log.first(10);
    server.serve(&rolled_back);
    server.change(|files| {
        files.insert(proof_of(FOO), newer.proof(FOO).to_string().into());
        files.extend(
            newer
                .files()
                .into_iter()
                .filter(|(path, _)| path.starts_with("tile/")),
        );
    });
    let client = machine.client(&newer, &server.url);
    let week = at(NOW + 8 * 24 * 3600);
    let found = machine.look_up(&client, FOO, week).await;
    assert_eq!(machine.known_size().await, Some(12));
    // The old checkpoint makes the known one no younger.
    assert_eq!(found.age.unwrap(), SignedDuration::from_hours(8 * 24));
}

#[tokio::test]
async fn dates_a_log_whose_tail_is_withheld_by_its_last_news() {
    for witnesses in [vec![], vec![witness(7)]] {
        let mut log = TestLog::new(9);
        log.witnesses = witnesses;
        let (server, machine) = (Server::of(&log), Machine::new().await);
        for days in [0, 6, 8] {
            let now = at(NOW + days * 24 * 3600);
            let client = machine.client(&log, &server.url);
            let found = machine.look_up(&client, FOO, now).await;
            let age = found.age.unwrap().as_hours() / 24;
            assert_eq!(u64::try_from(age).unwrap(), days);
        }
    }
}

#[tokio::test]
async fn learns_nothing_from_partial_tile_that_lies() {
    let log = TestLog::new(9);
    let newer = log.with(leaf(OTHER, "other", NOW));
    let (server, machine) = (Server::of(&log), Machine::new().await);
    assert_eq!(digest(&machine.ask(&log, &server.url).await), foo());
    server.serve(&newer);
    let tile = "tile/0/000.p/12".to_owned();
    server.change(|files| files.get_mut(&tile).unwrap()[33] ^= 1);
    let client = machine.client(&newer, &server.url);
    let found = machine.look_up(&client, OTHER, now()).await;
    assert!(
        matches!(found.answer, LogAnswer::Undetermined(_)),
        "{found:?}"
    );
    assert_eq!(machine.known_size().await, Some(11));
    // The lie is in no cache, and is no fork.
    server.serve(&newer);
    let client = machine.client(&newer, &server.url);
    let found = machine.look_up(&client, OTHER, now()).await;
    assert!(digest(&found.answer).is_some(), "{found:?}");
    assert_eq!(machine.known_size().await, Some(12));
}

#[tokio::test]
async fn learns_nothing_from_tile_of_wrong_size() {
    let log = TestLog::new(300);
    let newer = log.with(leaf(OTHER, "other", NOW));
    for size in [0, 31, 32 * 46, 32 * 256, 9000] {
        let (server, machine) = (Server::of(&log), Machine::new().await);
        assert_eq!(digest(&machine.ask(&log, &server.url).await), foo());
        server.serve(&newer);
        server.change(|files| {
            files.insert("tile/0/001.p/47".to_owned(), vec![0; size]);
        });
        let client = machine.client(&newer, &server.url);
        let found = machine.look_up(&client, OTHER, now()).await;
        assert!(
            matches!(found.answer, LogAnswer::Undetermined(_)),
            "{found:?}"
        );
        assert_eq!(machine.known_size().await, Some(302));
    }
}

/// The answer about Foo-Bar if the log has this proof of it.
async fn answer_to(log: &TestLog, proof: String) -> LogEvidence {
    let (server, machine) = (Server::of(log), Machine::new().await);
    server.change(|files| {
        files.insert(proof_of(FOO), proof.into());
    });
    let client = machine.client(log, &server.url);
    machine.look_up(&client, FOO, now()).await
}

fn assert_undetermined(found: &LogEvidence, part: &str) {
    let LogAnswer::Undetermined(reason) = &found.answer else {
        panic!("{found:?}")
    };
    assert!(reason.contains(part), "{reason}");
}

#[tokio::test]
async fn rejects_proof_whose_leaf_was_replaced() {
    let log = TestLog::new(9);
    let proof = log.proof(FOO);
    assert_eq!(
        digest(&answer_to(&log, proof.to_string()).await.answer),
        foo()
    );
    let replaced = TlogProof {
        extra: Some(leaf(FOO, "evil", NOW).to_string().into_bytes()),
        ..proof
    };
    assert_undetermined(
        &answer_to(&log, replaced.to_string()).await,
        "not in the tree",
    );
}

#[tokio::test]
async fn rejects_proof_for_another_path() {
    let log = TestLog::new(9).with(leaf(OTHER, "foo", NOW));
    let found = answer_to(&log, log.proof(OTHER).to_string()).await;
    assert_undetermined(
        &found,
        "it proves authors/id/T/TI/TIMLEGGE/Other-1.00.tar.gz",
    );
}

#[tokio::test]
async fn rejects_checkpoint_by_wrong_key() {
    let log = TestLog::new(9);
    let mut other = log.clone();
    other.key = key(2);
    let found = answer_to(&log, other.proof(FOO).to_string()).await;
    assert_undetermined(&found, "no signature of cpan.example/log");
}

#[tokio::test]
async fn rejects_checkpoint_with_fewer_witnesses_than_the_quorum() {
    let mut log = TestLog::new(9);
    log.witnesses = vec![witness(7), witness(8)];
    assert_eq!(
        digest(&answer_to(&log, log.proof(FOO).to_string()).await.answer),
        foo()
    );
    let mut fewer = log.clone();
    fewer.witnesses.pop();
    let found = answer_to(&log, fewer.proof(FOO).to_string()).await;
    assert_undetermined(&found, "too few witnesses");
}

#[tokio::test]
async fn rejects_cosignature_of_another_log() {
    let mut log = TestLog::new(9);
    log.witnesses = vec![witness(7)];
    // The witness cosigned another tree, and somebody moves its line to this one.
    let other = log.with(leaf(OTHER, "other", NOW));
    let cosignature = other.checkpoint().signatures()[1].clone();
    let mut unwitnessed = log.clone();
    unwitnessed.witnesses.clear();
    let mut note = unwitnessed.checkpoint();
    note.add(cosignature);
    let proof = TlogProof {
        checkpoint: note.to_string(),
        ..log.proof(FOO)
    };
    let found = answer_to(&log, proof.to_string()).await;
    assert_undetermined(&found, "invalid signature of w0");
}

#[tokio::test]
async fn rejects_leaf_and_cosignature_from_the_future() {
    let log = TestLog::new(9);
    let last = log.leaves.len() - 1;
    let future = log.first(last).with(leaf(FOO, "foo", NOW + 3600));
    let found = answer_to(&future, future.proof(FOO).to_string()).await;
    assert_undetermined(&found, "in the future");
    let mut cosigned = TestLog::new(9);
    cosigned.witnesses = vec![witness(7)];
    cosigned.cosigned = NOW + 30 * 24 * 3600;
    let machine = Machine::new().await;
    let client = machine.client(&cosigned, "http://127.0.0.1:1/").offline();
    let (path, proof) = (FOO.parse().unwrap(), cosigned.proof(FOO).to_string());
    let found = client.look_up(&machine.store, &path, Some(proof.as_bytes()), now());
    let found = found.await.unwrap();
    // A witness whose clock is wrong cannot make a log look new for a month.
    assert_eq!((found.age, machine.known_size().await), (None, None));
}

#[tokio::test]
async fn bounds_a_log_that_never_ends() {
    let log = TestLog::new(9);
    let newer = log.with(leaf(OTHER, "other", NOW));
    let (server, machine) = (Server::of(&log), Machine::new().await);
    assert_eq!(digest(&machine.ask(&log, &server.url).await), foo());
    server.serve(&newer);
    for path in [
        "checkpoint".to_owned(),
        proof_of(PACKAGE_INDEX_PATH),
        "tile/0/000.p/12".to_owned(),
    ] {
        server.never_end(path);
    }
    let client = machine.client(&newer, &server.url);
    let found = machine.look_up(&client, OTHER, at(NOW + 7200)).await;
    assert!(
        matches!(found.answer, LogAnswer::Undetermined(_)),
        "{found:?}"
    );
    server.never_end(proof_of(OTHER));
    let client = machine.client(&newer, &server.url);
    let found = machine.look_up(&client, OTHER, at(NOW + 7200)).await;
    assert!(
        matches!(found.answer, LogAnswer::Undetermined(_)),
        "{found:?}"
    );
    // A tree of as many leaves as a number can state needs no more requests than any other.
    let head = Checkpoint {
        tree: cpan_sigstore_tlog::tree::TreeHead {
            size: (1 << 63) - 1,
            root: log.leaves[0].hash(),
        },
        ..Checkpoint::parse(log.checkpoint().text()).unwrap()
    };
    let note = head.sign(&log.key).unwrap().to_string();
    let checkpoint = client.policy.verify(note.as_bytes()).unwrap();
    let any = Server::of(&log);
    any.change(|files| {
        let full = files["tile/0/000.p/11"].repeat(256);
        for level in 0..8 {
            for index in ["000", "x000", "127"] {
                files.insert(format!("tile/{level}/{index}"), full[..8192].to_vec());
            }
        }
    });
    let client = machine.client(&log, &any.url);
    any.requests();
    let accepted = client
        .accept(&machine.store, &checkpoint, now())
        .await
        .unwrap();
    let is_refused = matches!(accepted, super::super::history::Acceptance::Undetermined(_));
    assert!(is_refused, "{accepted:?}");
    assert!(any.requests().len() <= 2 * super::super::history::TILES_LIMIT);
    assert_eq!(machine.known_size().await, Some(11));
}

#[tokio::test]
async fn finds_nothing_where_somebody_only_withholds_the_log() {
    let log = TestLog::new(9);
    let (server, machine) = (Server::start(), Machine::new().await);
    let client = machine.client(&log, &server.url);
    let found = machine.look_up(&client, FOO, now()).await;
    assert!(matches!(found.answer, LogAnswer::Unlogged), "{found:?}");
    assert_eq!(found.age, None);
}

#[tokio::test]
async fn ignores_proof_that_a_mirror_staples_from_another_log() {
    let log = TestLog::new(9);
    let mut other = TestLog::new(2);
    other.key = key(2);
    let (server, mirror) = (Server::of(&log), Server::of(&other));
    let machine = Machine::new().await;
    let cpan = cpan_sigstore_cpan::Cpan::at(&mirror.url).unwrap();
    let client = machine.client(&log, &server.url).beside(cpan);
    let found = machine.look_up(&client, FOO, now()).await;
    assert_eq!(digest(&found.answer), foo());
    assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
    assert_eq!(machine.known_size().await, Some(11));
}

#[tokio::test]
async fn remembers_no_checkpoint_that_is_not_verified() {
    let log = TestLog::new(9);
    let (server, machine) = (Server::of(&log), Machine::new().await);
    let mut forged = log.with(leaf(OTHER, "other", NOW));
    forged.key = key(2);
    // Also with the name and the id of the right key.
    let note = forged.checkpoint().to_string();
    let line = |note: &str| note.lines().last().unwrap().to_owned();
    let real = line(&log.checkpoint().to_string());
    let renamed = note.replace(&line(&note), &real);
    for note in [note, renamed] {
        server.change(|files| {
            files.remove(&proof_of(PACKAGE_INDEX_PATH));
            files.insert("checkpoint".to_owned(), note.clone().into());
            let proof = TlogProof {
                checkpoint: note,
                ..forged.proof(OTHER)
            };
            files.insert(proof_of(OTHER), proof.to_string().into());
        });
        let client = machine.client(&log, &server.url);
        let found = machine.look_up(&client, OTHER, now()).await;
        assert!(
            matches!(found.answer, LogAnswer::Undetermined(_)),
            "{found:?}"
        );
        assert_eq!(machine.known_size().await, None);
    }
    server.serve(&log);
    assert_eq!(digest(&machine.ask(&log, &server.url).await), foo());
}
