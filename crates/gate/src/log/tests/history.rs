//! One history of each log.

use super::*;

#[tokio::test]
async fn remembers_the_newest_checkpoint_that_continues_the_known_one() {
    let log = TestLog::new(600);
    let machine = Machine::new().await;
    let server = Server::start();
    for (size, known) in [
        (1, 1),
        (255, 255),
        (3, 255),
        (512, 512),
        (602, 602),
        (513, 602),
    ] {
        let part = log.first(size);
        server.serve(&log);
        let client = machine.client(&log, &server.url);
        let checkpoint = client
            .policy
            .verify(part.checkpoint().to_string().as_bytes());
        let accepted = client
            .accept(&machine.store, &checkpoint.unwrap(), now())
            .await;
        let accepted = accepted.unwrap();
        // The full tiles of the larger log have the smaller tree, too.
        assert!(
            matches!(accepted, super::super::history::Acceptance::Accepted),
            "{size}: {accepted:?}"
        );
        assert_eq!(machine.known_size().await, Some(known), "{size}");
    }
}

#[tokio::test]
async fn remembers_one_history_while_processes_race() {
    let log = TestLog::new(300);
    let machine = Machine::new().await;
    let server = Server::of(&log);
    let (client, store) = (&machine.client(&log, &server.url), &machine.store);
    let accept = |size: usize| async move {
        let note = TestLog::new(300).first(size).checkpoint().to_string();
        let checkpoint = client.policy.verify(note.as_bytes()).unwrap();
        client.accept(store, &checkpoint, now()).await.unwrap()
    };
    let (a, b, c) = tokio::join!(accept(302), accept(100), accept(200));
    for accepted in [a, b, c] {
        let is_accepted = matches!(accepted, super::super::history::Acceptance::Accepted);
        assert!(is_accepted, "{accepted:?}");
    }
    assert_eq!(machine.known_size().await, Some(302));
}

#[tokio::test]
async fn is_accepted_by_its_witnesses_if_no_tile_can_be_had() {
    let mut log = TestLog::new(20);
    log.witnesses = vec![witness(7)];
    let (server, machine) = (Server::of(&log), Machine::new().await);
    assert_eq!(digest(&machine.ask(&log, &server.url).await), foo());
    // An older proof, and no tiles.
    let older = log.clone();
    let newer = log.with(leaf(OTHER, "other", NOW));
    let machine = Machine::new().await;
    server.serve(&newer);
    let client = machine.client(&newer, &server.url);
    machine.look_up(&client, OTHER, now()).await;
    server.change(|files| {
        files.retain(|path, _| !path.starts_with("tile/"));
        files.insert(proof_of(FOO), older.proof(FOO).to_string().into());
    });
    let found = machine.look_up(&client, FOO, now()).await;
    assert_eq!(digest(&found.answer), foo());
    assert_eq!(machine.known_size().await, Some(23));
}

#[tokio::test]
async fn replaces_cached_tile_that_is_damaged() {
    let log = TestLog::new(20);
    let newer = log.with(leaf(OTHER, "other", NOW));
    let (server, machine) = (Server::of(&log), Machine::new().await);
    assert_eq!(digest(&machine.ask(&log, &server.url).await), foo());
    server.serve(&newer);
    let client = machine.client(&newer, &server.url);
    machine.look_up(&client, OTHER, now()).await;
    assert_eq!(machine.known_size().await, Some(23));
    // Every cached file is damaged.
    let mut damaged = 0;
    for folder in ["cache/tiles", "cache/proofs"] {
        let mut left = vec![machine.folder.path().join(folder)];
        while let Some(path) = left.pop() {
            if path.is_dir() {
                left.extend(
                    std::fs::read_dir(path)
                        .unwrap()
                        .map(|it| it.unwrap().path()),
                );
            } else {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[3] ^= 1;
                std::fs::write(&path, bytes).unwrap();
                damaged += 1;
            }
        }
    }
    assert!(damaged >= 2, "{damaged}");
    let newest = newer.with(leaf("authors/id/A/AB/ABC/New-1.0.zip", "new", NOW));
    server.serve(&newest);
    server.change(|files| {
        files.insert(proof_of(FOO), log.proof(FOO).to_string().into());
    });
    assert_eq!(digest(&machine.ask(&newest, &server.url).await), foo());
}
