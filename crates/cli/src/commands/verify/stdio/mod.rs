//! `verify --stdio`: the verifier interface (section 12 of the standard). One process answers many requests, a line
//! each.
//!
//! # Security
//!
//! - Every line has exactly one answer, in the order of the lines. A line that is no request has an error, and an
//!   error is never a pass.
//! - A file is copied to a private file before it is judged, so the digest in the answer is that of the judged bytes.
//!   A client compares it with the bytes that it installs, or lets the verifier write them.

mod answer;
mod lines;
mod request;

use std::{fs::File, io, path::Path};

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_cpan::{ARCHIVE_LIMIT, package_index::ReleasePackages};
use cpan_sigstore_files::HashedFile;
use cpan_sigstore_gate::{Gate, IndexStanding};
use jiff::{SignedDuration, Timestamp};

use super::{
    arguments::VerifyArgs,
    fetch::{Fetcher, temporary_file},
    released::{Release, Released},
};
use crate::{bundle_file, error::CommandError, session::Session};
use answer::{Answer, Body};
use lines::Line;
use request::{LINE_LIMIT, Question, ReleaseQuestion, Request, RequestError, RequestErrorKind};

/// Time for which trust material, author index and package index are used before they are read again.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// Bytes that are copied at a time.
const PART: usize = 64 * 1024;

/// Answers requests until the input ends.
pub fn run(args: &VerifyArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let mut service = Service::new(args, session);
    let mut input = io::stdin().lock();
    let unreadable = |source| CommandError::system("cannot read the requests", source);
    while let Some(line) = lines::next(&mut input, LINE_LIMIT).map_err(unreadable)? {
        terminal.json(&service.answer(line).within_limit());
        if let Err(error) = terminal.try_flush() {
            // Nobody reads the answers, so no request follows.
            terminal.note_failure(error);
            break;
        }
    }
    Ok(Exit::Success)
}

/// Answers requests, one after the other.
struct Service<'a> {
    args: &'a VerifyArgs,
    session: &'a Session<'a>,
    gate: Option<Opened<Gate>>,
    index: Option<Opened<(ReleasePackages, IndexStanding)>>,
}

/// A value, and the time when it was read.
struct Opened<T> {
    value: T,
    at: Timestamp,
}

impl<T> Opened<T> {
    /// Whether it is used still. A clock that was set back ends that, too.
    fn is_fresh(&self, now: Timestamp) -> bool {
        now >= self.at && now.duration_since(self.at) < KEPT
    }
}

impl<'a> Service<'a> {
    fn new(args: &'a VerifyArgs, session: &'a Session<'a>) -> Self {
        Self {
            args,
            session,
            gate: None,
            index: None,
        }
    }

    /// The answer to a line.
    fn answer(&mut self, line: Line) -> Answer {
        let refused = |kind| Err(RequestError { id: None, kind });
        let request = match line {
            Line::Whole(text) => Request::parse(&text),
            Line::TooLong => refused(RequestErrorKind::TooLong),
            Line::Half => refused(RequestErrorKind::Half),
        };
        match request {
            Ok(Request { id, question }) => {
                let _span = tracing::info_span!("verify", id).entered();
                Answer::new(id, self.body(question))
            }
            Err(error) => Answer::refused(&error),
        }
    }

    fn body(&mut self, question: Question) -> Result<Body, CommandError> {
        match question {
            Question::Program => Ok(Body::program()),
            Question::Release(asked) => self.release(*asked, Timestamp::now()),
        }
    }

