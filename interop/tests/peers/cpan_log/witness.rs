//! A real litewitness cosigns our checkpoints, and refuses a fork.

use std::{fs, path::Path};

use cpan_sigstore_interop::daemon::{Daemon, free_ports};
use cpan_sigstore_interop::installed::peer;

use super::{Logged, logclient};

/// A running witness and the key that it signs by.
struct Witness {
    _agent: Daemon,
    _daemon: Daemon,
    url: String,
    key: String,
}

impl Witness {
    async fn start(folder: &Path) -> Self {
        let client = peer("logclient").unwrap();
        let mut agent = Daemon::start("agent", &client, folder, &["agent", "agent.sock"]).unwrap();
        let fingerprint = agent.first_line().await.unwrap();
        let [port] = free_ports().unwrap();
        let listen = format!("127.0.0.1:{port}");
        let args = [
            "-name=witness.example",
            "-db=witness.db",
            "-ssh-agent=agent.sock",
            &format!("-key={fingerprint}"),
            &format!("-listen={listen}"),
        ];
        let program = peer("litewitness").unwrap();
        let mut daemon = Daemon::start("litewitness", &program, folder, &args).unwrap();
        let url = format!("http://{listen}");
        daemon.answer(&reqwest::Client::new(), &url).await.unwrap();
        let log = fs::read_to_string(folder.join("litewitness.log")).unwrap();
        let key = log
            .split_whitespace()
            .find_map(|word| word.strip_prefix("vkey="));
        Self {
            key: key.unwrap().to_owned(),
            url,
            _agent: agent,
            _daemon: daemon,
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_witness_cosigns_and_refuses_a_fork() {
    let logged = Logged::new();
    let witness = Witness::start(logged.path()).await;
    let admitted = logclient(logged.path(), &["admit", "witness.db", &logged.key], "");
    assert!(admitted.success(), "{admitted:#?}");
    let policy = format!(
        "log {}\nwitness one {} {}\nquorum one\n",
        logged.key, witness.key, witness.url
    );
    logged.write("policy.txt", &policy);
    logged.release(0..300);
    let first = logged.append("log", &[]);
    assert!(first.success(), "{first:#?}");
    for folder in ["log", "log.state"] {
        copy(
            &logged.path().join(folder),
            &logged.path().join(folder.replace("log", "fork")),
        );
    }
    logged.release(300..310);
    let second = logged.append("log", &["--proofs", "proofs"]);
    assert!(second.success(), "{second:#?}");
    let check = logclient(logged.path(), &["check", "policy.txt", "log"], "");
    assert!(
        check.success(),
        "torchwood accepts log and witness: {check:#?}"
    );

    // The same key and state, continued with other leaves.
    fs::remove_dir_all(logged.path().join("cpan")).unwrap();
    logged.release(400..420);
    let before = fs::read(logged.path().join("fork/checkpoint")).unwrap();
    let fork = logged.append("fork", &[]);
    assert_eq!(fork.exit, Some(1), "{fork:#?}");
    assert!(
        fork.errors.contains("one: it cosigned another history"),
        "{fork:#?}"
    );
    assert_eq!(
        fs::read(logged.path().join("fork/checkpoint")).unwrap(),
        before
    );
}
