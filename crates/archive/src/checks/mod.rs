//! What is looked at: the name of the file, each member, and what META states.

pub mod file_name;
pub mod members;
pub mod meta;
