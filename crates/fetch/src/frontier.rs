//! What is still to be fetched, host by host, and when each host may be asked next.
//!
//! A host is asked by one clock: its interval, its retries, its pauses (Retry-After) and its robots.txt are all kept
//! here, so that no path through the program can be impolite. Every operation costs O(log hosts).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::connection::Connection;
use crate::exchange::Purpose;
use crate::problem::{Problem, ProblemKind};
use crate::robots::Rules;
use crate::settings::{self, Settings};
use crate::target::{Credentials, Origin, Target};

/// RFC 9309, 2.4: a cached robots.txt is used for a day at most.
pub(crate) const ROBOTS_AGE: Duration = Duration::from_secs(24 * 3600);

/// A request to be made.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) target: Target,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) purpose: Purpose,
    /// The origin whose robots.txt this is; `None` for a page.
    pub(crate) robots_of: Option<Origin>,
    /// Requests made before this one.
    pub(crate) attempt: u32,
    /// Redirects that led here.
    pub(crate) redirects: u32,
    /// Sitemap indexes that led here.
    pub(crate) depth: u8,
}

/// What to do next.
pub(crate) enum Next {
    /// Make this request, on this connection if it is still good.
    Run { host: HostId, job: Job, connection: Option<Connection> },
    /// This job ends without a request.
    Settle { job: Job, problem: Problem },
    /// Nothing before this moment, or before a running request ends.
    Wait(Option<Instant>),
}

/// A host's place in the frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HostId(usize);

/// All hosts and what is queued for them.
pub(crate) struct Frontier {
    settings: Arc<Settings>,
    hosts: Vec<Host>,
    by_name: HashMap<String, HostId>,
    /// When a host may have something to do; an entry counts if its number is the host's last.
    wakes: BinaryHeap<Reverse<(Instant, u64, HostId)>>,
    wake_number: u64,
    idle_connections: usize,
}

/// How a host stands, for the progress display.
#[derive(Debug, Clone, PartialEq)]
pub enum HostState {
    /// A request is running.
    Active,
    /// The next request waits for the host's interval, a retry or a pause.
    Waiting(Duration),
    /// Nothing more will be asked of it in this run.
    GivenUp,
}

pub(crate) struct Host {
    pub(crate) name: String,
    ready: VecDeque<Job>,
    /// robots.txt, and retries that are due: before all others.
    urgent: VecDeque<Job>,
    delayed: BinaryHeap<Reverse<Delayed>>,
    robots: HashMap<Origin, RobotsState>,
    pub(crate) active: usize,
    next_request: Instant,
    interval: Duration,
    last_wake: u64,
    /// URLs in a row that failed.
    failures: u32,
    /// Why nothing is asked of it.
    closed: Option<Problem>,
    idle: Vec<Connection>,
    keeps_connections: bool,
}

enum RobotsState {
    Fetching,
    Known { rules: Rules, until: Instant },
}

struct Delayed {
    due: Instant,
    job: Job,
}

