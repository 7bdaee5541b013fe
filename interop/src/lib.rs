//! Runs against real peers.
