//! The author records of a CPAN: gathered into an index, kept up to date, and watched.

pub mod watch;
