//! URLs to WARC, politely: robots.txt, one request a second to a host, bounded, resumable, and blind to addresses that
//! are not public. What was fetched is archived as it came; cleaning it is another command's work.
//!
//! How it is built: `frontier` knows what may be asked when; `crawl` takes requests from it and settles what comes;
//! `connection` and `exchange` make one request within the limits, recorded byte for byte (`recording`); `writer`, on
//! a thread of its own, appends to the `archive` and then to the `journal`. `docs/fetch.md` is the user's side.
//!
//! Without the feature `network` only the [`Settings`] are left, so that a program built without a network stack reads
//! the same configuration.

mod settings;

pub use settings::{Lists, Robots, Settings, Truncated};

#[cfg(feature = "network")]
mod address;
#[cfg(feature = "network")]
mod archive;
#[cfg(feature = "network")]
mod connection;
#[cfg(feature = "network")]
mod crawl;
#[cfg(feature = "network")]
mod decode;
#[cfg(feature = "network")]
mod error;
#[cfg(feature = "network")]
mod exchange;
#[cfg(feature = "network")]
mod framing;
#[cfg(feature = "network")]
mod frontier;
#[cfg(feature = "network")]
mod journal;
#[cfg(feature = "network")]
mod lists;
#[cfg(feature = "network")]
mod problem;
#[cfg(feature = "network")]
mod recording;
#[cfg(feature = "network")]
mod resolve;
#[cfg(feature = "network")]
mod retry;
#[cfg(feature = "network")]
mod robots;
#[cfg(feature = "network")]
mod run;
#[cfg(feature = "network")]
mod seeds;
#[cfg(feature = "network")]
mod summary;
#[cfg(feature = "network")]
mod target;
#[cfg(feature = "network")]
mod writer;

#[cfg(feature = "network")]
pub use {
    crawl::ProgressFunction,
    error::Error,
    frontier::HostState,
    journal::Mode,
    problem::{Problem, ProblemKind},
    resolve::Resolver,
    run::{Plan, TemporaryArchive, fetch, fetch_temporary},
    seeds::{Seed, is_url},
    summary::{HostProgress, HostSummary, Progress, Summary},
};
