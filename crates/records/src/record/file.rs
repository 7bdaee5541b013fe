//! The files of an author record, as they were found.

/// Most new records that are read from one directory at a time.
///
/// A reader that finds more reports so, and decides nothing: a shorter chain is another chain.
pub const RECORDS_LIMIT: usize = 256;

/// The files of a record, as they were found. Nothing in them is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFile {
    /// The version in the name.
    pub version: u32,
    /// The exact text.
    pub json: Vec<u8>,
    /// The bundle; `None` if there is none.
    pub bundle: Option<Vec<u8>>,
}
