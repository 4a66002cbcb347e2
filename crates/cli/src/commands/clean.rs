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
    let mut layers = flags(&arguments);
    let mut configuration = configuration::load(&arguments.settings, &layers)?;
    let stop = stop_on_interrupt()?;
    let (inputs, urls) = inputs(&arguments)?;
    let one = inputs.len() + urls.len() == 1;
    #[cfg(feature = "fetch")]
    let (inputs, fetched) = fetched(inputs, &urls, &configuration, quiet, &stop)?;
    #[cfg(not(feature = "fetch"))]
    if let Some(url) = urls.first() {
        return Err(Failure::usage(format!("{url}: this build of dechaff cannot fetch")));
    }
    let of_many = only_containers(&inputs, &configuration);
    if arguments.output.is_some() && of_many && configuration.is_default("write.format") {
        // Records have no file names to mirror.
        layers.push(Layer::value("inputs are containers", "write.format", "jsonl"));
        configuration = configuration::load(&arguments.settings, &layers)?;
    }
    let destination = destination(&arguments, &inputs, one, &configuration)?;
    let to_directory = matches!(destination, Destination::Directory(_));
    let cleaner = configuration::cleaner(&configuration)?;
    dechaff::start_threads(configuration.settings.pipeline.threads)
        .map_err(|error| Failure::usage(format!("cannot start threads: {error}")))?;
    let selection = Selection {
        limit: arguments.limit,
        sample: arguments.sample.map(|share| (share, arguments.seed)),
        shard: arguments.shard,
    };
    let job = Job { inputs, selection, prune: arguments.prune, seen: arguments.seen, clusters: arguments.clusters };
    if arguments.dry_run {
        let directory = arguments.output.as_deref().filter(|_| to_directory);
        return super::dry_run::run(&cleaner, &job, directory, quiet, &stop);
    }
    let progress = Arc::new(Progress::default());
    let bar = Bar::follow(Arc::clone(&progress), quiet || !to_directory);
    let result = clean(&cleaner, &job, destination, &progress, &stop);
    bar.finish();
    let summary = result?;
    if !quiet && (to_directory || !summary.failures.is_empty()) {
        tell(&summary);
    }
    #[cfg(feature = "fetch")]
    let all_fetched = fetched.is_none_or(|archive| archive.summary.failed() == 0);
    #[cfg(not(feature = "fetch"))]
    let all_fetched = true;
    Ok(match () {
        () if summary.interrupted => Exit::Interrupted,
        () if summary.outcome("failed") > 0 || !all_fetched => Exit::SomeFailed,
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
    for (flag, key, on) in
        [("--hidden", "read.hidden", arguments.hidden), ("--follow", "read.follow", arguments.follow)]
    {
        if on {
            set(flag, key, "true");
        }
    }
    if let Some(path) = &arguments.url_map {
        set("--url-map", "read.url-map", &path.display().to_string());
    }
    if arguments.keep_dropped {
        set("--keep-dropped", "write.keep-dropped", "true");
    }
    if arguments.keep_duplicates {
        set("--keep-duplicates", "dedup.exact", "off");
        set("--keep-duplicates", "dedup.near.measure", "off");
    }
    layers
}

/// The inputs, those of a list on standard input included (it can be read once only), and the URLs among them.
fn inputs(arguments: &Clean) -> Result<(Vec<Input>, Vec<String>), Failure> {
    let is_url = |path: &PathBuf| {
        let text = path.to_str().unwrap_or_default();
        text.starts_with("https://") || text.starts_with("http://")
    };
    let (urls, paths): (Vec<_>, Vec<_>) = arguments.inputs.iter().cloned().partition(is_url);
    let urls = urls.iter().map(|url| url.to_string_lossy().into_owned()).collect();
    let mut inputs: Vec<Input> = paths.iter().map(|path| Input::from_argument(path.as_os_str())).collect();
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
    Ok((inputs, urls))
}

/// URLs are fetched into an archive that is one more input, and goes when the run is over.
#[cfg(feature = "fetch")]
fn fetched(
    mut inputs: Vec<Input>,
    urls: &[String],
    configuration: &Configuration,
    quiet: bool,
    stop: &Arc<AtomicBool>,
) -> Result<(Vec<Input>, Option<dechaff::fetch::TemporaryArchive>), Failure> {
    if urls.is_empty() {
        return Ok((inputs, None));
    }
    let archive = super::fetch::into_temporary(urls, &configuration.settings.fetch, quiet, stop)?;
    inputs.push(Input::Path(archive.path()));
    Ok((inputs, Some(archive)))
}

/// Whether the inputs are archives and files of records alone. Ends at the first that is not.
fn only_containers(inputs: &[Input], configuration: &Configuration) -> bool {
    if inputs.contains(&Input::Stdin) {
        return false;
    }
    let Ok(reader) = dechaff::read::open(inputs, &configuration.settings.read) else { return false };
    let mut survey = reader.survey().peekable();
    survey.peek().is_some() && survey.all(|input| input.container)
}

/// Where the output goes: a directory, lines on standard output, or the text of one document there.
fn destination(
    arguments: &Clean,
    inputs: &[Input],
    one: bool,
    configuration: &Configuration,
) -> Result<Destination<'static>, Failure> {
    let stream = |lines| Destination::Stream {
        out: Box::new(BufWriter::new(std::io::stdout())),
        lines,
        manifest: arguments.manifest.clone(),
    };
    match &arguments.output {
        output if arguments.keep_dropped && output.as_ref().is_none_or(|output| output == Path::new("-")) => {
            Err(Failure::usage("--keep-dropped needs an output directory: -o DIRECTORY"))
        }
        Some(output) if output == Path::new("-") => Ok(stream(true)),
        Some(_) if arguments.manifest.is_some() => Err(Failure::usage(
            "--manifest is for runs that write to standard output; a directory gets its own manifest",
        )),
        Some(output) => Ok(Destination::Directory(output.clone())),
        None => match inputs {
            [Input::Path(path)] if one && !path.is_dir() => Ok(stream(!configuration.settings.write.format.is_tree())),
            [Input::Stdin] => Ok(stream(!configuration.settings.write.format.is_tree())),
            _ => Err(Failure::usage("several inputs need a place to write to: -o DIRECTORY, or -o - for JSON lines")),
        },
    }
}

/// The first Ctrl-C ends the run in good order, the second at once.
pub fn stop_on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map_err(|error| Failure::usage(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(stop)
}
