//! The differential run: what the checks of META accept is what Perl's toolchain reads.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

use super::differential::random::Random;
use crate::meta::{
    MetaFile,
    toolchain::{Unreadable, check},
};

/// Mutations of each format.
const MUTATIONS: usize = 1000;

const SEED: u64 = 7;

const JSON: &[&str] = &[
    r#"{"name":"Foo-Bar","version":"1.02","author":["A <a@example.org>"],"x":{"y":[1,-2.5e3,true,null]}}"#,
    "{\n  \"abstract\" : \"\\u00fc ü\",\n  \"meta-spec\" : { \"version\" : 2 }\n}\n",
];

const YAML: &[&str] = &[
    "--- #YAML:1.0\nname:                Foo-Bar\nversion:             1.02\nauthor:\n    - me\ngenerated_by: Module::Build version 0.2805\nprovides:\n    Foo::Bar:\n        file: lib/Foo/Bar.pm\n        version: 1\n",
    "---\nabstract: 'it''s \"odd\"'\nauthor:\n  - 'A <a@example.org>'\nkeywords: []\nno_index:\n  directory:\n  - t\n  - inc\nresources: {}\nx: |\n  text\n  more\ny: \"a\\\"b\" # comment\n",
    "%YAML:1.0\n- a\n- - b\n- c: d\n  e: ~\n",
    "\u{feff}name: ü\nlicense:   \nversion: >\n  1\n...\n---\nz: 1\n",
];

/// Documents of which each tries one rule.
const ODD: &[(&str, &[u8])] = &[
    ("META.json", b""),
    ("META.json", b"{\"a\":\"\\ud83d\\ude00\"}"),
    ("META.json", b"[]"),
    ("META.json", b"\"x\""),
    ("META.json", b"{\"a\":1,}"),
    ("META.json", b"{\"a\":[1,]}"),
    ("META.json", b"{} // comment"),
    ("META.json", b"# comment\n{}"),
    ("META.json", b"{'a':1}"),
    ("META.json", b"{a:1}"),
    ("META.json", b"{\"a\":01}"),
    ("META.json", b"{\"a\":\"\t\"}"),
    ("META.json", b"{\"a\":\"\n\"}"),
    ("META.json", b"{\"a\":\"\0\"}"),
    ("META.json", b"{\"a\":1}\0"),
    ("META.json", b"{\"a\":\"\\ud800\"}"),
    ("META.json", b"{\"a\":\"\\x41\"}"),
    ("META.json", b"{\"a\":\"Gr\xfc\xdfe\"}"),
    ("META.json", b"\xef\xbb\xbf{\"a\":1}"),
    ("META.json", b"\xff\xfe{\0}\0"),
    ("META.json", b"\xfe\xff\0{\0}"),
    ("META.json", b"{}\r\n"),
    ("META.json", b"{}{}"),
    ("META.json", b"{\"a\":NaN}"),
    ("META.json", b"\x1f\x8b\x08\0"),
    ("META.yml", b""),
    ("META.yml", b"\n# nothing\n"),
    ("META.yml", b"text\n"),
    ("META.yml", b"--- text\n"),
    ("META.yml", b"- a\n"),
    ("META.yml", b"a: 1\n\tb: 2\n"),
    ("META.yml", b"\ta: 1\n\tb: 2\n"),
    ("META.yml", b"a:\t1\n"),
    ("META.yml", b"a: 1\r\nb: 2\r\n"),
    ("META.yml", b"a: 1\rb: 2\r"),
    ("META.yml", b"a: \0\n"),
    ("META.yml", b"%YAML 1.1\n---\na: 1\n"),
    ("META.yml", b"--- %YAML:1.0\na: 1\n"),
    ("META.yml", b"a: [1, 2\n"),
    ("META.yml", b"a: {b: 1}\n"),
    ("META.yml", b"{\"a\": 1}\n"),
    ("META.yml", b"a: &x 1\nb: *x\n"),
    ("META.yml", b"a: !!str 1\n"),
    ("META.yml", b"? a\n: 1\n"),
    ("META.yml", b"a: b: c\n"),
    ("META.yml", b"a: 'b\n"),
    ("META.yml", b"a: 'b'c\n"),
    ("META.yml", b"a: \"b\n  c\"\n"),
    ("META.yml", b"a: @b\n"),
    ("META.yml", b"a: b\n  c\n"),
    ("META.yml", b"a: 1\na: 2\n"),
    ("META.yml", b"a: 1\n---\na: 2\n"),
    ("META.yml", b"a: |\nb: 1\n"),
    ("META.yml", b"a: >-\n"),
    ("META.yml", b"a: Gr\xfc\xdfe\n"),
    ("META.yml", b"-\n"),
    ("META.yml", b"--\n"),
    ("META.yml", b"generated_by: Module::Build version 0.28\n"),
    ("META.yml", b"a: b::\n"),
    ("META.yml", b"a:: b\n"),
    ("META.yml", b"a:\n    b:::\n    ::c:\n    d::e::\n"),
    ("META.yml", b":a: b\n"),
    ("META.yml", b"---#\na: 1\n"),
    ("META.yml", b"--- # comment\na: 1\n"),
    ("META.yml", b"Foo::Bar: 1\n"),
    ("META.yml", b"-a: 1\n"),
    ("META.yml", b"a:\n- b\n- c: 1\n   d: 2\n"),
];

