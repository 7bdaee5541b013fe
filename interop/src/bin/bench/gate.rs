//! The gate in a process that runs already, as a mirror has it: the whole decision against what of it cannot be left
//! out, the verified signature and the hash.

use std::fs;
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};

use cpan_sigstore_core::policy::Policy;
use cpan_sigstore_gate::{ArchiveFile, Candidate, Gate, IndexStanding, TrustStore};
use cpan_sigstore_keyless::bundle::StrictBundle;
use cpan_sigstore_keyless::trust::TrustedRoot;
use cpan_sigstore_keyless::verify::{Artifact, Verifier, VerifyOptions, sha256};
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;

use crate::attempt::{Attempt, BenchError};
use crate::floor;
use crate::measure::{self, time};
use crate::table::{Goal, Table, milliseconds};

/// A real release of about 100 KiB, and one of about 1 MiB.
pub fn figures(attempt: &Attempt, table: &mut Table) -> Result<(), BenchError> {
    let Some(corpus) = std::env::var_os("CPAN_SIGSTORE_CORPUS") else {
        table.note("the gate: not measured, no CPAN_SIGSTORE_CORPUS".to_owned());
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let root = TrustedRoot::from_file(&attempt.sandbox.trusted_root_path())?;
    let memory = attempt.path("trust-store.sqlite");
    let memory = runtime.block_on(TrustStore::open(&memory.to_string_lossy()))?;
    let gate = Gate::new(Verifier::new(&root)?, Policy::default(), memory);
    let verifier = Verifier::new(&root)?;
    for (what, size) in [
        ("gate, 100 KiB, wall", 100 << 10),
        ("gate, 1 MiB, wall", 1 << 20),
    ] {
        let archive = attempt.path("Foo-Bar-1.02.tar.gz");
        fs::copy(nearest(Path::new(&corpus), size)?, &archive)?;
        let bundle = attempt.path("gate.sigstore.json");
        measure::run(&attempt.sign(&attempt.ours, &archive, &bundle)?)?;
        let bundle = fs::read(bundle)?;
        let path = "authors/id/M/MY/MYAUTHOR/Foo-Bar-1.02.tar.gz".parse()?;
        let candidate = Candidate {
            path: &path,
            archive: ArchiveFile::Unhashed(&archive),
            records: &[],
            packages: &[],
            permissions: None,
            index: IndexStanding::Unlogged,
            log_proof: None,
            bundle: Some(&bundle),
        };
        let ours = time(|| {
            black_box(runtime.block_on(gate.judge(&candidate, Timestamp::now()))?);
            Ok(())
        })?;
        let digest = sha256(&mut fs::File::open(&archive)?)?;
        let signature = time(|| {
            let bundle = StrictBundle::parse(&bundle)?;
            black_box(verifier.verify(
                Artifact::Digest(digest),
                &bundle,
                VerifyOptions::default(),
            )?);
            Ok(())
        })?;
        let least = signature + floor::hash(&fs::read(&archive)?)?;
        table.row(
            what,
            milliseconds(ours),
            ("signature and hash", milliseconds(least)),
            ours.div_duration_f64(least),
            Goal::AtMost(1.25),
        );
        let unpacked = time(|| {
            let mut archive = MultiGzDecoder::new(fs::File::open(&archive)?);
            black_box(io::copy(&mut archive, &mut io::sink())?);
            Ok(())
        })?;
        // Nobody can look into an archive without unpacking it.
        let least = least + unpacked;
        table.row(
            what,
            milliseconds(ours),
            ("signature, hash and unpacking", milliseconds(least)),
            ours.div_duration_f64(least),
            Goal::None,
        );
    }
    Ok(())
}

/// The archive whose size is nearest to this one, in bytes.
fn nearest(corpus: &Path, size: u64) -> Result<PathBuf, BenchError> {
    let mut found: Option<(u64, PathBuf)> = None;
    for package in fs::read_dir(corpus)? {
        let package = package?.path();
        if !package.is_dir() {
            continue;
        }
        for archive in fs::read_dir(package)? {
            let archive = archive?;
            let distance = archive.metadata()?.len().abs_diff(size);
            let is_gzip = archive
                .path()
                .extension()
                .is_some_and(|suffix| suffix == "gz");
            if is_gzip && found.as_ref().is_none_or(|(nearer, _)| distance < *nearer) {
                found = Some((distance, archive.path()));
            }
        }
    }
    found
        .map(|(_, path)| path)
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound).into())
}
