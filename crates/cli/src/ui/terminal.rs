//! The rules of the terminal, all enforced here:
//!
//! - results go to standard output, progress, warnings and hints to standard error;
//! - colours appear on a terminal only, and never with `NO_COLOR`;
//! - text from files and from the network is printed without control characters, so that it cannot
//!   move the cursor or change the lines above it;
//! - a result that nobody could read is no success; a reader that goes away (`| head`) causes no message.

use std::{
    cell::{OnceCell, RefCell},
    fmt::Write as _,
    io::Write,
};

use anstyle::{AnsiColor, Style};
use cpan_sigstore_core::text::printable;

use crate::command_line::HintCheck;

/// Longest yes or no that is read, in bytes.
const ANSWER_LIMIT: u64 = 64;
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CAREFUL: Style = AnsiColor::Yellow.on_default().bold();
const LABEL: Style = Style::new().dimmed();

/// How a line is meant.
#[derive(Clone, Copy)]
pub enum Tone {
    /// It went as it should.
    Good,
    /// It must not be trusted.
    Bad,
    /// It should be known.
    Careful,
}

/// The terminal, or the files in its place.
pub struct Terminal {
    /// What was said of the result so far; results are written whole, at [`Terminal::flush`].
    result: RefCell<String>,
    /// The first failure to write a result.
    failure: RefCell<Option<std::io::Error>>,
    /// Ends the program at a hint with a flag that the command lacks; only set in debug builds.
    hints: OnceCell<HintCheck>,
}

impl Terminal {
    /// The process's own.
    pub fn new() -> Self {
        Self {
            result: RefCell::default(),
            failure: RefCell::default(),
            hints: OnceCell::new(),
        }
    }

    /// Checks that hints name only flags and commands that exist.
    pub fn check_hints(&self, check: HintCheck) {
        // The first check is kept; there is one process, and one command.
        let _ = self.hints.set(check);
    }

    /// The first line of a result: a word and what it is about.
    pub fn headline(&self, tone: Tone, word: &str, rest: &str) {
        let style = match tone {
            Tone::Good => GOOD,
            Tone::Bad => BAD,
            Tone::Careful => CAREFUL,
        };
        self.out(format_args!("{style}{word}{style:#}: {}", printable(rest)));
    }

    /// A line under a result: a label and its value.
    pub fn field(&self, label: &str, value: &str) {
        self.out(format_args!(
            "  {LABEL}{label:9}{LABEL:#} {}",
            printable(value)
        ));
    }

    /// A line of a result that is a list.
    pub fn line(&self, text: &str) {
        self.out(format_args!("{}", printable(text)));
    }

    /// A result for machines, on one line.
    pub fn json(&self, value: &impl serde::Serialize) {
        // A document of ours always has string keys, so that it cannot fail to be JSON.
        if let Ok(text) = serde_json::to_string(value) {
            self.out(format_args!("{text}"));
        }
    }

    /// What to do next.
    pub fn hint(&self, text: &str) {
        let unknown = self.hints.get().and_then(|check| check.unknown(text));
        debug_assert_eq!(
            unknown, None,
            "a flag or command that does not exist: {text}"
        );
        self.err(format_args!("{LABEL}hint:{LABEL:#} {}", printable(text)));
    }

    /// A line of a file, to be copied below the hint that names the file.
    pub fn copy(&self, line: &str) {
        self.err(format_args!("  {}", printable(line)));
    }

    /// What should be known before or beside the result.
    pub fn warning(&self, text: &str) {
        self.err(format_args!(
            "{CAREFUL}warning:{CAREFUL:#} {}",
            printable(text)
        ));
    }

    /// What is being done, or has to be read now.
    pub fn say(&self, text: &str) {
        self.err(format_args!("{}", printable(text)));
    }

    /// Asks a question, and reads one line of at most `limit` bytes; `None` at the end of input.
    pub fn ask(&self, question: &str, limit: u64) -> std::io::Result<Option<String>> {
        use std::io::{BufRead as _, Read as _};
        self.flush();
        let mut error = anstream::stderr().lock();
        write!(error, "{} ", printable(question))?;
        error.flush()?;
        let mut line = String::new();
        let read = std::io::stdin().lock().take(limit).read_line(&mut line)?;
        if !line.ends_with('\n') {
            // Nobody pressed the key that would have ended the line of the question.
            writeln!(error)?;
        }
        Ok((read > 0).then(|| line.trim().to_owned()))
    }

    /// Asks a question to which yes has to be said; everything else is a no.
    ///
    /// # Errors
    /// Where no answer can be read.
    pub fn confirm(&self, question: &str) -> std::io::Result<bool> {
        let answer = self.ask(&format!("{question} [y/N]"), ANSWER_LIMIT)?;
        let answer = answer.as_deref().map(str::to_lowercase);
        Ok(matches!(answer.as_deref(), Some("y" | "yes")))
    }

    /// Asks for what nobody may see, on the terminal itself and without echo.
    ///
    /// # Errors
    /// Where there is no terminal.
    pub fn ask_secret(&self, question: &str) -> std::io::Result<String> {
        self.flush();
        rpassword::prompt_password(format!("{} ", printable(question)))
    }

    /// Why the program ends without a result.
    pub fn error(&self, error: &dyn std::fmt::Display, hints: &[String]) {
        self.err(format_args!(
            "{BAD}error:{BAD:#} {}",
            printable(&error.to_string())
        ));
        for hint in hints {
            self.hint(hint);
        }
    }

    /// Ends a result: what was said so far is to be seen now.
    pub fn flush(&self) {
        if let Err(error) = self.try_flush() {
            self.note_failure(error);
        }
    }

    /// Notes a failure to write a result.
    pub fn note_failure(&self, error: std::io::Error) {
        self.failure.borrow_mut().get_or_insert(error);
    }

    /// Returns the first failure to write a result, for example because the disk is full, or the
    /// reader is gone.
    pub fn take_failure(&self) -> Option<std::io::Error> {
        self.failure.take()
    }

    /// The same, with an error if it cannot be written, so that the text is printed again later.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn try_flush(&self) -> std::io::Result<()> {
        let mut output = anstream::stdout();
        output.write_all(self.result.take().as_bytes())?;
        output.flush()
    }

    fn out(&self, line: std::fmt::Arguments<'_>) {
        // A text takes all that is written to it.
        let _ = writeln!(self.result.borrow_mut(), "{line}");
    }

    fn err(&self, line: std::fmt::Arguments<'_>) {
        self.flush();
        let _ = writeln!(anstream::stderr().lock(), "{line}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.flush();
    }
}
