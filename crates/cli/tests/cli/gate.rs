//! `gate`: the answer for PAUSE, as JSON and as exit code.

mod pause;

use std::{fs, path::PathBuf, process::Command};

use serde_json::Value;

use crate::{
    fixtures::author::{BUNDLE, HOME, ID, distribution},
    harness::{FILE, Ran, World, bare},
};

const RECORD: &str = "MYAUTHOR-sigstore-identities-1.json";

/// A first record is in effect at once.
const NOW: &[&str] = &["--first-record-wait", "0"];

/// The published files of PAUSE, in a folder of the world.
fn tree(world: &World) -> PathBuf {
    world.path("cpan")
}

fn publish(world: &World, name: &str, bytes: impl AsRef<[u8]>) {
    let home = tree(world).join("authors/id").join(HOME);
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join(name), bytes).unwrap();
}

/// An author whose published record requires signatures, and a next release.
fn required() -> World {
    let world = World::new().with_account();
    // PAUSE lists the author's files.
    world.sandbox.pause.publish(ID, "README", "a text");
    let token = world.sandbox.token("author").unwrap();
    let enroll = [
        "author",
        "enroll",
        "--yes",
        "--releases",
        "signed",
        "--no-upload",
        "--user",
        ID,
        "--identity-token",
        &token,
    ];
    world.run(&enroll).exits(0);
    for name in [RECORD.to_owned(), format!("{RECORD}.sigstore.json")] {
        publish(&world, &name, fs::read(world.path(&name)).unwrap());
    }
    world.write(FILE, &distribution("Foo-Bar", "1.02"));
    world
}

fn gate(world: &World, kind: &str, name: &str, more: &[&str]) -> Command {
    let path = format!("{HOME}/{name}");
    let tree = tree(world);
    let args = [
        "gate",
        "--kind",
        kind,
        "--path",
        &path,
        "--file",
        name,
        "--cpan",
        tree.to_str().unwrap(),
    ];
    world.command(&[&args[..], more].concat())
}

/// The answer, which says the same as the exit code.
#[track_caller]
fn answer(mut command: Command, snapshot: &str) -> Value {
    let ran = Ran::of(command.output().unwrap()).snapshot(&format!("gate/{snapshot}"));
    assert_eq!(ran.stdout.lines().count(), 1);
    let json = ran.json();
    assert_eq!(json["exit"], ran.code.unwrap());
    let codes = match json["decision"].as_str().unwrap() {
        "accept" => 0..=0,
        "later" => 3..=3,
        "reject" => 10..=14,
        other => panic!("{other}"),
    };
    assert!(codes.contains(&ran.code.unwrap()), "{ran:#?}");
    for text in [&json["text"], &json["mail"]] {
        let text = text.as_str().unwrap();
        assert!(
            text.chars().all(|c| matches!(c, ' '..='~' | '\n')),
            "{text}"
        );
    }
    json
}

#[test]
fn gate_answers_about_archives_in_json_and_by_exit_code() {
    let world = required();
    world.sign(&[FILE]).exits(0);
    publish(&world, BUNDLE, fs::read(world.bundle()).unwrap());
    let json = answer(gate(&world, "release", FILE, NOW), "accepted");
    assert_eq!(json["reason"], "signed");
    assert_eq!(json["required"], true);
    world
        .sign_as("stranger", &["--bundle", "theirs.json", FILE])
        .exits(0);
    publish(&world, BUNDLE, fs::read(world.path("theirs.json")).unwrap());
    let json = answer(gate(&world, "release", FILE, NOW), "rejected");
    assert_eq!(json["exit"], 12);
    fs::remove_file(tree(&world).join(format!("authors/id/{HOME}/{BUNDLE}"))).unwrap();
    let json = answer(gate(&world, "release", FILE, NOW), "later");
    assert_eq!(json["reason"], "awaits-bundle");
    // Without a record in effect nothing is required.
    let json = answer(
        gate(&world, "release", FILE, &["--trust-store", "new"]),
        "not-required",
    );
    assert_eq!(json["required"], false);
}

#[test]
fn gate_answers_about_bundles_and_records() {
    let world = required();
    publish(&world, FILE, fs::read(world.path(FILE)).unwrap());
    world.sign(&[FILE]).exits(0);
    answer(gate(&world, "bundle", BUNDLE, NOW), "bundle");
    world.write(BUNDLE, b"{}");
    answer(gate(&world, "bundle", BUNDLE, NOW), "bundle-rejected");
    world.write(RECORD, b"{}");
    answer(gate(&world, "record", RECORD, NOW), "record-rejected");
}

#[test]
fn gate_needs_no_network_and_no_trust_material_where_nothing_is_required() {
    let world = World::new().with_account();
    publish(&world, "README", "");
    let full = gate(&world, "release", FILE, NOW);
    let mut alone = bare(world.folder.path(), &[]);
    alone.args(full.get_args());
    let ran = Ran::of(alone.output().unwrap()).exits(0);
    assert_eq!(ran.json()["reason"], "not-required");
    assert_eq!(ran.stderr, "");
    assert!(world.sandbox.services.tuf.requests().is_empty());
}

#[test]
fn gate_answers_nothing_to_arguments_that_do_not_fit() {
    let world = required();
    let none = |mut command: Command, code: i32, snapshot: &str| {
        let ran = Ran::of(command.output().unwrap())
            .exits(code)
            .snapshot(&format!("gate/{snapshot}"));
        assert_eq!(ran.stdout, "");
    };
    none(gate(&world, "bundle", FILE, NOW), 2, "other-kind");
    none(
        gate(&world, "release", "missing-1.0.tar.gz", NOW),
        1,
        "no-file",
    );
    let path = |path: &str| {
        let mut command = gate(&world, "release", FILE, NOW);
        command.args(["--path", path]);
        command
    };
    // The later of two paths, or two paths at all, is no answer either.
    assert_eq!(path(HOME).output().unwrap().status.code(), Some(2));
    let args = |path: &str, cpan: &str| {
        let base = ["gate", "--kind", "release", "--file", FILE];
        world.command(&[&base[..], &["--path", path, "--cpan", cpan]].concat())
    };
    let spelled = "M/MY/myauthor/Foo-Bar-1.02.tar.gz";
    none(args(spelled, "cpan"), 2, "id-in-other-spelling");
    let path = format!("{HOME}/{FILE}");
    none(args(&path, "nowhere"), 2, "no-published-files");
}

#[cfg(unix)]
#[test]
fn gate_ends_without_an_answer_when_its_time_is_up() {
    let world = required();
    // Opening a pipe waits for its writer.
    let made = Command::new("mkfifo")
        .arg(world.path("policy.toml"))
        .status();
    assert!(made.unwrap().success());
    let more = ["--policy", "policy.toml", "--timeout", "1"];
    let mut command = gate(&world, "release", FILE, &more);
    let ran = Ran::of(command.output().unwrap())
        .exits(1)
        .snapshot("gate/time-is-up");
    assert_eq!(ran.stdout, "");
}
