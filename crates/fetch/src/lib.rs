//! See Cargo.toml's description; being built.
