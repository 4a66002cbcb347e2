//! What a run would do, without doing it (`--dry-run`): inputs are read and compared with what an earlier run left;
//! nothing is cleaned, and nothing is written.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use dechaff_dedup::raw_hash;
use dechaff_read::{Entry, Loaded, Position};
use dechaff_write::{OutputDirectory, OutputNames};

use super::journal::{Lines, RunState, journal_path, name_of, rows_path};
use super::lines::Kind;
use super::output::survey;
use super::previous::Previous;
use super::stale::Stale;
use super::summary::Progress;
use super::{Job, RunError, slashed};
use crate::cleaner::Cleaner;
use crate::process::{came_with, guarded};
use crate::reading::{Done, Reading};

/// What would be done with one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its id, as it stands in the manifest.
    pub id: String,
    /// What would become of it.
    pub action: Action,
    /// Where it would be written, unless it turns out to be a copy of another or to have no content: a file below the
    /// output directory. `None` without a directory, and for what is not cleaned.
    pub output: Option<String>,
}

/// What would become of an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It would be cleaned.
    Clean,
    /// It is as an earlier run has found it, and would not be cleaned again.
    Unchanged,
    /// It would be passed over, and why.
    Skip(String),
    /// It is of a kind that is not read.
    Unsupported(String),
    /// It cannot be read, and why.
    Fail(String),
}

impl Action {
    /// One word.
    pub fn name(&self) -> &'static str {
        match self {
            Action::Clean => "clean",
            Action::Unchanged => "unchanged",
            Action::Skip(_) => "skip",
            Action::Unsupported(_) => "unsupported",
            Action::Fail(_) => "fail",
        }
    }
}

/// What a run would do beside its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// Documents that an interrupted run has done; it would be gone on from there.
    pub done: u64,
    /// Outputs of an earlier run whose inputs are gone or not asked for.
    pub gone: u64,
}

/// Tells `visit` of every input what [`super::clean`] would do with it, in order.
///
/// # Errors
/// As [`super::clean`], but for what only writing tells.
pub fn plan(
    cleaner: &Cleaner,
    job: &Job,
    output: Option<&Path>,
    stop: &AtomicBool,
    mut visit: impl FnMut(Planned) + Send,
) -> Result<Plan, RunError> {
    let settings = cleaner.settings();
    let mut plan = Plan::default();
    let mut names = HashSet::new();
    let mut last = None;
    let mut previous = Previous::default();
    let mut tree = None;
    if let Some(root) = output {
        OutputDirectory::check(root)?;
        let failed = |source| RunError::Output { path: root.to_owned(), source };
        let state = job.state(cleaner);
        if RunState::read(root).is_some_and(|left| state.goes_on_from(&left)) && journal_path(root).exists() {
            last = interrupted(root, &mut plan, &mut names).map_err(failed)?;
        }
        previous = Previous::read(root, &state, &settings.write).map_err(failed)?;
        if settings.write.format.is_tree() {
            tree = Some(survey(job, root, settings, &Progress::default())?);
        }
    }
    let work = |entry: Entry| look_at(entry, &previous, tree.as_ref(), settings, output.is_some());
    let mut seen = |(planned, name): (Planned, u64)| {
        if output.is_some() {
            names.insert(name);
        }
        visit(planned);
    };
    let seen = |looked_at| {
        seen(looked_at);
        Ok(())
    };
    let done = Done { entries: plan.done, last: last.as_ref() };
    Reading { cleaner, job, output, stop }.each_after(done, work, seen, |()| Ok(()))?;
    if let Some(root) = output {
        plan.gone = gone(root, &names).map_err(|source| RunError::Output { path: root.to_owned(), source })?;
    }
    Ok(plan)
}

/// What would be done with an entry, and the name of its row.
fn look_at(
    entry: Entry,
    previous: &Previous,
    tree: Option<&OutputNames>,
    settings: &crate::config::Settings,
    in_directory: bool,
) -> (Planned, u64) {
    let in_container = entry.position().record.is_some();
    let source = entry.source.clone();
    let (source, action) = match guarded("read", || entry.load()) {
        Ok(Loaded::Document(raw)) => {
            let known = previous.row(&raw.source, &raw_hash(raw.body.as_bytes()), came_with(&raw));
            (raw.source, if known.is_some() { Action::Unchanged } else { Action::Clean })
        }
        Ok(Loaded::Skipped { source, why }) => (source, Action::Skip(why)),
        Ok(Loaded::Unsupported { source, what }) => (source, Action::Unsupported(what)),
        Ok(Loaded::Failed { source, message }) => (source, Action::Fail(message)),
        Err(_) => (source, Action::Fail("reading it panics".into())),
    };
    let is_text = matches!(action, Action::Clean | Action::Unchanged);
    let output = match tree {
        _ if !is_text || !in_directory => None,
        Some(names) if in_container => Some(slashed(&names.output_of_record(&source.relative))),
        Some(names) => Some(slashed(&names.output(&source.relative))),
        None => Some(slashed(&Kind::Documents.shard_name(0, &settings.write))),
    };
    let name = name_of(&source.input, &source.id);
    (Planned { id: source.id, action, output }, name)
}

/// The position at which an interrupted run would be gone on from, and what it has done.
fn interrupted(root: &Path, plan: &mut Plan, names: &mut HashSet<u64>) -> io::Result<Option<Position>> {
    let mut last = None;
    let mut lines = Lines::open(&journal_path(root))?;
    while let Some((line, _)) = lines.next()? {
        plan.done += 1;
        names.insert(name_of(&line.record.input, &line.record.id));
        last = Some(line.position);
    }
    Ok(last)
}

/// Outputs of earlier runs whose inputs are not among these.
fn gone(root: &Path, names: &HashSet<u64>) -> io::Result<u64> {
    let mut gone = Stale::left(root)?.len() as u64;
    if !rows_path(root).exists() {
        return Ok(gone);
    }
    let mut lines = Lines::open(&rows_path(root))?;
    while let Some((line, _)) = lines.next()? {
        let own_file = line
            .record
            .output
            .as_ref()
            .is_some_and(|output| !Kind::Documents.names(output) && root.join(output).exists());
        gone += u64::from(own_file && !names.contains(&name_of(&line.record.input, &line.record.id)));
    }
    Ok(gone)
}
