//! `index build` over a CPAN the size of the real one, of which one author in five says who signs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use cpan_sigstore_core::identity::{AuthorIdentity, IdentityPolicy};
use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_records::record::{AuthorRecord, Releases};
use cpan_sigstore_sandbox::{Recipe, RekorVersion, Sandbox, SandboxOptions};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::attempt::BenchError;
use crate::measure::{measure, measure_prepared};
use crate::table::{Goal, Table, bytes, milliseconds};

/// As many as have an account at PAUSE.
const AUTHORS: u32 = 15_000;
/// One in so many has a record.
const RECORDED: u32 = 5;
/// The packages of each author, which makes some 250 000.
const PACKAGES: u32 = 17;
/// How often each run is made.
const RUNS: u32 = 7;
/// The address of the account that signs.
const ADDRESS: &str = "author@example.org";

/// Time and memory of the first index, of a run after which nothing has changed, and the size of the index.
pub fn figures(program: &Path, table: &mut Table) -> Result<(), BenchError> {
    let sandbox = Sandbox::start(SandboxOptions::default())?;
    let folder = TempDir::new()?;
    let cpan = folder.path().join("cpan");
    make(&sandbox, &cpan)?;
    permissions(&cpan)?;
    // So that no directory is as young as the run that first looks at it.
    thread::sleep(std::time::Duration::from_secs(3));
    let index = folder.path().join("index.json");
    let build = |previous: bool| {
        let mut command = Command::new(program);
        command
            .args(["index", "build", "--cpan"])
            .arg(&cpan)
            .arg("--output")
            .arg(&index)
            .arg("--trusted-root")
            .arg(sandbox.trusted_root_path())
            .env("HOME", folder.path());
        if previous {
            command.arg("--previous").arg(&index);
        }
        command
    };
    let mut forget = Command::new("rm");
    forget
        .arg("-f")
        .arg(&index)
        .arg(folder.path().join("index.json.state"));
    let first = measure_prepared(&build(false), RUNS, &forget)?;
    // The clock of the file system is coarse: the run that warms up reads again what was written within its tick.
    let again = measure(&build(true), RUNS)?;
    table.row(
        "index build, unchanged, wall",
        milliseconds(again.wall),
        ("the first", milliseconds(first.wall)),
        first.wall.div_duration_f64(again.wall),
        Goal::AtLeast(20.0),
    );
    let records = AUTHORS / RECORDED;
    let size = fs::metadata(&index)?.len();
    table.note(format!(
        "index build: {AUTHORS} authors, {records} records, {} packages; first {} and {}, unchanged {} and {}; the index has {size} bytes",
        AUTHORS * PACKAGES,
        milliseconds(first.wall),
        bytes(first.memory),
        milliseconds(again.wall),
        bytes(again.memory),
    ));
    Ok(())
}

/// A directory for each author, and a signed record in some.
fn make(sandbox: &Sandbox, cpan: &Path) -> Result<(), BenchError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let cores = u32::try_from(cores).unwrap_or(1);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|core| {
                scope.spawn(move || {
                    (0..AUTHORS)
                        .filter(|number| number % cores == core)
                        .try_for_each(|number| author(sandbox, cpan, number))
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| {
                Err(BenchError::Made(
                    "a thread panicked while it made a CPAN".to_owned(),
                ))
            })
        })
    })
}

/// The list of who may have each package indexed.
fn permissions(cpan: &Path) -> Result<(), BenchError> {
    let count = AUTHORS * PACKAGES;
    let mut text = format!("File:        06perms.txt\nLine-Count:  {count}\n\n");
    for number in 0..AUTHORS {
        let id = id(number)?;
        for package in 0..PACKAGES {
            text.push_str(&format!("Some::Name{number:05}::Module{package},{id},f\n"));
        }
    }
    fs::create_dir_all(cpan.join("modules"))?;
    Ok(fs::write(cpan.join("modules/06perms.txt"), text)?)
}

fn author(sandbox: &Sandbox, cpan: &Path, number: u32) -> Result<(), BenchError> {
    let id = id(number)?;
    let folder: PathBuf = cpan.join(id.directory());
    fs::create_dir_all(&folder)?;
    // What every author has, and nobody looks at.
    fs::write(folder.join("CHECKSUMS"), "# no checksums\n")?;
    if !number.is_multiple_of(RECORDED) {
        return Ok(());
    }
    let identity = AuthorIdentity {
        identity: IdentityPolicy::exact(ADDRESS, sandbox.services.oidc.url()),
        from: None,
        until: None,
    };
    let made = |error: &dyn std::fmt::Display| BenchError::Made(error.to_string());
    let record =
        AuthorRecord::first(id, vec![identity], Releases::Mixed).map_err(|error| made(&error))?;
    let recipe = Recipe {
        account: "author",
        digest: Sha256::digest(record.json()).into(),
        rekor: RekorVersion::V2,
        timestamp: true,
    };
    let bundle = sandbox
        .forge(&recipe)
        .map_err(|error| made(&error))?
        .bundle();
    let path = folder.join(record.name().to_string());
    fs::write(&path, record.json())?;
    let mut name = path.into_os_string();
    name.push(".sigstore.json");
    fs::write(name, bundle.to_string())?;
    Ok(())
}

/// Ids in some seven hundred folders, as on CPAN.
fn id(number: u32) -> Result<PauseId, BenchError> {
    let letter = |place: u32| char::from(b'A' + u8::try_from(place % 26).unwrap_or_default());
    let id = format!("{}{}X{number:05}", letter(number), letter(number / 26));
    id.parse()
        .map_err(|error: cpan_sigstore_core::release::PauseIdError| {
            BenchError::Made(error.to_string())
        })
}
