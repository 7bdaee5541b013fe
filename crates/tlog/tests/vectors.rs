//! The test vectors of section 10 of the standard. `UPDATE_VECTORS=1` writes them from the fixed keys below.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

use std::{collections::HashMap, fs, path::PathBuf};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_tlog::{
    checkpoint::{Checkpoint, cosign},
    frontier::Frontier,
    hash::NodeHash,
    key::{Algorithm, SigningKey},
    leaf::Leaf,
    newest::UsedVersions,
    note::Note,
    policy::LogPolicy,
    proof::TlogProof,
    tile::{HashTile, TileNodes, TilePath, TileSource},
    tree::{Continuation, TreeHead, examine, prove_inclusion},
};
use serde_json::{Value, json};

const ORIGIN: &str = "cpan.example/log";
const FOO: &str = "authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz";
const TIME: u64 = 1_790_000_000;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/vectors/log.json")
}

fn log_key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, Algorithm::Ed25519, [seed; 32]).unwrap()
}

fn witness(seed: u8) -> SigningKey {
    let name = format!("witness-{seed}.example");
    SigningKey::from_seed(&name, Algorithm::CosignatureV1, [seed; 32]).unwrap()
}

/// The leaves of a log: Foo-Bar is the last but one.
fn leaves(content: &str) -> Vec<Leaf> {
    let leaf = |path: &str, content: &str, time| {
        let digest = Sha256Digest::of(content.as_bytes());
        Leaf::new(path.parse().unwrap(), digest, content.len() as u64, time).unwrap()
    };
    let mut leaves: Vec<_> = (0..5)
        .map(|at| {
            leaf(
                &format!("authors/id/A/AB/ABC/Mod-{at}.0.zip"),
                "x",
                TIME - 9,
            )
        })
        .collect();
    leaves.push(leaf(FOO, content, TIME));
    leaves.push(leaf("modules/02packages.details.txt", "index", TIME));
    leaves
}

fn tree(leaves: &[Leaf]) -> (TreeHead, HashMap<TilePath, Vec<u8>>) {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(leaf.hash(), |_, _| {});
    }
    let tiles = frontier.partial();
    let tiles = tiles.map(|(path, hashes)| (path, HashTile::to_bytes(hashes)));
    let tiles = tiles.collect();
    (frontier.head(), tiles)
}

struct Tiles(HashMap<TilePath, Vec<u8>>);

impl TileSource for &Tiles {
    type Error = TilePath;

    fn tile(&mut self, path: &TilePath) -> Result<Vec<u8>, TilePath> {
        self.0.get(path).cloned().ok_or(*path)
    }
}

fn checkpoint(leaves: &[Leaf], key: &SigningKey, witnesses: &[(u8, u64)]) -> Note {
    let mut note = Checkpoint::new(ORIGIN, tree(leaves).0).sign(key).unwrap();
    for (seed, time) in witnesses {
        note.add(cosign(&note, &witness(*seed), *time));
    }
    note
}

fn policy(witnesses: &[u8]) -> String {
    let mut text = format!("log {}\n", log_key(1).verifier());
    for seed in witnesses {
        text += &format!("witness w{seed} {}\n", witness(*seed).verifier());
    }
    match witnesses {
        [] => text + "quorum none\n",
        _ => text + &format!("group most 2 {}\nquorum most\n", names(witnesses)),
    }
}

fn names(witnesses: &[u8]) -> String {
    let names: Vec<_> = witnesses.iter().map(|seed| format!("w{seed}")).collect();
    names.join(" ")
}

fn leaf_cases() -> Vec<Value> {
    let good = leaves("foo")[5].to_string();
    let case = |name: &str, section: &str, text: &str, accepted: bool| json!({"name": name, "section": section, "kind": "leaf", "leaf": text, "accepted": accepted});
    let bundle = format!("{FOO}.sigstore.json");
    vec![
        case("an archive", "10.2", &good, true),
        case(
            "a bundle",
            "10.2",
            &good.replace("archive", "bundle").replace(FOO, &bundle),
            true,
        ),
        case("no line feed", "10.2", good.trim_end(), false),
        case(
            "two spaces",
            "10.2",
            &good.replace(" archive", "  archive"),
            false,
        ),
        case(
            "large digits",
            "10.2",
            &good.replacen("sha256:2c", "sha256:2C", 1),
            false,
        ),
        case(
            "a leading zero",
            "10.7",
            &good.replace(" 3 ", " 03 "),
            false,
        ),
        case(
            "an archive called a bundle",
            "10.2",
            &good.replace("archive", "bundle"),
            false,
        ),
        case(
            "a path that leads out",
            "10.2",
            &good.replace("TIMLEGGE/", "TIMLEGGE/../"),
            false,
        ),
        case("more words", "10.2", &good.replace('\n', " x\n"), false),
    ]
}

