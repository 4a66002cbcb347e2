//! What a user can set about writing: the section `[write]` of `config/default.toml`.

use serde::{Deserialize, Serialize};

use crate::Compression;

/// The section `[write]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// What is written.
    pub format: Format,
    /// Markup of the `text` field of JSONL and Parquet.
    pub document_text: Markup,
    /// Where the title goes.
    pub title: TitlePlacement,
    /// Between the cells of a table row, in text.
    pub cell_separator: String,
    /// Whether list items carry `- ` or their number, in text.
    pub list_markers: bool,
    /// Whether Markdown and HTML keep links.
    pub links: bool,
    /// Whether Markdown and HTML keep images with their alternative text.
    pub images: bool,
    /// How output files are compressed.
    pub compression: Compression,
    /// Uncompressed bytes after which JSONL and Parquet begin a new file; 0 writes one file.
    pub shard_bytes: u64,
    /// Whether an output directory gets `dropped.jsonl` as well, with everything that was left out.
    pub keep_dropped: bool,
    /// Value of the `source` field of JSONL and Parquet; empty for the input's path.
    pub source: String,
    /// Value of the `added` field of JSONL and Parquet; empty for the record's own date of capture.
    pub added: String,
    /// Whether every file is flushed to the disk before it takes its name.
    pub sync: bool,
    /// Fewer kept words than this on a page of many are warned of.
    pub warn_words: u64,
    /// A confidence below this is warned of, 0 to 1.
    pub warn_confidence: f32,
}

/// What is written: a tree that mirrors the input (text, Markdown, HTML) or files of many documents (JSONL, Parquet).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Plain text, a file a document.
    Text,
    /// One JSON object a line.
    Jsonl,
    /// GitHub-flavoured Markdown, a file a document.
    Markdown,
    /// Cleaned HTML, a file a document.
    Html,
    /// Columns.
    Parquet,
}

impl Format {
    /// Extension of the output files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Text => "txt",
            Format::Jsonl => "jsonl",
            Format::Markdown => "md",
            Format::Html => "html",
            Format::Parquet => "parquet",
        }
    }

    /// Whether every document becomes a file of its own.
    pub fn is_tree(self) -> bool {
        matches!(self, Format::Text | Format::Markdown | Format::Html)
    }
}

/// How kept blocks are put into one string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Markup {
    /// Plain text.
    Text,
    /// GitHub-flavoured Markdown.
    Markdown,
    /// HTML without chrome, scripts or styling.
    Html,
}

/// Where the title of a page goes. The content hash does not know of it either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TitlePlacement {
    /// On top of the text, unless the kept text begins with it already.
    FirstLine,
    /// Into metadata alone: the first kept block that repeats it is left out of the body.
    Metadata,
}

#[cfg(test)]
pub(crate) fn defaults() -> Settings {
    let all: toml::Table = toml::from_str(include_str!("../../../config/default.toml")).expect("default.toml parses");
    all["write"].clone().try_into().expect("[write] holds every key and no other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_program_are_a_complete_section() {
        let settings = defaults();
        assert_eq!(settings.format, Format::Text);
        assert_eq!(settings.title, TitlePlacement::FirstLine);
    }
}
