//! What a host's robots.txt allows (RFC 9309), with `robotxt` as the parser and matcher.

use std::sync::Arc;

use robotxt::{BYTE_LIMIT, Robots};

use crate::problem::{Problem, ProblemKind};
use crate::settings::Settings;
use crate::target::Target;

/// RFC 9309, 2.3.1.2: at least five redirects in a row are followed.
pub(crate) const MAX_REDIRECTS: u32 = 5;

/// What an origin's robots.txt turned out to be.
#[derive(Debug, Clone)]
pub(crate) enum Rules {
    /// A file.
    File(Arc<Robots>),
    /// There is none (4xx, or too many redirects): everything may be fetched.
    None,
    /// It could not be had: nothing may be fetched.
    Unreachable(Problem),
}

impl Rules {
    /// Reads the file; what is beyond 500 KiB is not looked at.
    pub(crate) fn parse(body: &[u8], settings: &Settings) -> Self {
        Self::File(Arc::new(Robots::parse(body, settings.user_agent.as_str())))
    }

    /// Whether the page may be fetched.
    pub(crate) fn check(&self, target: &Target, settings: &Settings) -> Result<(), Problem> {
        match self {
            Self::None => Ok(()),
            Self::Unreachable(problem) => Err(problem.clone()),
            Self::File(robots) => {
                let delay = robots.crawl_delay().unwrap_or_default().as_secs_f64();
                if delay > settings.max_crawl_delay_seconds {
                    let message = format!("robots.txt asks for {delay} seconds between requests");
                    return Err(Problem::new(ProblemKind::CrawlDelayTooLong, message));
                }
                if robots.is_url_allowed(target.url()) {
                    return Ok(());
                }
                Err(Problem::new(ProblemKind::RobotsDenied, "robots.txt does not allow it"))
            }
        }
    }
}

/// The part of a body that is looked at, as text for the journal.
pub(crate) fn text(body: &[u8]) -> String {
    // One byte more tells the parser that the last line was cut.
    String::from_utf8_lossy(&body[..body.len().min(BYTE_LIMIT + 1)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::defaults;

    fn check(robots: &str, url: &str) -> Option<ProblemKind> {
        let (target, _) = Target::parse(url).unwrap();
        Rules::parse(robots.as_bytes(), &defaults()).check(&target, &defaults()).err().map(|problem| problem.kind)
    }

    #[test]
    fn our_own_group_goes_before_the_one_for_all() {
        let robots = "User-agent: *\nDisallow: /\n\nUser-agent: Dechaff\nDisallow: /private\nAllow: /private/open\n";
        assert_eq!(check(robots, "http://a.example/page"), None);
        assert_eq!(check(robots, "http://a.example/private/x"), Some(ProblemKind::RobotsDenied));
        assert_eq!(check(robots, "http://a.example/private/open/x"), None);
    }

    #[test]
    fn patterns_and_escapes_are_matched() {
        let robots = "User-agent: *\nDisallow: /*.php$\nDisallow: /caf%C3%A9\n";
        assert_eq!(check(robots, "http://a.example/x.php"), Some(ProblemKind::RobotsDenied));
        assert_eq!(check(robots, "http://a.example/x.php?a"), None);
        assert_eq!(check(robots, "http://a.example/café"), Some(ProblemKind::RobotsDenied));
    }

    #[test]
    fn a_long_crawl_delay_means_no() {
        assert_eq!(check("User-agent: *\nCrawl-delay: 5\n", "http://a.example/"), None);
        let long = check("User-agent: *\nCrawl-delay: 86400\n", "http://a.example/");
        assert_eq!(long, Some(ProblemKind::CrawlDelayTooLong));
    }

    #[test]
    fn any_bytes_are_a_robots_file() {
        assert_eq!(check("<html>\u{0}\u{fffd}Disallow", "http://a.example/"), None);
    }
}
