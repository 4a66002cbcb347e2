//! What ends a run: the archive, the journal, or a setting. What happens to single URLs is a [`crate::Problem`].

use std::io;
use std::path::PathBuf;

/// What ends a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read or written.
    #[error("the archive {}: {error}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Another process writes to the archive.
    #[error("the archive {} is in use by another run", path.display())]
    InUse {
        /// The archive.
        path: PathBuf,
    },
    /// The archive holds something that is not an unfinished WARC record.
    #[error("{} is not a WARC file, or is damaged, at byte {at}: it is left as it is; name another output", path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// Where, in bytes.
        at: u64,
    },
    /// The journal cannot be read or written.
    #[error("the journal {}: {error}", path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file of URLs, a sitemap or a feed cannot be read.
    #[error("{input}: {message}")]
    Seeds {
        /// What the user named.
        input: String,
        /// Why.
        message: String,
    },
    /// A setting is out of its range, or its file cannot be read.
    #[error("[fetch] {0}")]
    Settings(String),
    /// The runtime or the temporary directory cannot be had.
    #[error("{0}")]
    System(#[from] io::Error),
}
