//! `mirror` over HTTP.

mod load;
mod serving;
