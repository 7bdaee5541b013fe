//! A walk through the directories of an author.

use std::collections::VecDeque;

use cpan_sigstore_core::release::PauseId;

use crate::{checksums::Checksums, client::Cpan, directory::Directory, error::CpanError};

/// Limit of the directories of one author.
pub const DIRECTORIES_LIMIT: usize = 1000;

/// A walk through all directories of an author, by their CHECKSUMS.
#[derive(Debug)]
pub struct DirectoryWalk<'a> {
    cpan: &'a Cpan,
    left: VecDeque<Directory>,
    seen: usize,
}

impl<'a> DirectoryWalk<'a> {
    /// A walk that begins in the author's own directory.
    pub fn new(cpan: &'a Cpan, author: &PauseId) -> Self {
        Self {
            cpan,
            left: VecDeque::from([Directory::new(author.clone(), None)]),
            seen: 0,
        }
    }

    /// The next directory that has CHECKSUMS; `None` after the last.
    ///
    /// # Errors
    /// [`CpanError`] if CHECKSUMS cannot be read or parsed, or if there are more than [`DIRECTORIES_LIMIT`]
    /// directories.
    pub async fn next(&mut self) -> Result<Option<(Directory, Checksums)>, CpanError> {
        while let Some(directory) = self.left.pop_front() {
            self.seen += 1;
            if self.seen > DIRECTORIES_LIMIT {
                return Err(CpanError::TooManyDirectories {
                    author: directory.author().clone(),
                    limit: DIRECTORIES_LIMIT,
                });
            }
            if let Some(checksums) = self.cpan.checksums(&directory).await? {
                self.left.extend(directory.children(&checksums));
                return Ok(Some((directory, checksums)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A CPAN in which each of these directories lists its subdirectories.
    fn cpan(root: &std::path::Path, listed: &[(&str, &[&str])]) -> Cpan {
        for (directory, names) in listed {
            let folder = root.join("authors/id/A/AB/ABC").join(directory);
            fs::create_dir_all(&folder).unwrap();
            let entries: String = names
                .iter()
                .map(|name| format!("'{name}' => {{'isdir' => 1}},"))
                .collect();
            fs::write(
                folder.join("CHECKSUMS"),
                format!("$cksum = {{{entries}}};\n"),
            )
            .unwrap();
        }
        Cpan::in_folder(root)
    }

    async fn walked(cpan: &Cpan) -> Result<Vec<String>, CpanError> {
        let mut walk = DirectoryWalk::new(cpan, &"ABC".parse().unwrap());
        let mut paths = Vec::new();
        while let Some((directory, _)) = walk.next().await? {
            paths.push(directory.path(""));
        }
        Ok(paths)
    }

    #[tokio::test]
    async fn walks_all_directories_and_skips_deleted_ones() {
        let root = tempfile::tempdir().unwrap();
        let cpan = cpan(
            root.path(),
            &[
                ("", &["one", "gone", ".."]),
                ("one", &["two"]),
                ("one/two", &[]),
            ],
        );
        let home = "authors/id/A/AB/ABC/";
        let expected = [
            home.to_owned(),
            format!("{home}one/"),
            format!("{home}one/two/"),
        ];
        assert_eq!(walked(&cpan).await.unwrap(), expected);
        let nobody = Cpan::in_folder(root.path().join("none"));
        assert!(walked(&nobody).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn rejects_more_directories_than_the_limit() {
        let root = tempfile::tempdir().unwrap();
        let names: Vec<_> = (0..DIRECTORIES_LIMIT).map(|at| format!("d{at}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let cpan = cpan(root.path(), &[("", &names)]);
        let error = walked(&cpan).await.unwrap_err();
        assert!(
            matches!(error, CpanError::TooManyDirectories { .. }),
            "{error}"
        );
    }
}
