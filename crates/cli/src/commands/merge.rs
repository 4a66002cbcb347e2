//! `dechaff merge`: shards of a run put together.

use dechaff::run::merge;

use crate::arguments::Merge;
use crate::exit::{Exit, Failure};
use crate::progress::tell;

pub fn run(arguments: &Merge, quiet: bool) -> Result<Exit, Failure> {
    let summary = merge(&arguments.shards, &arguments.output, arguments.prune)?;
    if !quiet {
        tell(&summary);
    }
    Ok(if summary.outcome("failed") > 0 { Exit::SomeFailed } else { Exit::Well })
}
