//! The settings of fetching; their defaults stand in `config/default.toml`, section `[fetch]`.

use std::net::IpAddr;
use std::path::PathBuf;
#[cfg(feature = "network")]
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize};

/// Settings of `[fetch]`. Every key must be given; the defaults are in `config/default.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Product name sent as User-Agent and looked up in robots.txt: letters, `-` and `_` (RFC 9309, 2.2.1).
    pub user_agent: String,
    /// A URL or mail address for site owners, added to User-Agent; empty for none.
    pub contact: String,
    /// The Accept header.
    pub accept: String,
    /// The Accept-Encoding header; the codings a response may use. Empty: the header is not sent.
    pub accept_encoding: String,
    /// The Accept-Language header. Empty: the header is not sent.
    pub accept_language: String,
    /// Whether robots.txt is obeyed.
    pub robots: Robots,
    /// Requests in one second to one host, at most; above 0, up to 1000. `Crawl-delay` can only lower it.
    pub requests_per_second: f64,
    /// Connections to one host at one time, 1 or more.
    pub connections_per_host: usize,
    /// Connections to all hosts at one time, 1 or more.
    pub connections: usize,
    /// A host whose `Crawl-delay` is longer than this many seconds is not fetched from.
    pub max_crawl_delay_seconds: f64,
    /// How often a request that failed for a reason that may pass is sent again.
    pub retries: u32,
    /// Statuses that may pass.
    pub retry_statuses: Vec<u16>,
    /// Seconds before the first retry; doubled for every further one.
    pub backoff_seconds: f64,
    /// The longest wait that backoff grows to, in seconds.
    pub max_backoff_seconds: f64,
    /// A host that asks (Retry-After) for a longer wait than this many seconds is given up for this run.
    pub max_retry_after_seconds: f64,
    /// Seed of the jitter on waits: the same seed gives the same waits.
    pub jitter_seed: u64,
    /// A host is given up after this many URLs in a row that could not be fetched; 0: never.
    pub host_failures: u32,
    /// Hosts never asked, each with its subdomains.
    pub skip_hosts: Vec<String>,
    /// Seconds for name look-up, connection and TLS handshake together.
    pub connect_timeout_seconds: f64,
    /// Seconds from the request to the end of the response's header.
    pub first_byte_timeout_seconds: f64,
    /// Seconds from the request to the end of the response.
    pub total_timeout_seconds: f64,
    /// A body that comes slower than this over ten seconds is cut; 0: no limit.
    pub min_bytes_per_second: u64,
    /// Redirects in a row that are followed.
    pub max_redirects: u32,
    /// Bytes of a response's header, 8192 or more.
    pub max_header_bytes: usize,
    /// Bytes of a response's body as transferred.
    pub max_body_bytes: u64,
    /// Bytes of a response's body after its content coding is undone.
    pub max_decoded_bytes: u64,
    /// What becomes of a response that was cut (by a limit, or by the server).
    pub truncated: Truncated,
    /// Media types whose bodies are fetched; `text/*` is understood, an empty list means all.
    pub content_types: Vec<String>,
    /// Whether a URL that turns out to be a sitemap or a feed stands for the URLs in it.
    pub lists: Lists,
    /// URLs taken from one sitemap or feed, at most.
    pub max_list_urls: usize,
    /// Networks that may be connected to although they are not public, as `127.0.0.0/8` or `10.1.2.3`.
    #[serde(deserialize_with = "networks")]
    pub allow_addresses: Vec<IpNet>,
    /// A PEM file with certificate authorities trusted beside the public ones; empty for none.
    pub extra_ca_file: PathBuf,
    /// A response larger than this many bytes waits on disk, not in memory.
    pub buffer_bytes: usize,
}

/// Whether robots.txt is obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Robots {
    /// Fetched first and obeyed (RFC 9309).
    Obey,
    /// Not fetched: for hosts whose owner agreed.
    Ignore,
}

/// What becomes of a response that was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Truncated {
    /// What came is archived with `WARC-Truncated`.
    Archive,
    /// Nothing of it is archived.
    Discard,
}

/// Whether a sitemap or feed stands for the URLs in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lists {
    /// Its URLs are fetched too.
    Expand,
    /// It is one more page.
    Keep,
}

/// Networks, of which a lone address is one too.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: &String| {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        text.parse().or(address).map_err(|_| {
            let message = format!("`{text}` is not a network; expected for example 127.0.0.0/8, fd00::/8 or 10.1.2.3");
            serde::de::Error::custom(message)
        })
    };
    texts.iter().map(network).collect()
}

