//! The options of each client that have a value or bypass the mirror, and the grammar in which it reads them.
//!
//! Each grammar is that of the client's own source.

use super::arguments::{Grammar, Known, Options};

const fn value(name: &'static str, letter: Option<char>) -> Known {
    Known {
        name,
        letter,
        has_value: true,
        leads_round: false,
    }
}

const fn plain(name: &'static str) -> Known {
    Known {
        name,
        letter: None,
        has_value: false,
        leads_round: false,
    }
}

const fn round(name: &'static str, letter: Option<char>, has_value: bool) -> Known {
    Known {
        name,
        letter,
        has_value,
        leads_round: true,
    }
}

/// `App::cpanminus::script`: `Getopt::Long::Configure("bundling")`.
pub const CPANM: Options = Options {
    grammar: Grammar::Bundling,
    known: &[
        round("mirror", None, true),
        round("mirror-only", None, false),
        round("mirror-index", None, true),
        round("from", Some('M'), true),
        round("cpanmetadb", None, true),
        round("metacpan", None, false),
        // Runs CHECKSUMS as Perl, and needs its PGP signature, which no mirror of this program hands out.
        round("verify", None, false),
        value("perl", None),
        value("local-lib", Some('l')),
        value("local-lib-contained", Some('L')),
        value("auto-cleanup", None),
        value("format", None),
        value("save-dists", None),
        value("configure-timeout", None),
        value("build-timeout", None),
        value("test-timeout", None),
        value("with-feature", None),
        value("without-feature", None),
        value("cpanfile", None),
        value("configure-args", None),
        value("build-args", None),
        value("test-args", None),
        value("install-args", None),
        plain("installdeps"),
        plain("interactive"),
        // `--verb` is short for it alone.
        plain("verbose"),
    ],
};

/// `App::cpm::CLI`: `qw(:config no_auto_abbrev no_ignore_case bundling)`.
pub const CPM: Options = Options {
    grammar: Grammar::Bundling,
    known: &[
        round("resolver", Some('r'), true),
        round("default-resolvers", None, false),
        round("mirror", None, true),
        round("mirror-only", None, false),
        round("home", None, true),
        value("local-lib-contained", Some('L')),
        value("workers", Some('w')),
        value("cpanfile", None),
        value("cpmfile", None),
        value("metafile", None),
        value("snapshot", None),
        value("feature", None),
        value("target-perl", None),
        value("configure-timeout", None),
        value("build-timeout", None),
        value("test-timeout", None),
    ],
};

/// `Carton::CLI`: `no_ignore_case`, with or without `pass_through`; no bundling.
pub const CARTON: Options = Options {
    grammar: Grammar::Names,
    known: &[
        round("cached", None, false),
        value("cpanfile", None),
        value("path", None),
        value("without", None),
    ],
};

/// `App::Cpan`: `Getopt::Std`. Newer versions take settings of CPAN.pm by `-o`.
pub const CPAN: Options = Options {
    grammar: Grammar::Letters,
    known: &[
        round("j", Some('j'), true),
        round("M", Some('M'), true),
        round("o", Some('o'), true),
        round("F", Some('F'), false),
    ],
};

/// `CPAN::Mini::App`: `qw(:config no_ignore_case)`; no bundling.
pub const MINICPAN: Options = Options {
    grammar: Grammar::Names,
    known: &[
        round("remote", Some('r'), true),
        round("remote-from", None, true),
        round("class", Some('c'), true),
        value("local", Some('l')),
        value("config-file", Some('C')),
        value("config", None),
        value("dirmode", Some('d')),
        value("timeout", Some('t')),
        value("log-level", None),
    ],
};

#[cfg(test)]
mod tests {
    use super::{
        super::arguments::{Argument, is_address},
        *,
    };

    /// Whether one of the options bypasses the mirror, and the words that are none.
    fn read(options: &Options, line: &str) -> (bool, Vec<String>) {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let mut bypasses = false;
        let mut rest = Vec::new();
        for argument in options.read(&words) {
            match argument {
                Argument::Option { leads_round, .. } => bypasses |= leads_round,
                Argument::Word(word) => rest.push(word),
                Argument::End => {}
            }
        }
        (bypasses, rest)
    }

    #[test]
    fn reads_options_by_the_grammar_of_each_client() {
        for (options, line) in [
            (CARTON, "install --cached"),
            (CARTON, "install -cached"),
            (CARTON, "install +cached"),
            (CARTON, "install --cach"),
            (CARTON, "-v install +cached=1"),
            (MINICPAN, "-l x -remote file:/x"),
            (MINICPAN, "-l x -r=file:/x"),
            (MINICPAN, "-l x +rem file:/x"),
            (MINICPAN, "--r file:/x"),
            (MINICPAN, "-class X"),
            (MINICPAN, "--remote_from x"),
            (CPM, "install -r snapshot"),
            (CPM, "install -gr02packages,x"),
            (CPM, "install +mirror x"),
            (CPM, "install --default-resolvers"),
            (CPANM, "+from http://x Foo"),
            (CPANM, "--MIRROR http://x Foo"),
            (CPANM, "--M http://x Foo"),
            (CPANM, "+verify Foo"),
            (CPAN, "-j x Foo"),
            (CPAN, "-Tjx Foo"),
            (CPAN, "-o urllist=x Foo"),
        ] {
            assert!(read(&options, line).0, "{line}");
        }
        for (options, line, words) in [
            (
                CARTON,
                "install --path x -without y +cpanfile z",
                &["install"][..],
            ),
            (CARTON, "install -deployment", &["install"]),
            (MINICPAN, "-l /mini -C rc -timeout 5 -qq", &[]),
            (
                CPM,
                "install -L x --workers 2 --feature f Foo",
                &["install", "Foo"],
            ),
            (
                CPM,
                "install --no-default-resolvers Foo",
                &["install", "Foo"],
            ),
            (CPANM, "--verb -nq -l x Foo", &["Foo"]),
            (CPANM, "-- --mirror", &["--mirror"]),
            (CPAN, "-T -i Foo", &["Foo"]),
            (CPAN, "+cached", &["+cached"]),
        ] {
            let (bypasses, found) = read(&options, line);
            assert!(!bypasses, "{line}");
            assert_eq!(found, words, "{line}");
        }
        assert!(is_address("file:/x"));
    }
}
