//! Real clients of CPAN behind the mirror, with `exec`, and past it.

mod attacks;
mod clients;
mod hostile;
mod http;
mod installation;
mod mirror;
mod settings;
