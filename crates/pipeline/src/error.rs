//! Why a run could not be done.

use std::path::PathBuf;

use dechaff_write::ClaimError;

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An input or a setting of reading makes no sense.
    #[error(transparent)]
    Input(#[from] dechaff_read::Error),
    /// The output directory cannot be taken.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// Something could not be written.
    #[error("cannot write {}: {source}", .path.display())]
    Output {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A setting of near copies is out of its range, or their scratch files failed.
    #[error(transparent)]
    Near(#[from] dechaff_dedup::near::NearError),
    /// The state of documents seen cannot be used.
    #[error(transparent)]
    Seen(#[from] dechaff_dedup::seen::SeenError),
    /// The inputs do not fit what is asked.
    #[error("{0}")]
    Unfit(String),
    /// The state of an earlier run cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    State {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
