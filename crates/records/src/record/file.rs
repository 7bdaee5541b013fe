//! The files of an author record, as they were found.

/// Most records that are looked at for one release: a directory can hold any number of them.
pub const RECORDS_LIMIT: usize = 64;

/// The files of a record, as they were found. Nothing of them is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFile {
    /// The version in its name.
    pub version: u32,
    /// The record.
    pub json: Vec<u8>,
    /// Its bundle; `None` where there is none.
    pub bundle: Option<Vec<u8>>,
}
