//! robots.txt (RFC 9309) and its failures.

use std::sync::Mutex;

use dechaff_fetch::{Robots, Settings};

use crate::server::{Server, answer, not_found, page, redirect};
use crate::support::{Place, problems, settings};

fn with_robots(status: &'static str, body: &'static str) -> Server {
    Server::start(move |hit, stream| match hit.path.as_str() {
        "/robots.txt" => answer(stream, status, &["Content-Type: text/plain"], body.as_bytes()),
        path => page(stream, path),
    })
}

#[test]
fn what_robots_txt_denies_is_not_asked_for() {
    let server = with_robots("200 OK", "User-agent: *\nDisallow: /private\nAllow: /private/open$\n");
    let place = Place::new();
    let urls = ["/a", "/private/x", "/private/open", "/robots.txt"].map(|path| server.url(path));
    let summary = place.fetch(&urls, &settings());
    assert_eq!(server.paths(), ["/a", "/private/open"]);
    assert_eq!(problems(&summary, "robots-denied"), 1);
    assert!(place.records().iter().all(|record| !record.uri().contains("/private/x")));
}

#[test]
fn it_is_asked_for_once_and_first() {
    let server = with_robots("200 OK", "");
    Place::new().fetch(&["/a", "/b", "/c"].map(|path| server.url(path)), &settings());
    assert_eq!(server.count("/robots.txt"), 1);
    assert_eq!(server.hits()[0].path, "/robots.txt");
}

#[test]
fn none_means_that_everything_is_allowed() {
    for status in ["404 Not Found", "403 Forbidden", "401 Unauthorized", "410 Gone"] {
        let server = with_robots(status, "User-agent: *\nDisallow: /\n");
        assert_eq!(Place::new().fetch(&[server.url("/a")], &settings()).statuses[&200], 1, "{status}");
    }
}

#[test]
fn a_server_error_means_that_nothing_is_allowed() {
    let server = with_robots("503 Service Unavailable", "");
    let summary = Place::new().fetch(&[server.url("/a"), server.url("/b")], &settings());
    assert_eq!(problems(&summary, "robots-unreachable"), 2);
    assert_eq!(server.count("/robots.txt"), 3, "one request and two retries");
    assert!(server.paths().is_empty());
}

#[test]
fn an_error_that_passes_is_tried_again() {
    let asked = Mutex::new(0);
    let server = Server::start(move |hit, stream| {
        if hit.path != "/robots.txt" {
            return page(stream, &hit.path);
        }
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        match *asked {
            1 => answer(stream, "500 Internal Server Error", &[], b""),
            _ => answer(stream, "200 OK", &[], b"User-agent: *\nDisallow: /b\n"),
        }
    });
    let summary = Place::new().fetch(&[server.url("/a"), server.url("/b")], &settings());
    assert_eq!(server.paths(), ["/a"]);
    assert_eq!(problems(&summary, "robots-denied"), 1);
}

#[test]
fn five_redirects_are_followed_and_then_there_is_none() {
    let chain = |last: usize| {
        Server::start(move |hit, stream| {
            let at: usize = match hit.path.strip_prefix("/r") {
                Some("obots.txt") => 0,
                Some(number) => number.parse().unwrap_or_default(),
                None => return page(stream, &hit.path),
            };
            if at < last {
                return redirect(stream, &format!("/r{}", at + 1));
            }
            answer(stream, "200 OK", &[], b"User-agent: *\nDisallow: /\n")
        })
    };
    let five = chain(5);
    assert_eq!(problems(&Place::new().fetch(&[five.url("/a")], &settings()), "robots-denied"), 1);
    let six = chain(6);
    assert_eq!(Place::new().fetch(&[six.url("/a")], &settings()).statuses[&200], 1);
}

#[test]
fn it_is_looked_at_up_to_its_limit_only() {
    let server = Server::start(|hit, stream| {
        if hit.path != "/robots.txt" {
            return page(stream, &hit.path);
        }
        let mut body = b"User-agent: *\nDisallow: /early\n".to_vec();
        body.resize(600 * 1024, b'#');
        body.extend_from_slice(b"\nDisallow: /late\n");
        answer(stream, "200 OK", &[], &body)
    });
    Place::new().fetch(&[server.url("/early"), server.url("/late")], &settings());
    assert_eq!(server.paths(), ["/late"]);
}

#[test]
fn it_is_asked_for_on_every_host_that_a_redirect_leads_to() {
    let denying = Server::start_on("127.0.0.2".parse().unwrap(), 0, |hit, stream| match hit.path.as_str() {
        "/robots.txt" => answer(stream, "200 OK", &[], b"User-agent: dechaff\nDisallow: /\n"),
        path => page(stream, path),
    });
    let target = denying.url("/inside");
    let server = Server::start(move |hit, stream| match hit.path.as_str() {
        "/robots.txt" => not_found(stream),
        _ => redirect(stream, &target),
    });
    let summary = Place::new().fetch(&[server.url("/a")], &settings());
    assert_eq!(problems(&summary, "robots-denied"), 1);
    assert!(denying.paths().is_empty());
}

#[test]
fn it_is_not_asked_for_where_the_owner_agreed() {
    let server = with_robots("200 OK", "User-agent: *\nDisallow: /\n");
    Place::new().fetch(&[server.url("/a")], &Settings { robots: Robots::Ignore, ..settings() });
    assert_eq!(server.count("/robots.txt"), 0);
    assert_eq!(server.paths(), ["/a"]);
}

#[test]
fn a_long_crawl_delay_leaves_the_host_alone() {
    let server = with_robots("200 OK", "User-agent: *\nCrawl-delay: 3600\n");
    let summary = Place::new().fetch(&[server.url("/a"), server.url("/b")], &settings());
    assert_eq!(problems(&summary, "crawl-delay-too-long"), 2);
    assert!(server.paths().is_empty());
}
