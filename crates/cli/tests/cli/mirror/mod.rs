//! `mirror` over HTTP.

mod attacked;
mod load;
mod serving;
mod upstream;
