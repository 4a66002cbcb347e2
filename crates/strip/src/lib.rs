//! Stage 3: a verdict on every block of a page.
//!
//! [`Judge::judge`] takes a [`Page`](dechaff_document::Page) and gives a
//! [`JudgedPage`](dechaff_document::JudgedPage): the same page and one verdict a block. It goes in three steps, and no
//! step revises another:
//!
//! 1. **Evidence** ([`evidence`]): everything that is known of each block is gathered: which rules hit it, whether it
//!    is the page's title, a copy of an earlier block, hidden, repeated on the site.
//! 2. **Scores**: the learned model for the kind of page ([`html`], [`text`]), or the density measure of [`density`]
//!    where no model is given, reads the whole page and the evidence and says how likely each block is content.
//!    What a block's surroundings say then, against the cut, is told by `company`: by elements in HTML, by the order of
//!    lines in plain text.
//! 3. **Verdict** ([`verdict`]): one function writes each verdict once, in a documented order.
//!
//! Then follows what needs all verdicts: text that a page states and does not show (`stated`), names of dropped lines that
//! no rule knows ([`text::names`]), the second halves of kept lines that say all twice (`doubled`).
//!
//! Rules are data: see [`rules`] and `docs/rules.md`.
#![deny(missing_docs)]

pub mod category;
mod comments;
mod company;
pub mod density;
mod doubled;
pub mod evidence;
pub mod forest;
mod hidden;
pub mod html;
mod judge;
pub mod measure;
mod numbered;
pub mod rules;
mod scored;
mod settings;
mod stated;
pub mod text;
mod trie;
pub mod verdict;

pub use category::CategorySet;
pub use evidence::{BlockHints, Hints, Scores};
pub use judge::Judge;
pub use settings::{Captions, Comments, Error, Profile, Residue, Settings};
