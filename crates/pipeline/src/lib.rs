//! dechaff.
#![deny(missing_docs)]
pub mod eval;
pub mod ordered;
