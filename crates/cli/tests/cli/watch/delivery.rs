//! Who hears of it: webhooks, programs that stay, and runs after one that was killed.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

use super::{
    hook::{Answer, Hook},
    watched::{Watched, codes},
};
use crate::{fixtures::author::distribution, harness::until};

#[test]
fn sends_printed_json_to_webhook() {
    let watched = Watched::begun();
    let hook = Hook::new(Answer::Taken);
    watched.publish_unsigned("1.03");
    let ran = watched.run(&["--webhook", &hook.url]).exits(13);
    assert_eq!(ran.stdout, "");
    let taken = hook.taken();
    assert_eq!(codes(&taken), ["unsigned-release"]);
    let other = Watched::begun();
    other.publish_unsigned("1.03");
    let printed = other.reports(13);
    let keys = |alert: &serde_json::Value| -> Vec<_> {
        alert.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(keys(&taken[0]), keys(&printed[0]));
}

#[test]
fn delivers_refused_alerts_in_next_run() {
    let watched = Watched::begun();
    let hook = Hook::new(Answer::Status(400));
    watched.publish_unsigned("1.03");
    watched.publish_unsigned("1.04");
    let ran = watched
        .run(&["--webhook", &hook.url])
        .exits(3)
        .snapshot("watch/delivers_refused_alerts_in_next_run");
    assert!(ran.stderr.contains("kept for the next run: 2"), "{ran:#?}");
    assert!(
        !ran.stderr.contains("/alerts"),
        "the address is said: {ran:#?}"
    );
    assert_eq!((hook.asked(), hook.taken().len()), (1, 0));
    hook.answers(Answer::Taken);
    watched.run(&["--webhook", &hook.url]).exits(13);
    let expected = ["unsigned-release", "unsigned-release"];
    assert_eq!(codes(&hook.taken()), expected);
    watched.run(&["--webhook", &hook.url]).exits(0);
    assert_eq!(hook.taken().len(), 2);
}

#[test]
fn reports_alerts_after_kill_before_delivery() {
    let watched = Watched::begun();
    let hook = Hook::new(Answer::Silence);
    watched.publish_unsigned("1.03");
    let mut killed = watched
        .command(&["--webhook", &hook.url])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until(|| hook.asked() > 0);
    killed.kill().unwrap();
    killed.wait().unwrap();
    watched.reports_once("unsigned-release-1", "unsigned-release", 13);
}

#[test]
fn loses_no_alert_when_killed_during_check() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let bytes = distribution("Foo-Bar", "1.04");
    watched
        .world
        .publish_signed("stranger", "Foo-Bar-1.04.tar.gz", &bytes);
    let cpan = &watched.world.sandbox.services.cpan;
    for requests in 1..8 {
        let seen = cpan.requests().len();
        let mut killed = watched
            .command(&["--webhook", "http://127.0.0.1:1/"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until(|| cpan.requests().len() >= seen + requests || has_ended(&mut killed));
        killed.kill().unwrap();
        killed.wait().unwrap();
    }
    let told = watched.reports(13);
    assert_eq!(codes(&told), ["unsigned-release", "foreign-signature"]);
    assert!(watched.reports(0).is_empty());
}

fn has_ended(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_some()
}

#[test]
fn sends_alerts_by_https_only() {
    let watched = Watched::new();
    let ran = watched
        .run(&["--webhook", "http://example.org/alerts"])
        .exits(2)
        .snapshot("watch/sends_alerts_by_https_only");
    assert!(ran.stderr.contains("https"), "{ran:#?}");
}

#[test]
fn watches_continuously_until_terminated() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let mut child = watched
        .command(&["--json", "--stay", "--every", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told =
        || -> serde_json::Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(told()["alert"], "unsigned-release");
    watched.delete("Foo-Bar-1.02.tar.gz.sigstore.json");
    assert_eq!(told()["alert"], "bundle-dropped");
    // Both use one state, so that another one has nothing to report, unless it runs before the alert is removed.
    until(|| watched.run(&["--json"]).stdout.is_empty());
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(watched.reports(0).is_empty());
}

#[test]
fn watches_list_of_authors() {
    let watched = Watched::begun();
    watched
        .world
        .write("authors.txt", b"# whom we depend on\nSTRANGER\n");
    watched.world.publish_as(
        "STRANGER",
        "Other-1.0.tar.gz",
        &distribution("Other", "1.0"),
    );
    let ran = watched
        .run(&["--file", "authors.txt"])
        .exits(0)
        .snapshot("watch/watches_list_of_authors-1");
    assert!(
        ran.stderr.contains("STRANGER: the current releases"),
        "{ran:#?}"
    );
    assert!(!ran.stderr.contains("MYAUTHOR: the current"), "{ran:#?}");
    watched.publish_unsigned("1.03");
    let ran = watched
        .run(&["--file", "authors.txt"])
        .exits(13)
        .snapshot("watch/watches_list_of_authors-2");
    assert!(ran.stdout.starts_with("unsigned-release"), "{ran:#?}");
}
