//! The checks: file name, members, places of members, META.

pub mod file_name;
pub mod members;
pub mod meta;
mod places;
