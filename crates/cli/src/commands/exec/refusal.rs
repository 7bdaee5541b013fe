//! The refusal of a command, and the safe way in its place.

use crate::error::CommandError;

/// The part of an address before the directories of authors.
const BY_AUTHOR: &str = "/authors/id/";

/// The reason not to run a command, and what to do instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub message: String,
    /// The safe way, if there is one.
    pub hint: Option<String>,
}

impl Refusal {
    /// An argument that bypasses the mirror.
    pub fn of_argument(argument: &str, hint: Option<String>) -> Self {
        Self {
            message: format!(
                "invalid argument `{argument}`: it bypasses the mirror; `--allow-outside` before `--` allows it, unverified"
            ),
            hint,
        }
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        let error = Self::usage(refusal.message);
        match refusal.hint {
            Some(hint) => error.hinted(hint),
            None => error,
        }
    }
}

/// The safe way for an address or a repository.
pub fn for_address(word: &str) -> String {
    match release_in(word) {
        Some(release) => format!("name the release as on CPAN, so that it is verified: `{release}`"),
        None => "name the module, or the release as on CPAN (`AUTHOR/Foo-Bar-1.02.tar.gz`), so that it is verified"
            .to_owned(),
    }
}

/// The safe way for a file or folder of this machine.
pub fn for_file() -> String {
    "verify the file first, with `cpan-sigstore verify FILE --author AUTHOR`; name a whole CPAN in a folder with `--upstream` before `--`"
        .to_owned()
}

/// The safe way for an option, if it names another mirror.
pub fn for_option(words: &[String]) -> Option<String> {
    let option = words
        .first()?
        .trim_start_matches(['-', '+'])
        .to_ascii_lowercase();
    let names_a_cpan = [
        "mirror",
        "from",
        "remote",
        "resolver",
        "cpanmetadb",
        "metacpan",
    ];
    let is_mirror = names_a_cpan.iter().any(|name| option.starts_with(name));
    is_mirror.then(|| "name another CPAN with `--upstream` before `--`".to_owned())
}

/// The author and file of a release in the address of its archive.
fn release_in(address: &str) -> Option<String> {
    let (_, path) = address.rsplit_once(BY_AUTHOR)?;
    let mut parts = path.splitn(3, '/');
    let (first, second, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let author = rest.split('/').next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.+/".contains(c);
    let is_release = author.starts_with(second) && second.starts_with(first);
    (is_release && rest.chars().all(is_plain)).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_release_in_an_address() {
        for (address, release) in [
            (
                "https://www.cpan.org/authors/id/T/TI/TIM/Foo-1.0.tar.gz",
                Some("TIM/Foo-1.0.tar.gz"),
            ),
            (
                "http://x/pub/CPAN/authors/id/T/TI/TIM/sub/Foo-1.0.tar.gz",
                Some("TIM/sub/Foo-1.0.tar.gz"),
            ),
            ("https://x/authors/id/T/TI/EVIL/Foo-1.0.tar.gz", None),
            ("https://x/authors/id/T/TI/TIM/Foo;id.tar.gz", None),
            ("https://x/Foo-1.0.tar.gz", None),
            ("git@x:Foo.git", None),
        ] {
            assert_eq!(release_in(address).as_deref(), release, "{address}");
        }
    }
}
