//! Who uploads: every form of `~/.pause`, tokens, and the question on the terminal.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use cpan_sigstore_sandbox::pause::TokenTerms;

use crate::fixtures::author::{BUNDLE, ID};
use crate::harness::{FILE, Ran, World, until};

#[track_caller]
fn uploads(author: &World) {
    author.upload(&[]).exits(0);
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
    author.assert_published();
}

fn password(author: &World) -> String {
    author.sandbox.pause.password(ID).unwrap().to_owned()
}

#[test]
fn reads_dot_pause_with_comments_and_lower_case() {
    let author = World::new().with_account();
    let password = password(&author);
    author.write_dot_pause(&format!(
        "# mine\n\nusername  myauthor\npassword\t{password}\nnon_interactive 1\n"
    ));
    uploads(&author);
}

#[test]
fn reads_credentials_from_named_file_or_pipe() {
    let author = World::new().with_account();
    author.sign(&[FILE]).exits(0);
    author.write_dot_pause("user NOBODY\npassword wrong\n");
    let mut child = author
        .command(&["upload", "--pause-file", "/dev/fd/0", FILE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = author.sandbox.pause.dot_pause(ID).unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    Ran::of(child.wait_with_output().unwrap()).exits(0);
    author
        .run(&["upload", "--pause-file", "no-such-file", FILE])
        .exits(1);
}

#[test]
fn warns_of_credentials_readable_by_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let author = World::new().with_account();
    let path = author.home().join(".pause");
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = author
        .upload(&[])
        .exits(0)
        .snapshot("upload/warns_of_credentials_readable_by_others");
    assert!(ran.stderr.contains("chmod 600"), "{ran:#?}");
}

#[test]
fn decrypts_credentials_with_gpg() {
    for armour in [&["--armor"][..], &[]] {
        let author = World::new().with_account();
        let gnupg = author.home().join("gnupg");
        fs::create_dir(&gnupg).unwrap();
        let text = author.sandbox.pause.dot_pause(ID).unwrap();
        author.write_dot_pause(&text);
        // Encrypted for a passphrase, which is handed over by the arguments that users can add.
        let arguments = format!(
            "--homedir {} --batch --pinentry-mode loopback --passphrase secret",
            gnupg.display()
        );
        let encrypted = author.home().join("encrypted");
        let ran = Command::new("gpg")
            .args(arguments.split(' '))
            .args(armour)
            .args(["-o".as_ref(), encrypted.as_os_str(), "-c".as_ref()])
            .arg(author.home().join(".pause"))
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:#?}");
        fs::rename(encrypted, author.home().join(".pause")).unwrap();
        author.sign(&[FILE]).exits(0);
        let upload = |arguments: &str| {
            let mut command = author.command(&["upload", FILE]);
            command.env("CI_GPG_ARGUMENTS", arguments);
            Ran::of(command.output().unwrap())
        };
        let wrong = arguments.replace("secret", "wrong");
        let ran = upload(&wrong)
            .exits(1)
            .snapshot("upload/decrypts_credentials_with_gpg-1");
        assert!(ran.stderr.contains("gpg"), "{ran:#?}");
        upload(&arguments).exits(0);
        author.assert_published();
    }
}

#[test]
fn uploads_with_token_of_file_or_environment() {
    let author = World::new().with_account();
    let token = author.sandbox.pause.token(ID).unwrap();
    author.write_dot_pause(&format!("token {token}\n"));
    uploads(&author);
    let requests = author.sandbox.services.pause.requests();
    assert_eq!(requests, ["POST /api/upload", "POST /api/upload"]);

    let author = World::new().with_account();
    author.write_dot_pause("user NOBODY\npassword wrong\n");
    author.sign(&[FILE]).exits(0);
    let mut command = author.command(&["upload", FILE]);
    command.env("PAUSE_TOKEN", author.sandbox.pause.token(ID).unwrap());
    Ran::of(command.output().unwrap()).exits(0);
    author.assert_published();
}

#[test]
fn distinguishes_duplicate_upload_by_token() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    author.write_dot_pause(&format!("token {}\n", pause.token(ID).unwrap()));
    uploads(&author);
    fs::remove_file(author.path("Foo-Bar-1.02.tar.gz.release.json")).unwrap();
    author
        .upload(&[])
        .exits(0)
        .snapshot("upload/distinguishes_duplicate_upload_by_token-1");
    pause.publish(ID, FILE, "others");
    author
        .upload(&[])
        .exits(1)
        .snapshot("upload/distinguishes_duplicate_upload_by_token-2");
}

#[test]
fn reports_invalid_pause_token() {
    let terms = [
        TokenTerms {
            may_upload: false,
            ..TokenTerms::default()
        },
        TokenTerms {
            networks: vec!["192.0.2.0/24".parse().unwrap()],
            ..TokenTerms::default()
        },
    ];
    for terms in terms {
        let author = World::new().with_account();
        let token = author.sandbox.pause.issue_token(ID, terms).unwrap();
        author.write_dot_pause(&format!("token {token}\n"));
        let ran = author
            .upload(&[])
            .exits(1)
            .snapshot("upload/reports_invalid_pause_token");
        assert!(ran.stderr.contains("the token of MYAUTHOR"), "{ran:#?}");
        assert!(ran.stderr.contains("180 days"), "{ran:#?}");
        assert!(!ran.stderr.contains(&token), "{ran:#?}");
    }
}

