//! The parts of a `cpanfile` that may lead round a mirror: clients follow the options `git`, `url`, `dist` and `mirror`
//! of a requirement.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::client::Client;
use cpan_sigstore_core::text::shown_path;

/// Largest cpanfile that is checked, in bytes.
const LIMIT: u64 = 1024 * 1024;
/// The name of the file where none is given.
const NAME: &str = "cpanfile";

/// Returns a warning for each line that may lead round the mirror, of the files that a client reads. A cpanfile is
/// Perl, which is not run here, so that this is no more than a look.
pub fn ways_round(client: Client, arguments: &[OsString]) -> Vec<String> {
    files(client, arguments)
        .iter()
        .flat_map(|path| ways_round_in(path))
        .collect()
}

/// The files that a client reads with these arguments.
fn files(client: Client, arguments: &[OsString]) -> Vec<PathBuf> {
    let words: Vec<_> = arguments
        .iter()
        .map(|word| word.to_string_lossy())
        .collect();
    if let Some(named) = named(&words) {
        return vec![named];
    }
    match client {
        Client::Carton => {
            let set = std::env::var_os("PERL_CARTON_CPANFILE");
            vec![set.map_or(NAME.into(), PathBuf::from)]
        }
        Client::Cpm => vec![NAME.into()],
        // It reads the one of each folder whose dependencies it installs.
        Client::Cpanm => {
            let folders = words.iter().map(|word| Path::new(&**word));
            let folders = folders.filter(|folder| folder.is_dir());
            folders.map(|folder| folder.join(NAME)).collect()
        }
        Client::Cpan | Client::Minicpan | Client::Other => Vec::new(),
    }
}

/// The value of `--cpanfile`, with one dash, two, or `+`.
fn named<T: AsRef<str>>(words: &[T]) -> Option<PathBuf> {
    let mut words = words.iter().map(AsRef::as_ref);
    while let Some(word) = words.next() {
        let Some(name) = word.trim_start_matches(['-', '+']).strip_prefix(NAME) else {
            continue;
        };
        if name.is_empty() && word.len() > NAME.len() {
            return words.next().map(PathBuf::from);
        }
        if let Some(value) = name.strip_prefix('=') {
            return Some(value.into());
        }
    }
    None
}

fn ways_round_in(path: &Path) -> Vec<String> {
    let Ok(Some(bytes)) = cpan_sigstore_files::read_limited(path, LIMIT) else {
        return Vec::new();
    };
    String::from_utf8_lossy(&bytes)
        .lines()
        .enumerate()
        .filter(|(_, line)| leads_round(line))
        .map(|(at, line)| {
            format!(
                "{}, line {}, may lead round the mirror: {}",
                shown_path(path),
                at + 1,
                line.trim()
            )
        })
        .collect()
}

fn leads_round(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default();
    let words: Vec<_> = line
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '\'' | '"' | '='))
        .filter(|word| !word.is_empty())
        .collect();
    // A comma is as good as an arrow.
    let has_options = line.contains("=>") || line.contains(',');
    has_options
        && words
            .iter()
            .any(|word| matches!(*word, "git" | "url" | "dist" | "mirror"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_lead_round_are_seen() {
        for (line, expected) in [
            ("requires 'Foo', '1.0';", false),
            ("requires 'Foo', git => 'git://x/foo.git';", true),
            ("requires 'Foo', 'url', 'file:///x.tar.gz';", true),
            ("  url=> 'file:///x.tar.gz';", true),
            ("requires 'Foo', '1.0', mirror => 'http://x';", true),
            ("# git => 'x'", false),
            ("requires 'URI::git' => 0;", false),
        ] {
            assert_eq!(leads_round(line), expected, "{line}");
        }
    }

    #[test]
    fn finds_the_files_that_each_client_reads() {
        let of = |client, line: &str| {
            let words: Vec<_> = line.split(' ').map(OsString::from).collect();
            files(client, &words)
        };
        assert_eq!(of(Client::Carton, "install"), [Path::new("cpanfile")]);
        assert_eq!(of(Client::Carton, "install +cpanfile x"), [Path::new("x")]);
        assert_eq!(of(Client::Cpm, "install"), [Path::new("cpanfile")]);
        assert_eq!(
            of(Client::Cpanm, "--installdeps ."),
            [Path::new("./cpanfile")]
        );
        assert_eq!(
            of(Client::Cpanm, "--cpanfile=x --installdeps ."),
            [Path::new("x")]
        );
        assert!(of(Client::Cpanm, "Foo").is_empty());
        assert!(of(Client::Cpan, "cpanfile").is_empty());
    }
}
