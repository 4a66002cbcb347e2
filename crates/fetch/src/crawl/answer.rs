//! What becomes of an answer: archived, asked for again, followed, or read as robots.txt or a list.

use std::time::Duration;

use hyper::header;
use jiff::Timestamp;

use super::{Crawl, WriterGone, now_text};
use crate::exchange::{Exchange, Purpose};
use crate::frontier::Job;
use crate::journal::{Done, Found, Line, RobotsLine};
use crate::lists;
use crate::problem::{Problem, ProblemKind};
use crate::retry::{is_redirect, retry_after};
use crate::robots::{self, Rules};
use crate::settings::Lists;
use crate::target::{Origin, Target};
use crate::writer::{Entry, Settled};

/// Sitemap indexes hold sitemaps; an index in an index is already outside the protocol.
const MAX_LIST_DEPTH: u8 = 3;

impl Crawl {
    /// Settles a page by its response, unless it is to be asked for again; returns what is to be written.
    pub(super) async fn finish_page(&mut self, job: Job, mut exchange: Exchange) -> Result<Option<Entry>, WriterGone> {
        let status = exchange.status;
        let mut problem = exchange.cut.as_ref().map(|cut| cut.problem.clone());
        if self.settings.retry_statuses.contains(&status) {
            let asked = self.asked_wait(&exchange);
            let too_long = asked.filter(|wait| wait.as_secs_f64() > self.settings.max_retry_after_seconds);
            if let Some(wait) = too_long {
                let message = format!("the server asked to wait {} seconds", wait.as_secs());
                problem = Some(Problem::new(ProblemKind::RetryAfterTooLong, message.clone()));
                self.frontier.give_up(&job.target, message);
            } else if job.attempt < self.settings.retries {
                // Overload is the host's, not the page's.
                self.retry(job, asked, asked.is_some() || matches!(status, 429 | 503));
                return Ok(None);
            } else {
                let message = format!("status {status} after {} requests", job.attempt + 1);
                problem = Some(Problem::new(ProblemKind::ServerError, message));
            }
        } else if problem
            .as_ref()
            .is_some_and(|problem| problem.kind.may_pass() && problem.kind != ProblemKind::Timeout)
            && job.attempt < self.settings.retries
        {
            self.retry(job, None, false);
            return Ok(None);
        }

        let mut redirect = None;
        if is_redirect(status) {
            match self.redirect_target(&job, &exchange) {
                Ok(target) => redirect = target,
                Err(found) => problem = Some(found),
            }
        }
        let found = match exchange.kept.take() {
            Some(body) if job.purpose != Purpose::Page => match self.read_list(&job, &body) {
                Ok(found) => found,
                Err(message) => {
                    problem = problem.or(Some(Problem::new(ProblemKind::BadList, message)));
                    None
                }
            },
            _ => None,
        };

        let done = Done {
            url: job.target.as_str().to_owned(),
            at: now_text(),
            status: Some(status),
            problem: problem.clone(),
            attempts: job.attempt + 1,
            redirect: redirect.as_ref().map(|target| target.as_str().to_owned()),
            ..Done::default()
        };
        self.settled(&job, Some(status), problem.as_ref());
        if let Some(found) = &found {
            self.send(Entry::Line(Line::Found(found.clone()))).await?;
        }
        let earlier = self.past.earlier.get(&job.target.key()).cloned();
        let settled = Settled { target: job.target.clone(), exchange, done, earlier };

        if let Some(target) = redirect {
            self.redirects.insert(job.target.key(), target.key());
            self.enqueue(target, None, job.purpose, job.redirects + 1, job.depth);
        }
        for (urls, purpose) in
            found.iter().flat_map(|found| [(&found.pages, Purpose::Page), (&found.lists, Purpose::List)])
        {
            for url in urls {
                match Target::parse(url) {
                    Ok((target, _)) => self.enqueue(target, None, purpose, 0, job.depth + 1),
                    Err(problem) => tracing::debug!(list = %job.target, "passed over in the list: {problem}"),
                }
            }
        }
        Ok(Some(Entry::Exchange(Box::new(settled))))
    }

    fn asked_wait(&self, exchange: &Exchange) -> Option<Duration> {
        retry_after(&exchange.header(header::RETRY_AFTER)?, Timestamp::now())
    }

