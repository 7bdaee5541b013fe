//! The gate by the real binary: `verify` of releases, `policy`, `memory`.

mod attacks;
mod memory;
mod policy;
mod records;
mod releases;
pub mod shop;
