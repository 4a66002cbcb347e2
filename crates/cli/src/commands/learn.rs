//! `dechaff learn`: what repeats across each site, as rule files.

use std::fs;
use std::path::Path;

use dechaff::config::Layer;
use dechaff::corpus;
use dechaff::dedup::repeats::learned::{Change, LearnedSite, file_name};
use dechaff::read::Input;
use dechaff::run::Job;
use dechaff::write::AtomicFile;

use crate::arguments::Learn;
use crate::configuration;
use crate::exit::{Exit, Failure};

use super::clean::stop_on_interrupt;

pub fn run(arguments: Learn, quiet: bool) -> Result<Exit, Failure> {
    let mut flags = Vec::new();
    if let Some(path) = &arguments.url_map {
        flags.push(Layer::value("--url-map", "read.url-map", &path.display().to_string()));
    }
    let configuration = configuration::load(&arguments.settings, &flags)?;
    let cleaner = configuration::cleaner(&configuration)?;
    dechaff::start_threads(configuration.settings.pipeline.threads)
        .map_err(|error| Failure::usage(format!("cannot start threads: {error}")))?;
    let inputs = arguments.inputs.iter().map(|path| Input::from_argument(path.as_os_str())).collect();
    let job = Job { inputs, ..Job::default() };
    let stop = stop_on_interrupt()?;
    let sites = corpus::learn(&cleaner, &job, &stop)?;
    if stop.load(std::sync::atomic::Ordering::Relaxed) {
        return Ok(Exit::Interrupted);
    }
    fs::create_dir_all(&arguments.output)
        .map_err(|error| Failure::output(format!("cannot make {}: {error}", arguments.output.display())))?;
    for site in &sites {
        let (changes, again) = write(site, &arguments.output)?;
        if !quiet {
            tell(site, &changes, again);
        }
    }
    if sites.is_empty() && !quiet {
        eprintln!(
            "no site has enough pages (dedup.repeats.minimum), or no page has a URL (--url-map, dedup.repeats.site)"
        );
    }
    Ok(Exit::Well)
}

/// Writes the file of a site, over one that is there; says what changed, and whether there was one.
fn write(site: &LearnedSite, directory: &Path) -> Result<(Vec<Change>, bool), Failure> {
    let path = directory.join(file_name(&site.site));
    let failed = |error: std::io::Error| Failure::output(format!("cannot write {}: {error}", path.display()));
    let existing = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
    };
    let (text, changes) =
        site.write(existing.as_deref()).map_err(|error| Failure::usage(format!("{}:{error}", path.display())))?;
    if existing.as_deref() != Some(&text) {
        let mut file = AtomicFile::create(&path).map_err(failed)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
        file.commit(true).map_err(failed)?;
    }
    Ok((changes, existing.is_some()))
}

/// How many entries changed; of a file that was there, which.
fn tell(site: &LearnedSite, changes: &[Change], again: bool) {
    let count = |wanted: fn(&Change) -> bool| changes.iter().filter(|change| wanted(change)).count();
    eprintln!(
        "{}: {} texts repeat on {} pages ({} new, {} recounted, {} gone, {} gone but kept)",
        site.site,
        site.repeats.len(),
        site.of,
        count(|it| matches!(it, Change::Added { .. })),
        count(|it| matches!(it, Change::Recounted { .. })),
        count(|it| matches!(it, Change::Removed { .. })),
        count(|it| matches!(it, Change::Kept { .. })),
    );
    for change in changes.iter().filter(|_| again) {
        let (mark, text) = match change {
            Change::Added { text } => ("new", text),
            Change::Removed { text } => ("gone", text),
            Change::Kept { text } => ("gone but kept", text),
            // Counts change with every page.
            Change::Recounted { .. } => continue,
        };
        eprintln!("  {mark}: {}", shortened(text));
    }
}

/// The beginning of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TOLD) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Characters of an entry's text that are told: it stands in the file.
const LONGEST_TOLD: usize = 80;
