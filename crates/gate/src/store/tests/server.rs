//! A PostgreSQL server of the test's own, in a folder and behind a socket in it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sqlx::Connection as _;
use tempfile::TempDir;

/// Where Debian has the programs, one folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Who runs it where the test runs as root, which it refuses.
const USER: &str = "postgres";

/// A server, which ends with this value.
pub struct Server {
    folder: TempDir,
}

impl Server {
    pub fn start() -> Self {
        let server = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let root = server.folder.path();
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        let data = server.data();
        fs::create_dir(&data).unwrap();
        if is_root() {
            let id = |flag| -> u32 {
                let output = Command::new("id").args([flag, USER]).output().unwrap();
                let text = String::from_utf8(output.stdout).unwrap();
                text.trim()
                    .parse()
                    .expect("a user postgres; run scripts/test")
            };
            chown(&data, Some(id("-u")), Some(id("-g"))).unwrap();
        }
        server.run(
            "initdb",
            &["-A", "trust", "-U", USER, "-N", "-E", "UTF8", "--no-locale"],
        );
        let options = format!("-c listen_addresses= -c fsync=off -k {}", data.display());
        let log = data.join("log");
        server.run(
            "pg_ctl",
            &["start", "-w", "-l", log.to_str().unwrap(), "-o", &options],
        );
        server
    }

    /// Creates another database, and returns its address.
    pub async fn another(&self, name: &str) -> String {
        let mut connection = sqlx::AnyConnection::connect(&self.address()).await.unwrap();
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(&create).execute(&mut connection).await.unwrap();
        self.address().replace("/postgres?", &format!("/{name}?"))
    }

    /// The address of its database.
    pub fn address(&self) -> String {
        let host: String = self
            .data()
            .to_str()
            .unwrap()
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        format!("postgres://{USER}@localhost/postgres?host={host}")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    #[track_caller]
    fn run(&self, program: &str, args: &[&str]) {
        assert!(
            self.command(program, args).status().unwrap().success(),
            "{program}"
        );
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let program = programs().join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .args(args)
            .arg("-D")
            .arg(self.data())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self
            .command("pg_ctl", &["stop", "-m", "immediate"])
            .status();
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The folder of the server's programs.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir(DEBIAN).into_iter().flatten();
    let debian = debian.map(|version| version.unwrap().path().join("bin"));
    let found = std::env::split_paths(&path)
        .chain(debian)
        .find(|folder: &PathBuf| Path::new(folder).join("initdb").is_file());
    found.expect("expected PostgreSQL's initdb; run scripts/test, which installs it")
}
