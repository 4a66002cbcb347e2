//! `dechaff dedup`: duplicates among documents as they are.

use dechaff::config::Layer;
use dechaff::corpus::{Deduplicated, deduplicate};
use dechaff::dedup::Measure;
use dechaff::read::Input;
use dechaff::run::Job;

use crate::arguments::Dedup;
use crate::configuration;
use crate::exit::{Exit, Failure};

use super::clean::stop_on_interrupt;

pub fn run(arguments: Dedup, quiet: bool) -> Result<Exit, Failure> {
    let mut flags = Vec::new();
    if let Some(threshold) = arguments.threshold {
        // Written so that TOML reads a number with a fraction: 1 is an integer there.
        flags.push(Layer::value("--threshold", "dedup.near.threshold", &format!("{threshold:?}")));
    }
    if arguments.exact {
        flags.push(Layer::value("--exact", "dedup.near.measure", "off"));
    }
    let mut configuration = configuration::load(&arguments.settings, &flags)?;
    if configuration.settings.dedup.near.measure == Measure::Off && !arguments.exact {
        // What is off for `clean` is what this command is for.
        flags.push(Layer::value("dechaff dedup", "dedup.near.measure", "jaccard"));
        configuration = configuration::load(&arguments.settings, &flags)?;
    }
    let cleaner = configuration::cleaner(&configuration)?;
    dechaff::start_threads(configuration.settings.pipeline.threads)
        .map_err(|error| Failure::usage(format!("cannot start threads: {error}")))?;
    let inputs = arguments.inputs.iter().map(|path| Input::from_argument(path.as_os_str())).collect();
    let job = Job { inputs, seen: arguments.seen, ..Job::default() };
    let stop = stop_on_interrupt()?;
    let Some(found) = deduplicate(&cleaner, &job, &arguments.output, &stop)? else { return Ok(Exit::Interrupted) };
    if !quiet {
        let Deduplicated { documents, empty, unread, kept, clusters, near } = found;
        eprintln!("{documents} documents, {kept} kept, {} duplicates in {clusters} clusters", documents - kept);
        if empty + unread > 0 {
            eprintln!("{empty} without text, {unread} not read: in no file");
        }
        if near.crowded > 0 {
            eprintln!("{} crowded buckets were not compared in full: see dedup.near.crowded", near.crowded);
        }
    }
    Ok(if found.unread > 0 { Exit::SomeFailed } else { Exit::Well })
}
