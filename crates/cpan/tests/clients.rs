//! Paths of releases, as the clients' own code reads them: `CPAN::DistnameInfo`, cpanm and CPAN.pm.
//!
//! A path that this program takes for one author's release must not be another author's release for a client.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

use std::{
    io::Write as _,
    process::{Command, Stdio},
    thread,
};

use cpan_sigstore_core::release::ReleasePath;
use cpan_sigstore_cpan::package_index::below_authors;

/// Number of generated paths.
const PATHS: usize = 60_000;
/// Number of paths that this program has to accept, so that the test compares something.
const ACCEPTED: usize = 5_000;

/// Prints how each path on a line is read: by `CPAN::DistnameInfo` its author, file, distribution and version; the
/// address that cpanm requests; the author by CPAN.pm's distribution and by its index.
const CLIENTS: &str = r#"
use strict;
use warnings;
use CPAN;
use CPAN::DistnameInfo;
use App::cpanminus::script;
# cpanm takes parts of an author that it does not find.
no warnings qw(uninitialized substr);
my $cpanm = bless { mirrors => ['mirror:'] }, 'App::cpanminus::script';
while (my $path = <STDIN>) {
    chomp $path;
    my $info = CPAN::DistnameInfo->new($path);
    my ($url) = @{ $cpanm->cpan_dist($path)->{uris} };
    my $distribution = CPAN::Distribution->new(ID => $path);
    my ($author) = $distribution->pretty_id =~ /^([\w\-]+)/;
    my @read = ($info->cpanid, $info->filename, $info->distvname, $info->dist, $info->version);
    push @read, $url, $author, CPAN::Index->userid($path);
    print join("\t", map { defined $_ ? $_ : '' } @read), "\n";
}
"#;

const DIRECTORIES: [&str; 16] = [
    "T/TI/TIM/",
    "P/P5/P5P/",
    "A/AB/AB-C/",
    "A/AB/AB/",
    "E/EV/EVIL/sub/",
    "T/TI/TIM/E/EV/EVIL/",
    "T/TI/TIM/id/E/EV/EVIL/",
    "T/TI/TIM/authors/E/EV/EVIL/",
    "T/TI/TIM/authors/id/E/EV/EVIL/",
    "T/TI/TIM/x/authors/id/E/EV/EVIL/",
    "T/TI/TIM//",
    "T/TI/TIM/../EVIL/",
    "T/TI/TIM/./",
    "E/EV/TIM/",
    "id/E/EV/EVIL/",
    "authors/id/T/TI/TIM/",
];
const WORDS: [&str; 30] = [
    "Foo",
    "Bar",
    "a",
    "X",
    "perl",
    "perl-5.43",
    "-",
    "-",
    "-",
    "_",
    ".",
    "v",
    "V3_1",
    "1",
    "02",
    "1.02",
    "1.2.3",
    "5_14",
    "-TRIAL",
    "-RC1",
    "-undef",
    ".pm",
    "-withoutworldwriteables",
    "@",
    "+",
    "9b",
    "id",
    "A/AB/AB",
    ".tar.gz",
    "0",
];
const SUFFIXES: [&str; 9] = [
    ".tar.gz", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".zip", ".TAR.GZ", ".tar.Z", "",
];
const NOISE: &[u8] = b" \t%\\;:/.~#?|$`'\"<&\xc3\r";

/// A generator with a fixed start (xorshift): the same paths in each run.
struct Generator(u64);

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    fn path(&mut self) -> String {
        let mut path = DIRECTORIES[self.below(DIRECTORIES.len())].to_owned();
        for _ in 0..=self.below(7) {
            path.push_str(WORDS[self.below(WORDS.len())]);
        }
        path.push_str(SUFFIXES[self.below(SUFFIXES.len())]);
        if self.below(8) == 0 {
            let noise = char::from(NOISE[self.below(NOISE.len())]);
            path.insert(self.below(path.len()), noise);
        }
        path
    }
}

/// The lines that the clients' code prints for paths.
fn read_by_clients(paths: &[String]) -> Vec<String> {
    let mut child = Command::new("perl")
        .args(["-e", CLIENTS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = format!("{}\n", paths.join("\n"));
    let writer = thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// How a client disagrees with this program about a path, if one does.
fn disagreement(path: &ReleasePath, rendered: &str, line: &str) -> Option<String> {
    let read: Vec<&str> = line.split('\t').collect();
    let [id, file, stem, distribution, version, url, author, userid] = read[..] else {
        return Some(format!("{rendered}: {line:?}"));
    };
    let name = &path.name;
    let is_known = |id: &str| id == path.author.as_str();
    // DistnameInfo knows no author with a digit in second place, and takes the path as a whole.
    let has_digit = path.author.as_str().as_bytes()[1].is_ascii_digit();
    let below = rendered.splitn(4, '/').nth(3).unwrap();
    let is_same_author = match has_digit {
        true => id.is_empty() && file == rendered,
        false => is_known(id) && file == below,
    };
    let requested = url.replacen("////", "/", 1);
    // It knows no name of a `.tbz`, nor the name `0`, which is false in Perl.
    let is_same_name = stem.is_empty()
        || (stem == "0" && distribution.is_empty())
        || (stem == name.stem()
            && distribution == name.distribution()
            && version == name.version().unwrap_or_default());
    let is_same = is_same_author
        && requested == format!("mirror:/authors/id/{rendered}")
        && is_known(author)
        && is_known(userid)
        && is_same_name;
    (!is_same).then(|| {
        format!(
            "{rendered} ({:?}): {line:?}",
            (name.distribution(), name.version())
        )
    })
}

#[test]
fn clients_read_paths_as_this_program_does() {
    let mut generator = Generator(0x5eed_0fca_11ab_1e00);
    let paths: Vec<ReleasePath> = (0..PATHS)
        .filter_map(|_| generator.path().parse().ok())
        .collect();
    assert!(paths.len() > ACCEPTED, "{}", paths.len());
    // Clients get paths as this program renders them.
    let rendered = |path: &ReleasePath| below_authors(&path.to_string()).to_owned();
    let rendered: Vec<String> = paths.iter().map(rendered).collect();
    let lines = read_by_clients(&rendered);
    assert_eq!(lines.len(), paths.len());
    let all = paths.iter().zip(&rendered).zip(&lines);
    let disagreements: Vec<_> = all
        .filter_map(|((path, rendered), line)| disagreement(path, rendered, line))
        .collect();
    let few: Vec<_> = disagreements.iter().take(20).collect();
    assert!(
        disagreements.is_empty(),
        "{}: {few:#?}",
        disagreements.len()
    );
}
