//! What the user asks for: URLs, files of URLs, standard input, sitemaps and feeds in files.

use std::fs;
use std::io::Read;

use crate::error::Error;
use crate::lists;
use crate::settings::Settings;
use crate::target::{Credentials, Target, redact};

/// A URL to begin with. Its credentials, if it has any, are kept apart and never printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// As given, without credentials; it may turn out not to be a URL.
    pub(crate) text: String,
    pub(crate) credentials: Option<Credentials>,
    /// A sitemap named by a sitemap index.
    pub(crate) is_list: bool,
}

impl Seed {
    /// A seed from a URL. What is no http or https URL is kept and becomes a `bad-url` problem of the run.
    ///
    /// ```
    /// let seed = dechaff_fetch::Seed::new("https://user:secret@example.org/");
    /// assert!(!format!("{seed:?}").contains("secret"));
    /// ```
    pub fn new(url: &str) -> Self {
        match Target::parse(url) {
            Ok((target, credentials)) => Self { text: target.as_str().to_owned(), credentials, is_list: false },
            Err(_) => Self { text: redact(url.trim()), credentials: None, is_list: false },
        }
    }

    /// Reads the arguments of `dechaff fetch`: each is a URL, `-` for standard input, or a file. Standard input and
    /// files hold one URL a line (blank lines and lines that begin with `#` are left out), or are a sitemap or feed;
    /// either may be compressed by gzip.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn read(arguments: &[String], settings: &Settings) -> Result<Vec<Self>, Error> {
        let mut seeds = Vec::new();
        for argument in arguments {
            if is_url(argument) {
                seeds.push(Self::new(argument));
                continue;
            }
            let failed = |message: String| Error::Seeds { input: redact(argument), message };
            let bytes = match argument.as_str() {
                "-" => {
                    let mut bytes = Vec::new();
                    std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
                }
                path => fs::read(path),
            };
            let bytes = bytes.map_err(|error| failed(error.to_string()))?;
            Self::read_bytes(&bytes, settings, &mut seeds).map_err(failed)?;
        }
        Ok(seeds)
    }

    fn read_bytes(bytes: &[u8], settings: &Settings, seeds: &mut Vec<Self>) -> Result<(), String> {
        // A list of URLs is the user's own and may be as long as it is; a bomb among sites' sitemaps is another thing.
        let mut text = Vec::new();
        let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
            flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut text).map_err(|error| error.to_string())?;
            &text
        } else {
            bytes
        };
        let list = lists::read_list(bytes, None, settings.max_decoded_bytes, settings.max_list_urls)?;
        if let Some(list) = list {
            seeds.extend(list.pages.iter().map(|page| Self::new(page)));
            seeds.extend(list.lists.iter().map(|url| Self { is_list: true, ..Self::new(url) }));
            return Ok(());
        }
        seeds.extend(lists::read_lines(&String::from_utf8_lossy(bytes)).map(Self::new));
        Ok(())
    }
}

/// Whether an argument is a URL and not the name of a file: `dechaff clean` asks too.
pub fn is_url(argument: &str) -> bool {
    let scheme = |name: &str| argument.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    scheme("http://") || scheme("https://")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::defaults;

    fn read(text: &str) -> Vec<String> {
        let mut seeds = Vec::new();
        Seed::read_bytes(text.as_bytes(), &defaults(), &mut seeds).unwrap();
        seeds.into_iter().map(|seed| seed.text).collect()
    }

    #[test]
    fn a_file_of_urls_may_have_comments_and_blank_lines() {
        assert_eq!(
            read("\u{feff}# my pages\r\nhttp://a.example/\r\n\r\n  http://b.example/x#y \nnonsense"),
            ["http://a.example/", "http://b.example/x", "nonsense"]
        );
    }

    #[test]
    fn a_file_may_be_a_sitemap() {
        assert_eq!(read("<urlset><url><loc>http://a.example/1</loc></url></urlset>"), ["http://a.example/1"]);
    }

    #[test]
    fn a_mistyped_url_does_not_keep_its_password() {
        assert_eq!(read("http://user:secret@exa mple/"), ["http://exa mple/"]);
    }
}
