//! One file a command.

pub mod clean;
pub mod config;
pub mod dedup;
pub mod eval;
pub mod explain;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod learn;
pub mod rules;
