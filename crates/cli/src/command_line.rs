//! The command line as clap reads it: errors with the plain usage of the command, and the flags that a hint may name.

use std::ffi::OsString;

use clap::{
    CommandFactory, Parser,
    error::{ContextKind, ContextValue},
};

/// Parses the arguments of the process, as the command of `T` or one with another help reads them.
///
/// # Errors
/// [`clap::Error`] for a mistake, and for help and version, which are printed in the place of a command.
pub fn parse<T: Parser>(program: clap::Command) -> Result<T, clap::Error> {
    let parsed = program.try_get_matches().and_then(|mut matches| {
        T::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut T::command()))
    });
    parsed.map_err(corrected::<T>)
}

/// The error with the usage that the help states, and without hidden commands among its suggestions.
///
/// By itself, clap lists each flag that was given as if it were required, also one given by its environment variable.
fn corrected<T: CommandFactory>(mut error: clap::Error) -> clap::Error {
    let mut ran = command::<T>(std::env::args_os().skip(1));
    if error.get(ContextKind::Usage).is_some() {
        let usage = ContextValue::StyledStr(ran.render_usage());
        error.insert(ContextKind::Usage, usage);
    }
    if let Some(ContextValue::Strings(names)) = error.remove(ContextKind::SuggestedSubcommand) {
        let is_shown = |name: &String| {
            ran.find_subcommand(name)
                .is_some_and(|it| !it.is_hide_set())
        };
        let shown: Vec<_> = names.into_iter().filter(is_shown).collect();
        if !shown.is_empty() {
            error.insert(
                ContextKind::SuggestedSubcommand,
                ContextValue::Strings(shown),
            );
        }
    }
    error
}

/// The command that these arguments name.
fn command<T: CommandFactory>(arguments: impl IntoIterator<Item = OsString>) -> clap::Command {
    let mut command = T::command();
    command.build();
    for argument in arguments {
        match command.find_subcommand(&argument) {
            Some(below) => command = below.clone(),
            // Only commands without subcommands have arguments and flags with values.
            None if argument.to_string_lossy().starts_with('-') => {}
            None => break,
        }
    }
    command
}

/// The flags and commands in hints that the program does not have.
///
/// A hint names flags of the command that runs, or whole commands such as `` `cpan-sigstore index status` ``.
pub struct HintCheck {
    root: clap::Command,
    ran: clap::Command,
}

impl HintCheck {
    /// The check for the arguments of the process.
    pub fn of_process<T: CommandFactory>() -> Self {
        Self::new::<T>(std::env::args_os().skip(1))
    }

    fn new<T: CommandFactory>(arguments: impl IntoIterator<Item = OsString>) -> Self {
        Self {
            root: command::<T>([]),
            ran: command::<T>(arguments),
        }
    }

    /// Returns the first flag or command in the hint that does not exist.
    pub fn unknown(&self, hint: &str) -> Option<String> {
        // Only other programs run a hidden command.
        if self.ran.is_hide_set() {
            return None;
        }
        hint.split('`').find_map(|part| {
            let mut words = part.split_whitespace();
            let mut command = &self.ran;
            if part.starts_with("cpan-sigstore ") {
                words.next();
                command = &self.root;
            }
            let mut is_path = part.starts_with("cpan-sigstore ");
            words.find_map(|word| {
                let word = word.trim_end_matches([',', ';', '.', ')']);
                if let Some(flag) = word.strip_prefix("--") {
                    is_path = false;
                    return (!flag.is_empty() && !has(command, flag)).then(|| word.to_owned());
                }
                if is_path && command.has_subcommands() {
                    match command.find_subcommand(word) {
                        Some(below) => command = below,
                        None => return Some(word.to_owned()),
                    }
                }
                None
            })
        })
    }
}

fn has(command: &clap::Command, flag: &str) -> bool {
    command
        .get_arguments()
        .any(|argument| argument.get_long() == Some(flag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Arguments;

    fn check(command: &str) -> HintCheck {
        HintCheck::new::<Arguments>(command.split(' ').map(OsString::from))
    }

    #[test]
    fn finds_flags_that_the_command_lacks() {
        let upload = check("upload --pause-file x Foo-1.0.tar.gz");
        for hint in [
            "name it with `--bundle`, or the CPAN with `--cpan URL`",
            "confirm (--dry-run)",
            "forget it with `cpan-sigstore trust forget --author ID`",
            "see `cpan-sigstore author`, or run `chmod -R o-w`",
        ] {
            assert_eq!(upload.unknown(hint), None, "{hint}");
        }
        for (hint, unknown) in [
            (
                "name it with `--certificate-identity NAME`",
                "--certificate-identity",
            ),
            ("sign it with `cpan-sigstore sign --author ID`", "--author"),
            ("forget it with `cpan-sigstore trust drop`", "drop"),
            ("confirm with --force.", "--force"),
        ] {
            assert_eq!(upload.unknown(hint).as_deref(), Some(unknown), "{hint}");
        }
    }

    #[test]
    fn every_command_has_its_own_flags() {
        let verify = check("-v index verify index.json");
        assert_eq!(verify.unknown("name it with `--identity`"), None);
        assert!(
            verify
                .unknown("name it with `--certificate-identity`")
                .is_some()
        );
    }
}
