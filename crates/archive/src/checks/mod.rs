//! The checks: file name, members, META.

pub mod file_name;
pub mod members;
pub mod meta;
