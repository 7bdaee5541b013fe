//! Small files, such as configuration and state: the one reader, the one atomic writer, the one lock.
//!
//! Large files are hashed while they are written: [`HashedFile`].

mod hashed;
mod lock;
mod read;
mod write;

pub use hashed::{HashedFile, HashedFileReader, HashingWriter};
pub use lock::{Lock, LockError, lock};
pub use read::{RegularFile, read_limited, read_open, read_prefix, read_regular};
pub use write::{
    Access, Existing, check_writable, create_private_folder, write_atomic, write_with,
};

/// Returns the error for a file that has to exist, in words that a person reads.
pub fn no_such_file() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::NotFound, "no such file")
}

/// The folder that holds a file.
fn folder_of(path: &std::path::Path) -> &std::path::Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => std::path::Path::new("."),
    }
}

#[cfg(test)]
mod tests;
