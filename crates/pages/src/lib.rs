//! The man pages and completions of `cpan-sigstore`, made from its arguments.
//!
//! The program itself does not contain them: `cpan-sigstore-pages DIR` writes them for a package.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Command, builder::StyledStr};
use clap_complete::{Generator as _, Shell};
use clap_mangen::Man;

/// The page about the policy, written by hand.
const POLICY_PAGE: &str = include_str!("../man/cpan-sigstore-policy.toml.5");

/// The name of the program.
const PROGRAM: &str = "cpan-sigstore";

/// The shells whose completions are written.
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {source}")]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Writes `man/man1`, `man/man5` and `completions` below a folder.
///
/// The bytes depend on the program alone, and not on the time.
///
/// # Errors
/// [`WriteError`] if a folder or file cannot be written.
pub fn write(folder: &Path) -> Result<(), WriteError> {
    let mut program = without_hidden(without_help(cpan_sigstore::command_line()));
    let completions = folder.join("completions");
    create(&completions)?;
    for shell in SHELLS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut program, PROGRAM, &mut script);
        if shell == Shell::Bash {
            script = with_one_name(&script);
        }
        put(&completions.join(shell.file_name(PROGRAM)), &script)?;
    }
    program.build();
    let commands = folder.join("man/man1");
    create(&commands)?;
    pages(&program, None, &commands)?;
    let formats = folder.join("man/man5");
    create(&formats)?;
    put(
        &formats.join("cpan-sigstore-policy.toml.5"),
        POLICY_PAGE.as_bytes(),
    )
}

/// The script for bash, with one name for a command in both of its halves.
///
/// For a program with a hyphen in its name, `clap_complete` 4.6.11 sets the variable `cmd` to `cpan__sigstore__…` and
/// compares it with `cpan__subcmd__sigstore__…`, so that nothing behind a subcommand is completed.
fn with_one_name(script: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(script);
    text.replace("cpan__subcmd__sigstore", "cpan__sigstore")
        .into_bytes()
}

/// The command without the subcommands `help`, whose pages would only repeat the others.
fn without_help(command: Command) -> Command {
    command
        .disable_help_subcommand(true)
        .mut_subcommands(without_help)
}

/// The program without its hidden commands, which completions would offer.
fn without_hidden(program: Command) -> Command {
    // clap removes no subcommand of a command.
    let text = |text: Option<&StyledStr>| text.cloned().unwrap_or_default();
    Command::new(PROGRAM)
        .version(env!("CARGO_PKG_VERSION"))
        .about(text(program.get_about()))
        .long_about(text(program.get_long_about()))
        .after_help(text(program.get_after_help()))
        .args(program.get_arguments().cloned())
        .subcommands(shown(&program).cloned())
        .subcommand_required(true)
        .disable_help_subcommand(true)
}

/// Writes the page of a command, and of each command below it.
fn pages(command: &Command, above: Option<&Command>, folder: &Path) -> Result<(), WriteError> {
    let name = page_name(command);
    let path = folder.join(format!("{name}.1"));
    let man = Man::new(command.clone())
        .title(name)
        .source(concat!("cpan-sigstore ", env!("CARGO_PKG_VERSION")))
        .manual("cpan-sigstore");
    let mut page = Vec::new();
    man.render(&mut page).map_err(|source| WriteError {
        path: path.clone(),
        source,
    })?;
    page.extend(see_also(command, above).into_bytes());
    put(&path, &page)?;
    for below in shown(command) {
        pages(below, Some(command), folder)?;
    }
    Ok(())
}

/// The section that names the pages above and below this one, and the policy's.
fn see_also(command: &Command, above: Option<&Command>) -> String {
    let mut names: Vec<_> = above
        .into_iter()
        .chain(shown(command))
        .map(page_name)
        .collect();
    names.sort_unstable();
    let links = names
        .iter()
        .map(|name| format!("\\fB{}\\fR(1)", escaped(name)));
    let links: Vec<_> = links
        .chain(["\\fBcpan\\-sigstore\\-policy.toml\\fR(5)".to_owned()])
        .collect();
    format!(".SH \"SEE ALSO\"\n{}\n", links.join(",\n"))
}

fn page_name(command: &Command) -> &str {
    command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
}

fn escaped(name: &str) -> String {
    name.replace('-', "\\-")
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|it| !it.is_hide_set())
}

fn create(folder: &Path) -> Result<(), WriteError> {
    fs::create_dir_all(folder).map_err(|source| WriteError {
        path: folder.to_owned(),
        source,
    })
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    fs::write(path, bytes).map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}