fn proof_cases() -> Vec<Value> {
    let proof = |leaves: &[Leaf], at: usize, note: &Note| {
        let (head, tiles) = tree(leaves);
        let tiles = Tiles(tiles);
        let mut nodes = TileNodes::new(&tiles, head.size);
        let hashes = prove_inclusion(&mut nodes, at as u64, head.size).unwrap();
        TlogProof {
            extra: Some(leaves[at].to_string().into_bytes()),
            index: at as u64,
            hashes,
            checkpoint: note.to_string(),
        }
    };
    let (honest, evil) = (leaves("foo"), leaves("evil"));
    let note = checkpoint(&honest, &log_key(1), &[]);
    let right = proof(&honest, 5, &note);
    let digest = Sha256Digest::of(b"foo").to_string();
    let case = |name: &str, section: &str, policy: String, proof: &TlogProof, result: &str| {
        json!({
            "name": name, "section": section, "kind": "proof", "policy": policy,
            "proof": proof.to_string(), "path": FOO, "digest": digest, "result": result,
        })
    };
    let none = || policy(&[]);
    let most = || policy(&[7, 8, 9]);
    let with = |note: Note| TlogProof {
        checkpoint: note.to_string(),
        ..right.clone()
    };
    let signed = |witnesses: &[(u8, u64)]| with(checkpoint(&honest, &log_key(1), witnesses));
    let moved = checkpoint(&evil, &log_key(1), &[(7, TIME)]);
    let mut copied = checkpoint(&honest, &log_key(1), &[(8, TIME)]);
    copied.add(moved.signatures()[1].clone());
    let unnamed = TlogProof {
        extra: None,
        ..right.clone()
    };
    let replaced = TlogProof {
        extra: Some(evil[5].to_string().into_bytes()),
        ..right.clone()
    };
    let longer = TlogProof {
        hashes: vec![NodeHash::of_empty_tree(); 63],
        ..right.clone()
    };
    vec![
        case("a logged archive", "10.5", none(), &right, "logged"),
        case(
            "other bytes are logged",
            "10.8",
            none(),
            &proof(&evil, 5, &checkpoint(&evil, &log_key(1), &[])),
            "mismatch",
        ),
        case(
            "a proof for another path",
            "10.5",
            none(),
            &proof(&honest, 4, &note),
            "invalid",
        ),
        case("no leaf", "10.5", none(), &unnamed, "invalid"),
        case("a replaced leaf", "10.5", none(), &replaced, "invalid"),
        case(
            "a proof of another tree",
            "10.5",
            none(),
            &proof(&evil, 5, &note),
            "invalid",
        ),
        case(
            "more hashes than the tree has levels",
            "10.5",
            none(),
            &longer,
            "invalid",
        ),
        case(
            "a checkpoint by another key",
            "10.4",
            none(),
            &with(checkpoint(&honest, &log_key(2), &[])),
            "invalid",
        ),
        case(
            "a quorum of witnesses",
            "10.4",
            most(),
            &signed(&[(7, TIME), (9, TIME)]),
            "logged",
        ),
        case(
            "one witness of two",
            "10.4",
            most(),
            &signed(&[(7, TIME)]),
            "invalid",
        ),
        case(
            "an unknown witness",
            "10.4",
            most(),
            &signed(&[(7, TIME), (6, TIME)]),
            "invalid",
        ),
        case(
            "a cosignature of another tree",
            "10.4",
            most(),
            &with(copied),
            "invalid",
        ),
        case(
            "a leaf that is later than a cosignature",
            "10.3",
            most(),
            &signed(&[(7, TIME), (8, TIME - 1)]),
            "invalid",
        ),
    ]
}

fn history_cases() -> Vec<Value> {
    let (honest, evil) = (leaves("foo"), leaves("evil"));
    let head = |head: &TreeHead| json!({"size": head.size, "root": head.root.to_string()});
    let case = |name: &str,
                known: &TreeHead,
                found: &TreeHead,
                tiles: &HashMap<_, Vec<u8>>,
                result: &str| {
        let mut files: Vec<_> = tiles
            .iter()
            .map(|(path, bytes): (&TilePath, _)| (path.to_string(), hex::encode(bytes)))
            .collect();
        files.sort();
        json!({
            "name": name, "section": "10.6", "kind": "history", "known": head(known),
            "found": head(found), "tiles": files.into_iter().collect::<HashMap<_, _>>(), "result": result,
        })
    };
    let (new, tiles) = tree(&honest);
    let (forked, other) = tree(&evil);
    let (same, older, complete) = (new, tree(&honest[..6]).0, tree(&honest[..4]).0);
    let mut lying = tiles.clone();
    lying.values_mut().for_each(|tile| tile[5] ^= 1);
    vec![
        case("the same tree", &new, &same, &HashMap::new(), "same"),
        case("two roots of one size", &new, &forked, &tiles, "fork"),
        case(
            "a tree that continues the known one",
            &older,
            &new,
            &tiles,
            "newer",
        ),
        case(
            "one that continues a complete tree",
            &complete,
            &new,
            &tiles,
            "newer",
        ),
        case("an older tree", &new, &older, &tiles, "older"),
        case(
            "a larger tree of another history",
            &older,
            &forked,
            &other,
            "fork",
        ),
        case(
            "a smaller tree of another history",
            &forked,
            &older,
            &other,
            "fork",
        ),
        case("tiles of another tree", &older, &new, &other, "unproven"),
        case("tiles that lie", &older, &new, &lying, "unproven"),
    ]
}

