//! A URL as it is asked for, logged and archived: absolute, http or https, without credentials or fragment.

use std::fmt;

use data_encoding::BASE64;
use sha1::{Digest, Sha1};
use url::{Host, Url};

use crate::problem::{Problem, ProblemKind};

/// A URL that can be asked for. Holds no credentials, so it may be printed and stored.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target(Url);

/// User name and password taken out of a URL, as an Authorization value. Never printed, stored or passed on to
/// another origin.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials(pub(crate) String);

/// Names a URL in sets and maps in 16 bytes: half of memory goes to text otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 16]);

/// Scheme, host and port: what robots.txt, connections and credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Origin(pub(crate) String);

impl Target {
    /// Parses an absolute URL and takes its credentials out.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<Credentials>), Problem> {
        let url = Url::parse(text.trim()).map_err(|error| Problem::new(ProblemKind::BadUrl, error.to_string()))?;
        Self::new(url)
    }

    /// Resolves a reference, for example a Location header. Credentials in it are dropped.
    pub(crate) fn join(&self, reference: &str) -> Result<Self, Problem> {
        let bad = |message: String| Problem::new(ProblemKind::BadRedirect, message);
        let url = self.0.join(reference.trim()).map_err(|error| bad(error.to_string()))?;
        Self::new(url).map(|(target, _)| target).map_err(|problem| bad(problem.message))
    }

    fn new(mut url: Url) -> Result<(Self, Option<Credentials>), Problem> {
        let bad = |message: &str| Problem::new(ProblemKind::BadUrl, message);
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("not an http or https URL"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(bad("no host"));
        }
        let credentials = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let decode = |text: &str| -> Vec<u8> { percent_decode(text) };
            let mut pair = decode(url.username());
            pair.push(b':');
            pair.extend(decode(url.password().unwrap_or_default()));
            Credentials(format!("Basic {}", BASE64.encode(&pair)))
        });
        // Both can only fail on URLs without a host.
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| bad("no host"))?;
        url.set_fragment(None);
        Ok((Self(url), credentials))
    }

    /// The URL as text, as written to the archive.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Host name or literal address; politeness is counted by it.
    pub(crate) fn host(&self) -> &str {
        // A trailing dot names the same host.
        self.0.host_str().unwrap_or_default().trim_end_matches('.')
    }

    pub(crate) fn parsed_host(&self) -> Host<&str> {
        self.0.host().unwrap_or(Host::Domain(""))
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin(self.0.origin().ascii_serialization())
    }

    pub(crate) fn key(&self) -> Key {
        let digest = Sha1::digest(self.as_str());
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Key(key)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

/// A text that looks like a URL, with what stands between `//` and `@` taken out: for messages about text that did
/// not parse, so that a mistyped URL does not print its password.
pub(crate) fn redact(text: &str) -> String {
    let authority = text.find("//").map_or(0, |at| at + 2);
    // Browsers take the last `@` before the path; a password may hold anything, so the last one of all is taken.
    match text[authority..].rfind('@') {
        Some(at) => format!("{}{}", &text[..authority], &text[authority + at + 1..]),
        None => text.to_owned(),
    }
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_of_the_url() {
        let (target, credentials) = Target::parse("https://user:p%40ss@example.org/a?b#c").unwrap();
        assert_eq!(target.as_str(), "https://example.org/a?b");
        let credentials = credentials.unwrap();
        assert_eq!(credentials.0, format!("Basic {}", BASE64.encode(b"user:p@ss")));
        assert!(!format!("{credentials:?}").contains("Basic"));
    }

    #[test]
    fn a_redirect_does_not_carry_credentials() {
        let (target, _) = Target::parse("http://example.org/a/b").unwrap();
        assert_eq!(target.join("//u:secret@other.example/x").unwrap().as_str(), "http://other.example/x");
        assert_eq!(target.join("javascript:alert(1)").unwrap_err().kind, ProblemKind::BadRedirect);
        assert_eq!(target.join("file:///etc/passwd").unwrap_err().kind, ProblemKind::BadRedirect);
    }

    #[test]
    fn only_http_urls_with_a_host_are_taken() {
        for text in ["", "example.org", "ftp://example.org/", "file:///etc/passwd", "http://", "mailto:a@b.example"] {
            assert_eq!(Target::parse(text).unwrap_err().kind, ProblemKind::BadUrl, "{text}");
        }
    }

    #[test]
    fn odd_forms_of_an_address_are_that_address() {
        for text in ["http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://①②⑦.1/"]
        {
            assert_eq!(Target::parse(text).unwrap().0.as_str(), "http://127.0.0.1/", "{text}");
        }
    }

    #[test]
    fn a_broken_url_is_shown_without_its_password() {
        assert_eq!(redact("http://u:pa@ss@exa mple/"), "http://exa mple/");
        assert_eq!(redact("exa mple/"), "exa mple/");
    }
}
