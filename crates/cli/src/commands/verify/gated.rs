//! Releases, by the gate.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{
    finding::Exit,
    release::{PauseId, ReleasePath},
    text::shown_path,
    verdict::{BindingSource, Verdict},
};
use cpan_sigstore_gate::{ArchiveFile, Candidate, Gate, IndexStanding, RecordFile};
use cpan_sigstore_tlog::proof;
use jiff::Timestamp;

use super::{
    arguments::{Releases, VerifyArgs},
    fetch::Fetcher,
    released::Release,
    target::{self, Target},
};
use crate::{bundle_file, error::CommandError, session::Session, ui::report::Report};

/// Verifies every release. The worst result is the exit code.
pub fn run(
    args: &VerifyArgs,
    releases: Releases<'_>,
    session: &Session<'_>,
) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let gate = session.gate(
        &args.gate,
        &args.instance,
        Some(&args.cpan.url),
        args.allow_old_format,
    )?;
    let asked = Asked {
        args,
        gate,
        session,
    };
    let mut worst = Exit::Success;
    let mut take = |result: Result<Exit, CommandError>| {
        let exit = result.unwrap_or_else(|error| {
            terminal.error(&error, error.hints());
            error.exit()
        });
        worst = worst.max(exit);
        // A result is printed before the next release changes the trust store.
        terminal.flush();
    };
    match releases {
        Releases::Files(author, files) => {
            for (id, file) in (1..).zip(files) {
                let _span = tracing::info_span!("verify", id, target = %file.display()).entered();
                take(asked.file(author, file));
            }
        }
        Releases::Published(targets) => {
            let fetcher = Fetcher::new(session.cpan(&args.cpan)?);
            for (id, (text, target)) in (1..).zip(targets) {
                let text = target::shown(text);
                let _span = tracing::info_span!("verify", id, target = text).entered();
                take(asked.published(&fetcher, &text, &target));
            }
        }
    }
    Ok(worst)
}

/// Whether a pin or the author's record decided.
fn is_bound(verdict: &Verdict) -> bool {
    matches!(
        verdict.binding,
        Some(BindingSource::Pin | BindingSource::Record)
    )
}

/// The gate and its flags.
struct Asked<'a> {
    args: &'a VerifyArgs,
    gate: Gate,
    session: &'a Session<'a>,
}

impl Asked<'_> {
    /// Verifies a local file, with the bundle beside it.
    fn file(&self, author: &PauseId, file: &Path) -> Result<Exit, CommandError> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let path = target::of_author(author, &name)
            .map_err(|error| CommandError::usage(error.to_string()))?;
        let bundle: PathBuf = match &self.args.bundle {
            Some(bundle) => bundle.clone(),
            None => bundle_file::beside(file),
        };
        let bundle = bundle_file::read(&bundle)?;
        let proof = self.log_proof(file)?;
        let (records, missing) = match self.records(author) {
            Ok(records) => (records, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let candidate = Candidate {
            path: &path,
            archive: ArchiveFile::Unhashed(file),
            bundle: bundle.as_deref(),
            records: &records,
            packages: &[],
            permissions: None,
            index: IndexStanding::Unlogged,
            log_proof: proof.as_deref(),
        };
        // Verifying a suspicious file changes no trust, so nothing is remembered.
        let verdict = self.gate.judge(&candidate, Timestamp::now());
        let verdict = self.session.wait(verdict)?;
        match missing {
            // A record that was not read can only change a verdict that admits the file without pin or known record.
            Some(error) if verdict.admits() && !is_bound(&verdict) => Err(error
                .hinted("try again with a network, or use only what is known with `--offline`")),
            _ => Ok(self.report(&shown_path(file), &path, verdict)),
        }
    }

    /// The proof of the CPAN log: the given one, else the one beside the file.
    fn log_proof(&self, file: &Path) -> Result<Option<Vec<u8>>, CommandError> {
        let limit = proof::SIZE as u64;
        let read = |path: &Path| {
            cpan_sigstore_files::read_prefix(path, limit).map_err(CommandError::read(path))
        };
        let Some(given) = &self.args.log_proof else {
            return read(Path::new(&format!("{}{}", file.display(), proof::SUFFIX)));
        };
        match read(given)? {
            Some(proof) => Ok(Some(proof)),
            None => Err(CommandError::read(given)(
                cpan_sigstore_files::no_such_file(),
            )),
        }
    }

    /// The author's newer records on the CPAN; none with `--offline`.
    fn records(&self, author: &PauseId) -> Result<Vec<RecordFile>, CommandError> {
        if self.args.instance.offline {
            return Ok(Vec::new());
        }
        let cpan = self.session.cpan(&self.args.cpan)?;
        let records = self.gate.newer_records::<CommandError>(cpan, author);
        self.session.wait(records)
    }

    /// Verifies a release on a CPAN.
    fn published(
        &self,
        fetcher: &Fetcher<'_>,
        text: &str,
        target: &Target,
    ) -> Result<Exit, CommandError> {
        let now = Timestamp::now();
        let (path, packages, index) = match target {
            Target::Release(path) => (path.clone(), Vec::new(), IndexStanding::Unlogged),
            Target::Module(module) => {
                let release = fetcher.release_of(module, &self.gate, now);
                let (path, index) = self.session.wait(release)?;
                (path, vec![module.clone()], index)
            }
        };
        let release = Release {
            path: &path,
            packages: &packages,
            index,
            archive: None,
            bundle: None,
            remember: true,
        };
        let released = release.judge(&self.gate, fetcher, self.session)?;
        Ok(self.report(text, &path, released.verdict))
    }

    fn report(&self, asked: &str, path: &ReleasePath, verdict: Verdict) -> Exit {
        Report::verdict(asked, path, verdict).print(self.session.terminal(), self.args.json)
    }
}
