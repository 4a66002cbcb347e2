//! What a corpus knows that a page does not, found out before a run writes anything: what repeats on each site, and,
//! where more than exact copies is looked for, which documents and paragraphs go.
//!
//! Each takes a pass of its own over the inputs: the sample of the sites is segmented, and to compare kept texts all
//! documents are cleaned. A run that is interrupted and goes on makes the passes again, with the same result.

mod deduplicate;
mod gather;
mod sites;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dechaff_dedup::paragraph::RepeatedParagraphs;
use dechaff_dedup::repeats::Sites;
use dechaff_dedup::seen::Seen;
use dechaff_dedup::{Keep, Measure, ParagraphDrop, Scratch, Settings, Site};
use dechaff_document::{Category, JudgedPage, Label, Reason};
use dechaff_read::{Entry, Input};
use dechaff_write::{AtomicFile, Outcome, OutputDirectory, title_block};

pub use self::deduplicate::{Deduplicated, DuplicateFiles, deduplicate};
pub(crate) use self::gather::{Evidence, Gathering, Settlement, Tools};
pub use self::sites::learn;
pub(crate) use self::sites::learned_sites;
use crate::cleaner::Cleaner;
use crate::ordered::{Flow, Window, in_order};
use crate::process::process;
use crate::run::{Job, Previous, RunError};

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
    /// Passes over the inputs of a job as far as its settings ask for it, and writes the records of what goes.
    pub fn survey(
        cleaner: &Cleaner,
        job: &Job,
        directory: Option<&OutputDirectory>,
        stop: &AtomicBool,
    ) -> Result<Corpus, RunError> {
        let settings = &cleaner.settings().dedup;
        let asks = whole_only(settings, job);
        if let Some(key) = asks.filter(|_| job.inputs.contains(&Input::Stdin)) {
            return Err(RunError::Unfit(format!("{key} reads the inputs more than once: standard input cannot be")));
        }
        let mut corpus = Corpus::of_sites(cleaner, job, directory.map(OutputDirectory::root), stop)?;
        if plans(settings, job) {
            corpus.plan = Plan::make(cleaner, job, &corpus, directory, stop)?;
        }
        Ok(corpus)
    }

    /// What repeats on the sites alone. `output` is never read as input.
    pub fn of_sites(
        cleaner: &Cleaner,
        job: &Job,
        output: Option<&Path>,
        stop: &AtomicBool,
    ) -> Result<Corpus, RunError> {
        let counts = cleaner.settings().dedup.repeats.site != Site::Off && !job.inputs.contains(&Input::Stdin);
        Ok(Corpus { sites: counts.then(|| sites::count(cleaner, job, output, stop)).transpose()?, plan: None })
    }

    /// Notes on the blocks of a page what repeats on its site.
    pub fn apply(&self, page: &mut dechaff_document::Page) {
        if let Some(sites) = &self.sites {
            sites.apply(page);
        }
    }

    /// Whether a document's text depends on the other documents, so that its row of an earlier run says nothing.
    pub fn changes_texts(&self, settings: &Settings) -> bool {
        self.sites.is_some() || settings.paragraph.drop != ParagraphDrop::Off
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
    fn make(
        cleaner: &Cleaner,
        job: &Job,
        corpus: &Corpus,
        directory: Option<&OutputDirectory>,
        stop: &AtomicBool,
    ) -> Result<Option<Plan>, RunError> {
        let settings = &cleaner.settings().dedup;
        let seen = job.seen.as_deref().map(|path| open_seen(path, settings)).transpose()?;
        let mut gathering = Gathering::new(settings, &scratch_in(directory.map(|it| it.state(""))))?;
        let tools = Tools::new(settings, seen.as_ref())?;
        let failure = Mutex::new(None);
        let mut reader = dechaff_read::open(&job.inputs, &cleaner.settings().read)?;
        if let Some(directory) = directory {
            reader = reader.never_reading(directory.root());
        }
        let mut chosen = job.selection.chooser(0);
        let mut number = 0;
        in_order(
            std::iter::from_fn(|| chosen.next(&mut reader)),
            Window::of(&cleaner.settings().pipeline),
            |entry: &Entry| entry.held_bytes() as u64,
            || stop.load(Ordering::Relaxed),
            |entry| {
                let processed = process(cleaner, entry, &Previous::default(), corpus);
                let document = processed.document.as_ref()?;
                Some(Evidence::of_page(&document.judged, &processed, &tools))
            },
            |evidence| {
                let result = evidence.map_or(Ok(()), |it| it.and_then(|it| gathering.add(number, it)));
                number += 1;
                match result {
                    Ok(()) => ((), Flow::Continue),
                    Err(error) => {
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        ((), Flow::Stop)
                    }
                }
            },
            |()| Flow::Continue,
        );
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let (mut settlement, paragraphs) = gathering.settle(settings)?;
        if seen.is_none() {
            settlement.forget_sketches();
        }
        if let Some(directory) = directory {
            let path = directory.root().join("duplicates.jsonl");
            let failed = |source| RunError::Output { path: path.clone(), source };
            let mut file = directory.create(Path::new("duplicates.jsonl")).map_err(failed)?;
            settlement.write_records(&mut file).map_err(failed)?;
            file.commit(cleaner.settings().write.sync).map_err(failed)?;
        }
        if let Some(path) = &job.clusters {
            let failed = |source| RunError::Output { path: path.clone(), source };
            let mut file = AtomicFile::create(path).map_err(failed)?;
            settlement.write_records(&mut file).map_err(failed)?;
            file.commit(cleaner.settings().write.sync).map_err(failed)?;
        }
        Ok(Some(Plan { duplicates: settlement.outcomes(), paragraphs, settlement, seen }))
    }
}

/// Whether the settings ask for more than the first of exact copies in input order.
fn plans(settings: &Settings, job: &Job) -> bool {
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
        () if settings.near.measure != Measure::Off => Some("dedup.near.measure"),
        () if settings.paragraph.drop != ParagraphDrop::Off => Some("dedup.paragraph.drop"),
        () if settings.keep != Keep::First => Some("dedup.keep"),
        () if job.seen.is_some() => Some("--seen"),
        () if job.clusters.is_some() => Some("--clusters"),
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
