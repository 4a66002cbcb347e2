//! What a run says of itself, while it goes on and at its end.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::frontier::HostState;
use crate::problem::ProblemKind;

/// How a run stands; given to the progress function a few times in a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// URLs settled in this run.
    pub settled: u64,
    /// Of these, those with a problem.
    pub failed: u64,
    /// URLs not settled yet; redirects, sitemaps and feeds may add to them.
    pub left: u64,
    /// Requests that are running.
    pub active: usize,
    /// Bytes of bodies received.
    pub bytes: u64,
    /// URLs settled in a second, over the last ten.
    pub rate: f64,
    /// Time left, from the rate and from what politeness asks for; `None` before the first response.
    pub eta: Option<Duration>,
    /// The hosts with the most left to do, at most five.
    pub hosts: Vec<HostProgress>,
}

/// How a host stands.
#[derive(Debug, Clone, PartialEq)]
pub struct HostProgress {
    /// Name or address.
    pub name: String,
    /// Requests queued.
    pub queued: usize,
    /// What it does.
    pub state: HostState,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// URLs settled in this run, redirects' targets and lists' URLs included.
    pub settled: u64,
    /// URLs that earlier runs had settled.
    pub already_done: u64,
    /// URLs left when the run was interrupted.
    pub left: u64,
    /// Stopped by the progress function.
    pub interrupted: bool,
    /// Responses by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Problems by kind. A URL may have both, a status and a problem (a cut body, a redirect loop).
    pub problems: BTreeMap<ProblemKind, u64>,
    /// The same by host.
    pub hosts: BTreeMap<String, HostSummary>,
    /// Exchanges written to the archive.
    pub archived: u64,
    /// Of these, revisit records.
    pub revisits: u64,
    /// Bytes of bodies received.
    pub bytes: u64,
    /// How long the run took.
    pub elapsed: Duration,
}

/// What a run did at one host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostSummary {
    /// Responses by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Problems by kind.
    pub problems: BTreeMap<ProblemKind, u64>,
    /// Why nothing more was asked of it.
    pub given_up: Option<String>,
}

impl Summary {
    /// URLs with a problem.
    pub fn failed(&self) -> u64 {
        self.problems.values().sum()
    }

    pub(crate) fn count(&mut self, host: &str, status: Option<u16>, problem: Option<ProblemKind>) {
        self.settled += 1;
        let of_host = self.hosts.entry(host.to_owned()).or_default();
        if let Some(status) = status {
            *self.statuses.entry(status).or_default() += 1;
            *of_host.statuses.entry(status).or_default() += 1;
        }
        if let Some(kind) = problem {
            *self.problems.entry(kind).or_default() += 1;
            *of_host.problems.entry(kind).or_default() += 1;
        }
    }
}

/// Hosts named in the printed summary; the journal has them all.
const PRINTED_HOSTS: usize = 20;

/// A few lines for a person: totals, statuses, problems, and the hosts with most problems and most URLs.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} URLs in {:.1} s, {} archived", self.settled, self.elapsed.as_secs_f64(), self.archived)?;
        if self.revisits > 0 {
            write!(f, " ({} unchanged)", self.revisits)?;
        }
        if self.already_done > 0 {
            write!(f, ", {} done before", self.already_done)?;
        }
        if self.left > 0 {
            write!(f, ", {} left", self.left)?;
        }
        writeln!(f)?;
        write_counts(f, "  status  ", &self.statuses, |status| status.to_string())?;
        write_counts(f, "  problem ", &self.problems, |kind| kind.word())?;
        let mut hosts: Vec<_> = self.hosts.iter().collect();
        let total = |counts: &BTreeMap<u16, u64>| counts.values().sum::<u64>();
        let failed = |host: &HostSummary| host.problems.values().sum::<u64>();
        hosts.sort_by_key(|(_, host)| (std::cmp::Reverse(failed(host)), std::cmp::Reverse(total(&host.statuses))));
        for (name, host) in hosts.iter().take(PRINTED_HOSTS) {
            write!(f, "  {name}:")?;
            for (status, count) in &host.statuses {
                write!(f, " {status}×{count}")?;
            }
            for (kind, count) in &host.problems {
                write!(f, " {}×{count}", kind.word())?;
            }
            match &host.given_up {
                Some(reason) => writeln!(f, " (given up: {reason})")?,
                None => writeln!(f)?,
            }
        }
        if hosts.len() > PRINTED_HOSTS {
            writeln!(f, "  and {} more hosts", hosts.len() - PRINTED_HOSTS)?;
        }
        Ok(())
    }
}

fn write_counts<K>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    counts: &BTreeMap<K, u64>,
    name: impl Fn(&K) -> String,
) -> fmt::Result {
    if counts.is_empty() {
        return Ok(());
    }
    let counts: Vec<_> = counts.iter().map(|(key, count)| format!("{} {count}", name(key))).collect();
    writeln!(f, "{title}{}", counts.join(", "))
}
