//! See Cargo.toml's description; being built.
pub mod forest;
