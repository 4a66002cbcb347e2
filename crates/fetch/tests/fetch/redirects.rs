//! Redirects: recorded one by one, followed within the limit, loops cut.

use dechaff_fetch::Settings;

use crate::server::{Server, answer, not_found, page, redirect};
use crate::support::{Place, problems, settings};

fn server() -> Server {
    Server::start(|hit, stream| match hit.path.as_str() {
        "/robots.txt" => not_found(stream),
        "/to-page" => redirect(stream, "/middle?x=1#part"),
        "/middle?x=1" => answer(stream, "308 Permanent Redirect", &["Location: page"], b"moved"),
        "/page" => page(stream, "the page"),
        "/self" => redirect(stream, "/self"),
        "/ring-1" => redirect(stream, "/ring-2"),
        "/ring-2" => redirect(stream, "/ring-3"),
        "/ring-3" => redirect(stream, "/ring-1"),
        "/nowhere" => answer(stream, "301 Moved Permanently", &[], b""),
        "/scheme" => redirect(stream, "javascript:alert(1)"),
        "/file" => redirect(stream, "file:///etc/passwd"),
        "/latin" => {
            stream.write_all(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /caf\xe9\r\n\r\n")?;
            Ok(true)
        }
        "/caf%E9" => page(stream, "coffee"),
        path => match path.strip_prefix("/chain-").and_then(|number| number.parse::<u32>().ok()) {
            Some(number) => redirect(stream, &format!("/chain-{}", number + 1)),
            None => not_found(stream),
        },
    })
}

#[test]
fn every_step_is_a_record() {
    let server = server();
    let place = Place::new();
    let summary = place.fetch(&[server.url("/to-page")], &settings());
    assert_eq!(summary.failed(), 0);
    let uris: Vec<String> = place.responses().iter().map(|record| record.uri().to_owned()).collect();
    assert_eq!(uris, ["/to-page", "/middle?x=1", "/page"].map(|path| server.url(path)));
}

#[test]
fn a_location_in_another_charset_is_followed() {
    let server = server();
    assert_eq!(Place::new().fetch(&[server.url("/latin")], &settings()).statuses[&200], 1);
}

#[test]
fn loops_are_cut() {
    let server = server();
    let summary = Place::new().fetch(&[server.url("/self"), server.url("/ring-1")], &settings());
    assert_eq!(problems(&summary, "redirect-loop"), 2);
    assert_eq!(server.paths().len(), 4);
}

#[test]
fn chains_end_at_the_limit() {
    let server = server();
    let summary = Place::new().fetch(&[server.url("/chain-0")], &Settings { max_redirects: 3, ..settings() });
    assert_eq!(problems(&summary, "too-many-redirects"), 1);
    assert_eq!(server.paths().len(), 4, "the page and three redirects");
}

#[test]
fn redirects_to_nothing_are_a_problem() {
    let server = server();
    let urls = ["/nowhere", "/scheme", "/file"].map(|path| server.url(path));
    assert_eq!(problems(&Place::new().fetch(&urls, &settings()), "bad-redirect"), 3);
}

#[test]
fn a_page_is_fetched_once_however_many_lead_to_it() {
    let server = server();
    let urls = ["/page", "/to-page", "/page#again", "/to-page"].map(|path| server.url(path));
    let summary = Place::new().fetch(&urls, &settings());
    assert_eq!(server.count("/page"), 1);
    assert_eq!(server.count("/to-page"), 1);
    assert_eq!(summary.settled, 3);
}

#[test]
fn credentials_are_sent_and_written_nowhere() {
    let server = Server::start(|hit, stream| match hit.path.as_str() {
        "/robots.txt" => not_found(stream),
        "/in" if hit.header("authorization") == "Basic dXNlcjpoaWRkZW4=" => {
            redirect(stream, &format!("http://user2:hidden2@{}/next", hit.header("host")))
        }
        "/next" if hit.header("authorization").is_empty() => page(stream, "next"),
        _ => answer(stream, "401 Unauthorized", &[], b""),
    });
    let place = Place::new();
    let url = server.url("/in").replace("http://", "http://user:hidden@");
    let summary = place.fetch(&[url], &settings());
    assert_eq!((summary.statuses.get(&302), summary.statuses.get(&200)), (Some(&1), Some(&1)), "{summary}");
    let written: String = place.records().iter().map(|record| format!("{record:?}{}", record.text())).collect();
    for place in [written, place.journal(), summary.to_string()] {
        assert!(!place.contains("hidden") && !place.contains("dXNlcjpoaWRkZW4="));
    }
}
