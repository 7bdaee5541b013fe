//! The binary.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use assert_cmd::cargo::CommandCargoExt;

use crate::harness::Folder;

fn sandbox() -> Command {
    let mut command = Command::cargo_bin("cpan-sigstore-sandbox").unwrap();
    for name in [
        "SANDBOX_URL",
        "SANDBOX_ACCOUNT",
        "CPAN_SIGSTORE_CONFIG",
        "CPAN_SIGSTORE_CACHE",
        "CPAN_SIGSTORE_CPAN",
        "CPAN_UPLOADER_UPLOAD_URI",
    ] {
        command.env_remove(name);
    }
    command
}

#[test]
fn runs_a_command_and_returns_its_exit_code() {
    let folder = Folder::new();
    let script = r#"
        test -s "$CPAN_SIGSTORE_CONFIG" || exit 1
        token=$("$0" token --as author) || exit 2
        test "$(printf %s "$token" | tr -cd . )" = .. || exit 3
        "$0" token --as nobody 2>/dev/null && exit 4
        case $CPAN_UPLOADER_UPLOAD_URI in
            http://127.0.0.1:*/pause/authenquery?ACTION=add_uri) ;;
            *) exit 5 ;;
        esac
        case $CPAN_SIGSTORE_CPAN in http://127.0.0.1:*[0-9]) ;; *) exit 6 ;; esac
        exit 42"#;
    let program = sandbox().get_program().to_owned();
    let output = sandbox()
        .args(["--dir", "s", "--", "sh", "-c", script])
        .arg(program)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(42), "{output:?}");
    assert!(output.stdout.is_empty());

    let config = std::fs::read_to_string(folder.path().join("s/config.toml")).unwrap();
    let config: toml::Table = config.parse().unwrap();
    assert_eq!(config["instance"].as_str(), Some("sandbox"));
    let instances = config["instances"].as_table().unwrap();
    for file in ["trusted-root", "signing-config"] {
        for instance in ["sandbox", "sandbox-v1"] {
            let path = instances[instance][file].as_str().unwrap();
            assert!(std::path::Path::new(path).is_absolute(), "{path}");
            assert!(std::fs::metadata(path).unwrap().len() > 0, "{path}");
        }
    }
    for id in ["MYAUTHOR", "STRANGER"] {
        let path = folder.path().join("s/pause").join(id);
        let credentials = std::fs::read_to_string(path).unwrap();
        assert!(
            credentials.contains(&format!("\nuser {id}\npassword ")),
            "{credentials}"
        );
    }
    let root = instances["sandbox-tuf"]["tuf-root"].as_str().unwrap();
    assert!(std::fs::read_to_string(root).unwrap().contains("\"root\""));
}

#[test]
fn reports_a_missing_command() {
    let output = sandbox().args(["--", "/nowhere/at/all"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("cannot run /nowhere/at/all"), "{said}");
}

#[test]
fn prints_the_environment_and_stops_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let mut child = sandbox()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines: Vec<String> = BufReader::new(child.stdout.as_mut().unwrap())
            .lines()
            .take(3)
            .map(Result::unwrap)
            .collect();
        let value = |name: &str| {
            let start = format!("export {name}='");
            let line = lines.iter().find(|line| line.starts_with(&start)).unwrap();
            line[start.len()..].strip_suffix('\'').unwrap().to_owned()
        };
        let config = value("CPAN_SIGSTORE_CONFIG");
        assert!(std::path::Path::new(&config).exists());
        let killed = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        assert!(
            !std::path::Path::new(&config).exists(),
            "{signal}: {config} is left"
        );
    }
}