/// Documents that Perl reads and these checks refuse, each with the reason.
const REFUSED: &[(&[u8], &str)] = &[
    (
        b"{\"a\":\"\\ud83d-\\ude00\"}",
        "JSON::PP reads halves of a pair that are apart",
    ),
    (b"null", "CPAN::Meta takes it for an empty mapping"),
    (b"{\0}\0", "JSON::PP alone guesses UTF-16 without a mark"),
];

/// Perl, with its own readers.
struct Toolchain {
    folder: TempDir,
    perl: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Toolchain {
    fn new() -> Self {
        let mut perl = Command::new("perl")
            .args(["-e", include_str!("toolchain.pl")])
            .env_remove("PERL_YAML_BACKEND")
            .env_remove("PERL_JSON_BACKEND")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            orders: perl.stdin.take().unwrap(),
            answers: BufReader::new(perl.stdout.take().unwrap()),
            perl,
        }
    }

    fn says(&mut self, name: &str, content: &[u8]) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        self.of(&path)
    }

    fn of(&mut self, path: &Path) -> String {
        writeln!(self.orders, "{}", path.display()).unwrap();
        let mut answer = Vec::new();
        self.answers.read_until(b'\n', &mut answer).unwrap();
        String::from_utf8_lossy(&answer).trim().to_owned()
    }

    /// Returns a disagreement.
    fn compare(&mut self, name: &str, content: &[u8]) -> Option<String> {
        let ours = check(MetaFile::of(name.as_bytes()).unwrap(), content);
        // JSON::PP takes the last value, and other JSON modules take none.
        if name == "META.json" && matches!(ours, Err(Unreadable::Twice(_))) {
            return None;
        }
        let theirs = self.says(name, content);
        (ours.is_ok() != (theirs == "ok")).then(|| {
            let content = String::from_utf8_lossy(content);
            format!("{name} {content:?}: {ours:?}, Perl {theirs}")
        })
    }
}

impl Drop for Toolchain {
    fn drop(&mut self) {
        let _ = self.perl.kill();
        let _ = self.perl.wait();
    }
}

#[test]
fn checks_of_meta_accept_what_perl_reads() {
    let mut perl = Toolchain::new();
    let odd = ODD.iter().copied();
    let seeds = JSON.iter().map(|text| ("META.json", text.as_bytes()));
    let yaml = YAML.iter().map(|text| ("META.yml", text.as_bytes()));
    let found: Vec<_> = odd
        .chain(seeds)
        .chain(yaml)
        .filter_map(|(name, content)| perl.compare(name, content))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (content, reason) in REFUSED {
        assert!(perl.compare("META.json", content).is_some(), "{reason}");
    }
}

#[test]
fn checks_of_meta_accept_mutations_that_perl_reads() {
    const PIECES: &[&str] = &[
        ":", " ", "  ", "\n", "-", "- ", "#", " #", "'", "\"", "\\", "{", "}", "[", "]", ",", "|",
        ">", "---\n", "...\n", "a: 1\n", "~", "\t", "\r", "&", "*", "!", "%", "@", "?", "1", "0",
        ".", "e", "\u{feff}", "\u{a0}", "ü",
    ];
    let mut perl = Toolchain::new();
    let mut random = Random::new(SEED);
    let mut found = Vec::new();
    for (name, seeds) in [("META.json", JSON), ("META.yml", YAML)] {
        for _ in 0..MUTATIONS {
            let mut text: Vec<char> = seeds[random.below(seeds.len())].chars().collect();
            for _ in 0..=random.below(3) {
                let at = random.below(text.len());
                let end = (at + random.below(4)).min(text.len());
                let piece = PIECES[random.below(PIECES.len())].chars();
                match random.below(3) {
                    0 => drop(text.drain(at..end)),
                    1 => drop(text.splice(at..at, piece)),
                    _ => drop(text.splice(at..end, piece)),
                }
            }
            let text: String = text.into_iter().collect();
            found.extend(perl.compare(name, text.as_bytes()));
        }
    }
    assert!(found.is_empty(), "{}\n{}", found.len(), found.join("\n"));
}
