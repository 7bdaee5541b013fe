//! `watch`: what happens to an author on a CPAN is told, once, whatever happens in between.

mod delivery;
mod hook;
mod records;
mod releases;
mod warnings;
mod watched;
