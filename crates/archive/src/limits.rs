//! How much of an archive is read. Whoever passes a limit gets a defect, and nothing more is read.
//!
//! The figures are several times what the largest releases of CPAN need.

/// Largest file, in bytes.
pub const PACKED: u64 = 1 << 30;

/// Most members.
pub const MEMBERS: u64 = 100_000;

/// Largest member, unpacked, in bytes.
pub const MEMBER_SIZE: u64 = 1 << 30;

/// Largest sum of all that is unpacked, in bytes.
pub const UNPACKED: u64 = 4 << 30;

/// How many times as large as the file the unpacked bytes may be, once they are more than
/// [`RATIO_FLOOR`].
pub const RATIO: u64 = 200;

/// How much may be unpacked whatever the ratio, in bytes.
pub const RATIO_FLOOR: u64 = 64 << 20;

/// Longest path or link target of a member, in bytes: what Linux takes.
pub const PATH: usize = 4096;

/// Largest extended header of a tar archive (pax, GNU long name), in bytes.
pub const EXTENDED_HEADER: u64 = 1 << 20;

/// Largest META file that is read, in bytes.
pub const META: u64 = 8 << 20;

/// Deepest nesting within META.
pub const META_DEPTH: usize = 64;

/// How many members a defect names.
pub const NAMED_MEMBERS: usize = 5;
