//! `verify --stdio`: one process, many requests.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{ChildStdin, ChildStdout, Stdio},
};

use serde_json::{Value, json};

use super::stdio_schema::{Kind, is_valid};
use crate::{
    fixtures::author::distribution,
    fixtures::shop::{FILE, NEXT, RELEASE},
    harness::{AUTHOR, Beside, World, sha256},
};

/// A key twice, which no schema sees.
const IS_ABOUT_TEXT: &[&str] =
    &[r#""id":7,"ask":"release","release":"MYAUTHOR/Foo-Bar-1.02.tar.gz","id":8"#];

/// A verifier that runs.
struct Verifier {
    child: Beside,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Verifier {
    fn start(world: &World, args: &[&str]) -> Self {
        let mut command = world.command(&[&["verify", "--stdio"], args].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child: Beside(child),
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// The next answer; `None` at the end.
    fn answer(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let answer = (!line.is_empty()).then(|| serde_json::from_str(&line).unwrap());
        assert!(answer.iter().all(|it| is_valid(it, Kind::Answer)), "{line}");
        answer
    }

    fn line(&mut self, line: &str) -> Value {
        self.write(format!("{line}\n").as_bytes());
        let answer = self.answer().unwrap();
        // The schema accepts the requests that the verifier reads, but for rules about their text.
        if let Ok(request) = serde_json::from_str(line) {
            let code = answer["error"]["code"].as_str().unwrap_or_default();
            let is_read =
                matches!(code, "" | "failed") || IS_ABOUT_TEXT.iter().any(|it| line.contains(it));
            assert_eq!(
                is_valid(&request, Kind::Request),
                is_read,
                "{line}: {answer}"
            );
        }
        answer
    }

    /// Asks about a release.
    fn ask(&mut self, release: &str, more: Value) -> Value {
        let mut request = json!({ "verifier": 1, "id": 7, "ask": "release", "release": release });
        for (key, value) in more.as_object().unwrap() {
            request[key] = value.clone();
        }
        let answer = self.line(&request.to_string());
        assert_eq!((&answer["verifier"], &answer["id"]), (&json!(1), &json!(7)));
        answer
    }

    /// Closes the input, and returns the exit code.
    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        assert_eq!(self.answer(), None);
        self.child.0.wait().unwrap().code()
    }
}

fn path(world: &World, name: &str) -> String {
    world.path(name).to_str().unwrap().to_owned()
}

#[test]
fn answers_many_requests_with_one_process() {
    let shop = World::new();
    shop.publish_release("1.02");
    shop.publish("Other-1.tar.gz", &distribution("Other", "1"));
    let mut verifier = Verifier::start(&shop, &[]);
    let program = verifier.line(r#"{"verifier":1,"id":0,"ask":"program"}"#);
    assert_eq!(program["program"]["name"], "cpan-sigstore");
    assert_eq!(program["versions"], json!([1]));
    let first = verifier.ask(RELEASE, json!({}));
    assert_eq!(first["finding"], "identity-unknown");
    let second = verifier.ask(RELEASE, json!({ "packages": ["Foo::Bar"] }));
    assert_eq!(second["finding"], "trusted");
    assert_eq!(second["decision"], "allow");
    assert_eq!(second["exit"], 0);
    assert_eq!(second["author"], "MYAUTHOR");
    assert_eq!(second["release"], format!("authors/id/M/MY/{RELEASE}"));
    assert_eq!(second["signer"]["subject"]["name"], AUTHOR);
    assert_eq!(second["binding"], "first-seen");
    assert_eq!(second["copied"], false);
    // The package index leads to it, although the request names no package.
    assert_eq!(second["owner"], "first-seen");
    // Written at once, answered in order.
    let ask = |id, name| {
        let request = json!({ "verifier": 1, "id": id, "ask": "release", "release": name });
        format!("{request}\n")
    };
    verifier.write(
        [
            ask(1, "MYAUTHOR/None-1.zip"),
            ask(2, "MYAUTHOR/Other-1.tar.gz"),
        ]
        .concat()
        .as_bytes(),
    );
    let absent = verifier.answer().unwrap();
    assert_eq!((&absent["id"], &absent["exit"]), (&json!(1), &json!(1)));
    assert_eq!(absent["error"]["code"], "failed");
    let other = verifier.answer().unwrap();
    assert_eq!(
        (&other["id"], &other["finding"]),
        (&json!(2), &json!("downgrade"))
    );
    assert_eq!(other["decision"], "deny");
    assert!(
        other["hint"].is_string() && other["page"].is_string(),
        "{other}"
    );
    assert_eq!(verifier.end(), Some(0));
}

#[test]
fn remembers_nothing_if_the_request_says_so() {
    let shop = World::new();
    shop.publish_release("1.02");
    let mut verifier = Verifier::start(&shop, &[]);
    for _ in 0..2 {
        let found = verifier.ask(RELEASE, json!({ "remember": false }));
        assert_eq!(found["finding"], "identity-unknown");
    }
    assert_eq!(verifier.end(), Some(0));
    // The date of the package index that was read, and nothing of the release.
    let listed = shop.run(&["trust", "list"]).exits(0).stdout;
    assert!(
        listed.starts_with("index ") && listed.lines().count() == 1,
        "{listed}"
    );
}

#[test]
fn uses_a_policy_that_changes_while_it_runs() {
    let shop = World::new();
    shop.publish_release("1.02");
    let policy = shop.policy(&shop.pins("other@example.org"));
    let mut verifier = Verifier::start(&shop, &policy);
    assert_eq!(
        verifier.ask(RELEASE, json!({}))["finding"],
        "identity-mismatch"
    );
    shop.policy("not TOML");
    let error = verifier.ask(RELEASE, json!({}));
    assert_eq!(
        (&error["error"]["code"], &error["exit"]),
        (&json!("failed"), &json!(2))
    );
    shop.policy(&shop.pins(AUTHOR));
    assert_eq!(verifier.ask(RELEASE, json!({}))["finding"], "trusted");
}

#[test]
fn judges_the_bytes_of_the_file_that_is_installed() {
    let shop = World::new();
    shop.publish_release("1.02");
    let genuine = distribution("Foo-Bar", "1.02");
    shop.write(FILE, &distribution("Foo-Bar", "1.02-other"));
    let mut verifier = Verifier::start(&shop, &[]);
    let file = path(&shop, FILE);
    let found = verifier.ask(RELEASE, json!({ "archive": file }));
    assert_eq!(found["finding"], "signature-invalid");
    assert_eq!(found["cause"], "artifact-mismatch");
    assert_ne!(
        found["digest"],
        format!("sha256:{}", hex::encode(sha256(&genuine)))
    );
    shop.write(FILE, &genuine);
    let found = verifier.ask(RELEASE, json!({ "archive": file }));
    assert_eq!(found["finding"], "identity-unknown");
    assert_eq!(
        found["digest"],
        format!("sha256:{}", hex::encode(sha256(&genuine)))
    );
}

#[test]
fn writes_a_copy_of_admitted_bytes_only() {
    let shop = World::new();
    shop.publish_release("1.02");
    let genuine = distribution("Foo-Bar", "1.02");
    shop.write(FILE, &distribution("Foo-Bar", "1.02-other"));
    let (file, copy) = (path(&shop, FILE), path(&shop, "copy.tar.gz"));
    let mut verifier = Verifier::start(&shop, &[]);
    let denied = verifier.ask(RELEASE, json!({ "archive": file, "copy": copy }));
    assert_eq!(
        (&denied["decision"], &denied["copied"]),
        (&json!("deny"), &json!(false))
    );
    assert!(!shop.path("copy.tar.gz").exists());
    shop.write(FILE, &genuine);
    let admitted = verifier.ask(RELEASE, json!({ "archive": file, "copy": copy }));
    assert_eq!(admitted["copied"], true);
    // The file may change now: the client unpacks the copy.
    shop.write(FILE, b"exchanged after the verdict");
    assert_eq!(fs::read(shop.path("copy.tar.gz")).unwrap(), genuine);
    // A file that is there, even a link to nowhere, is never replaced.
    let again = verifier.ask(RELEASE, json!({ "copy": copy }));
    assert_eq!(again["error"]["code"], "failed");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(shop.path("elsewhere"), shop.path("link")).unwrap();
        let linked = verifier.ask(RELEASE, json!({ "copy": path(&shop, "link") }));
        assert_eq!(linked["error"]["code"], "failed");
        assert!(!shop.path("elsewhere").exists());
    }
}

#[test]
fn takes_a_bundle_from_the_client() {
    let shop = World::new();
    let bytes = distribution("Foo-Bar", "1.02");
    shop.publish(FILE, &bytes);
    shop.write(FILE, &bytes);
    let bundle = shop.sign_bytes("author", &bytes);
    shop.write("elsewhere.json", &bundle);
    let mut verifier = Verifier::start(&shop, &[]);
    let with = |name: &str| json!({ "archive": path(&shop, FILE), "bundle": path(&shop, name) });
    assert_eq!(
        verifier.ask(RELEASE, with("elsewhere.json"))["finding"],
        "identity-unknown"
    );
    // A bundle that is named and missing is no unsigned release.
    for name in ["none.json", "."] {
        let error = verifier.ask(RELEASE, with(name));
        assert_eq!(error["error"]["code"], "failed", "{error}");
    }
}

#[test]
fn reads_paths_with_line_breaks_and_other_escapes() {
    let shop = World::new();
    shop.publish_release("1.02");
    let name = "a\nb \u{1b}[31m\u{e4}\u{202e}.tar.gz";
    shop.write(name, &distribution("Foo-Bar", "1.02"));
    let mut verifier = Verifier::start(&shop, &[]);
    let found = verifier.ask(RELEASE, json!({ "archive": path(&shop, name) }));
    assert_eq!(found["finding"], "identity-unknown");
    let escaped = format!(
        r#"{{"verifier":1,"id":7,"ask":"release","release":"{RELEASE}","archive":"{}/a\nb \u001b[31m\u00e4\u202e.tar.gz"}}"#,
        shop.folder.path().display()
    );
    assert_eq!(verifier.line(&escaped)["finding"], "trusted");
    for name in ["none\n", "nul\0"] {
        let error = verifier.ask(RELEASE, json!({ "archive": path(&shop, name) }));
        assert_eq!(error["error"]["code"], "failed");
    }
}

#[test]
fn answers_each_hostile_line_with_one_error() {
    let shop = World::new();
    shop.publish_release("1.02");
    let mut verifier = Verifier::start(&shop, &[]);
    let release = format!(r#""ask":"release","release":"{RELEASE}""#);
    let with = |more: &str| format!(r#"{{"verifier":1,"id":7,{release}{more}}}"#);
    let mut messages = String::new();
    let huge = format!(r#"{{"verifier":1,"id":7,"x":"{}"}}"#, "x".repeat(200_000));
    for (line, id, code) in [
        (String::new(), Value::Null, "invalid-request"),
        ("{".to_owned(), Value::Null, "invalid-request"),
        ("[]".to_owned(), Value::Null, "invalid-request"),
        ("[".repeat(60_000), Value::Null, "invalid-request"),
        ("\0".to_owned(), Value::Null, "invalid-request"),
        (format!("{} {{}}", with("")), Value::Null, "invalid-request"),
        (with(r#","id":8"#), Value::Null, "invalid-request"),
        (huge, Value::Null, "line-too-long"),
        (r#"{"id":7}"#.to_owned(), json!(7), "unsupported-version"),
        (
            r#"{"verifier":2,"id":7,"new":1}"#.to_owned(),
            json!(7),
            "unsupported-version",
        ),
        (
            r#"{"verifier":"1","id":7}"#.to_owned(),
            json!(7),
            "unsupported-version",
        ),
        (
            r#"{"verifier":1}"#.to_owned(),
            Value::Null,
            "invalid-request",
        ),
        (
            r#"{"verifier":1,"id":-1,"ask":"program"}"#.to_owned(),
            Value::Null,
            "invalid-request",
        ),
        (
            r#"{"verifier":1,"id":9007199254740992,"ask":"program"}"#.to_owned(),
            Value::Null,
            "invalid-request",
        ),
        (
            r#"{"verifier":1,"id":7,"ask":"shell"}"#.to_owned(),
            json!(7),
            "invalid-request",
        ),
        (
            r#"{"verifier":1,"id":7,"ask":"program","remember":true}"#.to_owned(),
            json!(7),
            "invalid-request",
        ),
        (
            r#"{"verifier":1,"id":7,"ask":"release"}"#.to_owned(),
            json!(7),
            "invalid-request",
        ),
        (with(r#","unknown":1"#), json!(7), "invalid-request"),
        (with(r#","bundle":null"#), json!(7), "invalid-request"),
        (
            with(r#","archive":"relative.tar.gz""#),
            json!(7),
            "invalid-request",
        ),
        (with(r#","archive":7"#), json!(7), "invalid-request"),
        (
            with(r#","packages":["Foo::Bar","../x"]"#),
            json!(7),
            "invalid-request",
        ),
        (
            with(r#","packages":"Foo::Bar""#),
            json!(7),
            "invalid-request",
        ),
        (with(r#","archive":"/dev/zero""#), json!(7), "failed"),
        (
            with("").replace("MYAUTHOR", "MYAUTHOR/.."),
            json!(7),
            "invalid-request",
        ),
        (
            with("").replace("MYAUTHOR", "https://cpan.example/authors/id/M/MY/MYAUTHOR"),
            json!(7),
            "invalid-request",
        ),
    ] {
        let answer = verifier.line(&line);
        let shown: String = line.chars().take(100).collect();
        assert_eq!(answer["id"], id, "{shown}: {answer}");
        assert_eq!(answer["error"]["code"], code, "{shown}: {answer}");
        assert!(answer.get("finding").is_none() && answer.get("decision").is_none());
        assert_ne!(answer["exit"], 0, "{shown}");
        messages.push_str(answer["error"]["message"].as_str().unwrap());
        messages.push('\n');
        let versions = (code == "unsupported-version").then_some(json!([1]));
        assert_eq!(answer["error"].get("versions"), versions.as_ref());
    }
    crate::snapshot::assert("verify/answers_each_hostile_line_with_one_error", &messages);
    verifier.write(b"\xff\xfe\n");
    assert_eq!(
        verifier.answer().unwrap()["error"]["code"],
        "invalid-request"
    );
    // None of them ended or confused it.
    assert_eq!(
        verifier.ask(RELEASE, json!({}))["finding"],
        "identity-unknown"
    );
    assert_eq!(verifier.end(), Some(0));
}

#[test]
fn answers_half_a_line_with_an_error() {
    let shop = World::new();
    let mut verifier = Verifier::start(&shop, &[]);
    verifier.write(br#"{"verifier":1,"id":0,"ask":"program"}"#);
    drop(verifier.input.take());
    let error = verifier.answer().unwrap();
    assert_eq!(error["error"]["code"], "invalid-request");
    let message = error["error"]["message"].as_str().unwrap();
    crate::snapshot::assert("verify/answers_half_a_line_with_an_error", message);
    assert_eq!(verifier.end(), Some(0));
}

#[test]
fn ends_when_nobody_reads_its_answers() {
    let shop = World::new();
    let mut command = shop.command(&["verify", "--stdio"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    let request: &[u8] = br#"{"verifier":1,"id":0,"ask":"program"}"#;
    // It may have ended after the first line.
    let _ = input.write_all(&[request, b"\n", request, b"\n"].concat());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn rejects_other_questions_beside_stdio() {
    let shop = World::new();
    for args in [
        &[RELEASE][..],
        &["--json"],
        &["--author", "MYAUTHOR"],
        &["--bundle", "x"],
        &["--key", "x"],
        &[
            "--certificate-identity",
            "x",
            "--certificate-oidc-issuer",
            "https://x",
        ],
    ] {
        shop.verify(&[&["--stdio"], args].concat()).exits(2);
    }
    let ran = shop.verify(&[
        "--stdio",
        "--certificate-identity",
        "x",
        "--certificate-oidc-issuer",
        "https://x",
    ]);
    assert!(ran.stderr.contains("policy.toml"), "{ran:#?}");
}

#[test]
fn denies_release_whose_signature_was_stripped() {
    let shop = World::new();
    shop.publish_release("1.02");
    let mut verifier = Verifier::start(&shop, &[]);
    verifier.ask(RELEASE, json!({}));
    shop.publish(NEXT, &distribution("Foo-Bar", "1.03"));
    let next = format!("MYAUTHOR/{NEXT}");
    shop.write(NEXT, &distribution("Foo-Bar", "1.03"));
    for more in [json!({}), json!({ "archive": path(&shop, NEXT) })] {
        let found = verifier.ask(&next, more);
        assert!(
            ["downgrade", "unavailable"].contains(&found["finding"].as_str().unwrap()),
            "{found}"
        );
        assert_ne!(found["exit"], 0);
    }
}
