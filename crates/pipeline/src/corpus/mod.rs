//! What a corpus knows that a page does not: what repeats on each site, and, where more than exact copies is looked for,
//! which documents and paragraphs go.
//!
//! What repeats is counted beforehand, on a sample of every site's pages. Which copies stay can only be settled once all
//! documents are judged: until then they are kept on disk ([`spool`]), and what an interrupted run had judged is not
//! judged again.

mod deduplicate;
mod gather;
mod sites;
mod spool;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dechaff_dedup::paragraph::RepeatedParagraphs;
use dechaff_dedup::repeats::Sites;
use dechaff_dedup::seen::Seen;
use dechaff_dedup::{Keep, Measure, ParagraphDrop, Scratch, Settings, Site};
use dechaff_document::{Category, JudgedPage, Label, Reason};
use dechaff_read::Input;
use dechaff_write::{AtomicFile, Outcome, OutputDirectory, title_block};

pub use self::deduplicate::{Deduplicated, DuplicateFiles, deduplicate};
pub(crate) use self::gather::scratch_error;
pub(crate) use self::gather::{Evidence, Gathering, Settlement, Tools};
pub use self::sites::learn;
pub(crate) use self::sites::learned_sites;
pub(crate) use self::spool::{Frame, MergedFrames, Spool, spool_path};
use crate::cleaner::Cleaner;
use crate::error::RunError;
use crate::job::Job;
use crate::process::judge_entry;
use crate::reading::{Done, Reading};

/// Category of the paragraphs that go because many documents hold them.
pub(crate) const REPEATED_PARAGRAPH: &str = "repeated-paragraph";

/// What is known of the corpus while its documents are cleaned. Empty where no setting asks for it.
#[derive(Default)]
pub(crate) struct Corpus {
    sites: Option<Sites>,
    plan: Option<Plan>,
}

/// Which documents and paragraphs go, and who stays.
struct Plan {
    /// By place among all documents of the job: id, to be sure, and what becomes of the document.
    duplicates: HashMap<u64, (String, Outcome)>,
    paragraphs: RepeatedParagraphs,
    settlement: Settlement,
    seen: Option<Seen>,
}

impl Corpus {
    /// What is known before any document is judged: what repeats on the sites, where the settings ask for it.
    pub fn of_sites(reading: &Reading<'_>) -> Result<Corpus, RunError> {
        let counts = reading.cleaner.settings().dedup.repeats.site != Site::Off;
        if counts && reading.job.inputs.contains(&Input::Stdin) {
            let message = "dedup.repeats.site reads the inputs more than once: standard input cannot be";
            return Err(RunError::Unfit(message.to_owned()));
        }
        Ok(Corpus { sites: counts.then(|| sites::count(reading)).transpose()?, plan: None })
    }

    /// Judges the documents that an interrupted run had not judged, and settles which of all stay; writes the records of
    /// what goes. The documents are in the spool then. `false` where it was stopped before all were judged.
    pub fn plan(
        &mut self,
        reading: &Reading<'_>,
        directory: Option<&OutputDirectory>,
        spool: &mut Spool,
    ) -> Result<bool, RunError> {
        let Reading { cleaner, job, .. } = *reading;
        let settings = &cleaner.settings().dedup;
        let seen = job.seen.as_deref().map(|path| open_seen(path, settings)).transpose()?;
        let mut gathering = Gathering::new(settings, &scratch_in(directory.map(|it| it.state(""))))?;
        let tools = Tools::new(settings, seen.as_ref())?;
        gather(reading, spool.frames()?, &mut gathering, &tools)?;
        if spool.passed().is_none() {
            spool.go_on()?;
            let last = spool.last().cloned();
            let done = Done { entries: spool.documents(), last: last.as_ref() };
            let passed = reading.each_after(
                done,
                |entry| {
                    let position = entry.position().clone();
                    let judgement = judge_entry(cleaner, entry, self);
                    let frame = Frame::new(&position, &judgement).map_err(scratch_error)?;
                    Ok((frame, Evidence::of_judgement(&judgement, &tools)?))
                },
                |judged: Result<_, RunError>| {
                    let (frame, evidence) = judged?;
                    spool.add(&frame)?;
                    gathering.add(evidence)
                },
                |()| Ok(()),
            );
            spool.flush()?;
            let passed = passed?;
            if reading.stopped() {
                return Ok(false);
            }
            spool.complete(passed)?;
        }
        self.plan = Some(Plan::settle(gathering, seen, reading, directory)?);
        Ok(true)
    }

    /// Settles which of the documents stay that the shards of a run have judged.
    pub fn of_shards(
        reading: &Reading<'_>,
        directory: Option<&OutputDirectory>,
        frames: MergedFrames,
    ) -> Result<Corpus, RunError> {
        let settings = &reading.cleaner.settings().dedup;
        let mut gathering = Gathering::new(settings, &scratch_in(directory.map(|it| it.state(""))))?;
        gather(reading, frames, &mut gathering, &Tools::new(settings, None)?)?;
        Ok(Corpus { sites: None, plan: Some(Plan::settle(gathering, None, reading, directory)?) })
    }

    /// Notes on the blocks of a page what repeats on its site.
    pub fn apply(&self, page: &mut dechaff_document::Page) {
        if let Some(sites) = &self.sites {
            sites.apply(page);
        }
    }

    /// Whether a document's text depends on the other documents, so that its row of an earlier run says nothing.
    pub fn changes_texts(&self) -> bool {
        self.sites.is_some()
    }

