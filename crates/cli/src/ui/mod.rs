//! Texts for people and machines: the terminal, and the reports that several commands print.

pub mod consent;
mod defect_text;
pub mod preflight;
pub mod progress;
pub mod report;
pub mod terminal;
pub mod verdict_text;

pub use terminal::{Terminal, Tone};
