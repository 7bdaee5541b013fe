//! The arguments of a client, read as the client reads them.
//!
//! If its grammar leaves a doubt, such as for a shortened name, an argument is treated as the option that bypasses the
//! mirror.

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

/// The way in which a client reads its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// Getopt::Long with `bundling`: letters follow one dash, names two dashes or a `+`.
    Bundling,
    /// Getopt::Long without it: names follow one dash, two dashes or a `+`.
    Names,
    /// Getopt::Std: letters follow one dash.
    Letters,
}

/// The options of a client.
#[derive(Clone, Copy)]
pub struct Options {
    /// The way in which it reads them.
    pub grammar: Grammar,
    /// Those that have a value, or bypass the mirror.
    pub known: &'static [Known],
}

/// An argument.
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

/// The beginning of an argument that is an option.
enum Start<'a> {
    Name(&'a str),
    Letters(&'a str),
}

impl Options {
    /// Reads arguments.
    pub fn read(&self, arguments: &[String]) -> Vec<Argument> {
        let mut read = Vec::new();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                read.push(Argument::End);
                read.extend(rest.by_ref().cloned().map(Argument::Word));
                break;
            }
            let (matching, has_own_value) = match self.start(argument) {
                Some(Start::Name(name)) => (by_name(name, self.known), name.contains('=')),
                Some(Start::Letters(letters)) => by_letters(letters, self.known),
                None => {
                    read.push(Argument::Word(argument.clone()));
                    continue;
                }
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

    fn start<'a>(&self, argument: &'a str) -> Option<Start<'a>> {
        if let Some(name) = argument.strip_prefix("--") {
            return Some(Start::Name(name));
        }
        // Getopt::Long takes it for two dashes.
        if self.grammar != Grammar::Letters
            && let Some(name) = argument.strip_prefix('+').filter(|name| !name.is_empty())
        {
            return Some(Start::Name(name));
        }
        let rest = argument.strip_prefix('-').filter(|rest| !rest.is_empty())?;
        Some(match self.grammar {
            Grammar::Names => Start::Name(rest),
            Grammar::Bundling | Grammar::Letters => Start::Letters(rest),
        })
    }
}

/// The options that a name may mean: in any case, shortened, or a letter.
fn by_name(name: &str, known: &[Known]) -> Vec<Known> {
    let name = name.split('=').next().unwrap_or(name);
    let long = name.replace('_', "-").to_ascii_lowercase();
    let is_letter = |option: &Known| {
        option
            .letter
            .is_some_and(|letter| name == letter.to_string())
    };
    if let Some(option) = known
        .iter()
        .find(|option| option.name == long || is_letter(option))
    {
        return vec![*option];
    }
    let begins = |option: &&Known| option.name.starts_with(&long);
    known.iter().filter(begins).copied().collect()
}

/// The options among bundled letters, and whether the value of the last one is among them, too.
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
