//! `mirror` over HTTP.

mod attacked;
mod load;
mod log;
mod serving;
mod upstream;
