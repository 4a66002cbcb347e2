//! Fetching again: conditional requests, revisit records, and what failed.

use std::sync::Mutex;

use dechaff_fetch::{Mode, Plan};

use crate::server::{Server, answer, not_found, page};
use crate::support::{Place, run, settings};

fn server() -> Server {
    let changing = Mutex::new(0);
    Server::start(move |hit, stream| match hit.path.as_str() {
        "/robots.txt" => not_found(stream),
        "/etag" if hit.header("if-none-match") == "\"v1\"" => {
            answer(stream, "304 Not Modified", &["ETag: \"v1\""], b"")
        }
        "/etag" => answer(stream, "200 OK", &["Content-Type: text/html", "ETag: \"v1\""], b"<p>tagged</p>"),
        "/dated" if hit.header("if-modified-since") == "Sun, 01 Nov 2026 10:00:00 GMT" => {
            answer(stream, "304 Not Modified", &[], b"")
        }
        "/dated" => {
            let headers = ["Content-Type: text/html", "Last-Modified: Sun, 01 Nov 2026 10:00:00 GMT"];
            answer(stream, "200 OK", &headers, b"<p>dated</p>")
        }
        "/same" => page(stream, "always the same"),
        "/changing" => {
            let mut number = changing.lock().unwrap();
            *number += 1;
            page(stream, &format!("version {number}"))
        }
        _ => not_found(stream),
    })
}

fn plan(place: &Place, urls: &[String], mode: Mode) -> Plan {
    Plan { mode, ..place.plan(urls) }
}

#[test]
fn a_second_run_asks_for_nothing() {
    let server = server();
    let place = Place::new();
    let urls = ["/etag", "/same", "/missing"].map(|path| server.url(path));
    place.fetch(&urls, &settings());
    let (asked, records) = (server.hits().len(), place.records().len());
    let summary = place.fetch(&urls, &settings());
    assert_eq!((summary.settled, summary.already_done), (0, 3));
    assert_eq!((server.hits().len(), place.records().len()), (asked, records));
}

#[test]
fn a_refresh_asks_conditionally_and_writes_revisits() {
    let server = server();
    let place = Place::new();
    let urls = ["/etag", "/dated", "/same", "/changing"].map(|path| server.url(path));
    place.fetch(&urls, &settings());
    let originals = place.responses();
    for round in 1..=2 {
        let summary = run(plan(&place, &urls, Mode::Refresh), &settings());
        assert_eq!((summary.settled, summary.revisits), (4, 3), "round {round}");
        let records = place.records();
        let revisits: Vec<_> = records.iter().filter(|record| record.kind() == "revisit").collect();
        assert_eq!(revisits.len(), 3 * round);
        for revisit in revisits {
            let original = originals.iter().find(|record| record.uri() == revisit.uri()).unwrap();
            assert_eq!(revisit.field("warc-refers-to"), original.field("warc-record-id"));
            assert_eq!(revisit.field("warc-refers-to-date"), original.field("warc-date"));
            let profile = revisit.field("warc-profile").rsplit('/').next().unwrap();
            if revisit.uri().ends_with("/same") {
                assert_eq!(profile, "identical-payload-digest");
                assert_eq!(revisit.field("warc-payload-digest"), original.field("warc-payload-digest"));
                assert!(revisit.text().ends_with("\r\n\r\n"));
            } else {
                assert_eq!(profile, "server-not-modified");
                assert!(revisit.text().starts_with("HTTP/1.1 304"));
            }
        }
    }
    assert_eq!(place.responses().len(), 4 + 2, "only the page that changes has new responses");
}

#[test]
fn what_failed_is_tried_again_only_when_asked() {
    let broken = Mutex::new(true);
    let server = Server::start(move |hit, stream| {
        if hit.path == "/robots.txt" {
            return not_found(stream);
        }
        let mut broken = broken.lock().unwrap();
        if hit.path == "/mend" {
            *broken = false;
        }
        if *broken && hit.path == "/b" { answer(stream, "500 Oh", &[], b"") } else { page(stream, &hit.path) }
    });
    let place = Place::new();
    let urls = ["/a", "/b"].map(|path| server.url(path));
    assert_eq!(place.fetch(&urls, &settings()).failed(), 1);
    Place::new().fetch(&[server.url("/mend")], &settings());
    assert_eq!(place.fetch(&urls, &settings()).settled, 0);
    let summary = run(plan(&place, &urls, Mode::RetryFailed), &settings());
    assert_eq!((summary.settled, summary.failed(), server.count("/a")), (1, 0, 1));
}

#[test]
fn an_interrupted_refresh_goes_on_as_that_refresh() {
    let server = server();
    let place = Place::new();
    let urls = ["/etag", "/dated", "/same", "/changing"].map(|path| server.url(path));
    place.fetch(&urls, &settings());
    run(plan(&place, &urls, Mode::Refresh), &settings());
    // As if killed before the refresh's last line.
    let journal = place.journal();
    let cut = journal.trim_end().rfind('\n').unwrap() + 1;
    std::fs::write(place.path("crawl.warc.gz.journal"), &journal[..cut]).unwrap();
    let summary = run(plan(&place, &urls, Mode::Refresh), &settings());
    assert_eq!((summary.settled, summary.already_done), (0, 4));
    let summary = run(plan(&place, &urls, Mode::Refresh), &settings());
    assert_eq!(summary.settled, 4, "the refresh ended, so this is a new one");
}
