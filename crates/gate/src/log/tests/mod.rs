//! The client against a log that a test can change, behind an address whose requests are counted.

mod attacks;
mod history;
mod package_index;
mod requests;
mod support;
mod withheld;

use support::*;
