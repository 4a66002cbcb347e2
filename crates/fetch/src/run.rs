//! The doors of the crate: a run into an archive, and one into a temporary archive.

use std::path::PathBuf;
use std::sync::Arc;

use crate::archive::{Archive, SoftwareInfo};
use crate::connection::Connector;
use crate::crawl::{Crawl, ProgressFunction, now_text};
use crate::error::Error;
use crate::journal::{Done, Journal, Line, Mode, Run};
use crate::resolve::Resolver;
use crate::seeds::Seed;
use crate::settings::{Robots, Settings};
use crate::summary::Summary;
use crate::writer;

/// Entries that may wait for the writer. Each holds a response, of which `buffer-bytes` are in memory.
const WRITER_QUEUE: usize = 32;
/// Of the journal's form.
const JOURNAL_VERSION: u32 = 1;

/// What is to be fetched, and where to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// URLs to begin with.
    pub seeds: Vec<Seed>,
    /// The archive: created, or gone on with. A name that ends in `.gz` is compressed record by record. The journal
    /// lies beside it, with `.journal` added to the name.
    pub archive: PathBuf,
    /// What becomes of what earlier runs did.
    pub mode: Mode,
    /// Where names are looked up.
    pub resolver: Resolver,
}

impl Plan {
    /// A plan that goes on with what is there and asks the system's resolver.
    pub fn new(seeds: Vec<Seed>, archive: impl Into<PathBuf>) -> Self {
        Self { seeds, archive: archive.into(), mode: Mode::default(), resolver: Resolver::default() }
    }
}

/// Fetches the seeds, and what their redirects, sitemaps and feeds lead to, into a WARC file.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// # fn run(settings: dechaff_fetch::Settings) -> Result<(), Box<dyn std::error::Error>> {
/// let plan = dechaff_fetch::Plan::new(vec![dechaff_fetch::Seed::new("https://example.org/")], "crawl.warc.gz");
/// let summary = dechaff_fetch::fetch(plan, &settings, &mut |_| ControlFlow::Continue(()))?;
/// println!("{summary}");
/// # Ok(())
/// # }
/// ```
///
/// Blocks until all is settled, or until `progress`, called about five times in a second, returns `Break`; the same
/// plan then goes on where it stopped. What happens to single URLs is in the summary and the journal.
///
/// Memory: about a hundred bytes and the text of each URL, `connections` times `buffer-bytes`, and the largest
/// sitemap or feed.
///
/// # Errors
/// If a setting is out of its range, or the archive or journal cannot be read or written. What was archived before the
/// error is whole.
pub fn fetch(plan: Plan, settings: &Settings, progress: &mut ProgressFunction<'_>) -> Result<Summary, Error> {
    settings.check().map_err(Error::Settings)?;
    let connector = Connector::new(settings, plan.resolver)
        .map_err(|error| Error::Settings(format!("extra-ca-file {}: {error}", settings.extra_ca_file.display())))?;
    let mut archive = Archive::open(&plan.archive)?;
    let (mut journal, mut past) = Journal::open(&Journal::path_for(&plan.archive), archive.end())?;
    for recovered in archive.repair(past.archive_end())? {
        if past.lacks_list(&recovered) {
            continue;
        }
        let done = Done::recovered(&recovered);
        past.take(&done);
        journal.write(&Line::Done(Box::new(done)))?;
    }
    let begins = past.begin(plan.mode);
    journal.write(&Line::Run(Run {
        version: JOURNAL_VERSION,
        at: now_text(),
        refresh: begins && plan.mode == Mode::Refresh,
        retry_failed: begins && plan.mode == Mode::RetryFailed,
    }))?;
    let info = SoftwareInfo {
        user_agent: settings.user_agent_header(),
        robots: match settings.robots {
            Robots::Obey => "obey",
            Robots::Ignore => "ignore",
        },
    };
    archive.begin(&info).map_err(|error| Error::Archive { path: plan.archive.clone(), error })?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let (sender, receiver) = tokio::sync::mpsc::channel(WRITER_QUEUE);
    let crawl = Crawl::new(Arc::new(settings.clone()), connector, past, sender);
    let (summary, written) = std::thread::scope(|scope| {
        let writer = std::thread::Builder::new()
            .name("fetch-writer".into())
            .spawn_scoped(scope, || writer::write(&mut archive, &mut journal, receiver))?;
        // The crawl owns the sender: at its end, well or not, the writer ends too.
        let summary = runtime.block_on(crawl.run(plan.seeds, progress));
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok::<_, Error>((summary, written?))
    })?;
    // A name look-up that hangs must not hold the end up.
    runtime.shutdown_background();
    let Ok(mut summary) = summary else {
        return Err(Error::System(std::io::Error::other("the writer ended before the crawl")));
    };
    summary.archived = written.exchanges;
    summary.revisits = written.revisits;
    Ok(summary)
}

/// An archive that is deleted when this value is dropped.
#[derive(Debug)]
pub struct TemporaryArchive {
    directory: tempfile::TempDir,
    /// What was fetched.
    pub summary: Summary,
}

impl TemporaryArchive {
    /// Where it lies.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join(TEMPORARY_NAME)
    }
}

const TEMPORARY_NAME: &str = "fetched.warc.gz";

/// Fetches the seeds into a temporary archive: `dechaff clean https://…`.
///
/// # Errors
/// As [`fetch`], and if there is no temporary directory.
pub fn fetch_temporary(
    seeds: Vec<Seed>,
    settings: &Settings,
    progress: &mut ProgressFunction<'_>,
) -> Result<TemporaryArchive, Error> {
    let directory = tempfile::tempdir()?;
    let plan = Plan::new(seeds, directory.path().join(TEMPORARY_NAME));
    let summary = fetch(plan, settings, progress)?;
    Ok(TemporaryArchive { directory, summary })
}
