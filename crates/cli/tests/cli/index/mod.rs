//! `index`: an operator gathers the author records of a CPAN, and users go by what was gathered.

mod build;
mod operator;
mod overrides;
mod owners;
mod packages;
mod refused;
mod used;
