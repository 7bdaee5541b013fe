//! Programs that run a client for somebody: whether it keeps the environment that leads to the mirror.

use std::{ffi::OsStr, path::Path};

use super::{client::Client, environment, refusal::Refusal};

/// Programs that give the program that they run another environment, or run it elsewhere, and what to do instead.
const LOSERS: [(&str, Instead); 12] = [
    ("sudo", Instead::Before),
    ("doas", Instead::Before),
    ("pkexec", Instead::Before),
    ("run0", Instead::Before),
    ("systemd-run", Instead::Inside),
    ("machinectl", Instead::Inside),
    ("ssh", Instead::Inside),
    ("docker", Instead::Inside),
    ("podman", Instead::Inside),
    ("flatpak", Instead::Inside),
    ("at", Instead::Inside),
    ("batch", Instead::Inside),
];
/// Programs that run their arguments in the environment that they have.
const KEEPERS: [&str; 10] = [
    "nice", "ionice", "time", "timeout", "stdbuf", "nohup", "setsid", "xargs", "unshare", "chroot",
];
/// Shells, which run a text.
const SHELLS: [&str; 8] = [
    "sh", "bash", "dash", "zsh", "ksh", "mksh", "fish", "busybox",
];
/// Programs within programs that are followed.
const DEPTH: usize = 8;

/// The place of a program that loses the environment.
#[derive(Clone, Copy)]
enum Instead {
    /// It runs this program.
    Before,
    /// This program runs in the place to which it leads.
    Inside,
}

/// The client that another program runs.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// The program that runs it.
    pub by: String,
    /// Its own program.
    pub client: String,
}

/// Finds the client behind programs that run another one.
///
/// # Errors
/// [`Refusal`] if the client surely loses its proxy, or an argument of it bypasses the mirror.
pub fn check(words: &[String]) -> Result<Option<Wrapped>, Refusal> {
    follow(words, DEPTH)
}

fn follow(words: &[String], depth: usize) -> Result<Option<Wrapped>, Refusal> {
    let Some((program, rest)) = words.split_first().filter(|_| depth > 0) else {
        return Ok(None);
    };
    let name = name(program);
    if let Some((_, instead)) = LOSERS.iter().find(|(loser, _)| *loser == name) {
        return match name == "sudo" && keeps_all(rest) {
            true => in_arguments(name, rest, depth),
            false => Err(lost(
                &format!("`{name}` runs it with another environment"),
                hint(name, *instead),
            )),
        };
    }
    match name {
        "env" => in_env(rest, depth),
        "su" | "runuser" if rest.iter().any(|word| is_login(word)) => Err(lost(
            &format!("`{name}` with a login runs it with another environment"),
            hint(name, Instead::Before),
        )),
        "su" | "runuser" => Ok(in_text(name, rest)),
        _ if KEEPERS.contains(&name) => in_arguments(name, rest, depth),
        _ if SHELLS.contains(&name) => Ok(in_text(name, rest)),
        _ => Ok(None),
    }
}

fn name(program: &str) -> &str {
    let name = Path::new(program).file_name().and_then(OsStr::to_str);
    name.unwrap_or_default()
}

fn hint(name: &str, instead: Instead) -> String {
    match instead {
        Instead::Before => format!(
            "put it first, `{name} cpan-sigstore exec -- CLIENT …`, or install into a folder of your own"
        ),
        Instead::Inside => "run `cpan-sigstore exec` itself there".to_owned(),
    }
}

fn lost(reason: &str, hint: String) -> Refusal {
    Refusal {
        message: format!(
            "cannot protect the client: {reason}, so that it loses the mirror; `--allow-outside` before `--` allows it, unverified"
        ),
        hint: Some(hint),
    }
}

/// Whether options of sudo keep the environment, which its configuration has to permit.
fn keeps_all(words: &[String]) -> bool {
    let mut options = words.iter().take_while(|word| word.starts_with('-'));
    options.any(|word| {
        let letters = word.strip_prefix('-').filter(|word| !word.starts_with('-'));
        word == "--preserve-env" || letters.is_some_and(|letters| letters.contains('E'))
    })
}

