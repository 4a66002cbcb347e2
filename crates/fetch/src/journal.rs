//! The journal beside the archive: what has been done, one line of JSON each, so that a run can go on.
//!
//! A line is written after the records that it speaks of. What a kill leaves is therefore an archive that goes
//! further than the journal (its tail is read again, see `archive::repair`), and at most one unfinished line.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::archive::Recovered;
use crate::error::Error;
use crate::problem::Problem;
use crate::target::{Key, Target};

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub(crate) enum Line {
    /// A run begins (or goes on).
    Run(Run),
    /// robots.txt of an origin.
    Robots(RobotsLine),
    /// URLs found in a sitemap or feed.
    Found(Found),
    /// A URL is settled.
    Done(Box<Done>),
    /// The run ended with nothing left to do.
    End {
        /// When, in RFC 3339.
        at: String,
    },
}

/// The beginning of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Run {
    /// Of the journal's form.
    pub(crate) version: u32,
    pub(crate) at: String,
    /// Everything done before is to be fetched anew.
    pub(crate) refresh: bool,
    /// What failed before is to be tried anew.
    pub(crate) retry_failed: bool,
}

/// What an origin's robots.txt turned out to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RobotsLine {
    pub(crate) origin: String,
    /// When, in RFC 3339.
    pub(crate) at: String,
    /// The file's text; `None` if there is none, which allows everything.
    pub(crate) body: Option<String>,
}

/// URLs found in a sitemap or feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Found {
    pub(crate) list: String,
    pub(crate) pages: Vec<String>,
    pub(crate) lists: Vec<String>,
    /// How many indexes lie above.
    pub(crate) depth: u8,
}

/// A settled URL.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Done {
    pub(crate) url: String,
    /// When, in RFC 3339.
    pub(crate) at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<Problem>,
    /// Requests made.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) attempts: u32,
    /// Where a redirect leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redirect: Option<String>,
    /// The records' place in the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revisit: Option<bool>,
    /// What a later run asks with, and refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validators: Option<Validators>,
}

/// What is known of the response that holds a URL's body.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Validators {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_modified: Option<String>,
    pub(crate) payload_digest: String,
    pub(crate) record_id: String,
    pub(crate) date: String,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a run is asked to do with what earlier runs did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// What is done stays done.
    #[default]
    Resume,
    /// What has a problem is tried again: servers, and settings, may have changed.
    RetryFailed,
    /// Everything is fetched again, conditionally where the server gave validators.
    Refresh,
}

/// What earlier runs did.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Settled URLs, and where their redirect leads.
    pub(crate) done: HashMap<Key, Settled>,
    /// Responses of before a refresh.
    pub(crate) earlier: HashMap<Key, Validators>,
    /// By the list's URL.
    pub(crate) found: HashMap<String, Vec<Found>>,
    pub(crate) robots: HashMap<String, RobotsLine>,
    /// The last run did not come to its end.
    pub(crate) unfinished: bool,
    /// How hosts stood when a run was interrupted; a run that ended leaves none.
    pub(crate) hosts: HashMap<String, HostStanding>,
    /// Where the last recorded exchange ends in the archive.
    archive_end: u64,
}

/// How a host stood.
#[derive(Debug, Default)]
pub(crate) struct HostStanding {
    /// URLs in a row that failed.
    pub(crate) failures: u32,
    /// Why nothing more was to be asked of it.
    pub(crate) given_up: Option<String>,
}

/// A URL that needs no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) redirect: Option<String>,
    failed: bool,
    validators: Option<Validators>,
}

/// The open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Journal {
    /// The journal's path for an archive.
    pub(crate) fn path_for(archive: &Path) -> PathBuf {
        let mut name = archive.as_os_str().to_owned();
        name.push(".journal");
        PathBuf::from(name)
    }

    /// Reads the journal, if there is one, and opens it for more. Lines about records beyond `archive_end` are not
    /// believed: the archive lost them.
    pub(crate) fn open(path: &Path, archive_end: u64) -> Result<(Self, Past), Error> {
        let failed = |error| Error::Journal { path: path.to_owned(), error };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let (past, end) = read(&mut file, archive_end).map_err(failed)?;
        file.set_len(end).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        Ok((Self { path: path.to_owned(), file: BufWriter::new(file) }, past))
    }

    /// Writes a line and hands it to the system.
    pub(crate) fn write(&mut self, line: &Line) -> Result<(), Error> {
        let path = &self.path;
        let failed = |error| Error::Journal { path: path.clone(), error };
        serde_json::to_writer(&mut self.file, line).map_err(|error| failed(error.into()))?;
        self.file.write_all(b"\n").and_then(|()| self.file.flush()).map_err(failed)
    }

    /// Hands what was written to the disk.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file.get_ref().sync_data().map_err(|error| Error::Journal { path: self.path.clone(), error })
    }
}

impl Past {
    /// Where the last exchange that the journal knows ends in the archive.
    pub(crate) fn archive_end(&self) -> u64 {
        self.archive_end
    }