impl Frontier {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            hosts: Vec::new(),
            by_name: HashMap::new(),
            wakes: BinaryHeap::new(),
            wake_number: 0,
            idle_connections: 0,
        }
    }

    /// Queues a page, or a robots.txt, which goes first.
    pub(crate) fn push(&mut self, job: Job) {
        let id = self.host_of(&job.target);
        let host = &mut self.hosts[id.0];
        if job.robots_of.is_some() {
            host.urgent.push_back(job)
        } else {
            host.ready.push_back(job)
        }
        self.wake(id);
    }

    /// Queues a job again, not before `due`; `pause` keeps the whole host waiting so long.
    pub(crate) fn retry(&mut self, job: Job, due: Instant, pause: bool) {
        let id = self.host_of(&job.target);
        let host = &mut self.hosts[id.0];
        if pause {
            host.next_request = host.next_request.max(due);
        }
        host.delayed.push(Reverse(Delayed { due, job: Job { attempt: job.attempt + 1, ..job } }));
        self.wake(id);
    }

    /// The next thing to do.
    pub(crate) fn next(&mut self, now: Instant) -> Next {
        while let Some(Reverse((due, number, id))) = self.wakes.peek().copied() {
            if self.hosts[id.0].last_wake != number {
                self.wakes.pop();
                continue;
            }
            if due > now {
                return Next::Wait(Some(due));
            }
            self.wakes.pop();
            let taken = self.hosts[id.0].take(now, &self.settings);
            match taken {
                // Woken too early, by a clock that was put forward since: looked at again.
                Taken::Nothing => self.wake(id),
                Taken::Settle(job, problem) => {
                    self.wake(id);
                    return Next::Settle { job, problem };
                }
                Taken::Job(job) => {
                    let host = &mut self.hosts[id.0];
                    host.active += 1;
                    host.next_request = now + host.interval;
                    let origin = job.target.origin();
                    let at = host.idle.iter().position(|connection| connection.origin == origin);
                    let connection = at.map(|at| host.idle.swap_remove(at));
                    self.idle_connections -= usize::from(connection.is_some());
                    self.wake(id);
                    return Next::Run { host: id, job, connection };
                }
            }
        }
        Next::Wait(None)
    }

    /// Queues a job again that met a connection which the server had closed: no failure of the page or the host.
    pub(crate) fn put_back(&mut self, job: Job) {
        let id = self.host_of(&job.target);
        let host = &mut self.hosts[id.0];
        host.urgent.push_front(job);
        // It closes without a word, and would do so again.
        host.keeps_connections = false;
        self.wake(id);
    }

    /// A request ended; it was sent at `sent`, from which the host's interval counts, so that the time that a
    /// connection took does not bring two requests closer together at the host.
    pub(crate) fn finish(&mut self, id: HostId, sent: Option<Instant>, connection: Option<Connection>) {
        let room = self.idle_connections < self.settings.connections;
        let host = &mut self.hosts[id.0];
        host.active -= 1;
        if let Some(sent) = sent {
            host.next_request = host.next_request.max(sent + host.interval);
        }
        if let Some(connection) = connection
            && room
            && host.keeps_connections
            && host.queued() > 0
            && host.idle.len() < self.settings.connections_per_host
        {
            host.idle.push(connection);
            self.idle_connections += 1;
        }
        self.wake(id);
    }

    /// Says what an origin's robots.txt turned out to be; its pages go on.
    pub(crate) fn set_robots(&mut self, origin: &Origin, rules: Rules, age: Duration) {
        let Ok((target, _)) = Target::parse(&origin.0) else { return };
        let id = self.host_of(&target);
        let host = &mut self.hosts[id.0];
        if let Rules::File(robots) = &rules {
            let delay = robots.crawl_delay().unwrap_or_default();
            let longer = host.interval.max(delay.min(Duration::from_secs_f64(self.settings.max_crawl_delay_seconds)));
            // The next request was due one shorter interval after robots.txt.
            host.next_request += longer - host.interval;
            host.interval = longer;
        }
        let until = Instant::now() + ROBOTS_AGE.saturating_sub(age);
        host.robots.insert(origin.clone(), RobotsState::Known { rules, until });
        self.wake(id);
    }

    /// A URL of the host gave a response, or failed for a reason that lies with the host. Returns whether the host is
    /// given up by this.
    pub(crate) fn count(&mut self, target: &Target, failed: bool) -> bool {
        let limit = self.settings.host_failures;
        let id = self.host_of(target);
        let host = &mut self.hosts[id.0];
        host.failures = if failed { host.failures + 1 } else { 0 };
        let give_up = limit > 0 && host.failures >= limit && host.closed.is_none();
        if give_up {
            let message = format!("{} URLs in a row could not be fetched", host.failures);
            self.give_up(target, message);
        }
        give_up
    }

    /// Sets a host as it stood when the run was interrupted.
    pub(crate) fn restore(&mut self, name: &str, failures: u32, given_up: Option<String>) {
        let id = self.host_by_name(name);
        self.hosts[id.0].failures = failures;
        let limit = self.settings.host_failures;
        let too_many = limit > 0 && failures >= limit;
        let reason = given_up.or_else(|| too_many.then(|| format!("{failures} URLs in a row could not be fetched")));
        if let Some(reason) = reason {
            self.hosts[id.0].close(reason);
        }
    }

    /// Asks nothing more of the target's host.
    pub(crate) fn give_up(&mut self, target: &Target, message: String) {
        let id = self.host_of(target);
        let host = &mut self.hosts[id.0];
        tracing::warn!(host = %host.name, "given up: {message}");
        host.close(message);
        self.wake(id);
    }

    pub(crate) fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    fn host_of(&mut self, target: &Target) -> HostId {
        self.host_by_name(target.host())
    }

    fn host_by_name(&mut self, name: &str) -> HostId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = HostId(self.hosts.len());
        self.by_name.insert(name.to_owned(), id);
        self.hosts.push(Host::new(name.to_owned(), &self.settings));
        id
    }

    /// Notes when the host should be looked at next.
    fn wake(&mut self, id: HostId) {
        let host = &mut self.hosts[id.0];
        let Some(due) = host.due(&self.settings) else {
            self.idle_connections -= host.drop_idle_if_done();
            return;
        };
        self.wake_number += 1;
        host.last_wake = self.wake_number;
        self.wakes.push(Reverse((due, self.wake_number, id)));
    }
}

/// The page that is next.
enum Front {
    /// There is none, or it waits for robots.txt.
    Nothing,
    Allowed,
    Refused(Problem),
    NeedsRobots(Origin),
}

enum Taken {
    Job(Job),
    Settle(Job, Problem),
    Nothing,
}

