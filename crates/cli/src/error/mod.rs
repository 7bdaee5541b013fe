//! The one error of a command: how the program ends, why, and what to do next.
//!
//! An error of this crate is built where it arises. The errors of the libraries become one in
//! `sources.rs`, each with its exit code and hints beside it.

mod log_sources;
mod login_hint;
mod network_hint;
mod sources;
mod upload_sources;

pub use network_hint::after_fault;

use std::{error::Error, fmt, io, path::Path};

use cpan_sigstore_core::{finding::Exit, text::shown_path};

/// The place for reports of faults in this program.
const REPORT: &str = "report this fault of cpan-sigstore, with the command and this message, as CONTRIBUTING.md describes";

/// The end of a command without a result.
#[derive(Debug)]
pub struct CommandError {
    exit: Exit,
    error: Box<dyn Error + Send + Sync>,
    hints: Vec<String>,
}

/// A message, and the error behind it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Wrapped {
    message: String,
    source: Box<dyn Error + Send + Sync>,
}

impl CommandError {
    /// An error that ends the program with this code.
    pub fn new(exit: Exit, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            exit,
            error: error.into(),
            hints: Vec::new(),
        }
    }

    /// A command line that cannot be used.
    pub fn usage(message: String) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A failure that says nothing about a release.
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Exit::Failed, error)
    }

    /// An error that no user can cause or mend.
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::failed(error).hinted(REPORT)
    }

    /// A failure of the operating system.
    pub fn system(what: &str, source: io::Error) -> Self {
        Self::failed(Wrapped {
            message: format!("{what}: {source}"),
            source: source.into(),
        })
    }

    /// A file that cannot be read.
    pub fn read(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            Self::system(
                &format!("cannot read {}", shown_path(path.as_ref())),
                source,
            )
        }
    }

    /// A file that cannot be written.
    pub fn write(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            Self::system(
                &format!("cannot write {}", shown_path(path.as_ref())),
                source,
            )
        }
    }

    /// The same, with one more line of what to do next.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same, with the hint of a failed request if there is one.
    #[must_use]
    fn hinted_by(self, hint: Option<&'static str>) -> Self {
        match hint {
            Some(hint) => self.hinted(hint),
            None => self,
        }
    }

    /// The same error under another message, with its exit code and hints.
    #[must_use]
    fn reworded(self, message: String) -> Self {
        Self {
            error: Box::new(Wrapped {
                message,
                source: self.error,
            }),
            ..self
        }
    }

    /// The same error, at the place where its subject was found.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        let message = format!("{place}: {}", self.error);
        self.reworded(message)
    }

    /// The failure of a command that was `done` with some of several files; with one file, the failure
    /// itself.
    #[must_use]
    pub fn partly<F: AsRef<Path>>(
        self,
        done: usize,
        verb: &str,
        files: impl ExactSizeIterator<Item = F>,
    ) -> Self {
        if files.len() < 2 {
            return self;
        }
        let rest: Vec<_> = files
            .skip(done)
            .map(|file| shown_path(file.as_ref()))
            .collect();
        let message = format!(
            "{}; {done} {verb}, not {verb}: {}",
            self.error,
            rest.join(" ")
        );
        let mut error = self.reworded(message);
        if error.exit == Exit::TryLater {
            error.hints =
                vec!["run the command again in a moment with the remaining files".to_owned()];
        }
        error
    }

    /// The same as a failure that says nothing about a file, for a command whose other codes are an answer.
    #[must_use]
    pub fn without_answer(mut self) -> Self {
        if self.exit != Exit::Usage {
            self.exit = Exit::Failed;
        }
        self
    }

    /// The code that the program ends with.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The error itself, where it is of this type.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.error.downcast_ref()
    }

    /// What to do next.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_exit_and_names_the_files_left_when_partly_done() {
        let files = ["a", "b", "c"];
        let error = CommandError::new(Exit::Archive, "no".to_owned())
            .hinted("mend it")
            .partly(1, "signed", files.iter());
        assert_eq!(error.to_string(), "no; 1 signed, not signed: b c");
        assert_eq!((error.exit(), error.hints.len()), (Exit::Archive, 1));
        let alone = CommandError::failed("no".to_owned()).partly(0, "signed", files[..1].iter());
        assert_eq!(alone.to_string(), "no");
    }

    #[test]
    fn says_where_to_report_an_internal_error() {
        let error = CommandError::internal("it is broken".to_owned());
        assert!(error.hints[0].contains("report"), "{error:?}");
        assert_eq!(error.exit(), Exit::Failed);
    }
}