    /// Leaves out the paragraphs of a page that go because other documents hold them: as chrome of a category of their
    /// own, so that the row says how many went. The page itself keeps its verdicts.
    pub fn without_repeated(&self, judged: &JudgedPage) -> Option<JudgedPage> {
        let plan = self.plan.as_ref().filter(|plan| !plan.paragraphs.is_empty())?;
        let title = title_block(judged);
        let mut less: Option<JudgedPage> = None;
        for (index, block) in judged.content().filter(|(index, _)| Some(*index) != title) {
            let Some(dropped) = plan.paragraphs.dropped(u32::MAX, &block.text) else { continue };
            if dropped.kept.is_some_and(|kept| plan.settlement.id(kept) == judged.page.source.id) {
                continue;
            }
            let verdict = &mut less.get_or_insert_with(|| judged.clone()).verdicts[index];
            verdict.label = Label::Chrome(Category::new(REPEATED_PARAGRAPH));
            verdict.reason = Reason::Repeats { with: dropped.documents, of: plan.settlement.documents() };
        }
        less
    }

    /// What was decided of the document at this place among all of the job; `None` where nothing was.
    pub fn outcome(&self, number: u64, id: &str) -> Option<Outcome> {
        let plan = self.plan.as_ref()?;
        let found = plan.duplicates.get(&number).filter(|(planned, _)| planned == id);
        Some(found.map_or(Outcome::Written, |(_, outcome)| outcome.clone()))
    }

    /// Adds what the run kept to the state of documents seen.
    pub fn finish(self) -> Result<(), RunError> {
        match self.plan {
            Some(Plan { seen: Some(seen), settlement, .. }) => settlement.remember(&seen),
            _ => Ok(()),
        }
    }
}

impl Plan {
    /// Settles which documents and paragraphs go, and writes the records of it.
    fn settle(
        gathering: Gathering,
        seen: Option<Seen>,
        reading: &Reading<'_>,
        directory: Option<&OutputDirectory>,
    ) -> Result<Plan, RunError> {
        let (mut settlement, paragraphs) = gathering.settle(&reading.cleaner.settings().dedup)?;
        if seen.is_none() {
            settlement.forget_sketches();
        }
        write_records(&settlement, reading.cleaner, reading.job, directory)?;
        Ok(Plan { duplicates: settlement.outcomes(), paragraphs, settlement, seen })
    }
}

/// Gathers the evidence of documents that are judged.
fn gather(
    reading: &Reading<'_>,
    frames: impl Iterator<Item = std::io::Result<Frame>> + Send,
    gathering: &mut Gathering,
    tools: &Tools<'_>,
) -> Result<(), RunError> {
    reading.each_judged(
        frames,
        |frame| {
            let (judgement, _) = frame.and_then(|frame| frame.read()).map_err(scratch_error)?;
            Evidence::of_judgement(&judgement, tools)
        },
        |evidence| gathering.add(evidence?),
        |()| Ok(()),
    )
}

/// Writes what goes to `duplicates.jsonl` of the output directory, and to the file of `--clusters`.
fn write_records(
    settlement: &Settlement,
    cleaner: &Cleaner,
    job: &Job,
    directory: Option<&OutputDirectory>,
) -> Result<(), RunError> {
    let write = |file: std::io::Result<AtomicFile>| {
        let mut file = file?;
        settlement.write_records(&mut file)?;
        file.commit(cleaner.settings().write.sync)
    };
    if let Some(directory) = directory {
        let name = Path::new(DuplicateFiles::REMOVALS);
        write(directory.create(name))
            .map_err(|source| RunError::Output { path: directory.root().join(name), source })?;
    }
    if let Some(path) = &job.clusters {
        write(AtomicFile::create(path)).map_err(|source| RunError::Output { path: path.clone(), source })?;
    }
    Ok(())
}

/// Whether the settings ask for more than the first of exact copies in input order, so that all documents are judged before
/// any is written.
pub(crate) fn plans(settings: &Settings, job: &Job) -> bool {
    settings.near.measure != Measure::Off
        || settings.paragraph.drop != ParagraphDrop::Off
        || settings.keep != Keep::First
        || job.seen.is_some()
        || job.clusters.is_some()
}

/// What of the settings needs all documents in one run, so that shards cannot be merged: by name.
pub(crate) fn whole_only(settings: &Settings, job: &Job) -> Option<&'static str> {
    match () {
        () if settings.repeats.site != Site::Off => Some("dedup.repeats.site"),
        () if job.seen.is_some() => Some("--seen"),
        () => None,
    }
}

/// Opens the state of documents seen.
pub(crate) fn open_seen(path: &Path, settings: &Settings) -> Result<Seen, RunError> {
    let database = redb::Database::create(path).map_err(|error| RunError::Output {
        path: path.to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(Seen::new(database, settings)?)
}

/// Scratch files in a directory, else in the system's place for them.
pub(crate) fn scratch_in(directory: Option<PathBuf>) -> Arc<dyn Fn() -> std::io::Result<File> + Send + Sync> {
    Arc::new(move || match &directory {
        Some(directory) => tempfile::tempfile_in(directory),
        None => tempfile::tempfile(),
    })
}

/// One more maker of scratch files.
pub(crate) fn scratch(make: &Arc<dyn Fn() -> std::io::Result<File> + Send + Sync>) -> Scratch {
    let make = Arc::clone(make);
    Box::new(move || make())
}
