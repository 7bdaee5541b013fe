//! Limits on reading an archive. An archive that exceeds one gets a defect and is not read further.
//!
//! Each limit is several times what the largest releases on CPAN need.

/// Largest file, in bytes.
pub const PACKED: u64 = 1 << 30;

/// Most members.
pub const MEMBERS: u64 = 100_000;

/// Largest member, unpacked, in bytes.
pub const MEMBER_SIZE: u64 = 1 << 30;

/// Largest sum of all unpacked members, in bytes.
pub const UNPACKED: u64 = 4 << 30;

/// Highest ratio of unpacked bytes to bytes of the file, above [`RATIO_FLOOR`].
pub const RATIO: u64 = 200;

/// Unpacked bytes that are allowed at any ratio.
pub const RATIO_FLOOR: u64 = 64 << 20;

/// Longest path or link target of a member, in bytes (macOS's limit).
pub const PATH: usize = 1024;

/// Longest part of a path, in bytes (the limit of common file systems).
pub const PATH_PART: usize = 255;

/// Most records in a pax header.
pub const PAX_RECORDS: usize = 64;

/// Largest extended header of a tar archive (pax, GNU long name), in bytes.
pub const EXTENDED_HEADER: u64 = 1 << 20;

/// Largest META file that is read, in bytes.
pub const META: u64 = 8 << 20;

/// Deepest nesting within META.
pub const META_DEPTH: usize = 64;

/// How many members a defect names.
pub const NAMED_MEMBERS: usize = 5;
