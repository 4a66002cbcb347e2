//! What is still to be fetched, host by host, and when each host may be asked next.
//!
//! A host is asked by one clock: its interval, its retries, its pauses (Retry-After) and its robots.txt are all kept
//! here, so that no path through the program can be impolite. Every operation costs O(log hosts).

mod host;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::connection::Connection;
use crate::exchange::Purpose;
use crate::problem::Problem;
use crate::robots::Rules;
use crate::settings::Settings;
use crate::target::{Credentials, Origin, Target};

pub(crate) use host::Host;
use host::{Delayed, RobotsState, Taken};

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

    /// A request ended; the host had it by `asked`, from which the interval counts, so that no delay on the way brings
    /// two requests closer together at the host.
    pub(crate) fn finish(&mut self, id: HostId, asked: Instant, connection: Option<Connection>) {
        let room = self.idle_connections < self.settings.connections;
        let host = &mut self.hosts[id.0];
        host.active -= 1;
        host.next_request = host.next_request.max(asked + host.interval);
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

    /// Nothing will ever become due.
    pub(crate) fn is_idle(&self) -> bool {
        self.wakes.is_empty()
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
