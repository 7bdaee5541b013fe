//! `cpan-sigstore release`.

mod arguments;
mod single;

pub use arguments::ReleaseArgs;
pub use single::run;
