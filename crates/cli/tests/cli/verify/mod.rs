//! `verify` and `inspect`: each finding and each cause.

mod attacks;
mod bundles;
mod causes;
mod clock;
mod gap;
mod identity;
mod inspect;
mod instances;
mod modules;
mod paths;
mod public_bundles;
mod releases;
mod stdio;
mod stdio_schema;
mod workflows;