    /// Where a redirect leads; `None` if it names nothing, which some statuses may (300, 304 and the like).
    fn redirect_target(&self, job: &Job, exchange: &Exchange) -> Result<Option<Target>, Problem> {
        let location =
            exchange.location().ok_or_else(|| Problem::new(ProblemKind::BadRedirect, "a redirect without Location"))?;
        let target = job.target.join(&location)?;
        let origin_key = job.target.key();
        let mut at = target.key();
        for _ in 0..=self.settings.max_redirects {
            if at == origin_key {
                return Err(Problem::new(ProblemKind::RedirectLoop, format!("{target} leads back here")));
            }
            match self.redirects.get(&at) {
                Some(next) => at = *next,
                None => break,
            }
        }
        if job.redirects >= self.settings.max_redirects {
            let message = format!("{} redirects in a row", job.redirects + 1);
            return Err(Problem::new(ProblemKind::TooManyRedirects, message));
        }
        Ok(Some(target))
    }

    fn read_list(&self, job: &Job, body: &[u8]) -> Result<Option<Found>, String> {
        if self.settings.lists == Lists::Keep && job.purpose != Purpose::List || job.depth > MAX_LIST_DEPTH {
            return Ok(None);
        }
        let settings = &self.settings;
        let url = job.target.url();
        let list = lists::read_list(body, Some(url), settings.max_decoded_bytes, settings.max_list_urls)?;
        let list = match list {
            Some(list) => list,
            // A sitemap may be one URL a line.
            None if job.purpose == Purpose::List => {
                let text = String::from_utf8_lossy(body);
                let urls = lists::read_lines(&text).filter(|line| crate::seeds::is_url(line));
                let pages = urls.take(settings.max_list_urls).map(str::to_owned).collect();
                lists::List { pages, lists: Vec::new() }
            }
            None => return Ok(None),
        };
        tracing::info!(list = %job.target, pages = list.pages.len(), lists = list.lists.len(), "a list of URLs");
        Ok(Some(Found { list: job.target.as_str().to_owned(), pages: list.pages, lists: list.lists, depth: job.depth }))
    }

    /// Settles what an origin's robots.txt is, unless it is to be asked for again; returns what is to be written.
    pub(super) fn finish_robots(
        &mut self,
        job: Job,
        origin: Origin,
        result: Result<Exchange, Problem>,
    ) -> Option<Entry> {
        let may_retry = job.attempt < self.settings.retries;
        let (rules, body) = match result {
            Ok(exchange) => match exchange.status {
                200..=299 => {
                    let body = exchange.kept.unwrap_or_default();
                    // Cut by the limit: what came is beyond the 500 KiB that count. Cut otherwise: not had.
                    match exchange.cut {
                        Some(cut) if cut.problem.kind != ProblemKind::BodyTooLarge => {
                            if may_retry && cut.problem.kind.may_pass() {
                                self.retry(job, None, true);
                                return None;
                            }
                            (unreachable(&cut.problem.to_string()), None)
                        }
                        _ => (Rules::parse(&body, &self.settings), Some(robots::text(&body))),
                    }
                }
                status if is_redirect(status) => {
                    let next = exchange.location().and_then(|location| job.target.join(&location).ok());
                    match next.filter(|_| job.redirects < robots::MAX_REDIRECTS) {
                        Some(target) => {
                            self.frontier.push(Job { target, redirects: job.redirects + 1, attempt: 0, ..job });
                            return None;
                        }
                        None => (Rules::None, None),
                    }
                }
                // RFC 9309 lets 4xx mean "no rules"; "too many requests" plainly means something else.
                status @ (429 | 500..=599) => {
                    let asked = self.asked_wait(&exchange);
                    let bearable = asked.is_none_or(|wait| wait.as_secs_f64() <= self.settings.max_retry_after_seconds);
                    if may_retry && bearable {
                        self.retry(job, asked, true);
                        return None;
                    }
                    (unreachable(&format!("robots.txt gave status {status}")), None)
                }
                _ => (Rules::None, None),
            },
            Err(problem) if problem.kind.may_pass() && may_retry => {
                self.retry(job, None, true);
                return None;
            }
            // The pages would meet the same: their own problem says more than robots.txt's.
            Err(problem) if job.target.origin() == origin && is_of_connection(problem.kind) => {
                (Rules::Unreachable(problem), None)
            }
            Err(problem) => (unreachable(&format!("robots.txt: {problem}")), None),
        };
        let line = RobotsLine { origin: origin.0.clone(), at: now_text(), body };
        let entry = (!matches!(rules, Rules::Unreachable(_))).then_some(Entry::Line(Line::Robots(line)));
        self.frontier.set_robots(&origin, rules, Duration::ZERO);
        entry
    }
}

fn unreachable(message: &str) -> Rules {
    Rules::Unreachable(Problem::new(ProblemKind::RobotsUnreachable, message))
}

fn is_of_connection(kind: ProblemKind) -> bool {
    use ProblemKind::{Connect, NameNotFound, RefusedAddress, Tls};
    matches!(kind, NameNotFound | RefusedAddress | Connect | Tls)
}
