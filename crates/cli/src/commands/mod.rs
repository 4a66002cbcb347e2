//! One file a command.

pub mod clean;
pub mod config;
pub mod dedup;
pub mod eval;
pub mod explain;
pub mod learn;
pub mod rules;
