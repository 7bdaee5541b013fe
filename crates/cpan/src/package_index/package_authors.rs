//! The authors of packages by `06perms.txt`, to look some of them up.

use cpan_sigstore_core::release::{PackageName, PauseId};

use cpan_sigstore_records::author_index::PackageOwners;

use super::PermissionList;

/// The authors who may have each package indexed, in a tenth of the memory of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageAuthors {
    /// A line for each package, sorted: its name and the authors, the owner first, with a blank between two words.
    lines: Box<[Box<str>]>,
}

impl PackageAuthors {
    /// The authors in a list.
    pub fn of(list: &PermissionList) -> Self {
        let line = |(package, owners): (PackageName, _)| {
            let mut line = package.to_string();
            for author in PackageOwners::authors(&owners) {
                line.push(' ');
                line.push_str(author.as_str());
            }
            line.into_boxed_str()
        };
        Self {
            lines: list.owners().into_iter().map(line).collect(),
        }
    }

    /// The authors of a package; none if the list does not have it.
    pub fn of_package(&self, package: &PackageName) -> Vec<PauseId> {
        let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let at = self
            .lines
            .binary_search_by(|line| name(line).as_str().cmp(package.as_str()));
        let line = at.ok().and_then(|at| self.lines.get(at));
        let ids = line.into_iter().flat_map(|line| line.split(' ').skip(1));
        ids.filter_map(|id| id.parse().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_authors_of_a_package() {
        let text = "File: 06perms.txt\nLine-Count: 4\n\n\
                    Foo,CO,c\nFoo,TIM,f\nFoo::Bar,TIM,m\nFoo-Bar,EVIL,f\n";
        let list = PermissionList::parse(text.as_bytes()).unwrap();
        let authors = PackageAuthors::of(&list);
        let of = |package: &str| -> Vec<String> {
            let found = authors.of_package(&package.parse().unwrap());
            found.iter().map(ToString::to_string).collect()
        };
        assert_eq!(of("Foo"), ["TIM", "CO"]);
        assert_eq!(of("Foo::Bar"), ["TIM"]);
        assert_eq!(of("Foo-Bar"), ["EVIL"]);
        assert!(of("Fo").is_empty() && of("Foo::Bar::Baz").is_empty());
    }
}
