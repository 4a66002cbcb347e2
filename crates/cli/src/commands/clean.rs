//! `dechaff clean`: the main job.

use std::io::{BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dechaff::config::{Configuration, Layer};
use dechaff::read::Input;
use dechaff::run::{Destination, Job, Progress, Selection, clean};

use crate::arguments::Clean;
use crate::configuration::{self, list};
use crate::exit::{Exit, Failure};
use crate::progress::{Bar, tell};

pub fn run(arguments: Clean, quiet: bool) -> Result<Exit, Failure> {
    let configuration = configuration::load(&arguments.settings, &flags(&arguments))?;
    let inputs = inputs(&arguments)?;
    let destination = destination(&arguments, &inputs, &configuration)?;
    let to_directory = matches!(destination, Destination::Directory(_));
    let cleaner = configuration::cleaner(&configuration)?;
    dechaff::start_threads(configuration.settings.pipeline.threads)
        .map_err(|error| Failure::usage(format!("cannot start threads: {error}")))?;
    let selection = Selection {
        limit: arguments.limit,
        sample: arguments.sample.map(|share| (share, arguments.seed)),
        shard: arguments.shard,
    };
    let job =
        Job { inputs, selection, prune: arguments.prune, seen: arguments.seen, clusters: arguments.clusters };
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_interrupt(&stop)?;
    let progress = Arc::new(Progress::default());
    let bar = Bar::follow(Arc::clone(&progress), quiet || !to_directory);
    let result = clean(&cleaner, &job, destination, &progress, &stop);
    bar.finish();
    let summary = result?;
    if !quiet && (to_directory || !summary.failures.is_empty()) {
        tell(&summary);
    }
    Ok(match () {
        () if summary.interrupted => Exit::Interrupted,
        () if summary.outcome("failed") > 0 => Exit::SomeFailed,
        () => Exit::Well,
    })
}

/// Flags that are settings.
fn flags(arguments: &Clean) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut set = |flag: &str, key: &str, value: &str| layers.push(Layer::value(flag, key, value));
    if let Some(format) = &arguments.format {
        set("--format", "write.format", format);
    }
    for (flag, key, globs) in
        [("--include", "read.include", &arguments.include), ("--exclude", "read.exclude", &arguments.exclude)]
    {
        if !globs.is_empty() {
            set(flag, key, &list(globs));
        }
    }
    for (flag, key, on) in [("--hidden", "read.hidden", arguments.hidden), ("--follow", "read.follow", arguments.follow)] {
        if on {
            set(flag, key, "true");
        }
    }
    if let Some(path) = &arguments.url_map {
        set("--url-map", "read.url-map", &path.display().to_string());
    }
    if arguments.keep_duplicates {
        set("--keep-duplicates", "dedup.exact", "off");
        set("--keep-duplicates", "dedup.near.measure", "off");
    }
    layers
}

/// The inputs, those of a list on standard input included: it can be read once only.
fn inputs(arguments: &Clean) -> Result<Vec<Input>, Failure> {
    let mut inputs: Vec<Input> = arguments.inputs.iter().map(|path| Input::from_argument(path.as_os_str())).collect();
    match &arguments.files_from {
        Some(list) if list == Path::new("-") => {
            for line in BufReader::new(std::io::stdin()).lines() {
                let line = line.map_err(|error| Failure::input(format!("cannot read the list of files: {error}")))?;
                if !line.is_empty() {
                    inputs.push(Input::Path(PathBuf::from(line)));
                }
            }
        }
        Some(list) => inputs.push(Input::List(list.clone())),
        None => {}
    }
    Ok(inputs)
}

/// Where the output goes: a directory, lines on standard output, or the text of one document there.
fn destination(
    arguments: &Clean,
    inputs: &[Input],
    configuration: &Configuration,
) -> Result<Destination<'static>, Failure> {
    let stream = |lines| Destination::Stream {
        out: Box::new(BufWriter::new(std::io::stdout())),
        lines,
        manifest: arguments.manifest.clone(),
    };
    match &arguments.output {
        Some(output) if output == Path::new("-") => Ok(stream(true)),
        Some(_) if arguments.manifest.is_some() => {
            Err(Failure::usage("--manifest is for runs that write to standard output; a directory gets its own manifest"))
        }
        Some(output) => Ok(Destination::Directory(output.clone())),
        None => match inputs {
            [Input::Path(path)] if !path.is_dir() => Ok(stream(!configuration.settings.write.format.is_tree())),
            [Input::Stdin] => Ok(stream(!configuration.settings.write.format.is_tree())),
            _ => Err(Failure::usage("several inputs need a place to write to: -o DIRECTORY, or -o - for JSON lines")),
        },
    }
}

/// The first Ctrl-C ends the run in good order, the second at once.
pub(super) fn stop_on_interrupt(stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    let stop = Arc::clone(stop);
    ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map_err(|error| Failure::usage(format!("cannot listen for Ctrl-C: {error}")))
}
