//! What authors release with, as it is: dzil, make, Build, cpan-upload, and the pages about them.

mod dzil;
mod dzil_failing;
mod identities;
mod pages;
mod project;
mod recipes;
mod workflow;
