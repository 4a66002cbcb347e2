//! Why a URL gave no whole response: one word per kind, for the journal and the summary.

use serde::{Deserialize, Serialize};

/// Why a URL gave no whole response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind, a closed set.
    pub kind: ProblemKind,
    /// What happened, for a person. Never holds credentials.
    pub message: String,
}

/// The kinds of [`Problem`], in the order in which a request meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// Not an absolute http or https URL with a host.
    BadUrl,
    /// The host is one of `skip-hosts`.
    SkippedHost,
    /// The host was given up earlier in the run.
    HostGivenUp,
    /// robots.txt says no.
    RobotsDenied,
    /// robots.txt could not be had (5xx or network), which means no (RFC 9309, 2.3.1.4).
    RobotsUnreachable,
    /// `Crawl-delay` is longer than `max-crawl-delay-seconds`.
    CrawlDelayTooLong,
    /// The name has no address, or could not be looked up.
    NameNotFound,
    /// The address is private, loopback, link-local or otherwise not public.
    RefusedAddress,
    /// No connection.
    Connect,
    /// No TLS session: certificate or protocol.
    Tls,
    /// A time limit passed: connection, header or whole response.
    Timeout,
    /// The body came slower than `min-bytes-per-second`.
    TooSlow,
    /// The connection ended before the response did.
    Disconnected,
    /// What came is not an HTTP response.
    Malformed,
    /// The header is longer than `max-header-bytes`.
    HeaderTooLarge,
    /// The body is longer than `max-body-bytes`.
    BodyTooLarge,
    /// The body undone is longer than `max-decoded-bytes`.
    DecodedTooLarge,
    /// The media type is none of `content-types`.
    ContentType,
    /// A status that may pass stayed after all retries.
    ServerError,
    /// The host asked for a wait longer than `max-retry-after-seconds`.
    RetryAfterTooLong,
    /// A redirect to no URL, or to one that cannot be fetched.
    BadRedirect,
    /// Redirects lead back to where they began.
    RedirectLoop,
    /// More redirects in a row than `max-redirects`.
    TooManyRedirects,
    /// A sitemap or feed that could not be read.
    BadList,
}

impl ProblemKind {
    /// Whether the same request may succeed later, and is therefore worth a retry.
    pub(crate) fn may_pass(self) -> bool {
        matches!(self, Self::NameNotFound | Self::Connect | Self::Timeout | Self::Disconnected | Self::ServerError)
    }

    /// Whether it says that the host is not there or not able, so that it counts towards giving the host up.
    pub(crate) fn blames_host(self) -> bool {
        self.may_pass() || matches!(self, Self::Tls | Self::TooSlow | Self::Malformed)
    }

    /// The word used in the journal.
    pub fn word(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(word)) => word,
            _ => unreachable!("a unit variant is written as a string"),
        }
    }
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.word(), self.message)
    }
}
