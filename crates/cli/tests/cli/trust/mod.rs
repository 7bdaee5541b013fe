//! The trust store, the policy, and author records that decide.

mod adopted;
mod policy;
mod records;
mod store;
