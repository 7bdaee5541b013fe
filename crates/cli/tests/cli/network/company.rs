//! The main job in a company's network: a proxy with a password, a private CA, IPv6, a home that cannot be written,
//! and a service that hangs.
//!
//! The proxy alone resolves the names of the services; each connection of the program goes to `[::1]`. The home is a
//! read-only file system. If this machine allows nobody to mount one, it is a folder below a file instead.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command, time::Duration};

use cpan_sigstore_sandbox::Fault;
use cpan_sigstore_testkit::archive::distribution;

use crate::{
    fixtures::{author::ID, inspecting_proxy},
    harness::{FILE, Ran, World, bare},
};

/// An author in that network, who is also the one who installs.
struct Employee {
    world: World,
    proxy: String,
    /// The way to run a program with file systems of its own; `None` if this machine allows none.
    mounting: Option<&'static [&'static str]>,
}

/// Mounts an empty read-only file system at the home, and runs a program.
const READ_ONLY: &str = r#"mount -t tmpfs -o ro none "$HOME" && exec "$0" "$@""#;

/// Returns the arguments of `unshare` with which this machine allows to mount, as root and as another user.
fn mounting() -> Option<&'static [&'static str]> {
    let ways: [&[&str]; 2] = [&["-m"], &["-m", "-r"]];
    ways.into_iter().find(|way| {
        let folder = tempfile::tempdir().unwrap();
        let tried = Command::new("unshare")
            .args(*way)
            .args(["sh", "-c", READ_ONLY, "true"])
            .env("HOME", folder.path())
            .output();
        tried.is_ok_and(|tried| tried.status.success())
    })
}

impl Employee {
    fn new() -> Self {
        let world = World::new();
        world.write(FILE, &distribution("Foo-Bar", "1.02"));
        let pause = world.sandbox.pause.dot_pause(ID).unwrap();
        world.write("dot-pause", pause.as_bytes());
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(world.path("dot-pause"), private).unwrap();
        fs::create_dir(world.path("home")).unwrap();
        // Nobody writes below a file, root neither.
        world.write("file", b"");
        let employee = Self {
            proxy: inspecting_proxy::start(&world),
            mounting: mounting(),
            world,
        };
        employee.write_instance();
        employee
    }

    /// The address of a service in that network.
    fn inside(url: &str) -> String {
        url.replace("http://127.0.0.1:", "https://localhost:")
    }

    /// The sandbox, by its TUF repository, with all addresses in that network.
    fn write_instance(&self) {
        let folder = self.world.sandbox.dir();
        let signing = fs::read_to_string(folder.join("signing_config.json")).unwrap();
        self.world
            .write("signing.json", Self::inside(&signing).as_bytes());
        let config = format!(
            "instance = 'corp'\n[instances.corp]\ntuf-url = '{}'\ntuf-root = '{}'\noidc-issuer = '{}'\n",
            Self::inside(self.world.sandbox.services.tuf.url()),
            folder.join("tuf-root.json").display(),
            self.world.issuer(),
        );
        self.world.write("config.toml", config.as_bytes());
    }

    fn command(&self, args: &[&str]) -> Command {
        let services = &self.world.sandbox.services;
        let form = format!("{}/pause/authenquery", Self::inside(services.pause.url()));
        let mut command = self.in_home(&bare(self.world.folder.path(), args));
        command
            .env("HTTPS_PROXY", &self.proxy)
            .env("SSL_CERT_FILE", self.world.path("ca.pem"))
            .env("CPAN_SIGSTORE_TIMEOUT", "3")
            .env("CPAN_SIGSTORE_CPAN", Self::inside(services.cpan.url()))
            .env("CPAN_UPLOADER_UPLOAD_URI", form)
            .env(
                "SIGSTORE_ID_TOKEN",
                self.world.sandbox.token("author").unwrap(),
            );
        command
    }

    /// The same command in a home that cannot be written.
    fn in_home(&self, bare: &Command) -> Command {
        let (mut command, home) = match self.mounting {
            Some(way) => {
                let mut command = Command::new("unshare");
                command.args(way).args(["sh", "-c", READ_ONLY]);
                command.arg(bare.get_program());
                (command, "home")
            }
            None => (Command::new(bare.get_program()), "file/home"),
        };
        let own = ["CPAN_SIGSTORE_CACHE", "CPAN_SIGSTORE_DATA"];
        let kept = bare
            .get_envs()
            .filter(|(name, _)| !own.iter().any(|own| name == own));
        command
            .args(bare.get_args())
            .current_dir(self.world.folder.path())
            .env_clear()
            .envs(kept.filter_map(|(name, value)| Some((name, value?))))
            .env("HOME", self.world.path(home));
        command
    }

    fn release(&self) -> Command {
        self.command(&[
            "release",
            "--wait",
            "--poll",
            "0",
            "--pause-file",
            "dot-pause",
            "--signing-config",
            "signing.json",
            FILE,
        ])
    }

    fn install(&self, flags: &[&str]) -> Command {
        let client = ["--", "cpanm", "--notest", "-l", "perl", "Foo::Bar"];
        self.command(&[&["exec"], flags, &client].concat())
    }
}

/// The reasons of the operating system not to write into such a home.
const BELOW_A_FILE: &str = "Not a directory (os error 20)";
const READ_ONLY_FILE_SYSTEM: &str = "Read-only file system (os error 30)";

/// The result without any waits.
fn ran(command: &mut Command) -> Ran {
    waits_of("no service", command)
}

/// The result without waits for other services than this one, which a busy machine may cause.
fn waits_of(url: &str, command: &mut Command) -> Ran {
    let ran = Ran::of(command.output().unwrap());
    let lines = ran.stderr.lines();
    let is_shown = |line: &&str| !line.starts_with("waiting: ") || line.contains(url);
    let stderr = lines.filter(is_shown).map(|line| format!("{line}\n"));
    // Both kinds of home have one text.
    let stderr = stderr
        .collect::<String>()
        .replace("/file/home/", "/home/")
        .replace(BELOW_A_FILE, READ_ONLY_FILE_SYSTEM);
    Ran { stderr, ..ran }
}

#[test]
fn releases_and_installs_behind_a_company_proxy() {
    let employee = Employee::new();
    let services = &employee.world.sandbox.services;
    ran(employee.release().env_remove("SSL_CERT_FILE"))
        .exits(1)
        .snapshot("network/company-1-release-without-ca");
    let open = employee.proxy.replace("corp:p%40ss%20word@", "");
    ran(employee.release().env("HTTPS_PROXY", open))
        .exits(1)
        .snapshot("network/company-2-release-without-password");

    let hour = Duration::from_secs(3600);
    services.rekor_v2.faults().next(1, Fault::Slow(hour));
    let log = Employee::inside(services.rekor_v2.url());
    let released = waits_of(&log, &mut employee.release())
        .exits(0)
        .snapshot("network/company-3-release");
    assert!(released.stderr.contains("has not answered yet"));
    assert!(released.stderr.contains("no response within 3 seconds"));

    ran(&mut employee.install(&[]))
        .exits(1)
        .snapshot("network/company-4-install-in-that-home");
    let flags = ["--trust-store", "trust.sqlite"];
    ran(&mut employee.install(&flags))
        .exits(1)
        .snapshot("network/company-5-install-without-cache");
    let flags = [&flags[..], &["--cache-dir", "mirror"]].concat();
    let installed = ran(&mut employee.install(&flags));
    assert!(employee.world.has("perl", "Foo::Bar"), "{installed:#?}");
    installed.exits(0).assert_summary("company-6-install");
}
