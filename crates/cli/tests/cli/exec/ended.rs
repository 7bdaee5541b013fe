//! The folder of a run, when the run is ended from outside.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::harness::{Beside, World, first_line, names, until};

/// The folders of runs.
fn folders(temporary: &Path) -> Vec<String> {
    let mut names = names(temporary);
    names.retain(|name| name.starts_with("cpan-sigstore-exec-"));
    names
}

/// A run whose client waits for the end of its input, and its folder for temporary files.
fn start(user: &World, temporary: &Path) -> Beside {
    let client = ["sh", "-c", "echo ready; read end"];
    let mut child = user
        .exec_command(&[], &client)
        .env("TMPDIR", temporary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(first_line(&mut child), "ready\n");
    Beside(child)
}

#[test]
fn exec_leaves_no_folder_when_it_is_ended() {
    let user = World::new().with_policy();
    let temporary = user.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut run = start(&user, &temporary);
        // Waiting would close it, and so end the client.
        let input = run.0.stdin.take();
        assert_eq!(folders(&temporary).len(), 1, "{signal}");
        let id = run.0.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        let code = run.0.wait().unwrap().code().unwrap();
        assert!(code > 128, "{signal}: {code}");
        drop(input);
        assert_eq!(folders(&temporary), [""; 0], "{signal}");
    }
}

#[test]
fn exec_removes_folder_of_a_run_that_was_killed() {
    let user = World::new().with_policy();
    let temporary = user.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let mut killed = start(&user, &temporary);
    let living = start(&user, &temporary);
    assert_eq!(folders(&temporary).len(), 2);
    killed.0.kill().unwrap();
    killed.0.wait().unwrap();
    let next = user
        .exec_command(&[], &["true"])
        .env("TMPDIR", &temporary)
        .stderr(Stdio::null())
        .status();
    assert!(next.unwrap().success());
    // The folder of the one that lives stays.
    until(|| folders(&temporary).len() == 1);
    drop(living);
}
