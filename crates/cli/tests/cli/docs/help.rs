//! The help of every command.

use crate::harness::{Ran, bare};

/// The headings over lists of subcommands.
const HEADINGS: [&str; 5] = [
    "Commands:",
    "Authors:",
    "Installers:",
    "Operators:",
    "Everybody:",
];

/// The subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    let lists = help.split("\n\n").filter_map(|part| {
        let (heading, list) = part.split_once('\n')?;
        HEADINGS.contains(&heading).then_some(list)
    });
    lists
        .flat_map(str::lines)
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Compares the help of a command and of all commands below it; returns how many there are.
fn walk(folder: &std::path::Path, path: &[String]) -> usize {
    let mut args: Vec<_> = path.iter().map(String::as_str).collect();
    args.push("--help");
    let ran = Ran::of(bare(folder, &args).output().unwrap());
    let name = ["cpan-sigstore".to_owned()]
        .iter()
        .chain(path)
        .cloned()
        .collect::<Vec<_>>();
    let ran = ran.snapshot(&format!("help/{}", name.join("-")));
    let mut count = 1;
    for name in subcommands(&ran.stdout) {
        count += walk(folder, &[path, &[name]].concat());
    }
    count
}

#[test]
fn shows_help_of_every_command() {
    let folder = tempfile::tempdir().unwrap();
    assert!(walk(folder.path(), &[]) > 40);
}