    fn release(&mut self, asked: ReleaseQuestion, now: Timestamp) -> Result<Body, CommandError> {
        if let Some(path) = &asked.copy {
            check_free(path)?;
        }
        let archive = asked.archive.as_deref().map(private_copy).transpose()?;
        let bundle = asked.bundle.as_deref().map(present_bundle).transpose()?;
        let (packages, index) = match asked.packages {
            Some(packages) => (packages, IndexStanding::Unlogged),
            None => {
                let (index, standing) = self.index(now)?;
                (index.of_release(&asked.release), *standing)
            }
        };
        let session = self.session;
        let fetcher = Fetcher::new(session.cpan(&self.args.cpan)?);
        let release = Release {
            path: &asked.release,
            packages: &packages,
            index,
            archive,
            bundle,
            remember: asked.remember,
        };
        let Released { verdict, archive } = release.judge(self.gate(now)?, &fetcher, session)?;
        let copy = asked.copy.filter(|_| verdict.admits());
        if let Some(path) = &copy {
            write_copy(&archive, path).map_err(CommandError::write(path))?;
        }
        Ok(Body::release(&asked.release, verdict, copy.is_some()))
    }

    /// The gate, with the policy of this moment.
    fn gate(&mut self, now: Timestamp) -> Result<&Gate, CommandError> {
        let VerifyArgs {
            gate: args,
            instance,
            allow_old_format,
            ..
        } = self.args;
        let kept = self.gate.take();
        let kept = kept.filter(|it| it.is_fresh(now) && it.value.verifier().is_ok());
        let opened = match kept {
            Some(Opened { value, at }) => Opened {
                value: value.with_policy(self.session.effective_policy(args, *allow_old_format)?),
                at,
            },
            None => Opened {
                value: self.session.gate(
                    args,
                    instance,
                    Some(&self.args.cpan.url),
                    *allow_old_format,
                )?,
                at: now,
            },
        };
        Ok(&self.gate.insert(opened).value)
    }

    /// The packages of each release, by the package index, and whether everybody sees it.
    fn index(&mut self, now: Timestamp) -> Result<&(ReleasePackages, IndexStanding), CommandError> {
        let opened = match self.index.take().filter(|it| it.is_fresh(now)) {
            Some(opened) => opened,
            None => {
                let session = self.session;
                let cpan = session.cpan(&self.args.cpan)?;
                let gate = self.gate(now)?;
                let read = session.wait(gate.read_package_index(cpan, now))?;
                let value = read.map(|read| (read.index.releases(), read.standing));
                let value = value.unwrap_or_default();
                Opened { value, at: now }
            }
        };
        Ok(&self.index.insert(opened).value)
    }
}

/// The bytes of a bundle that has to be there.
fn present_bundle(path: &Path) -> Result<Vec<u8>, CommandError> {
    let bundle = match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => None,
        _ => bundle_file::read(path)?,
    };
    bundle.ok_or_else(|| CommandError::read(path)(cpan_sigstore_files::no_such_file()))
}

/// Copies a file to a private one, and hashes it on the way.
fn private_copy(path: &Path) -> Result<HashedFile, CommandError> {
    // A pipe is never opened: that would wait for a writer.
    let is_file = std::fs::metadata(path)
        .map_err(CommandError::read(path))?
        .is_file();
    if !is_file {
        return Err(CommandError::read(path)(cpan_sigstore_files::no_such_file()));
    }
    let mut file = File::open(path).map_err(CommandError::read(path))?;
    let mut into = temporary_file()?;
    let mut part = vec![0; PART];
    let mut size = 0;
    loop {
        let count = io::Read::read(&mut file, &mut part).map_err(CommandError::read(path))?;
        size += count as u64;
        if size > ARCHIVE_LIMIT {
            return Err(CommandError::read(path)(io::ErrorKind::FileTooLarge.into()));
        }
        if count == 0 {
            return Ok(into.finish());
        }
        into.write(&part[..count])
            .map_err(|source| CommandError::system("cannot write a temporary file", source))?;
    }
}

/// Checks that a copy replaces nothing.
fn check_free(path: &Path) -> Result<(), CommandError> {
    match path.symlink_metadata() {
        Ok(_) => Err(CommandError::write(path)(
            io::ErrorKind::AlreadyExists.into(),
        )),
        Err(_) => Ok(()),
    }
}

/// Writes the judged bytes to a new file.
fn write_copy(archive: &HashedFile, path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let copied = io::copy(&mut archive.reader(), &mut file);
    if copied.is_err() {
        // The error of the copy is reported.
        let _ = std::fs::remove_file(path);
    }
    copied.map(|_| ())
}
