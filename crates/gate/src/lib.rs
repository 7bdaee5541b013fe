//! Whether a release may be installed.
