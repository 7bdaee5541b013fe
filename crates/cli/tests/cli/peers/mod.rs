//! Published vulnerabilities of programs that do similar work, each tried against this one. `docs/THREATS.md` lists
//! them all, with the tests elsewhere.

mod cpan;
mod sigstore;
