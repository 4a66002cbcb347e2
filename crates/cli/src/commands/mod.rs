//! One file a command.

pub mod clean;
pub mod config;
pub mod eval;
pub mod explain;
pub mod rules;
