//! The settings of `[dedup]`. Their defaults stand in `config/default.toml` alone.

use serde::{Deserialize, Serialize};

/// The section `[dedup]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// What counts as an exact copy.
    pub exact: Exact,
    /// What counts as a near copy.
    pub near: Near,
}

/// What counts as an exact copy of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exact {
    /// The same kept text, normalised as [`crate::content_hash`] does.
    Content,
    /// The same bytes as read.
    Raw,
    /// Nothing: exact copies are all kept.
    Off,
}

/// The section `[dedup.near]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Near {
    /// How two documents are compared, or that they are not.
    pub measure: Measure,
    /// Similarity from which two documents are copies, 0.5 to 1.
    pub threshold: f64,
    /// Words of a shingle, 1 to 64.
    pub shingle: u32,
    /// Documents of a bucket up to which all are compared with all.
    pub crowded: u32,
    /// Memory for sketches in MiB, 16 and more; the rest goes to scratch files.
    pub memory: u32,
}

/// How the shingle sets of two documents are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Not at all: near copies are not looked for.
    Off,
    /// Shingles in both over shingles in either.
    Jaccard,
    /// Shingles in both over those of the smaller document.
    Containment,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The defaults, as every other test of the crate uses them.
    pub(crate) fn defaults() -> Settings {
        #[derive(Deserialize)]
        struct File {
            dedup: Settings,
        }
        let file: File = toml::from_str(include_str!("../../../config/default.toml")).expect("the defaults are valid");
        file.dedup
    }

    #[test]
    fn exact_copies_are_found_by_content_unless_asked_otherwise() {
        assert_eq!(defaults().exact, Exact::Content);
    }
}