fn newest_cases() -> Vec<Value> {
    const DAY: u64 = 86_400;
    let record = "authors/id/T/TI/TIMLEGGE/TIMLEGGE-sigstore-identities-2.json";
    let digest = |content: &str| Sha256Digest::of(content.as_bytes()).to_string();
    let case = |name: &str, path: &str, used: &[&str], signed: Option<u64>, days, result: &str| {
        let logged = Sha256Digest::of(b"newest");
        let leaf = Leaf::new(path.parse().unwrap(), logged, 6, TIME).unwrap();
        let used: Vec<_> = used.iter().map(|content| digest(content)).collect();
        json!({
            "name": name, "section": "10.11", "kind": "newest", "leaf": leaf.to_string(), "used": used,
            "signed": signed, "limit": 2 * DAY, "now": TIME + days * DAY, "result": result,
        })
    };
    let index = "-/index.json";
    vec![
        case("the newest record", record, &["newest"], None, 9, "current"),
        case("a withheld record", record, &[], None, 2, "withheld"),
        case("another record", record, &["other"], None, 2, "withheld"),
        case(
            "a CPAN that is behind its log",
            record,
            &[],
            None,
            1,
            "current",
        ),
        case(
            "the newest author index",
            index,
            &["newest"],
            Some(TIME - 9),
            9,
            "current",
        ),
        case(
            "an older author index",
            index,
            &["older"],
            Some(TIME - 9),
            2,
            "withheld",
        ),
        case(
            "an author index that is not logged yet",
            index,
            &["newer"],
            Some(TIME),
            2,
            "current",
        ),
    ]
}

/// The relation of two trees, by 10.6.
fn relation(known: &TreeHead, found: &TreeHead, tiles: &Tiles) -> &'static str {
    let is_newer = known.size <= found.size;
    let (old, new) = if is_newer {
        (known, found)
    } else {
        (found, known)
    };
    let mut nodes = TileNodes::new(tiles, new.size);
    match examine(&mut nodes, old, new).unwrap() {
        Continuation::Contradicted => "fork",
        Continuation::Unproven => "unproven",
        Continuation::Proven if known == found => "same",
        Continuation::Proven if is_newer => "newer",
        Continuation::Proven => "older",
    }
}

fn head_of(value: &Value) -> TreeHead {
    TreeHead {
        size: value["size"].as_u64().unwrap(),
        root: NodeHash::from_base64(value["root"].as_str().unwrap()).unwrap(),
    }
}

fn judged(case: &Value) -> Value {
    let text = |key: &str| case[key].as_str().unwrap();
    match text("kind") {
        "leaf" => Value::from(Leaf::parse(text("leaf").as_bytes()).is_ok()),
        "proof" => {
            let policy: LogPolicy = text("policy").parse().unwrap();
            let proof = TlogProof::parse(text("proof").as_bytes());
            let (path, digest) = (text("path"), text("digest").parse().unwrap());
            let logged = proof.and_then(|proof| proof.verify(&policy)).ok();
            Value::from(
                match logged.filter(|it| it.leaf().path().as_str() == path) {
                    Some(logged) if logged.leaf().digest() == digest => "logged",
                    Some(_) => "mismatch",
                    None => "invalid",
                },
            )
        }
        "newest" => {
            let number = |key: &str| case[key].as_u64();
            let digests = case["used"].as_array().unwrap().iter();
            let used = UsedVersions {
                digests: digests
                    .map(|it| it.as_str().unwrap().parse().unwrap())
                    .collect(),
                signed: number("signed"),
            };
            let leaf = Leaf::parse(text("leaf").as_bytes()).unwrap();
            let (limit, now) = (number("limit").unwrap(), number("now").unwrap());
            Value::from(match used.is_withheld(&leaf, limit, now) {
                true => "withheld",
                false => "current",
            })
        }
        _ => {
            let tiles = case["tiles"].as_object().unwrap().iter();
            let tiles = tiles.map(|(path, bytes)| {
                let bytes = hex::decode(bytes.as_str().unwrap()).unwrap();
                (path.parse().unwrap(), bytes)
            });
            let tiles = Tiles(tiles.collect());
            Value::from(relation(
                &head_of(&case["known"]),
                &head_of(&case["found"]),
                &tiles,
            ))
        }
    }
}

#[test]
fn passes_test_vectors_of_the_log() {
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let all = [leaf_cases(), proof_cases(), history_cases(), newest_cases()].concat();
        let text = serde_json::to_string_pretty(&all).unwrap();
        fs::write(file(), text + "\n").unwrap();
    }
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(file()).unwrap()).unwrap();
    assert!(cases.len() >= 30, "{}", cases.len());
    for case in &cases {
        let expected = case.get("accepted").or_else(|| case.get("result")).unwrap();
        assert_eq!(&judged(case), expected, "{}", case["name"]);
    }
}
