//! Which record follows on which, and what is a conflict.