impl Host {
    fn new(name: String, settings: &Settings) -> Self {
        let skipped = || Problem::new(ProblemKind::SkippedHost, "the host is one of skip-hosts");
        Self {
            closed: settings.skips(&name).then(skipped),
            name,
            ready: VecDeque::new(),
            urgent: VecDeque::new(),
            delayed: BinaryHeap::new(),
            robots: HashMap::new(),
            active: 0,
            next_request: Instant::now(),
            interval: settings.interval(),
            last_wake: 0,
            failures: 0,
            idle: Vec::new(),
            keeps_connections: true,
        }
    }

    pub(crate) fn queued(&self) -> usize {
        self.ready.len() + self.urgent.len() + self.delayed.len()
    }

    /// Why it was given up.
    pub(crate) fn given_up(&self) -> Option<&str> {
        self.closed.as_ref().map(|problem| problem.message.as_str())
    }

    fn close(&mut self, message: String) {
        self.closed = Some(Problem::new(ProblemKind::HostGivenUp, message));
    }

    /// Time that the queue takes if every request is answered at once.
    pub(crate) fn shortest_time(&self) -> Duration {
        let queued = u32::try_from(self.queued()).unwrap_or(u32::MAX);
        self.interval.checked_mul(queued).unwrap_or(Duration::MAX)
    }

    pub(crate) fn state(&self, now: Instant) -> HostState {
        if self.active > 0 {
            HostState::Active
        } else if self.closed.is_some() {
            HostState::GivenUp
        } else {
            HostState::Waiting(self.next_request.saturating_duration_since(now))
        }
    }

    /// When there may be something to do; `None` if only an ending request can bring it.
    fn due(&self, settings: &Settings) -> Option<Instant> {
        let now = Instant::now();
        // What ends without a request need not wait for the host's clock.
        if self.closed.is_some() && self.queued() > 0 || matches!(self.front(now, settings), Front::Refused(_)) {
            return Some(now);
        }
        if self.active >= settings.connections_per_host {
            return None;
        }
        if !self.urgent.is_empty() || matches!(self.front(now, settings), Front::Allowed | Front::NeedsRobots(_)) {
            return Some(self.next_request);
        }
        self.delayed.peek().map(|Reverse(delayed)| delayed.due.max(self.next_request))
    }

    /// What robots.txt means for the page that is next.
    fn front(&self, now: Instant, settings: &Settings) -> Front {
        let Some(job) = self.ready.front() else { return Front::Nothing };
        if settings.robots == settings::Robots::Ignore {
            return Front::Allowed;
        }
        let origin = job.target.origin();
        match self.robots.get(&origin) {
            Some(RobotsState::Fetching) => Front::Nothing,
            Some(RobotsState::Known { rules, until }) if now < *until => match rules.check(&job.target, settings) {
                Ok(()) => Front::Allowed,
                Err(problem) => Front::Refused(problem),
            },
            _ => Front::NeedsRobots(origin),
        }
    }

    fn take(&mut self, now: Instant, settings: &Settings) -> Taken {
        if let Some(problem) = self.closed.clone() {
            let job = self.urgent.pop_front().or_else(|| self.delayed.pop().map(|Reverse(delayed)| delayed.job));
            let job = job.or_else(|| self.ready.pop_front());
            return job.map_or(Taken::Nothing, |job| Taken::Settle(job, problem));
        }
        let front = self.front(now, settings);
        if let Front::Refused(problem) = front {
            return self.ready.pop_front().map_or(Taken::Nothing, |job| Taken::Settle(job, problem));
        }
        if self.active >= settings.connections_per_host || now < self.next_request {
            return Taken::Nothing;
        }
        while self.delayed.peek().is_some_and(|Reverse(delayed)| delayed.due <= now) {
            self.urgent.extend(self.delayed.pop().map(|Reverse(delayed)| delayed.job));
        }
        if let Some(job) = self.urgent.pop_front() {
            return Taken::Job(job);
        }
        match front {
            Front::Allowed => self.ready.pop_front().map_or(Taken::Nothing, Taken::Job),
            Front::NeedsRobots(origin) => self.ask_robots(origin),
            Front::Nothing | Front::Refused(_) => Taken::Nothing,
        }
    }

    fn ask_robots(&mut self, origin: Origin) -> Taken {
        let Ok((target, _)) = Target::parse(&format!("{}/robots.txt", origin.0)) else { return Taken::Nothing };
        self.robots.insert(origin.clone(), RobotsState::Fetching);
        Taken::Job(Job {
            target,
            credentials: None,
            purpose: Purpose::Robots,
            robots_of: Some(origin),
            attempt: 0,
            redirects: 0,
            depth: 0,
        })
    }

    fn drop_idle_if_done(&mut self) -> usize {
        if self.queued() > 0 || self.active > 0 {
            return 0;
        }
        let dropped = self.idle.len();
        self.idle = Vec::new();
        dropped
    }
}

impl PartialEq for Delayed {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for Delayed {}

impl PartialOrd for Delayed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Delayed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due.cmp(&other.due)
    }
}
