//! The run: takes requests from the frontier, makes them, and settles what comes of them.

mod answer;
mod request;

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::connection::{Connection, Connector};
use crate::exchange::{Ask, Exchange, Purpose};
use crate::frontier::{Frontier, HostId, Job, Next, ROBOTS_AGE};
use crate::journal::{Done, Line, Past};
use crate::problem::{Problem, ProblemKind};
use crate::retry::backoff;
use crate::robots::Rules;
use crate::seeds::Seed;
use crate::settings::{Lists, Settings};
use crate::summary::{HostProgress, Progress, Summary};
use crate::target::{Credentials, Key, Origin, Target};
use crate::writer::{Entry, Message};

/// Time between two calls of the progress function.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// The rate is taken over this many calls: ten seconds.
const RATE_CALLS: usize = 50;
/// Hosts named in the progress.
const PROGRESS_HOSTS: usize = 5;
/// Called a few times in a second; `Break` ends the run, which may be resumed.
pub type ProgressFunction<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + 'a;

/// A run while it goes on.
pub(crate) struct Crawl {
    settings: Arc<Settings>,
    connector: Arc<Connector>,
    frontier: Frontier,
    running: JoinSet<Event>,
    writer: Sender<Message>,
    jitter: fastrand::Rng,
    /// Everything queued or settled.
    seen: HashSet<Key>,
    /// Where redirects lead.
    redirects: HashMap<Key, Key>,
    past: Past,
    /// Pages queued or running.
    left: u64,
    rate: VecDeque<(Instant, u64)>,
    summary: Summary,
}

/// The writer ended; it knows why.
pub(crate) struct WriterGone;

/// What a task of the run ends with.
enum Event {
    /// A request was answered, or failed.
    Answered(Box<Finished>),
    /// What it gave is in the archive and the journal: only now may its host be asked again, so that a kill repeats
    /// no more than what was running.
    Written(Slot),
}

/// The right to ask a host, held while a request runs and until its answer is written.
struct Slot {
    host: HostId,
    /// When the server had the request for certain: its answer began, or the request ended without one.
    asked: Instant,
    connection: Option<Connection>,
}

struct Finished {
    slot: Slot,
    job: Job,
    /// The idle connection that was used had been closed by the server; nothing was answered.
    was_stale: bool,
    result: Result<Exchange, Problem>,
}

impl Crawl {
    pub(crate) fn new(settings: Arc<Settings>, connector: Connector, past: Past, writer: Sender<Message>) -> Self {
        let jitter = fastrand::Rng::with_seed(settings.jitter_seed);
        Self {
            frontier: Frontier::new(settings.clone()),
            settings,
            connector: Arc::new(connector),
            running: JoinSet::new(),
            writer,
            jitter,
            seen: HashSet::new(),
            redirects: HashMap::new(),
            past,
            left: 0,
            rate: VecDeque::new(),
            summary: Summary::default(),
        }
    }

    /// Runs to the end, or until the progress function breaks it off.
    pub(crate) async fn run(
        mut self,
        seeds: Vec<Seed>,
        progress: &mut ProgressFunction<'_>,
    ) -> Result<Summary, WriterGone> {
        let begin = Instant::now();
        self.restore();
        for seed in seeds {
            self.seed(seed).await?;
        }
        let mut next_progress = begin;
        loop {
            let now = Instant::now();
            if now >= next_progress {
                next_progress = now + PROGRESS_INTERVAL;
                if progress(&self.progress(now)).is_break() {
                    self.summary.interrupted = true;
                    break;
                }
            }
            if self.writer.is_closed() {
                return Err(WriterGone);
            }
            let wake = match self.start_requests(next_progress).await? {
                _ if self.left == 0 && self.running.is_empty() => break,
                Some(wake) => wake.min(next_progress),
                None if self.running.is_empty() && self.frontier.is_idle() => {
                    tracing::error!(left = self.left, "nothing runs and nothing is due");
                    self.summary.interrupted = true;
                    break;
                }
                None => next_progress,
            };
            match timeout_at(wake, self.running.join_next()).await {
                Ok(Some(Ok(Event::Answered(finished)))) => self.finish(*finished).await?,
                Ok(Some(Ok(Event::Written(slot)))) => self.free(slot),
                // A fault in this crate: better heard of than waited for.
                Ok(Some(Err(error))) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Ok(Some(Err(error))) => tracing::error!(%error, "a request's task was ended"),
                // Nothing runs: wait for the frontier.
                Ok(None) => tokio::time::sleep_until(wake).await,
                Err(_) => {}
            }
        }
        // What is still running is asked again by the next run. Waited for, since the tasks hold the writer open.
        self.running.shutdown().await;
        for host in self.frontier.hosts() {
            if let Some(reason) = host.given_up() {
                self.summary.hosts.entry(host.name.clone()).or_default().given_up = Some(reason.to_owned());
            }
        }
        if self.left == 0 {
            self.send(Entry::Line(Line::End { at: now_text() })).await?;
        }
        // The last word; there is nothing left to break off.
        let _ = progress(&self.progress(Instant::now()));
        self.summary.left = self.left;
        self.summary.elapsed = begin.elapsed();
        Ok(self.summary)
    }

