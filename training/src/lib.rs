//! What the training of both models shares.
//!
//! Features and labels are made here, in Rust, with the code that runs in production, and written as a [`matrix`]; the
//! Python driver `training/gbdt.py` grows the trees with LightGBM; [`lightgbm`] reads them back as a
//! [`Forest`](dechaff_strip::forest::Forest). Which pages may be learned from is said by [`sites`]; which part of a
//! page is content by [`align`].

pub mod adagrad;
pub mod align;
pub mod data;
pub mod hand;
pub mod html;
pub mod lightgbm;
pub mod matrix;
pub mod score;
pub mod sites;
pub mod text;
pub mod variants;
