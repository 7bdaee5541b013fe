//! The module for PAUSE with this program. `small-paused` publishes files as the page for its administrators states.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use cpan_sigstore_core::policy::Policy;
use cpan_sigstore_gate::{Gate, TrustStore};
use cpan_sigstore_records::record::{AuthorRecord, Releases};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{RECORD, publish, required, tree};
use crate::{
    fixtures::author::{BUNDLE, HOME, distribution},
    harness::{FILE, Ran, World},
};

const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contrib/pause");
/// An author without a record.
const OTHER: &str = "O/OT/OTHER/Foo-Bar-1.02.tar.gz";

/// A PAUSE whose daemon has the module.
struct Paused<'a> {
    world: &'a World,
    settings: Value,
}

impl<'a> Paused<'a> {
    fn new(world: &'a World) -> Self {
        let settings = json!({
            "program": env!("CARGO_BIN_EXE_cpan-sigstore"),
            "tree": tree(world),
            "state": world.path("state"),
            "options": ["--first-record-wait", "0"],
        });
        fs::create_dir_all(tree(world).join("authors/id")).unwrap();
        Self { world, settings }
    }

    fn with(&self, key: &str, value: impl Into<Value>) -> Self {
        let mut settings = self.settings.clone();
        settings[key] = value.into();
        Self {
            world: self.world,
            settings,
        }
    }

    /// The daemon with one more option for the program.
    fn with_option(&self, name: &str, value: &Path) -> Self {
        let value = value.to_str().unwrap();
        self.with("options", vec!["--first-record-wait", "0", name, value])
    }

    fn perl(&self) -> Command {
        let mut command = Command::new("perl");
        command.env_clear();
        for (name, value) in self.world.command(&[]).get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command
            .current_dir(self.world.folder.path())
            .arg(format!("-I{MODULE}/lib"))
            .arg(format!("{MODULE}/t/lib/small-paused"))
            .arg(self.settings.to_string())
            .stdin(Stdio::null());
        command
    }

    /// One pass: what the daemon makes of each file.
    #[track_caller]
    fn pass(&self, files: &[(&str, &str)]) -> Vec<Value> {
        let mut command = self.perl();
        for (path, file) in files {
            command.args([path, file]);
        }
        let ran = Ran::of(command.output().unwrap()).exits(0);
        assert_eq!(ran.stderr, "");
        let lines = ran.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// What the daemon makes of one of the author's files.
    #[track_caller]
    fn upload(&self, name: &str, file: &str) -> Value {
        self.pass(&[(&format!("{HOME}/{name}"), file)]).remove(0)
    }

    fn published(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(tree(self.world).join("authors/id").join(HOME).join(name)).ok()
    }
}

/// The gate saw an archive without its bundle this long ago.
fn saw_without_bundle(world: &World, ago: SignedDuration) {
    let place = world.path("data/trust-store.sqlite");
    let path = format!("authors/id/{HOME}/{FILE}").parse().unwrap();
    let then = Timestamp::now() - ago;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let waits = runtime.block_on(async {
        let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        let gate = Gate::without_trust("none", Policy::default(), store);
        gate.awaits_bundle(&path, Some(then), then).await
    });
    assert!(waits.unwrap().is_some());
}

fn text<'a>(result: &'a Value, key: &str) -> &'a str {
    result[key].as_str().unwrap_or_default()
}

/// The state of a file as the web shows it, and the mail.
fn snapshot(name: &str, result: &Value) {
    let stdout = format!("{}\n\n{}", text(result, "subject"), text(result, "mail"));
    let ran = Ran {
        code: Some(0),
        stdout,
        stderr: String::new(),
    };
    ran.snapshot(&format!("gate/{name}"));
}

#[test]
fn module_for_pause_publishes_a_signed_release() {
    let world = required();
    world.sign(&[FILE]).exits(0);
    let paused = Paused::new(&world);
    let (archive, bundle) = (format!("{HOME}/{FILE}"), format!("{HOME}/{BUNDLE}"));
    let results = paused.pass(&[(&bundle, BUNDLE), (&archive, FILE)]);
    for (name, result) in [BUNDLE, FILE].into_iter().zip(&results) {
        assert_eq!(result["decision"], "publish", "{result}");
        let bytes = fs::read(world.path(name)).unwrap();
        assert_eq!(paused.published(name), Some(bytes), "{name}");
    }
    let last = results.last().unwrap();
    assert_eq!(last["reason"], "signed");
    let signer = format!("author@example.org ({})", world.issuer());
    assert_eq!(last["state"]["signer"], signer);
    assert!(text(last, "log").starts_with("sigstore: publish "));
    snapshot("module-published", last);
}

#[test]
fn module_for_pause_refuses_an_unsigned_release_with_a_mail() {
    let world = required();
    let paused = Paused::new(&world);
    let waits = paused.upload(FILE, FILE);
    assert_eq!(waits["decision"], "wait", "{waits}");
    assert_eq!(waits["reason"], "awaits-bundle");
    snapshot("module-waits", &waits);
    // Another PAUSE, whose bundle is overdue.
    let world = required();
    saw_without_bundle(&world, SignedDuration::from_mins(16));
    let paused = Paused::new(&world);
    let refused = paused.upload(FILE, FILE);
    assert_eq!(refused["decision"], "refuse", "{refused}");
    assert_eq!(paused.published(FILE), None);
    assert_eq!(refused["state"], Value::Null);
    snapshot("module-refused", &refused);
}