    /// Takes over what earlier runs learned.
    fn restore(&mut self) {
        for (key, settled) in &mut self.past.done {
            if let Some(Ok((target, _))) = settled.redirect.as_deref().map(Target::parse) {
                self.redirects.insert(*key, target.key());
            }
        }
        let now = Timestamp::now();
        for line in std::mem::take(&mut self.past.robots).into_values() {
            let age = line.at.parse::<Timestamp>().ok().and_then(|at| Duration::try_from(now.duration_since(at)).ok());
            if let Some(age) = age.filter(|age| *age < ROBOTS_AGE) {
                let rules = match line.body {
                    Some(body) => Rules::parse(body.as_bytes(), &self.settings),
                    None => Rules::None,
                };
                self.frontier.set_robots(&Origin(line.origin), rules, age);
            }
        }
        for (host, standing) in std::mem::take(&mut self.past.hosts) {
            self.frontier.restore(&host, standing.failures, standing.given_up);
        }
    }

    async fn seed(&mut self, seed: Seed) -> Result<(), WriterGone> {
        let purpose = match self.settings.lists {
            _ if seed.is_list => Purpose::List,
            Lists::Expand => Purpose::MaybeList,
            Lists::Keep => Purpose::Page,
        };
        match Target::parse(&seed.text) {
            Ok((target, _)) => {
                self.enqueue(target, seed.credentials, purpose, 0, 0);
                Ok(())
            }
            Err(problem) => {
                tracing::warn!(url = %seed.text, "{problem}");
                self.summary.count("(no host)", None, Some(problem.kind));
                Ok(())
            }
        }
    }

    /// Queues a URL, unless it is done or queued; follows what earlier runs left of redirects and lists.
    fn enqueue(
        &mut self,
        target: Target,
        credentials: Option<Credentials>,
        purpose: Purpose,
        redirects: u32,
        depth: u8,
    ) {
        let mut waiting = vec![(target, credentials, purpose, redirects, depth)];
        while let Some((target, credentials, purpose, redirects, depth)) = waiting.pop() {
            let key = target.key();
            if !self.seen.insert(key) {
                continue;
            }
            if let Some(settled) = self.past.done.get(&key) {
                self.summary.already_done += 1;
                if let Some(Ok((next, _))) = settled.redirect.as_deref().map(Target::parse)
                    && redirects < self.settings.max_redirects
                {
                    waiting.push((next, None, purpose, redirects + 1, depth));
                }
                for found in self.past.found.remove(target.as_str()).into_iter().flatten() {
                    let listed =
                        |url: &String, purpose, depth| Some((Target::parse(url).ok()?.0, None, purpose, 0, depth));
                    waiting.extend(found.pages.iter().filter_map(|url| listed(url, Purpose::Page, 0)));
                    waiting.extend(found.lists.iter().filter_map(|url| listed(url, Purpose::List, found.depth + 1)));
                }
                continue;
            }
            self.left += 1;
            let job = Job { target, credentials, purpose, robots_of: None, attempt: 0, redirects, depth };
            self.frontier.push(job);
        }
    }

    /// Starts what may start now; returns when to look again.
    async fn start_requests(&mut self, until: Instant) -> Result<Option<Instant>, WriterGone> {
        loop {
            let now = Instant::now();
            if self.running.len() >= self.settings.connections || now >= until {
                return Ok(None);
            }
            match self.frontier.next(now) {
                Next::Wait(wake) => return Ok(wake),
                Next::Settle { job, problem } => self.settle_without_response(job, problem).await?,
                Next::Run { host, job, connection } => {
                    let ask = self.ask(&job);
                    let perform =
                        request::perform(self.connector.clone(), self.settings.clone(), host, job, ask, connection);
                    self.running.spawn(async { Event::Answered(Box::new(perform.await)) });
                }
            }
        }
    }

    fn ask(&self, job: &Job) -> Ask {
        let earlier = self.past.earlier.get(&job.target.key()).filter(|_| job.robots_of.is_none());
        Ask {
            target: job.target.clone(),
            credentials: job.credentials.clone(),
            etag: earlier.and_then(|earlier| earlier.etag.clone()),
            last_modified: earlier.and_then(|earlier| earlier.last_modified.clone()),
            purpose: job.purpose,
        }
    }

