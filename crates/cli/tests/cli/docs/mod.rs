//! The pages, run as they are printed; the help; and what documents promise.

mod dzil;
mod dzil_failing;
mod errors;
mod help;
mod identities;
mod moving;
mod pages;
mod project;
mod recipes;
mod standard;
mod texts;
mod threats;
mod workflow;
