//! Real clients of CPAN behind the mirror, with `exec`, and past it.

mod attacks;
mod clients;
mod hostile;
pub mod http;
pub mod installation;
mod mirror;
mod settings;
