//! The `[read]` section of the configuration.

use serde::{Deserialize, Serialize};

/// The settings of this stage: section `[read]` of `config/default.toml`, where each key's default and reason stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Globs of the files in directories that are read; empty for all.
    pub include: Vec<String>,
    /// Globs of the files and directories in directories that are left out.
    pub exclude: Vec<String>,
    /// Whether hidden files and directories are read.
    pub hidden: bool,
    /// Whether symbolic links in directories are followed.
    pub follow: bool,
    /// File of `path<TAB>URL` lines; empty for none.
    pub url_map: String,
    /// Charset of all inputs; empty for none.
    pub charset: String,
    /// Most bytes of one document, after decompression.
    pub max_bytes: u64,
    /// What becomes of a document over `max_bytes`.
    pub over_limit: OverLimit,
    /// Fields of records that hold HTML, in the order they are tried.
    pub html_fields: Vec<String>,
    /// Fields of records that hold text, in the order they are tried.
    pub text_fields: Vec<String>,
    /// Fields of records that hold the URL, in the order they are tried.
    pub url_fields: Vec<String>,
    /// Fields of records that hold the id, in the order they are tried.
    pub id_fields: Vec<String>,
    /// Fields of records that are passed on with the document; `*` for all.
    pub metadata_fields: Vec<String>,
}

/// What becomes of a document over `read.max-bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverLimit {
    /// It fails.
    Fail,
    /// Its first `max-bytes` bytes are read.
    Cut,
}