impl Settings {
    /// Checks the ranges that the fields' types cannot say.
    ///
    /// # Errors
    /// A sentence that names the key and its range.
    pub fn check(&self) -> Result<(), String> {
        let seconds = [
            ("max-crawl-delay-seconds", self.max_crawl_delay_seconds),
            ("backoff-seconds", self.backoff_seconds),
            ("max-backoff-seconds", self.max_backoff_seconds),
            ("max-retry-after-seconds", self.max_retry_after_seconds),
            ("connect-timeout-seconds", self.connect_timeout_seconds),
            ("first-byte-timeout-seconds", self.first_byte_timeout_seconds),
            ("total-timeout-seconds", self.total_timeout_seconds),
        ];
        // A year is beyond any wait that makes sense and far inside what a clock can add up.
        if let Some((key, _)) = seconds.iter().find(|(_, value)| !(0.0..=31_536_000.0).contains(value)) {
            return Err(format!("{key} must be between 0 and 31536000"));
        }
        if !(self.requests_per_second > 0.0 && self.requests_per_second <= 1000.0) {
            return Err("requests-per-second must be above 0 and at most 1000".into());
        }
        if self.connections == 0 || self.connections_per_host == 0 {
            return Err("connections and connections-per-host must be 1 or more".into());
        }
        if self.max_header_bytes < 8192 {
            return Err("max-header-bytes must be 8192 or more".into());
        }
        let token = |c: char| c.is_ascii_alphabetic() || c == '-' || c == '_';
        if self.user_agent.is_empty() || !self.user_agent.chars().all(token) {
            return Err("user-agent must be a product name of letters, '-' and '_'".into());
        }
        let texts = [&self.contact, &self.accept, &self.accept_encoding, &self.accept_language];
        if texts.iter().any(|text| !text.bytes().all(|byte| (b' '..=b'~').contains(&byte))) {
            return Err("contact, accept, accept-encoding and accept-language must be printable ASCII".into());
        }
        Ok(())
    }
}

#[cfg(feature = "network")]
impl Settings {
    /// The User-Agent header: product, version, and the contact in brackets.
    pub(crate) fn user_agent_header(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        match self.contact.as_str() {
            "" => format!("{}/{version}", self.user_agent),
            contact => format!("{}/{version} (+{contact})", self.user_agent),
        }
    }

    /// Time between two requests to one host, without crawl-delay.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.requests_per_second)
    }

    /// Whether a body of this media type (lower case, no parameters) is fetched.
    pub(crate) fn takes(&self, media_type: &str) -> bool {
        self.content_types.is_empty()
            || self.content_types.iter().any(|pattern| match pattern.strip_suffix("/*") {
                Some(top) => media_type.split('/').next().is_some_and(|given| given.eq_ignore_ascii_case(top)),
                None => pattern.eq_ignore_ascii_case(media_type),
            })
    }

    /// Whether this host, or a domain that it lies in, is one never asked.
    pub(crate) fn skips(&self, host: &str) -> bool {
        self.skip_hosts.iter().any(|skip| {
            let skip = skip.trim_start_matches('.');
            !skip.is_empty()
                && host.len() >= skip.len()
                && host.is_char_boundary(host.len() - skip.len())
                && host[host.len() - skip.len()..].eq_ignore_ascii_case(skip)
                && (host.len() == skip.len() || host.as_bytes()[host.len() - skip.len() - 1] == b'.')
        })
    }
}

#[cfg(all(test, feature = "network"))]
pub(crate) mod tests {
    use super::*;

    /// The shipped defaults.
    pub(crate) fn defaults() -> Settings {
        let text = include_str!("../../../config/default.toml");
        let mut table: toml::Table = text.parse().expect("default.toml is TOML");
        table.remove("fetch").expect("[fetch] is in default.toml").try_into().expect("[fetch] has every key")
    }

    #[test]
    fn the_shipped_defaults_are_within_their_ranges() {
        assert_eq!(defaults().check(), Ok(()));
    }

    #[test]
    fn a_network_may_be_a_lone_address() {
        let text = include_str!("../../../config/default.toml");
        let mut table: toml::Table = text.parse().unwrap();
        let mut fetch = table.remove("fetch").unwrap();
        fetch["allow-addresses"] = toml::Value::from(vec!["10.1.2.3", "fd00::/8"]);
        let settings: Settings = fetch.clone().try_into().unwrap();
        assert_eq!(settings.allow_addresses, ["10.1.2.3/32".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        fetch["allow-addresses"] = toml::Value::from(vec!["localhost"]);
        assert!(fetch.try_into::<Settings>().unwrap_err().to_string().contains("`localhost` is not a network"));
    }

    #[test]
    fn a_value_out_of_range_is_named() {
        let settings = Settings { requests_per_second: 0.0, ..defaults() };
        assert!(settings.check().unwrap_err().contains("requests-per-second"));
        let settings = Settings { total_timeout_seconds: f64::NAN, ..defaults() };
        assert!(settings.check().unwrap_err().contains("total-timeout-seconds"));
        let settings = Settings { contact: "me\r\nX-Evil: 1".into(), ..defaults() };
        assert!(settings.check().unwrap_err().contains("contact"));
    }

    #[test]
    fn the_contact_is_shown_to_site_owners() {
        let settings = Settings { contact: "mailto:crawl@example.org".into(), ..defaults() };
        assert!(settings.user_agent_header().ends_with(" (+mailto:crawl@example.org)"));
    }

    #[test]
    fn media_types_match_by_name_or_by_top_level_type() {
        let settings = Settings { content_types: vec!["text/*".into(), "application/xml".into()], ..defaults() };
        assert!(settings.takes("text/html") && settings.takes("application/xml"));
        assert!(!settings.takes("image/png") && !settings.takes("application/pdf"));
        assert!(Settings { content_types: vec![], ..defaults() }.takes("image/png"));
    }

    #[test]
    fn a_skipped_host_covers_its_subdomains_and_nothing_else() {
        let settings = Settings { skip_hosts: vec!["ads.example".into()], ..defaults() };
        assert!(settings.skips("ads.example") && settings.skips("a.ADS.example"));
        assert!(!settings.skips("bads.example") && !settings.skips("example"));
    }
}
