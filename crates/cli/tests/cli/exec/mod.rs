//! `exec` and `env`: clients of CPAN that install only allowed releases.

mod attacks;
mod clients;
mod ended;
mod env;
mod forms;
mod hostile;
mod names;
mod owners;
mod private;
mod secrets;
mod strangers;
mod wrappers;