fn is_login(word: &str) -> bool {
    let letters = word.strip_prefix('-').filter(|word| !word.starts_with('-'));
    word == "-" || word == "--login" || letters.is_some_and(|letters| letters.contains('l'))
}

/// Reads the options of env, and follows the program behind them.
fn in_env(words: &[String], depth: usize) -> Result<Option<Wrapped>, Refusal> {
    let mut rest = words.iter();
    while let Some(word) = rest.next().filter(|_| depth > 0) {
        match env_word(word) {
            EnvWord::Empties => return Err(lost("`env` empties its environment", env_hint())),
            EnvWord::Changes(variable) => {
                let variable = variable.or_else(|| rest.next().map(String::as_str));
                if let Some(variable) = variable.filter(|name| environment::leads_to_mirror(name)) {
                    return Err(lost(&format!("`env` changes {variable}"), env_hint()));
                }
            }
            EnvWord::Splits(text) => {
                let text = text.or_else(|| rest.next().map(String::as_str));
                let split = text.unwrap_or_default().split_ascii_whitespace();
                let words: Vec<_> = split.map(str::to_owned).chain(rest.cloned()).collect();
                return in_env(&words, depth - 1);
            }
            EnvWord::HasValue => {
                rest.next();
            }
            EnvWord::Plain => {}
            EnvWord::Program => {
                let words: Vec<_> = std::iter::once(word).chain(rest).cloned().collect();
                return in_arguments("env", &words, depth);
            }
        }
    }
    Ok(None)
}

fn env_hint() -> String {
    "set variables before `cpan-sigstore`; the client gets them from there".to_owned()
}

/// The meaning of an argument of env. A value that is not in it is in the next one.
enum EnvWord<'a> {
    /// All variables are removed.
    Empties,
    /// This variable is set or removed.
    Changes(Option<&'a str>),
    /// This text is more arguments.
    Splits(Option<&'a str>),
    /// The next argument is the value of an option.
    HasValue,
    /// An option.
    Plain,
    /// The program that is run.
    Program,
}

fn env_word(word: &str) -> EnvWord<'_> {
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        return match name {
            "ignore-environment" => EnvWord::Empties,
            "unset" => EnvWord::Changes(value),
            "split-string" => EnvWord::Splits(value),
            "chdir" | "argv0" if value.is_none() => EnvWord::HasValue,
            _ => EnvWord::Plain,
        };
    }
    if let Some(letters) = word.strip_prefix('-') {
        return env_letters(letters);
    }
    match word.split_once('=') {
        Some((variable, _)) => EnvWord::Changes(Some(variable)),
        None => EnvWord::Program,
    }
}

/// The meaning of bundled letters. A single dash is `-i`.
fn env_letters(letters: &str) -> EnvWord<'_> {
    if letters.is_empty() {
        return EnvWord::Empties;
    }
    for (at, letter) in letters.char_indices() {
        let value = letters.get(at + 1..).filter(|value| !value.is_empty());
        match letter {
            'i' => return EnvWord::Empties,
            'u' => return EnvWord::Changes(value),
            'S' => return EnvWord::Splits(value),
            'C' | 'a' if value.is_none() => return EnvWord::HasValue,
            'C' | 'a' => return EnvWord::Plain,
            _ => {}
        }
    }
    EnvWord::Plain
}

/// Finds the client among the arguments of a program that runs them, and checks the client's own arguments.
fn in_arguments(by: &str, words: &[String], depth: usize) -> Result<Option<Wrapped>, Refusal> {
    for (at, word) in words.iter().enumerate() {
        let rest = words.get(at..).unwrap_or_default();
        let client = Client::of(OsStr::new(word));
        if client == Client::Other {
            let is_another = is_wrapper(name(word));
            if is_another {
                return follow(rest, depth - 1);
            }
            continue;
        }
        client.check_words(rest.get(1..).unwrap_or_default())?;
        return Ok(Some(Wrapped {
            by: by.to_owned(),
            client: word.clone(),
        }));
    }
    Ok(None)
}

fn is_wrapper(name: &str) -> bool {
    LOSERS.iter().any(|(loser, _)| *loser == name)
        || KEEPERS.contains(&name)
        || SHELLS.contains(&name)
        || matches!(name, "env" | "su" | "runuser")
}

