//! What can be wrong before anything is read.

use std::path::PathBuf;

/// Settings that make no sense, or a file named by a setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A glob of `read.include` or `read.exclude`, or among the inputs, cannot be parsed.
    #[error("{key}: {message} in the glob {glob:?}")]
    Glob {
        /// The setting, or `input`.
        key: &'static str,
        /// The glob as written.
        glob: String,
        /// What is wrong with it.
        message: String,
    },
    /// The file of `read.url-map` cannot be read.
    #[error("read.url-map: {}: {error}", path.display())]
    UrlMap {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// A line of the file of `read.url-map` is not `path<TAB>URL`.
    #[error("{}:{line}: expected `path<TAB>URL`", path.display())]
    UrlMapLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}
