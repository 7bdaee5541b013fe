//! From a release to the packages that lead to it.

use cpan_sigstore_core::release::{PackageName, ReleasePath};

use super::{IndexEntry, below_authors};

/// The packages of each release of a package index, in a tenth of its memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleasePackages {
    /// A line for each release, sorted: its path and its packages, with a blank between two words.
    lines: Box<[Box<str>]>,
}

impl ReleasePackages {
    /// The packages of each release of some entries.
    pub fn of<'a>(entries: impl Iterator<Item = IndexEntry<'a>>) -> Self {
        let mut entries: Vec<_> = entries.map(|it| (it.path, it.package)).collect();
        entries.sort_unstable();
        let line = |release: &[(&str, &str)]| {
            let path = release.first().map_or("", |(path, _)| path);
            let mut words = vec![path];
            words.extend(release.iter().map(|(_, package)| package));
            words.join(" ").into_boxed_str()
        };
        let releases = entries.chunk_by(|(one, _), (other, _)| one == other);
        Self {
            lines: releases.map(line).collect(),
        }
    }

    /// The entries of releases whose packages are others in another index.
    pub fn entries_beside<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = IndexEntry<'a>> + 'a {
        let lines = self.lines.iter();
        let lines = lines.filter(|line| other.lines.binary_search(line).is_err());
        lines.flat_map(|line| {
            let path = first(line);
            let packages = line.split(' ').skip(1);
            packages.map(move |package| IndexEntry { package, path })
        })
    }

    /// The packages of a release; none if no entry leads to it.
    pub fn of_release(&self, path: &ReleasePath) -> Vec<PackageName> {
        let path = path.to_string();
        let path = below_authors(&path);
        let at = self.lines.binary_search_by(|line| first(line).cmp(path));
        let line = at.ok().and_then(|at| self.lines.get(at));
        let words = line.into_iter().flat_map(|line| line.split(' ').skip(1));
        words.filter_map(|word| word.parse().ok()).collect()
    }
}

fn first(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>((package, path): (&'a str, &'a str)) -> IndexEntry<'a> {
        IndexEntry { package, path }
    }

    #[test]
    fn lists_entries_of_releases_that_changed() {
        let of = |entries: &[(&'static str, &'static str)]| {
            ReleasePackages::of(entries.iter().copied().map(entry))
        };
        let one = of(&[("A", "T/TI/TIM/A-1.tar.gz"), ("B", "T/TI/TIM/B-1.tar.gz")]);
        let two = of(&[
            ("A", "E/EV/EVIL/A-2.tar.gz"),
            ("B", "T/TI/TIM/B-1.tar.gz"),
            ("C", "T/TI/TIM/B-1.tar.gz"),
            ("A", "T/TI/TIM/A-1.tar.gz"),
        ]);
        let names = |one: &ReleasePackages, other: &ReleasePackages| -> String {
            let entries = one.entries_beside(other);
            entries.map(|it| it.package.to_owned()).collect()
        };
        assert_eq!(names(&two, &one), "ABC");
        assert_eq!(names(&one, &two), "B");
        assert_eq!(names(&two, &two), "");
        assert_eq!(names(&two, &ReleasePackages::default()), "AABC");
    }

    #[test]
    fn finds_all_packages_of_a_release() {
        let releases = ReleasePackages::of(
            [
                ("B", "T/TI/TIM/Foo-1.tar.gz"),
                ("C", "T/TI/TIM/Foo-1.tar.gz-x.zip"),
                ("A::B", "T/TI/TIM/Foo-1.tar.gz"),
                ("D", "A/AB/AB/Foo-1.tar.gz"),
            ]
            .map(entry)
            .into_iter(),
        );
        let packages = |path: &str| -> Vec<String> {
            let found = releases.of_release(&path.parse().unwrap());
            found.iter().map(ToString::to_string).collect()
        };
        assert_eq!(packages("authors/id/T/TI/TIM/Foo-1.tar.gz"), ["A::B", "B"]);
        assert_eq!(packages("A/AB/AB/Foo-1.tar.gz"), ["D"]);
        assert!(packages("A/AB/AB/Foo-1.tgz").is_empty());
        assert!(packages("T/TI/TIM/sub/Foo-1.tar.gz").is_empty());
    }
}