/// Finds a client in the text that a shell runs. Its arguments are the shell's affair.
fn in_text(by: &str, words: &[String]) -> Option<Wrapped> {
    let is_separator = |c: char| c.is_ascii_whitespace() || "'\"`;&|()<>{}$".contains(c);
    let mut all = words.iter().flat_map(|text| text.split(is_separator));
    let client = all.find(|word| Client::of(OsStr::new(word)) != Client::Other)?;
    Some(Wrapped {
        by: by.to_owned(),
        client: client.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(line: &str) -> Result<Option<Wrapped>, Refusal> {
        let words: Vec<_> = line.split('|').map(str::to_owned).collect();
        check(&words)
    }

    #[test]
    fn refuses_programs_that_take_the_mirror_from_the_client() {
        for line in [
            "sudo|cpanm|Foo",
            "/usr/bin/sudo|-n|cpanm|Foo",
            "sudo|--preserve-env=PATH|cpanm|Foo",
            "sudo|cpanm|-E",
            "doas|cpanm|Foo",
            "su|-|root|-c|cpanm Foo",
            "su|-l|root",
            "ssh|host|cpanm|Foo",
            "docker|run|perl|cpanm|Foo",
            "env|-i|cpanm|Foo",
            "env|-|cpanm|Foo",
            "env|-vi|cpanm|Foo",
            "env|--ignore-environment|cpanm|Foo",
            "env|-u|http_proxy|cpanm|Foo",
            "env|-uHTTP_PROXY|cpanm|Foo",
            "env|--unset=https_proxy|cpanm|Foo",
            "env|--unset|PERL_CPANM_OPT|cpanm|Foo",
            "env|http_proxy=|cpanm|Foo",
            "env|A=b|no_proxy=*|cpanm|Foo",
            "env|PERL_CPANM_OPT=--mirror http://x|cpanm|Foo",
            "env|-S|-i cpanm Foo",
            "env|-S-i cpanm Foo",
            "env|-vS|-u http_proxy cpanm",
            "env|-0u|http_proxy|cpanm",
            "env|--split-string=-u http_proxy cpanm",
            "nice|-n|5|sudo|cpanm|Foo",
            "timeout|60|env|-i|cpanm|Foo",
            "env|A=b|sudo|cpanm|Foo",
        ] {
            let refused = checked(line).unwrap_err();
            assert!(refused.message.starts_with("cannot protect"), "{line}");
            assert!(refused.hint.is_some(), "{line}");
        }
        for line in ["env|A=b|cpanm|./Foo", "nice|cpanm|--mirror|http://x|Foo"] {
            let refused = checked(line).unwrap_err();
            assert!(refused.message.contains("bypasses"), "{line}");
        }
    }

    #[test]
    fn finds_clients_behind_other_programs() {
        for (line, by, client) in [
            ("env|A=b|-C|/tmp|cpanm|Foo", "env", "cpanm"),
            ("env|-u|LANG|cpan|Foo", "env", "cpan"),
            ("sudo|-nE|cpanm|Foo", "sudo", "cpanm"),
            ("nice|-n|5|/usr/bin/cpanm|Foo", "nice", "/usr/bin/cpanm"),
            ("sh|-c|cd x && cpanm --installdeps .", "sh", "cpanm"),
            ("timeout|60|bash|-c|(carton install)", "bash", "carton"),
            ("su|-c|cpanm Foo", "su", "cpanm"),
        ] {
            let found = checked(line).unwrap().unwrap();
            assert_eq!((&*found.by, &*found.client), (by, client), "{line}");
        }
        for line in [
            "cpanm|Foo",
            "make|test",
            "sh|build.sh",
            "env",
            "env|-0",
            "nice|make",
        ] {
            assert_eq!(checked(line).unwrap(), None, "{line}");
        }
    }

    #[test]
    fn follows_no_program_for_ever() {
        let line = format!("{}cpanm", "env|".repeat(100));
        assert_eq!(checked(&line).unwrap(), None);
        let split = format!("env|{}cpanm", "-S".repeat(100));
        assert!(checked(&split).is_ok());
    }
}
