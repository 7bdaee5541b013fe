//! An author with a PAUSE account, an archive, and a home.

use std::{fs, path::PathBuf, process::Command};

use flate2::{Compression, write::GzEncoder};

use crate::harness::{FILE, Ran, User};

/// The PAUSE id.
pub const ID: &str = "MYAUTHOR";
/// Where the author's files are, under `authors/id`.
pub const HOME: &str = "M/MY/MYAUTHOR";
/// The bundle of the archive.
pub const BUNDLE: &str = "Foo-Bar-1.02.tar.gz.sigstore.json";

/// A user of PAUSE.
pub struct Author {
    pub user: User,
}

impl Author {
    /// With an archive, and credentials in `~/.pause`.
    pub fn new() -> Self {
        let author = Self { user: User::new() };
        fs::create_dir(author.home()).unwrap();
        author.write_dot_pause(&author.user.sandbox.pause.dot_pause(ID).unwrap());
        author.user.write(FILE, &distribution("Foo-Bar", "1.02"));
        author
    }

    pub fn home(&self) -> PathBuf {
        self.user.path("home")
    }

    pub fn write_dot_pause(&self, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.home().join(".pause");
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.user.command(args);
        command.env("HOME", self.home());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// `upload FILE`, after `sign FILE`.
    pub fn upload(&self, args: &[&str]) -> Ran {
        if !self.user.bundle().exists() {
            self.user.sign(&[FILE]).exits(0);
        }
        self.run(&[&["upload", FILE], args].concat())
    }

    /// The command `release FILE`, with a token for the login.
    pub fn releasing(&self, args: &[&str]) -> Command {
        let token = self.user.sandbox.token("author").unwrap();
        let mut command = self.command(&[&["release", FILE], args].concat());
        command.env("SIGSTORE_ID_TOKEN", token);
        command
    }

    pub fn release(&self, args: &[&str]) -> Ran {
        Ran::of(self.releasing(args).output().unwrap())
    }

    /// What PAUSE accepted, in order, without the directory.
    pub fn uploads(&self) -> Vec<String> {
        let uploads = self.user.sandbox.pause.uploads();
        uploads
            .iter()
            .map(|upload| {
                upload
                    .path
                    .trim_start_matches(HOME)
                    .trim_start_matches('/')
                    .to_owned()
            })
            .collect()
    }

    /// Archive and bundle are published, as they are in the author's folder.
    #[track_caller]
    pub fn assert_published(&self) {
        for name in [FILE, BUNDLE] {
            let published = self.published(name).expect(name);
            assert!(
                published == fs::read(self.user.path(name)).unwrap(),
                "{name} differs"
            );
        }
    }

    pub fn published(&self, name: &str) -> Option<Vec<u8>> {
        self.user.sandbox.pause.file(&format!("{HOME}/{name}"))
    }
}

/// A distribution that PAUSE takes as it is.
pub fn distribution(name: &str, version: &str) -> Vec<u8> {
    let top = format!("{name}-{version}");
    let module = name.replace('-', "::");
    let meta = format!(
        r#"{{"name":"{name}","version":"{version}","abstract":"a test","author":["A"],"license":["mit"],"dynamic_config":0,"generated_by":"hand","release_status":"stable","meta-spec":{{"version":2}}}}"#
    );
    let code = format!("package {module};\nour $VERSION = '{version}';\n1;\n");
    let path = format!("lib/{}.pm", name.replace('-', "/"));
    let files = [
        ("META.json", meta),
        (
            "MANIFEST",
            format!("MANIFEST\nMETA.json\nMakefile.PL\n{path}\n"),
        ),
        (
            "Makefile.PL",
            format!(
                "use ExtUtils::MakeMaker;\nWriteMakefile(NAME => '{module}', VERSION_FROM => '{path}');\n"
            ),
        ),
        (path.as_str(), code),
    ];
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, format!("{top}/{path}"), text.as_bytes())
            .unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}
