//! `watch` reports each event of an author on a CPAN once, despite interruptions.

mod delivery;
mod gap;
mod hook;
mod identities;
mod logged;
mod records;
mod releases;
mod warnings;
mod watched;
