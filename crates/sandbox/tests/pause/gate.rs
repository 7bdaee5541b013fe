//! The gate before the daemon publishes, with programs that fail.

use std::{fs, process::Command, time::Duration};

use cpan_sigstore_sandbox::pause::{
    DaemonStep::{Failed, GivenUp, Published},
    GateProgram, MOST_TRIES,
};
use tempfile::TempDir;

use crate::harness::{ARCHIVE, AUTHOR, BUNDLE, HOME, Uploader, distribution};

const RECORD: &str = "MYAUTHOR-sigstore-identities-1.json";
/// The answer of a gate that knows nothing but its arguments: $2 is the kind, $4 the path, $6 the file.
const HONEST: &str = r#"say() { printf '{"version":1,"kind":"%s","path":"%s","digest":"sha256:%s","decision":"%s","exit":%s,"required":%s,"text":"%s","mail":"%s"}\n' "$kind" "$path" "$digest" "$1" "$2" "$3" "a text" "a mail"; exit "${4-$2}"; }
shift; kind=$2; path=$4; digest=$(sha256sum "$6" | cut -d ' ' -f 1)
"#;

/// An author whose uploads wait for the daemon, and a folder for gates.
struct Gated {
    uploader: Uploader,
    folder: TempDir,
}

impl Gated {
    fn new() -> Self {
        let uploader = Uploader::new();
        uploader.sandbox.pause.hold();
        Self {
            uploader,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Publishes a record that requires signatures, or one that does not.
    fn record(&self, releases: &str) {
        let text = format!(r#"{{"author":"MYAUTHOR","releases":"{releases}","version":1}}"#);
        self.uploader.sandbox.pause.publish(AUTHOR, RECORD, text);
    }

    /// Sets the gate to a script.
    fn gate(&self, script: &str) {
        let program = self.folder.path().join("gate");
        let text = format!("#!/bin/sh\n{HONEST}{script}\n");
        // Another process writes it: a file that this one has open for writing cannot be run.
        let wrote = Command::new("sh")
            .args([
                "-c",
                r#"printf %s "$1" > "$2.new" && chmod +x "$2.new" && mv "$2.new" "$2""#,
            ])
            .arg("sh")
            .arg(text)
            .arg(&program)
            .status();
        assert!(wrote.unwrap().success());
        self.uploader.sandbox.pause.set_gate(Some(GateProgram {
            program,
            options: Vec::new(),
            environment: vec![("PATH".to_owned(), std::env::var("PATH").unwrap())],
            timeout: Duration::from_millis(1500),
        }));
    }

    fn published(&self, name: &str) -> Option<Vec<u8>> {
        self.uploader.sandbox.pause.file(&format!("{HOME}/{name}"))
    }
}

/// Gates without an answer, by name.
const FAILURES: &[(&str, &str)] = &[
    ("fails", "exit 1"),
    ("is silent", "exit 0"),
    ("crashes", "kill -SEGV $$"),
    ("hangs", "exec sleep 60"),
    ("leaves a child", "sleep 60 & say accept 0 false"),
    ("floods", "exec yes"),
    ("accepts with code 3", "say accept 0 true 3"),
    ("rejects with code 0", "say reject 13 true 0"),
    (
        "names another file",
        "path=M/MY/MYAUTHOR/Other-1.0.tar.gz; say accept 0 true",
    ),
    ("names other bytes", "digest=0; say accept 0 true"),
    ("answers twice", "(say accept 0 false); say accept 0 false"),
    ("accepts without a bundle", "say accept 0 true"),
];

#[tokio::test]
async fn no_failing_gate_publishes_what_its_author_requires_signed() {
    for (name, script) in FAILURES {
        let gated = Gated::new();
        gated.record("signed");
        gated.gate(script);
        gated.uploader.upload_archive().await;
        let pause = &gated.uploader.sandbox.pause;
        assert!(matches!(pause.step(), Some(Failed(_))), "{name}");
        assert!(gated.published(ARCHIVE).is_none(), "{name}");
    }
}

#[tokio::test]
async fn no_failing_gate_stops_other_authors() {
    for (name, script) in FAILURES {
        if *name == "accepts without a bundle" {
            continue;
        }
        let gated = Gated::new();
        gated.record("mixed");
        gated.gate(script);
        gated.uploader.upload_archive().await;
        let pause = &gated.uploader.sandbox.pause;
        assert!(matches!(pause.step(), Some(Published(_))), "{name}");
    }
}

#[tokio::test]
async fn mails_the_text_of_a_refusal_and_frees_the_name() {
    let gated = Gated::new();
    gated.record("signed");
    gated.gate("say reject 12 true");
    gated.uploader.upload_archive().await;
    let pause = &gated.uploader.sandbox.pause;
    assert!(matches!(pause.step(), Some(GivenUp(_))));
    let mails = pause.mails();
    assert_eq!(mails[0].to, AUTHOR);
    assert_eq!(
        mails[0].subject,
        format!("Upload refused: {HOME}/{ARCHIVE}")
    );
    assert_eq!(mails[0].text, "a mail\n");
    assert!(gated.published(ARCHIVE).is_none());
    gated.uploader.upload_archive().await;
}

#[tokio::test]
async fn keeps_published_file_whose_successor_is_refused() {
    let gated = Gated::new();
    gated.uploader.sandbox.pause.publish(AUTHOR, BUNDLE, "old");
    gated.gate("say reject 11 false");
    gated.uploader.upload_bundle().await;
    gated.uploader.sandbox.pause.run_pass();
    assert_eq!(gated.published(BUNDLE).unwrap(), b"old");
}

#[tokio::test]
async fn takes_bundles_of_a_pass_first() {
    let gated = Gated::new();
    gated.gate("say accept 0 false");
    gated.uploader.upload_archive().await;
    gated.uploader.upload_bundle().await;
    let steps = gated.uploader.sandbox.pause.run_pass();
    let expected = [BUNDLE, ARCHIVE].map(|name| Published(format!("{HOME}/{name}")));
    assert_eq!(steps, expected);
}

#[tokio::test]
async fn gives_up_what_waits_for_too_long() {
    let gated = Gated::new();
    gated.gate("say later 3 true");
    gated.uploader.upload_archive().await;
    let pause = &gated.uploader.sandbox.pause;
    for _ in 1..MOST_TRIES {
        assert!(matches!(pause.step(), Some(Failed(_))));
    }
    assert!(matches!(pause.step(), Some(GivenUp(_))));
    assert!(pause.mails()[0].text.contains("a text"));
}

#[tokio::test]
async fn publishes_only_the_bytes_that_the_gate_accepted() {
    let gated = Gated::new();
    gated.record("signed");
    gated.gate("say accept 0 true");
    gated.uploader.sandbox.pause.publish(AUTHOR, BUNDLE, "{}");
    // PAUSE removes these bytes.
    let longer = [distribution("1.02"), b"after the end".to_vec()].concat();
    gated.uploader.upload(ARCHIVE, &longer).await.succeeded();
    let pause = &gated.uploader.sandbox.pause;
    assert!(matches!(pause.step(), Some(Failed(_))));
    assert!(gated.published(ARCHIVE).is_none());
}

#[tokio::test]
async fn remembers_a_requirement_without_the_record() {
    let gated = Gated::new();
    gated.record("signed");
    let pause = &gated.uploader.sandbox.pause;
    let once = format!(
        "[ -e {0} ] && exit 1; : > {0}; say later 3 true",
        gated.folder.path().join("asked").display()
    );
    gated.gate(&once);
    gated.uploader.upload_archive().await;
    assert!(matches!(pause.step(), Some(Failed(_))));
    assert!(fs::exists(gated.folder.path().join("asked")).unwrap());
    pause.delete(AUTHOR, RECORD);
    assert!(matches!(pause.step(), Some(Failed(_))));
}
