//! The help of the whole program: its commands, grouped by those who use them.

use std::fmt::Write as _;

use clap::Command;

/// The commands of each group of readers. A command that is in no group is for everybody.
const GROUPS: [(&str, &[&str]); 3] = [
    (
        "Authors",
        &[
            "release", "backlog", "check", "sign", "upload", "author", "watch",
        ],
    ),
    (
        "Installers",
        &["exec", "verify", "inspect", "policy", "trust"],
    ),
    ("Operators", &["mirror", "env", "index", "log", "gate"]),
];

/// Returns the program's command with a help that lists its commands by group.
pub fn grouped(program: Command) -> Command {
    let template = template(&program);
    program.help_template(template)
}

fn template(program: &Command) -> String {
    let mut template = "{before-help}{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    let is_grouped = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    for (heading, names) in GROUPS {
        let commands = names
            .iter()
            .filter_map(|name| program.find_subcommand(name));
        list(&mut template, program, heading, commands);
    }
    let others = shown(program).filter(|command| !is_grouped(command.get_name()));
    list(&mut template, program, "Everybody", others);
    let header = program.get_styles().get_header();
    let _ = write!(
        template,
        "\n{header}Options:{header:#}\n{{options}}{{after-help}}"
    );
    template
}

/// Adds a heading, and a line for each of the commands.
fn list<'a>(
    text: &mut String,
    program: &Command,
    heading: &str,
    commands: impl Iterator<Item = &'a Command>,
) {
    let (header, literal) = (
        program.get_styles().get_header(),
        program.get_styles().get_literal(),
    );
    let _ = writeln!(text, "\n{header}{heading}:{header:#}");
    let lengths = shown(program).map(|it| it.get_name().len());
    let width = lengths.max().unwrap_or_default();
    for command in commands {
        let name = command.get_name();
        let about = command.get_about().map(ToString::to_string);
        let about = about.unwrap_or_default();
        let _ = writeln!(text, "  {literal}{name:width$}{literal:#}  {about}");
    }
}

/// The subcommands that are not hidden.
fn shown(program: &Command) -> impl Iterator<Item = &Command> {
    let all = program.get_subcommands();
    all.filter(|command| !command.is_hide_set())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_a_group_is_a_command() {
        let program = crate::command_line();
        for name in GROUPS.iter().flat_map(|(_, names)| *names) {
            let command = program.find_subcommand(name);
            assert!(command.is_some_and(|it| !it.is_hide_set()), "{name}");
        }
    }

    #[test]
    fn help_lists_each_command_once() {
        let program = crate::command_line();
        let help = program.clone().render_help().to_string();
        for command in shown(&program) {
            let line = format!("\n  {} ", command.get_name());
            assert_eq!(help.matches(&line).count(), 1, "{}", command.get_name());
        }
    }
}
