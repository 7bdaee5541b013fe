//! The trust store, the policy, and author records that decide.

mod policy;
mod records;
mod store;
