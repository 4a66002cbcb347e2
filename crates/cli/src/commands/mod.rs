//! One file a command.

pub mod clean;
pub mod config;
pub mod dedup;
pub mod dry_run;
pub mod eval;
pub mod explain;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod learn;
pub mod merge;
pub mod rules;
