//! People who can log in, and who is refused.