#[test]
fn rejects_pause_token_of_another_author() {
    let author = World::new().with_account();
    let token = author.sandbox.pause.token("STRANGER").unwrap();
    author.write_dot_pause(&format!("token {token}\n"));
    let ran = author
        .upload(&["--user", ID])
        .exits(2)
        .snapshot("upload/rejects_pause_token_of_another_author");
    assert!(ran.stderr.contains("STRANGER"), "{ran:#?}");
}

#[test]
fn reports_missing_credentials_without_terminal() {
    let author = World::new().with_account();
    author.write_dot_pause("");
    let mut command = author.command(&["upload", FILE]);
    author.sign(&[FILE]).exits(0);
    let ran = Ran::of(command.stdin(Stdio::null()).output().unwrap())
        .exits(2)
        .snapshot("upload/reports_missing_credentials_without_terminal");
    assert!(ran.stderr.contains("~/.pause"), "{ran:#?}");
    assert!(ran.stderr.contains("PAUSE_TOKEN"), "{ran:#?}");
}

#[test]
fn prompts_for_password_without_echo() {
    let author = World::new().with_account();
    author.write_dot_pause("");
    author.sign(&[FILE]).exits(0);
    let password = password(&author);
    // A terminal of its own, on which somebody answers two questions.
    let program = env!("CARGO_BIN_EXE_cpan-sigstore");
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command"])
        .arg(format!("tty >terminal; {program} upload {FILE}"))
        .arg("/dev/null")
        .envs(author.sandbox.env())
        .env("HOME", author.home())
        .current_dir(author.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut shown = Shown::new(child.stdout.take().unwrap());
    shown.until("PAUSE id at 127.0.0.1: ");
    writeln!(stdin, "{ID}").unwrap();
    shown.until("Password of MYAUTHOR at 127.0.0.1: ");
    // Nobody types as fast as a test: the terminal shows nothing from now on.
    let terminal = fs::read_to_string(author.path("terminal")).unwrap();
    until(|| {
        let ran = Command::new("stty")
            .args(["-a", "-F", terminal.trim()])
            .output()
            .unwrap();
        String::from_utf8(ran.stdout).unwrap().contains("-echo ")
    });
    writeln!(stdin, "{password}").unwrap();
    let output = shown.read_to_the_end();
    assert!(child.wait().unwrap().success(), "{output}");
    assert!(output.contains("uploaded"), "{output}");
    assert!(!output.contains(&password), "{output}");
    author.assert_published();
}

/// What is shown on a terminal.
struct Shown {
    stream: std::process::ChildStdout,
    text: String,
}

impl Shown {
    fn new(stream: std::process::ChildStdout) -> Self {
        Self {
            stream,
            text: String::new(),
        }
    }

    /// Waits for words.
    #[track_caller]
    fn until(&mut self, words: &str) {
        while !self.text.contains(words) {
            assert!(self.read(), "it ended without `{words}`: {}", self.text);
        }
    }

    fn read_to_the_end(mut self) -> String {
        while self.read() {}
        self.text
    }

    fn read(&mut self) -> bool {
        use std::io::Read as _;
        let mut part = [0; 256];
        let count = self.stream.read(&mut part).unwrap_or(0);
        self.text.push_str(&String::from_utf8_lossy(&part[..count]));
        count > 0
    }
}

#[test]
fn refuses_a_server_or_directory_in_dot_pause() {
    let author = World::new().with_account();
    author.sign(&[FILE]).exits(0);
    let text = author.sandbox.pause.dot_pause(ID).unwrap();
    let upload = |flags: &[&str]| {
        let mut command = author.command(&["upload", FILE]);
        Ran::of(
            command
                .args(flags)
                .env_remove("CPAN_UPLOADER_UPLOAD_URI")
                .output()
                .unwrap(),
        )
    };
    author.write_dot_pause(&format!(
        "upload_uri https://darkpan.example/upload\n{text}"
    ));
    for flags in [&[][..], &["--dry-run"]] {
        upload(flags)
            .exits(2)
            .snapshot("upload/server_in_dot_pause");
    }
    author.write_dot_pause(&format!("subdir private\n{text}"));
    upload(&[])
        .exits(2)
        .snapshot("upload/directory_in_dot_pause");
    upload(&["--subdirectory", "private", "--dry-run"]).exits(0);
    // Minilla hands these to CPAN::Uploader, too.
    for (key, value) in [("dry_run", "1"), ("http_proxy", "http://proxy.example")] {
        author.write_dot_pause(&format!("{key} {value}\n{text}"));
        upload(&[])
            .exits(2)
            .snapshot(&format!("upload/{key}_in_dot_pause"));
    }
    author.write_dot_pause(&format!("dry_run 0\n{text}"));
    upload(&["--dry-run"]).exits(0);
    assert_eq!(author.uploads(), [""; 0]);
}

#[test]
fn checks_credentials_in_dry_run() {
    let author = World::new().with_account();
    author.sign(&[FILE]).exits(0);
    let upload = |flags: &[&str]| {
        let mut command = author.command(&["upload", "--dry-run", FILE]);
        Ran::of(command.args(flags).stdin(Stdio::null()).output().unwrap())
    };
    let ran = upload(&[]).exits(0);
    assert!(ran.stdout.contains("MYAUTHOR at 127.0.0.1"), "{ran:#?}");
    upload(&["--pause-file", "no-such-file"]).exits(1);
    author.write_dot_pause("# empty\n");
    upload(&[])
        .exits(2)
        .snapshot("upload/dry_run_without_credentials");
    upload(&["--upload-uri", "http://darkpan.example/"]).exits(2);
}
