//! The archive: a WARC 1.1 file that is only ever appended to, in whole groups of records.

mod file;
mod record;
mod repair;

pub(crate) use file::Archive;
pub(crate) use record::{Profile, Revisit, SoftwareInfo, StoredExchange};
pub(crate) use repair::Recovered;
