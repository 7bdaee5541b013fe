//! The main job in a company's network: a proxy with a password, a private CA, IPv6, a home that cannot be written,
//! and a service that hangs.
//!
//! The proxy alone resolves the names of the services; each connection of the program goes to `[::1]`.

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
}

impl Employee {
    fn new() -> Self {
        let world = World::new();
        world.write(FILE, &distribution("Foo-Bar", "1.02"));
        let pause = world.sandbox.pause.dot_pause(ID).unwrap();
        world.write("dot-pause", pause.as_bytes());
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(world.path("dot-pause"), private).unwrap();
        // Nobody writes below a file, root neither.
        world.write("file", b"");
        let employee = Self {
            proxy: inspecting_proxy::start(&world),
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
        let mut command = bare(self.world.folder.path(), args);
        command
            .env_remove("CPAN_SIGSTORE_CACHE")
            .env_remove("CPAN_SIGSTORE_DATA")
            .env("HOME", self.world.path("file/home"))
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
    Ran {
        stderr: stderr.collect(),
        ..ran
    }
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
