//! One host: its queues, its clock, and what its robots.txt says.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::{HostState, Job};
use crate::connection::Connection;
use crate::exchange::Purpose;
use crate::problem::{Problem, ProblemKind};
use crate::robots::Rules;
use crate::settings::{self, Settings};
use crate::target::{Origin, Target};

pub(crate) struct Host {
    pub(crate) name: String,
    pub(super) ready: VecDeque<Job>,
    /// robots.txt, and retries that are due: before all others.
    pub(super) urgent: VecDeque<Job>,
    pub(super) delayed: BinaryHeap<Reverse<Delayed>>,
    pub(super) robots: HashMap<Origin, RobotsState>,
    pub(crate) active: usize,
    pub(super) next_request: Instant,
    pub(super) interval: Duration,
    pub(super) last_wake: u64,
    /// URLs in a row that failed.
    pub(super) failures: u32,
    /// Why nothing is asked of it.
    pub(super) closed: Option<Problem>,
    pub(super) idle: Vec<Connection>,
    pub(super) keeps_connections: bool,
}

pub(super) enum RobotsState {
    Fetching,
    Known { rules: Rules, until: Instant },
}

pub(super) struct Delayed {
    pub(super) due: Instant,
    pub(super) job: Job,
}

/// The page that is next.
enum Front {
    /// There is none, or it waits for robots.txt.
    Nothing,
    Allowed,
    Refused(Problem),
    NeedsRobots(Origin),
}

/// What a host gives when it is looked at.
pub(super) enum Taken {
    Job(Job),
    Settle(Job, Problem),
    Nothing,
}

impl Host {
    pub(super) fn new(name: String, settings: &Settings) -> Self {
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

    pub(super) fn close(&mut self, message: String) {
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
    pub(super) fn due(&self, settings: &Settings) -> Option<Instant> {
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

    pub(super) fn take(&mut self, now: Instant, settings: &Settings) -> Taken {
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

    pub(super) fn drop_idle_if_done(&mut self) -> usize {
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
