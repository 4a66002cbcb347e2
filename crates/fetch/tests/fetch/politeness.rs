//! How often and how a host is asked, measured at the server.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use dechaff_fetch::Settings;

use crate::server::{Server, answer, not_found, page};
use crate::support::{Place, problems, settings};

fn urls(server: &Server, count: usize) -> Vec<String> {
    (0..count).map(|i| server.url(&format!("/{i}"))).collect()
}

#[test]
fn a_host_is_asked_by_one_connection_at_the_set_rate() {
    let server = Server::start(|hit, stream| match hit.path.as_str() {
        "/robots.txt" => not_found(stream),
        path => page(stream, path),
    });
    let limits = Settings { requests_per_second: 10.0, connections: 64, ..settings() };
    let summary = Place::new().fetch(&urls(&server, 8), &limits);
    assert_eq!(summary.statuses[&200], 8);
    let hits = server.hits();
    assert_eq!(hits.len(), 9, "robots.txt and the pages");
    assert!(hits.iter().all(|hit| hit.running == 1));
    for pair in hits.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(100), "{:?}", pair[1].at - pair[0].at);
    }
    assert!(hits.iter().all(|hit| hit.connection == 0), "the connection is used again");
}

#[test]
fn the_same_host_on_another_port_is_the_same_host() {
    let serve = |hit: &crate::server::Hit, stream: &mut dyn crate::server::Stream| page(stream, &hit.path);
    let (one, other) = (Server::start(serve), Server::start(serve));
    let limits = Settings { requests_per_second: 10.0, robots: dechaff_fetch::Robots::Ignore, ..settings() };
    Place::new().fetch(&[one.url("/a"), other.url("/b"), one.url("/c")], &limits);
    let mut times: Vec<Instant> = one.hits().iter().chain(&other.hits()).map(|hit| hit.at).collect();
    times.sort();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(100)));
}

#[test]
fn crawl_delay_is_kept() {
    let server = Server::start(|hit, stream| match hit.path.as_str() {
        "/robots.txt" => answer(stream, "200 OK", &[], b"User-agent: *\nCrawl-delay: 0.3\n"),
        path => page(stream, path),
    });
    Place::new().fetch(&urls(&server, 3), &settings());
    let hits = server.hits();
    assert_eq!(hits.len(), 4);
    assert!(hits.windows(2).all(|pair| pair[1].at - pair[0].at >= Duration::from_millis(300)));
}

#[test]
fn the_crawler_says_who_it_is() {
    let server = Server::start(|hit, stream| page(stream, &hit.path));
    Place::new().fetch(
        &[server.url("/a")],
        &Settings { contact: "https://example.org/bot".into(), accept_language: "de".into(), ..settings() },
    );
    for hit in server.hits() {
        assert!(hit.header("user-agent").starts_with("dechaff/"), "{hit:?}");
        assert!(hit.header("user-agent").ends_with(" (+https://example.org/bot)"));
        assert_eq!(hit.header("accept-language"), "de");
        assert_eq!(hit.header("accept-encoding"), "gzip");
        assert_eq!(hit.header("host"), server.address.to_string());
    }
}

/// Answers `status` to the first `failures` requests of each page, then with a page.
fn failing(status: &'static str, header: impl Fn() -> String + Send + Sync + 'static, failures: usize) -> Server {
    let asked = Mutex::new(0);
    Server::start(move |hit, stream| {
        if hit.path == "/robots.txt" {
            return not_found(stream);
        }
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        if *asked <= failures {
            return answer(stream, status, &[&header()], b"later");
        }
        page(stream, "at last")
    })
}

#[test]
fn a_server_error_that_passes_is_tried_again() {
    let server = failing("503 Service Unavailable", || "X: 1".into(), 2);
    let place = Place::new();
    let summary = place.fetch(&[server.url("/a")], &settings());
    assert_eq!((summary.failed(), summary.statuses[&200]), (0, 1));
    assert_eq!(server.count("/a"), 3);
    assert_eq!(place.responses().len(), 1, "only the answer that counts is archived");
}

#[test]
fn a_server_error_that_stays_is_archived_with_its_problem() {
    let server = failing("500 Internal Server Error", || "X: 1".into(), 99);
    let place = Place::new();
    let summary = place.fetch(&[server.url("/a")], &settings());
    assert_eq!(problems(&summary, "server-error"), 1);
    assert_eq!(summary.statuses[&500], 1);
    assert_eq!(server.count("/a"), 3, "one request and two retries");
    assert_eq!(place.responses().len(), 1);
}

#[test]
fn retry_after_in_seconds_holds_the_whole_host() {
    let server = failing("429 Too Many Requests", || "Retry-After: 1".into(), 1);
    Place::new().fetch(&[server.url("/a"), server.url("/b")], &settings());
    let hits = server.hits();
    let refused = hits.iter().position(|hit| hit.path == "/a").unwrap();
    assert!(hits[refused + 1].at - hits[refused].at >= Duration::from_secs(1));
    assert_eq!(server.count("/a"), 2);
    assert_eq!(server.count("/b"), 1);
}

