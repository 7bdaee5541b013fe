//! Programs that unpack archives, as installers call them.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

use super::tree::Tree;

/// Unpacks by Perl's modules: each line has a module, an archive and a folder.
const DRIVER: &str = include_str!("readers.pl");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    GnuTar,
    BsdTar,
    ArchiveTar,
    Unzip,
    ArchiveZip,
}

pub const TAR: &[Program] = &[Program::GnuTar, Program::BsdTar, Program::ArchiveTar];
pub const ZIP: &[Program] = &[Program::Unzip, Program::BsdTar, Program::ArchiveZip];

/// The programs, and one archive for them.
pub struct Readers {
    folder: TempDir,
    perl: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Readers {
    pub fn new() -> Self {
        let mut perl = Command::new("perl")
            .args(["-e", DRIVER])
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            orders: perl.stdin.take().unwrap(),
            answers: BufReader::new(perl.stdout.take().unwrap()),
            perl,
        }
    }

    /// Writes the archive that [`unpack`](Self::unpack) unpacks.
    pub fn archive(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("archive");
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Returns the tree that a program unpacks, or what it said if it failed.
    pub fn unpack(&mut self, program: Program) -> Result<Tree, String> {
        let archive = self.folder.path().join("archive");
        let into = self.folder.path().join("into");
        if into.exists() {
            fs::remove_dir_all(&into).unwrap();
        }
        fs::create_dir(&into).unwrap();
        match program {
            Program::GnuTar => run("tar", &["--no-same-owner", "-xf"], &archive, &into)?,
            Program::BsdTar => run(
                "bsdtar",
                &["--no-same-owner", "--no-xattrs", "-xf"],
                &archive,
                &into,
            )?,
            Program::Unzip => run("unzip", &["-qn"], &archive, &into)?,
            Program::ArchiveTar => self.perl("tar", &archive, &into)?,
            Program::ArchiveZip => self.perl("zip", &archive, &into)?,
        }
        Ok(Tree::of_folder(&into))
    }

    fn perl(&mut self, module: &str, archive: &Path, into: &Path) -> Result<(), String> {
        writeln!(
            self.orders,
            "{module}\t{}\t{}",
            archive.display(),
            into.display()
        )
        .unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        if answer == "ok\n" {
            Ok(())
        } else {
            Err(answer)
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        let _ = self.perl.kill();
        let _ = self.perl.wait();
    }
}

fn run(program: &str, options: &[&str], archive: &Path, into: &Path) -> Result<(), String> {
    let output = Command::new(program)
        .args(options)
        .arg(archive)
        .current_dir(into)
        .env("LC_ALL", "C.UTF-8")
        // Options of the user.
        .env_remove("TAR_OPTIONS")
        .env_remove("UNZIP")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