    async fn finish(&mut self, finished: Finished) -> Result<(), WriterGone> {
        let Finished { slot, job, was_stale, result } = finished;
        if let Ok(exchange) = &result {
            self.summary.bytes += exchange.message.body_length;
        }
        let entry = match (job.robots_of.clone(), result) {
            _ if was_stale => {
                self.frontier.put_back(job);
                None
            }
            (Some(origin), result) => self.finish_robots(job, origin, result),
            (None, Ok(exchange)) => self.finish_page(job, exchange).await?,
            (None, Err(problem)) if problem.kind.may_pass() && job.attempt < self.settings.retries => {
                self.retry(job, None, problem.kind == ProblemKind::Connect);
                None
            }
            (None, Err(problem)) => {
                self.settle_without_response(job, problem).await?;
                None
            }
        };
        match entry {
            None => self.free(slot),
            Some(entry) => {
                let writer = self.writer.clone();
                self.running.spawn(async move {
                    let (written, when_written) = oneshot::channel();
                    // If the writer is gone the run ends at its next turn.
                    if writer.send(Message { entry, written: Some(written) }).await.is_ok() {
                        let _ = when_written.await;
                    }
                    Event::Written(slot)
                });
            }
        }
        Ok(())
    }

    fn free(&mut self, slot: Slot) {
        self.frontier.finish(slot.host, slot.asked, slot.connection);
    }

    /// Queues the job again after the wait that the server asked for, or after backoff.
    fn retry(&mut self, job: Job, asked: Option<Duration>, pause: bool) {
        let wait = asked.unwrap_or_else(|| backoff(job.attempt, &self.settings, &mut self.jitter));
        tracing::debug!(url = %job.target, attempt = job.attempt + 1, ?wait, "to be sent again");
        self.frontier.retry(job, Instant::now() + wait, pause);
    }

    async fn settle_without_response(&mut self, job: Job, problem: Problem) -> Result<(), WriterGone> {
        if let Some(origin) = &job.robots_of {
            self.frontier.set_robots(origin, Rules::Unreachable(problem), Duration::ZERO);
            return Ok(());
        }
        tracing::info!(url = %job.target, "{problem}");
        self.settled(&job, None, Some(&problem));
        let done = Done {
            url: job.target.as_str().to_owned(),
            at: now_text(),
            problem: Some(problem),
            attempts: job.attempt,
            ..Done::default()
        };
        self.send(Entry::Line(Line::Done(Box::new(done)))).await
    }

    fn settled(&mut self, job: &Job, status: Option<u16>, problem: Option<&Problem>) {
        self.left -= 1;
        self.summary.count(job.target.host(), status, problem.map(|problem| problem.kind));
        match problem.map(|problem| problem.kind) {
            Some(kind) if kind.blames_host() => {
                self.frontier.count(&job.target, true);
            }
            _ if status.is_some() => {
                self.frontier.count(&job.target, false);
            }
            _ => {}
        }
    }

    async fn send(&mut self, entry: Entry) -> Result<(), WriterGone> {
        self.writer.send(Message { entry, written: None }).await.map_err(|_| WriterGone)
    }

    fn progress(&mut self, now: Instant) -> Progress {
        let settled = self.summary.settled;
        self.rate.push_back((now, settled));
        if self.rate.len() > RATE_CALLS {
            self.rate.pop_front();
        }
        let (since, before) = self.rate.front().copied().unwrap_or((now, settled));
        let seconds = now.duration_since(since).as_secs_f64();
        let rate = if seconds > 0.0 { (settled - before) as f64 / seconds } else { 0.0 };
        let polite = self.frontier.hosts().iter().map(|host| host.shortest_time()).max().unwrap_or_default();
        let eta = (rate > 0.0).then(|| {
            let by_rate = Duration::try_from_secs_f64(self.left as f64 / rate).unwrap_or(Duration::MAX);
            by_rate.max(polite)
        });
        let mut hosts: Vec<_> = self.frontier.hosts().iter().filter(|host| host.queued() + host.active > 0).collect();
        let most = |host: &&crate::frontier::Host| std::cmp::Reverse(host.queued() + host.active);
        if hosts.len() > PROGRESS_HOSTS {
            hosts.select_nth_unstable_by_key(PROGRESS_HOSTS, most);
            hosts.truncate(PROGRESS_HOSTS);
        }
        hosts.sort_by_key(most);
        Progress {
            settled,
            failed: self.summary.failed(),
            left: self.left,
            active: self.running.len(),
            bytes: self.summary.bytes,
            rate,
            eta,
            hosts: hosts
                .into_iter()
                .map(|host| HostProgress { name: host.name.clone(), queued: host.queued(), state: host.state(now) })
                .collect(),
        }
    }
}

/// RFC 3339, whole seconds.
pub(crate) fn now_text() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