#[test]
fn retry_after_may_be_a_date() {
    let date = || {
        // Two seconds ahead, of which the date, in whole seconds, may lose one.
        let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
        format!("Retry-After: {}", time.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    };
    let server = failing("503 Service Unavailable", date, 1);
    Place::new().fetch(&[server.url("/a")], &settings());
    let pages: Vec<_> = server.hits().into_iter().filter(|hit| hit.path == "/a").collect();
    assert!(pages[1].at - pages[0].at >= Duration::from_millis(900));
}

#[test]
fn a_host_that_asks_for_too_long_a_wait_is_given_up() {
    let server = failing("503 Service Unavailable", || "Retry-After: 86400".into(), 99);
    let summary = Place::new().fetch(&urls(&server, 3), &settings());
    assert_eq!(problems(&summary, "retry-after-too-long"), 1);
    assert_eq!(problems(&summary, "host-given-up"), 2);
    assert_eq!(server.paths().len(), 1);
}

#[test]
fn a_host_that_fails_again_and_again_is_given_up() {
    let server = Server::start(|hit, stream| {
        if hit.path == "/robots.txt" {
            not_found(stream)?;
        }
        Ok(false)
    });
    let limits = Settings { retries: 0, host_failures: 3, ..settings() };
    let place = Place::new();
    let summary = place.fetch(&urls(&server, 10), &limits);
    assert_eq!(problems(&summary, "disconnected"), 3);
    assert_eq!(problems(&summary, "host-given-up"), 7);
    let host = &summary.hosts["127.0.0.1"];
    assert!(host.given_up.as_deref().is_some_and(|reason| reason.starts_with("3 URLs in a row")));
    assert_eq!(server.paths().len(), 3);
}

#[test]
fn hosts_of_the_list_are_never_asked() {
    let server = Server::start(|hit, stream| page(stream, &hit.path));
    let limits = Settings { skip_hosts: vec!["127.0.0.1".into()], ..settings() };
    let summary = Place::new().fetch(&urls(&server, 2), &limits);
    assert_eq!(problems(&summary, "skipped-host"), 2);
    assert!(server.hits().is_empty());
}

#[test]
fn a_connection_that_the_server_closed_is_no_failure() {
    let server = Server::start(|hit, stream| {
        page(stream, &hit.path)?;
        // Says nothing of closing.
        Ok(false)
    });
    let summary = Place::new().fetch(&urls(&server, 5), &Settings { retries: 0, ..settings() });
    assert_eq!((summary.failed(), summary.statuses[&200]), (0, 5));
    assert_eq!(server.paths().len(), 5);
}

#[test]
fn what_is_denied_does_not_wait_for_the_clock() {
    let server = Server::start(|hit, stream| match hit.path.as_str() {
        "/robots.txt" => answer(stream, "200 OK", &[], b"User-agent: *\nCrawl-delay: 2\nDisallow: /\n"),
        path => page(stream, path),
    });
    let begin = Instant::now();
    let summary = Place::new().fetch(&urls(&server, 200), &settings());
    assert_eq!(problems(&summary, "robots-denied"), 200);
    assert!(begin.elapsed() < Duration::from_secs(60), "two hundred times two seconds were not waited for");
}

#[test]
fn a_host_stays_given_up_when_the_run_goes_on_and_is_asked_again_by_the_next() {
    let server = failing("503 Service Unavailable", || "Retry-After: 86400".into(), 99);
    let place = Place::new();
    place.fetch(&urls(&server, 1), &settings());
    // As if killed before the run's end was written.
    let journal = place.journal();
    let without_end = &journal[..journal.trim_end().rfind('\n').unwrap() + 1];
    std::fs::write(place.path("crawl.warc.gz.journal"), without_end).unwrap();
    let summary = place.fetch(&urls(&server, 3), &settings());
    assert_eq!((problems(&summary, "host-given-up"), server.paths().len()), (2, 1));
    place.fetch(&[server.url("/new")], &settings());
    assert_eq!(server.count("/new"), 1);
}

#[test]
fn more_connections_to_a_host_are_a_setting() {
    let server = Server::start(|hit, stream| {
        if hit.path != "/robots.txt" {
            std::thread::sleep(Duration::from_millis(200));
        }
        page(stream, &hit.path)
    });
    let limits = Settings { connections_per_host: 3, robots: dechaff_fetch::Robots::Ignore, ..settings() };
    Place::new().fetch(&urls(&server, 9), &limits);
    assert_eq!(server.hits().iter().map(|hit| hit.running).max(), Some(3));
}
