//! The settings of `[dedup]`. Their defaults stand in `config/default.toml` alone.

use serde::{Deserialize, Serialize};

/// The section `[dedup]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// What counts as an exact copy.
    pub exact: Exact,
    /// Which document of a cluster stays.
    pub keep: Keep,
    /// Memory in MiB for the keys of documents by which exact copies are known, as much for the sketches of near
    /// copies, and as much for the hashes of paragraphs; the rest goes to scratch files.
    pub memory: u32,
    /// What counts as a near copy.
    pub near: Near,
    /// Paragraphs that many documents hold.
    pub paragraph: Paragraph,
    /// What repeats across the pages of a site.
    pub repeats: Repeats,
}

/// Which document of a cluster stays. Ties are decided by the least id, so that the order of input does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// The one with the least id, byte by byte (of files: the first in order of their paths).
    First,
    /// The one with the most characters of kept text.
    Longest,
    /// The one with the latest date.
    Newest,
    /// The one with the highest number in this field of its record.
    Highest(String),
    /// The one with the lowest number in this field of its record.
    Lowest(String),
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

/// The section `[dedup.paragraph]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Paragraph {
    /// Where a paragraph is dropped that many documents hold.
    pub drop: ParagraphDrop,
    /// How many documents are many; 2 and more.
    pub documents: u32,
    /// Shorter paragraphs are left alone; in characters, white space folded.
    pub min_characters: u32,
    /// Paragraphs that stay however many documents hold them (case counts, white space does not).
    pub keep: Vec<String>,
}

/// Where a paragraph is dropped that many documents hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParagraphDrop {
    /// Nowhere.
    Off,
    /// Everywhere but in the document with the least id.
    Repeats,
    /// Everywhere.
    All,
}

/// The section `[dedup.repeats]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Repeats {
    /// What makes pages one site, or that nothing is counted.
    pub site: Site,
    /// Pages of a site that are counted at most.
    pub sample: u32,
    /// Distinct pages below which nothing is known of a site.
    pub minimum: u32,
    /// Pages held in memory at most, over all sites.
    pub pages: u32,
    /// `learn` writes down what at least this share of a site's counted pages hold, 0 to 1.
    pub share: f64,
}

/// What makes pages one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// Nothing: repeats are not counted.
    Off,
    /// The host of their URL. Pages without a URL are not counted.
    Host,
    /// The folder they were read from.
    Folder,
    /// This field of their records.
    Field(String),
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