#[test]
fn module_for_pause_keeps_bundle_and_record_from_worse_ones() {
    let world = required();
    world.sign(&[FILE]).exits(0);
    let paused = Paused::new(&world);
    assert_eq!(paused.upload(BUNDLE, BUNDLE)["decision"], "publish");
    assert_eq!(paused.upload(FILE, FILE)["decision"], "publish");
    let theirs = ["--bundle", "theirs.json", FILE];
    world.sign_as("stranger", &theirs).exits(0);
    world.write("none.json", b"{}");
    let own = fs::read(world.bundle()).unwrap();
    for worse in ["theirs.json", "none.json"] {
        let result = paused.upload(BUNDLE, worse);
        assert_eq!(result["decision"], "refuse", "{result}");
        assert_eq!(paused.published(BUNDLE).unwrap(), own);
        // The state is still that of the bytes that are published.
        assert_eq!(result["state"]["reason"], "awaits-archive");
    }
    let record = paused.published(RECORD).unwrap();
    let record_bundle = format!("{RECORD}.sigstore.json");
    let before = paused.published(&record_bundle).unwrap();
    // The author's own first record, with other content.
    let own = AuthorRecord::parse(&record).unwrap();
    let author = own.author().clone();
    let identities = own.identities().to_vec();
    let rival = AuthorRecord::first(author, identities, Releases::Mixed).unwrap();
    world.write("rival.json", rival.json());
    world
        .sign(&["--bundle", "rival.sigstore.json", "rival.json"])
        .exits(0);
    for (name, worse) in [
        (RECORD, "none.json"),
        (RECORD, "rival.json"),
        (&record_bundle, "none.json"),
        (&record_bundle, "rival.sigstore.json"),
    ] {
        let result = paused.upload(name, worse);
        assert_eq!(result["decision"], "refuse", "{name} {worse} {result}");
    }
    assert_eq!(paused.published(RECORD).unwrap(), record);
    assert_eq!(paused.published(&record_bundle).unwrap(), before);
}

#[test]
fn module_for_pause_ends_a_gate_that_hangs() {
    let world = required();
    world.sign(&[FILE]).exits(0);
    publish(&world, BUNDLE, fs::read(world.bundle()).unwrap());
    // Opening a pipe waits for its writer.
    let pipe = world.path("policy.toml");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let paused = Paused::new(&world).with_option("--policy", &pipe);
    // The module ends the program before the program itself does.
    let results = paused
        .with("timeout", 0.5)
        .pass(&[(&format!("{HOME}/{FILE}"), FILE), (OTHER, FILE)]);
    let decisions = results.iter().map(|result| text(result, "decision"));
    assert_eq!(decisions.collect::<Vec<_>>(), ["wait", "publish"]);
    for result in &results {
        assert!(
            text(result, "log").ends_with("no answer in time"),
            "{result}"
        );
    }
    snapshot("module-without-answer", &results[0]);
    assert_eq!(paused.published(FILE), None);
    assert!(
        paused
            .published("../../../O/OT/OTHER/Foo-Bar-1.02.tar.gz")
            .is_some()
    );
    // The program ends before the module does, and states why.
    let result = paused.with("timeout", 2).upload(FILE, FILE);
    let log = text(&result, "log");
    assert!(log.contains("not ready after 1 second"), "{log}");
}

#[test]
fn module_for_pause_switches_a_failing_gate_off_and_on() {
    let world = required();
    world.sign(&[FILE]).exits(0);
    publish(&world, BUNDLE, fs::read(world.bundle()).unwrap());
    let paused = Paused::new(&world);
    let broken = paused.with_option("--policy", Path::new("/nowhere/policy.toml"));
    let archive = format!("{HOME}/{FILE}");
    let authors = ["A/AN/ANDREA", "C/CA/CARLA", "O/OT/OTHER"].map(|home| format!("{home}/{FILE}"));
    let mut files: Vec<_> = authors.iter().map(|path| (path.as_str(), FILE)).collect();
    files.push((&archive, FILE));
    let results = broken.with("now", 1000).pass(&files);
    let (last, others) = results.split_last().unwrap();
    assert!(others.iter().all(|result| result["decision"] == "publish"));
    let alarm = text(&others[2], "alarm");
    assert!(alarm.contains("3 authors in a row and is off for an hour"));
    assert!(alarm.contains("/nowhere/policy.toml"), "{alarm}");
    assert_eq!(last["decision"], "wait");
    assert!(text(last, "log").ends_with("the gate is switched off"));
    // A mended program is not run before the hour is over.
    let waits = paused.with("now", 4599).upload(FILE, FILE);
    assert_eq!(waits["decision"], "wait", "{waits}");
    let back = paused.with("now", 4600).upload(FILE, FILE);
    assert_eq!(back["decision"], "publish", "{back}");
    assert_eq!(back["alarm"], "The gate for signatures answers again.\n");
}

#[test]
fn module_for_pause_decides_in_any_environment() {
    let world = required();
    world.sign(&[FILE]).exits(0);
    publish(&world, BUNDLE, fs::read(world.bundle()).unwrap());
    let paused = Paused::new(&world);
    world.write(FILE, &distribution("Foo-Bar", "1.03"));
    // What the daemon inherited decides nothing: neither a language, nor a proxy, nor other trust material.
    for (name, value) in [
        ("LC_ALL", "tr_TR.UTF-8"),
        ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ("CPAN_SIGSTORE_CPAN", "http://127.0.0.1:1/"),
        ("SIGSTORE_ID_TOKEN", "secret"),
        ("RUST_BACKTRACE", "full"),
        ("RUST_LOG", "trace"),
        ("TMPDIR", "/nowhere"),
        ("PERLIO", ":utf8"),
        ("PERL_UNICODE", "SDA"),
    ] {
        let mut command = paused.perl();
        command
            .args([&format!("{HOME}/{FILE}"), FILE])
            .env(name, value);
        let ran = Ran::of(command.output().unwrap()).exits(0);
        assert_eq!(ran.json()["decision"], "refuse", "{name} {ran:#?}");
    }
}
