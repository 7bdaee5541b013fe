//! Releases, by the gate.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{
    finding::Exit,
    release::{PauseId, ReleasePath},
    verdict::Verdict,
};
use cpan_sigstore_gate::{Candidate, Gate, RecordFile};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::{
    VerifyArgs,
    fetch::{Fetched, Fetcher},
    target::{self, Target},
};
use crate::{
    bundle_file, failure::Failure, instance_args::runtime, report::Report, terminal::Terminal,
};

/// Whether the arguments ask about releases.
pub fn is_for(args: &VerifyArgs) -> bool {
    args.author.is_some()
        || args.targets.len() > 1
        || args
            .targets
            .iter()
            .any(|text| target::parse(text).is_some())
}

/// Looks at every release, whatever was found of those before it. The worst decides how it ends.
pub fn run(args: &VerifyArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let releases = Releases::of(args)?;
    let runtime = runtime()?;
    let gate = args
        .gate
        .open(&args.instance, args.allow_old_format, &runtime, terminal)?;
    let asked = Asked {
        args,
        gate,
        runtime,
        terminal,
    };
    let mut worst = Exit::Success;
    let mut take = |result: Result<Exit, Failure>| {
        let exit = result.unwrap_or_else(|failure| {
            terminal.failure(&failure);
            failure.exit()
        });
        if exit as u8 > worst as u8 {
            worst = exit;
        }
        // What is remembered by now is said by now.
        terminal.flush();
    };
    match releases {
        Releases::Files(author, files) => {
            for file in files {
                take(asked.file(author, file));
            }
        }
        Releases::Published(targets) => {
            let fetcher = Fetcher::new(args.cpan.open()?);
            for (text, target) in targets {
                take(asked.published(&fetcher, text, &target));
            }
        }
    }
    Ok(worst)
}

/// What is asked about.
enum Releases<'a> {
    /// Files that are an author's.
    Files(&'a PauseId, Vec<&'a Path>),
    /// What a CPAN has.
    Published(Vec<(&'a str, Target)>),
}

impl<'a> Releases<'a> {
    fn of(args: &'a VerifyArgs) -> Result<Self, Failure> {
        if args.bundle.is_some() && (args.author.is_none() || args.targets.len() > 1) {
            return Err(Failure::Usage(
                "expected `--bundle` with one file of yours; of a published release the bundle beside it counts"
                    .into(),
            ));
        }
        if let Some(author) = &args.author {
            let files = args.targets.iter().map(Path::new).collect();
            return Ok(Self::Files(author, files));
        }
        let targets = args.targets.iter().map(|text| match target::parse(text) {
            Some(target) => Ok((text.as_str(), target)),
            None => Err(Failure::Usage(format!(
                "expected a release such as TIMLEGGE/Foo-Bar-1.02.tar.gz or a module such as Foo::Bar, found `{text}`; for a file of yours say whose it is with `--author ID`"
            ))),
        });
        Ok(Self::Published(targets.collect::<Result<_, _>>()?))
    }
}

/// The gate, and how it is asked.
struct Asked<'a> {
    args: &'a VerifyArgs,
    gate: Gate,
    runtime: Runtime,
    terminal: &'a Terminal,
}

impl Asked<'_> {
    /// A file of the user's, with the bundle beside it.
    fn file(&self, author: &PauseId, file: &Path) -> Result<Exit, Failure> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let path =
            target::of_author(author, &name).map_err(|error| Failure::Usage(error.to_string()))?;
        let bundle: PathBuf = match &self.args.bundle {
            Some(bundle) => bundle.clone(),
            None => bundle_file::beside(file),
        };
        let bundle = bundle_file::read(&bundle)?;
        let candidate = Candidate {
            path: &path,
            archive: file,
            bundle: bundle.as_deref(),
            records: &[],
        };
        // Verifying a suspicious file changes no trust, so nothing is remembered.
        let verdict = self.gate.judge(&candidate, Timestamp::now());
        let verdict = self.runtime.block_on(verdict)?;
        Ok(self.report(&file.display().to_string(), &path, verdict))
    }

    /// A release that a CPAN has.
    fn published(&self, fetcher: &Fetcher, text: &str, target: &Target) -> Result<Exit, Failure> {
        let now = Timestamp::now();
        let path = match target {
            Target::Release(path) => path.clone(),
            Target::Module(module) => {
                self.runtime
                    .block_on(fetcher.release_of(module, self.gate.memory(), now))?
            }
        };
        let known = self
            .runtime
            .block_on(self.gate.known_version(&path.author))?;
        let Fetched {
            archive,
            bundle,
            records,
        } = self.runtime.block_on(fetcher.fetch(&path, known + 1))?;
        let verdict = self.admit(&path, archive.path(), bundle.as_deref(), &records)?;
        Ok(self.report(text, &path, verdict))
    }

    fn admit(
        &self,
        path: &ReleasePath,
        archive: &Path,
        bundle: Option<&[u8]>,
        records: &[RecordFile],
    ) -> Result<Verdict, Failure> {
        let candidate = Candidate {
            path,
            archive,
            bundle,
            records,
        };
        let admitted = self.gate.admit(&candidate, Timestamp::now());
        Ok(self.runtime.block_on(admitted)?)
    }

    fn report(&self, asked: &str, path: &ReleasePath, verdict: Verdict) -> Exit {
        Report::verdict(asked, path, verdict).print(self.terminal, self.args.json)
    }
}
