//! Arguments of programs that read them with Perl's Getopt::Long.

/// An option: its long name, its letter, and whether a value follows it.
#[derive(Clone, Copy)]
pub struct Known {
    /// Its long name.
    pub name: &'static str,
    /// Its letter.
    pub letter: Option<char>,
    /// Whether a value follows.
    pub has_value: bool,
    /// Whether it leads round the mirror.
    pub leads_round: bool,
}

/// What an argument is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// An option, as it was written, with its value.
    Option {
        /// The words.
        words: Vec<String>,
        /// Whether it leads round the mirror.
        leads_round: bool,
    },
    /// `--`, after which there are no options.
    End,
    /// Anything else.
    Word(String),
}

/// Reads arguments. Letters may be bundled (`-qn`), long names shortened: one that could be short for an
/// option that leads round the mirror is treated as that option.
pub fn read(arguments: &[String], known: &[Known]) -> Vec<Argument> {
    let mut read = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            read.push(Argument::End);
            read.extend(rest.by_ref().cloned().map(Argument::Word));
            break;
        }
        let (matching, has_own_value) = if let Some(long) = argument.strip_prefix("--") {
            (by_name(long, known), long.contains('='))
        } else if let Some(letters) = argument.strip_prefix('-').filter(|rest| !rest.is_empty()) {
            by_letters(letters, known)
        } else {
            read.push(Argument::Word(argument.clone()));
            continue;
        };
        let mut words = vec![argument.clone()];
        if matching.iter().any(|option| option.has_value) && !has_own_value {
            words.extend(rest.next().cloned());
        }
        read.push(Argument::Option {
            words,
            leads_round: matching.iter().any(|option| option.leads_round),
        });
    }
    read
}

fn by_name(long: &str, known: &[Known]) -> Vec<Known> {
    let name = long.split('=').next().unwrap_or(long).replace('_', "-");
    let named = |option: &&Known| option.name == name;
    match known.iter().find(named) {
        Some(option) => vec![*option],
        None => known
            .iter()
            .filter(|option| option.name.starts_with(&name))
            .copied()
            .collect(),
    }
}

/// The options among bundled letters, and whether the value of the last is among them, too.
fn by_letters(letters: &str, known: &[Known]) -> (Vec<Known>, bool) {
    let mut found = Vec::new();
    for (at, letter) in letters.char_indices() {
        let Some(option) = known.iter().find(|option| option.letter == Some(letter)) else {
            continue;
        };
        found.push(*option);
        if option.has_value {
            let has_own_value = at + letter.len_utf8() < letters.len();
            return (found, has_own_value);
        }
    }
    (found, false)
}

/// Whether a word is an address or a repository rather than a name on CPAN.
pub fn is_address(word: &str) -> bool {
    let scheme = word.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = |scheme: &str| {
        matches!(
            scheme.to_ascii_lowercase().as_str(),
            "http"
                | "https"
                | "ftp"
                | "file"
                | "git"
                | "ssh"
                | "git+ssh"
                | "git+https"
                | "git+file"
        )
    };
    scheme.is_some_and(is_scheme)
        || word.contains("://")
        || word.ends_with(".git")
        || word.contains(".git@")
}

/// Whether a word names something on this machine.
pub fn is_local(word: &str) -> bool {
    word.starts_with(['.', '/', '~']) || std::path::Path::new(word).is_file()
}