    /// Takes in an exchange that the archive holds and the journal does not.
    pub(crate) fn take(&mut self, done: &Done) {
        let Ok((target, _)) = Target::parse(&done.url) else { return };
        let key = target.key();
        let failed = done.problem.is_some();
        self.note_host(target.host(), done);
        if let (Some(offset), Some(length)) = (done.offset, done.length) {
            self.archive_end = self.archive_end.max(offset + length);
        }
        let settled = Settled { redirect: done.redirect.clone(), failed, validators: done.validators.clone() };
        self.done.insert(key, settled);
    }

    /// Whether what was recovered may be a sitemap or feed whose URLs are not known: it must be fetched again.
    pub(crate) fn lacks_list(&self, recovered: &Recovered) -> bool {
        let Ok((target, _)) = Target::parse(&recovered.url) else { return false };
        let content_type = recovered.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let is_whole = recovered.status == Some(200) && !recovered.is_revisit;
        is_whole
            && crate::lists::may_be_list(media_type, target.url().path())
            && !self.found.contains_key(target.as_str())
    }

    /// As [`crate::frontier::Frontier::count`] does while a run goes on.
    fn note_host(&mut self, name: &str, done: &Done) {
        use crate::problem::ProblemKind::{HostGivenUp, RetryAfterTooLong};
        let kind = done.problem.as_ref().map(|problem| problem.kind);
        let blamed = kind.is_some_and(|kind| kind.blames_host());
        // Most hosts never fail: they need no entry.
        if !blamed && !self.hosts.contains_key(name) && !matches!(kind, Some(HostGivenUp | RetryAfterTooLong)) {
            return;
        }
        let host = self.hosts.entry(name.to_owned()).or_default();
        match &done.problem {
            Some(problem) if matches!(problem.kind, HostGivenUp | RetryAfterTooLong) => {
                host.given_up = Some(problem.message.clone());
            }
            Some(_) if blamed => host.failures += 1,
            _ if done.status.is_some() => host.failures = 0,
            _ => {}
        }
    }

    /// What is left to do under this mode; tells whether a new run begins, or an unfinished one goes on.
    pub(crate) fn begin(&mut self, mode: Mode) -> bool {
        match mode {
            Mode::Resume => false,
            // The same command after a kill goes on with its own run.
            Mode::RetryFailed | Mode::Refresh if self.unfinished => false,
            Mode::RetryFailed => {
                self.forget_failures();
                true
            }
            Mode::Refresh => {
                self.forget_all();
                true
            }
        }
    }

    fn run(&mut self, run: &Run) {
        self.unfinished = true;
        if run.refresh {
            self.forget_all();
        } else if run.retry_failed {
            self.forget_failures();
        }
    }

    fn forget_failures(&mut self) {
        self.done.retain(|_, settled| !settled.failed);
        self.hosts.clear();
    }

    fn forget_all(&mut self) {
        for (key, settled) in self.done.drain() {
            if let Some(validators) = settled.validators {
                self.earlier.insert(key, validators);
            }
        }
        self.found.clear();
        self.robots.clear();
        self.hosts.clear();
    }
}

impl Done {
    /// What an archived exchange says of itself.
    pub(crate) fn recovered(recovered: &Recovered) -> Self {
        let is_redirect = recovered.status.is_some_and(crate::retry::is_redirect);
        let redirect = recovered.location.as_deref().filter(|_| is_redirect).and_then(|location| {
            let (target, _) = Target::parse(&recovered.url).ok()?;
            Some(target.join(location).ok()?.as_str().to_owned())
        });
        let (record_id, date) = match &recovered.refers_to {
            Some((id, date)) => (id.clone(), date.clone()),
            None => (recovered.record_id.clone(), recovered.date.clone()),
        };
        Self {
            url: recovered.url.clone(),
            at: recovered.date.clone(),
            status: recovered.status,
            problem: recovered
                .truncated
                .as_ref()
                .map(|reason| Problem::new(crate::problem::ProblemKind::Disconnected, format!("truncated: {reason}"))),
            attempts: 1,
            redirect,
            offset: Some(recovered.offset),
            length: Some(recovered.length),
            revisit: recovered.is_revisit.then_some(true),
            validators: recovered.payload_digest.clone().map(|payload_digest| Validators {
                etag: recovered.etag.clone(),
                last_modified: recovered.last_modified.clone(),
                payload_digest,
                record_id,
                date,
            }),
        }
    }
}

/// Reads the lines; returns where the last whole one ends.
fn read(file: &mut File, archive_end: u64) -> io::Result<(Past, u64)> {
    let mut past = Past::default();
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    let mut end = 0;
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            return Ok((past, end));
        }
        end += read as u64;
        match serde_json::from_slice(&line) {
            Ok(Line::Run(run)) => past.run(&run),
            Ok(Line::Robots(robots)) => {
                past.robots.insert(robots.origin.clone(), robots);
            }
            Ok(Line::Found(found)) => past.found.entry(found.list.clone()).or_default().push(found),
            Ok(Line::Done(done)) => {
                let lost = done.offset.zip(done.length).is_some_and(|(offset, length)| offset + length > archive_end);
                if lost {
                    tracing::warn!(url = %done.url, "the archive no longer holds this response; it is fetched again");
                } else {
                    past.take(&done);
                }
            }
            Ok(Line::End { .. }) => {
                past.unfinished = false;
                past.hosts.clear();
            }
            Err(error) => tracing::warn!(%error, "a line of the journal cannot be read and is passed over"),
        }
    }
}
