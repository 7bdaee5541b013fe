//! cpanm: `--from`, in `PERL_CPANM_OPT`, whose options come after those of the command line.

use super::{
    arguments::{Argument, is_address, is_local},
    options::CPANM,
    refusal::{Refusal, for_address, for_file, for_option},
};

/// The refusal of `--verify`.
const VERIFY: &str = "cannot run cpanm with `--verify`: it needs the PGP signature of CHECKSUMS, which a verifying mirror does not hand out; leave it out, the mirror verifies each release";

/// Whether an option is `--verify`, also a shortened one.
fn is_verify(word: &str) -> bool {
    let name = word.trim_start_matches(['-', '+']).to_ascii_lowercase();
    word.len() > name.len() && name.starts_with('v') && "verify".starts_with(&name)
}

/// Refuses arguments that lead round the mirror. The dependencies of a folder (`--installdeps .`) come from
/// the mirror, too.
pub fn check(arguments: &[String]) -> Result<(), Refusal> {
    let installs_dependencies = arguments.iter().any(|word| word == "--installdeps");
    for argument in CPANM.read(arguments) {
        match argument {
            Argument::Option { words, leads_round } if leads_round => {
                let hint = for_option(&words);
                let words = words.join(" ");
                return Err(match is_verify(&words) {
                    true => Refusal {
                        message: VERIFY.to_owned(),
                        hint: None,
                    },
                    false => Refusal::of_argument(&words, hint),
                });
            }
            Argument::Option { .. } => {}
            // What comes after it would hide the options that lead to the mirror.
            Argument::End => return Err(Refusal::of_argument("--", None)),
            Argument::Word(word) if is_address(&word) => {
                return Err(Refusal::of_argument(&word, Some(for_address(&word))));
            }
            Argument::Word(word) => {
                let is_own_folder = installs_dependencies && std::path::Path::new(&word).is_dir();
                if is_local(&word) && !is_own_folder {
                    return Err(Refusal::of_argument(&word, Some(for_file())));
                }
            }
        }
    }
    Ok(())
}

/// `PERL_CPANM_OPT`: what the caller's says, without what leads elsewhere, and then the mirror.
pub fn options(callers: &str, url: &str) -> String {
    let words: Vec<String> = callers
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect();
    let mut options = Vec::new();
    for argument in CPANM.read(&words) {
        match argument {
            Argument::Option {
                words,
                leads_round: false,
            } => options.extend(words),
            Argument::Option { .. } | Argument::Word(_) => {}
            Argument::End => break,
        }
    }
    options.extend(["--from".to_owned(), url.to_owned()]);
    options.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(line: &str) -> Result<(), Refusal> {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        check(&words)
    }

    #[test]
    fn what_leads_round_the_mirror_is_refused_however_it_is_written() {
        for line in [
            "--mirror http://x Foo",
            "--mirror=http://x Foo",
            "--mirr http://x Foo",
            "--from http://x Foo",
            "-M http://x Foo",
            "-nMhttp://x Foo",
            "--mirror-only Foo",
            "--mirror-index x Foo",
            "--metacpan Foo",
            "--verify Foo",
            "--veri Foo",
            "-- Foo",
            "https://x/Foo-1.0.tar.gz",
            "file:///Foo-1.0.tar.gz",
            "git://x/Foo.git",
            "git@x:Foo.git@v1",
            "./Foo-1.0",
            "/Foo-1.0.tar.gz",
            ".",
        ] {
            assert!(checked(line).is_err(), "{line}");
        }
    }

    #[test]
    fn everything_else_is_the_clients_own_affair() {
        for line in [
            "Foo::Bar",
            "Foo::Bar@1.0",
            "--verbose --version",
            "Foo~>1.0",
            "TIMLEGGE/Foo-1.0.tar.gz",
            "-nq -l /tmp Foo",
            "-L/Mine Foo",
            "--local-lib=/tmp Foo",
            "--installdeps .",
        ] {
            checked(line).unwrap();
        }
    }

    #[test]
    fn of_the_callers_options_only_those_stay_that_lead_nowhere() {
        assert_eq!(
            options(
                "--quiet --mirror http://x -l /a --metacpan --verify -M http://y Foo -n",
                "URL"
            ),
            "--quiet -l /a -n --from URL"
        );
        assert_eq!(options("-q -- --mirror x", "URL"), "-q --from URL");
    }
}
