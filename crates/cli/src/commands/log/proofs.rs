//! The proofs of logged files, in a folder.

use std::path::Path;

use cpan_sigstore_files::{Access, Existing, write_with};
use cpan_sigstore_ledger::{
    LedgerError, prove,
    reader::LogReader,
    store::{Area, DiskStore, Store as _},
};
use cpan_sigstore_tlog::{leaf::Leaf, policy::LogPolicy, proof};

use crate::error::CommandError;

/// Name of the file in the state that has the number of leaves whose proofs are written.
const PROVEN: &str = "proven";
/// Largest such file, in bytes.
const PROVEN_LIMIT: u64 = 32;

/// A folder of proofs. The state of the log has the number of leaves that are proven, so that an append that ends before
/// it has written all proofs leaves the rest to the next one.
pub struct ProofFolder<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// The state of the log.
    pub store: &'a DiskStore,
}

impl ProofFolder<'_> {
    /// Notes that the leaves from an index on may have no proofs, unless earlier ones have none.
    ///
    /// # Errors
    /// The state cannot be read or written.
    pub fn begin(&self, from: u64) -> Result<(), CommandError> {
        match self.proven()? {
            None => self.note(from),
            Some(_) => Ok(()),
        }
    }

    /// Writes a proof of each leaf that has none.
    ///
    /// # Errors
    /// The log cannot be read, or a proof cannot be written.
    pub async fn write(&self, log: &Path, policy: &LogPolicy) -> Result<(), CommandError> {
        let reader = LogReader::at(&log.display().to_string())?;
        let checkpoint = reader.checkpoint(policy).await?;
        let size = checkpoint.tree().size;
        let from = self.proven()?.unwrap_or(0);
        let mut leaves: Vec<(u64, Leaf)> = Vec::new();
        prove::each(&reader, from, size, |index, leaf| {
            leaves.push((index, leaf));
        })
        .await?;
        for (index, leaf) in leaves {
            let proof = prove::prove(&reader, policy, &checkpoint, index, &leaf).await?;
            let path = self
                .folder
                .join(format!("{}{}", leaf.path(), proof::SUFFIX));
            let parent = path.parent().unwrap_or(self.folder);
            std::fs::create_dir_all(parent).map_err(CommandError::write(parent))?;
            write_with(
                &path,
                proof.to_string().as_bytes(),
                Access::Umask,
                Existing::Replace,
            )
            .map_err(CommandError::write(&path))?;
        }
        self.note(size)
    }

    /// The number of leaves that are proven; 0 if nobody can read it.
    fn proven(&self) -> Result<Option<u64>, CommandError> {
        let bytes = self.store.read(Area::State, PROVEN, PROVEN_LIMIT);
        let bytes = bytes.map_err(|source| LedgerError::Read {
            path: PROVEN.to_owned(),
            source,
        })?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim().parse().unwrap_or(0)))
    }

    fn note(&self, size: u64) -> Result<(), CommandError> {
        let text = format!("{size}\n");
        let written = self.store.write(Area::State, PROVEN, text.as_bytes());
        Ok(written.map_err(|source| LedgerError::Write {
            path: PROVEN.to_owned(),
            source,
        })?)
    }
}
