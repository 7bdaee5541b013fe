//! The published files under `authors/id`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{checksums::Checksums, index::Index, packages, path, recent::Events};

/// A published file.
pub(super) struct PublishedFile {
    pub(super) bytes: Vec<u8>,
    pub(super) since: Timestamp,
}

/// The files by their paths, with CHECKSUMS, index and events.
#[derive(Default)]
pub(super) struct Tree {
    files: BTreeMap<String, PublishedFile>,
    /// By folder.
    checksums: BTreeMap<String, Checksums>,
    index: Index,
    events: Events,
}

impl Tree {
    /// Publishes a file: adds it to the tree, to CHECKSUMS, and its packages to the index.
    pub(super) fn put(&mut self, path: &str, bytes: Vec<u8>, now: Timestamp) {
        self.place(path, bytes, now);
        self.enter(path, now);
    }

    /// Adds a file to the tree only.
    pub(super) fn place(&mut self, path: &str, bytes: Vec<u8>, now: Timestamp) {
        let file = PublishedFile { bytes, since: now };
        self.files.insert(path.to_owned(), file);
        self.events.written(path, now);
    }

    /// Adds a published file's packages to the index, and writes CHECKSUMS of its folders.
    pub(super) fn enter(&mut self, path: &str, now: Timestamp) {
        let (folder, name) = path::split(path);
        if let Some(file) = self.files.get(path) {
            self.index.add(path, packages::of(name, &file.bytes));
        }
        let home = path::home(path::author(path));
        let mut folder = folder;
        loop {
            self.write_checksums(folder, now);
            if folder == home || folder.is_empty() {
                return;
            }
            folder = path::split(folder).0;
        }
    }

    /// Deletes a file, except from CHECKSUMS, and returns whether it existed.
    pub(super) fn delete(&mut self, path: &str, now: Timestamp) -> bool {
        self.index.remove(path);
        let was_there = self.files.remove(path).is_some();
        if was_there {
            self.events.delete(path, now);
        }
        was_there
    }

    /// Records that the last file was inserted into the past.
    pub(super) fn past_has_changed(&mut self, now: Timestamp) {
        self.events.dirty(now);
    }

    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    pub(super) fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|file| file.bytes.as_slice())
    }

    /// Returns when a file was published.
    pub(super) fn since(&self, path: &str) -> Option<Timestamp> {
        Some(self.files.get(path)?.since)
    }

    /// Returns the paths of all files below a folder.
    pub(super) fn below(&self, folder: &str) -> Vec<String> {
        self.in_folder(folder)
            .map(|(_, path, _)| path.to_owned())
            .collect()
    }

    pub(super) fn checksums(&self, folder: &str) -> Option<&Checksums> {
        self.checksums.get(folder)
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    fn write_checksums(&mut self, folder: &str, now: Timestamp) {
        let subfolders: BTreeSet<_> = self
            .in_folder(folder)
            .filter_map(|(below, _, _)| below.split_once('/'))
            .map(|(subfolder, _)| subfolder)
            .collect();
        let files = self
            .in_folder(folder)
            .filter(|(below, _, _)| !below.contains('/'))
            .map(|(name, _, file)| (name, file));
        let checksums = Checksums::of(folder, subfolders.into_iter(), files, now);
        self.checksums.insert(folder.to_owned(), checksums);
        self.events.written(&format!("{folder}/CHECKSUMS"), now);
    }

    /// Returns the files below a folder with their relative and whole paths.
    fn in_folder(&self, folder: &str) -> impl Iterator<Item = (&str, &str, &PublishedFile)> {
        let start = format!("{folder}/");
        self.files.iter().filter_map(move |(path, file)| {
            let below = path.strip_prefix(&start)?;
            Some((below, path.as_str(), file))
        })
    }
}
