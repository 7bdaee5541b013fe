//! PAUSE and the CPAN it publishes.
