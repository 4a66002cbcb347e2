//! Bodies in every coding and of every kind of damage: archived as they came, or ended by a limit.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use dechaff_fetch::{Plan, Resolver, Robots, Settings, Truncated};

use crate::server::{Hit, Server, Stream, answer, not_found, page};
use crate::support::{Place, problems, run, settings};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const BROTLI: &[u8] = &[
    0x1b, 0x3d, 0x00, 0x60, 0x24, 0x41, 0x58, 0xe8, 0x7a, 0x90, 0x43, 0x16, 0xe1, 0x06, 0x6c, 0xc0, 0x79, 0x60, 0x65,
    0xe3, 0x2e, 0x91, 0x2a, 0x3f, 0x42, 0xf8, 0x59, 0x00,
];

const HTML: &str = "Content-Type: text/html";

fn serve(hit: &Hit, stream: &mut dyn Stream) -> io::Result<bool> {
    match hit.path.as_str() {
        "/gzip" => answer(stream, "200 OK", &[HTML, "Content-Encoding: gzip"], &gzip(b"<p>packed</p>")),
        "/brotli" => answer(stream, "200 OK", &[HTML, "Content-Encoding: br"], BROTLI),
        "/zstd" => {
            let body = zstd::encode_all(&b"<p>packed</p>"[..], 3)?;
            answer(stream, "200 OK", &[HTML, "Content-Encoding: zstd"], &body)
        }
        "/chunked" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX-oDD:  Kept \r\ncontent-type: text/html\r\n")?;
            stream.write_all(
                b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n",
            )?;
            Ok(true)
        }
        "/interim" => {
            stream.write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")?;
            page(stream, "after hints")
        }
        "/until-close" => {
            stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold style")?;
            Ok(false)
        }
        "/stray" => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\nbody and more")?;
            Ok(true)
        }
        "/too-short" => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nnot a hundred")?;
            Ok(false)
        }
        "/charset" => {
            answer(stream, "200 OK", &["Content-Type: text/html; charset=utf-8"], b"<p>caf\xe9 \xff\xfe\x00</p>")
        }
        "/bomb" => answer(stream, "200 OK", &[HTML, "Content-Encoding: gzip"], &gzip(&vec![b' '; 2 << 20])),
        "/header-bomb" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(b"X-More: and more and more and more and more and more\r\n")?;
            }
        }
        "/interim-bomb" => loop {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        },
        "/endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            loop {
                stream.write_all(b"4\r\nmore\r\n")?;
            }
        }
        "/loris" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")?;
            loop {
                stream.write_all(b".")?;
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        "/loris-header" => loop {
            stream.write_all(b"H")?;
            std::thread::sleep(Duration::from_millis(50));
        },
        "/silent" => {
            std::thread::sleep(Duration::from_secs(30));
            Ok(false)
        }
        "/garbage" => {
            stream.write_all(b"\x00\x01\x02 this is no HTTP at all\r\n\r\n")?;
            Ok(false)
        }
        "/smuggled" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nbody")?;
            Ok(false)
        }
        "/picture" => answer(stream, "200 OK", &["Content-Type: image/png"], b"\x89PNG"),
        "/untyped" => answer(stream, "200 OK", &[], b"<p>no type</p>"),
        "/empty" => answer(stream, "200 OK", &[HTML], b""),
        "/gone" => answer(stream, "410 Gone", &["Content-Type: image/png"], b"gone"),
        "/no-content" => {
            stream.write_all(b"HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n")?;
            Ok(true)
        }
        _ => not_found(stream),
    }
}

fn fetch(path: &str, settings: &Settings) -> (Place, dechaff_fetch::Summary) {
    let server = Server::start(serve);
    let place = Place::new();
    let summary = place.fetch(&[server.url(path)], settings);
    (place, summary)
}

/// The response's block as archived.
fn block(path: &str) -> Vec<u8> {
    let (place, summary) = fetch(path, &settings());
    assert_eq!(summary.failed(), 0, "{path}: {summary}");
    let mut responses = place.responses();
    assert_eq!(responses.len(), 1, "{path}");
    responses.remove(0).block
}

fn ends_with(path: &str, body: &[u8]) {
    let block = block(path);
    assert!(block.ends_with(&[b"\r\n\r\n", body].concat()), "{path}: {}", String::from_utf8_lossy(&block));
}

#[test]
fn bodies_are_archived_as_they_came() {
    ends_with("/gzip", &gzip(b"<p>packed</p>"));
    ends_with("/brotli", BROTLI);
    ends_with("/zstd", &zstd::encode_all(&b"<p>packed</p>"[..], 3).unwrap());
    ends_with("/until-close", b"old style");
    ends_with("/charset", b"<p>caf\xe9 \xff\xfe\x00</p>");
    ends_with("/untyped", b"<p>no type</p>");
    ends_with("/empty", b"");
    ends_with("/gone", b"gone");
    ends_with("/no-content", b"");
}

#[test]
fn header_and_chunks_are_archived_byte_for_byte() {
    let expected = "HTTP/1.1 200 OK\r\nX-oDD:  Kept \r\ncontent-type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n";
    assert_eq!(String::from_utf8(block("/chunked")).unwrap(), expected);
}

#[test]
fn what_came_before_and_after_the_response_is_not_part_of_it() {
    assert!(block("/interim").starts_with(b"HTTP/1.1 200 OK\r\n"));
    ends_with("/stray", b"body");
}

#[test]
fn a_body_that_breaks_off_is_tried_again_and_then_archived_as_truncated() {
    let (place, summary) = fetch("/too-short", &settings());
    assert_eq!(problems(&summary, "disconnected"), 1);
    let response = place.responses().remove(0);
    assert_eq!(response.field("warc-truncated"), "disconnect");
    assert!(response.text().ends_with("not a hundred"));
    assert!(place.journal().contains("\"attempts\":3"));
}

#[test]
fn truncated_responses_can_be_left_out() {
    let (place, summary) = fetch("/too-short", &Settings { truncated: Truncated::Discard, ..settings() });
    assert_eq!(problems(&summary, "disconnected"), 1);
    assert!(place.responses().is_empty());
}

#[test]
fn an_endless_body_is_cut_at_the_limit() {
    let limits = Settings { max_body_bytes: 100_000, max_header_bytes: 8192, ..settings() };
    let (place, summary) = fetch("/endless", &limits);
    assert_eq!(problems(&summary, "body-too-large"), 1);
    let response = place.responses().remove(0);
    assert_eq!(response.field("warc-truncated"), "length");
    assert!((100_000..=108_192).contains(&response.block.len()));
}

#[test]
fn a_compressed_bomb_is_a_recorded_problem() {
    let (place, summary) = fetch("/bomb", &Settings { max_decoded_bytes: 1 << 20, ..settings() });
    assert_eq!(problems(&summary, "decoded-too-large"), 1);
    assert!(place.responses().is_empty());
    assert!(place.journal().contains("decoded-too-large"));
}

#[test]
fn header_bombs_are_a_recorded_problem() {
    for path in ["/header-bomb", "/interim-bomb"] {
        let limits = Settings { max_header_bytes: 8192, max_body_bytes: 100_000, ..settings() };
        let (_, summary) = fetch(path, &limits);
        assert_eq!(problems(&summary, "header-too-large"), 1, "{path}: {summary}");
    }
}

#[test]
fn a_body_in_drips_is_cut() {
    // The rate is measured over ten seconds; the total time ends this one earlier.
    let (place, summary) =
        fetch("/loris", &Settings { total_timeout_seconds: 3.0, robots: Robots::Ignore, ..settings() });
    assert_eq!(problems(&summary, "timeout"), 1);
    assert_eq!(place.responses()[0].field("warc-truncated"), "time");
    let (_, summary) = fetch("/loris", &settings());
    assert_eq!(problems(&summary, "too-slow"), 1);
}

#[test]
fn a_header_that_does_not_come_is_a_recorded_problem() {
    for path in ["/loris-header", "/silent"] {
        let limits = Settings { first_byte_timeout_seconds: 0.3, retries: 0, robots: Robots::Ignore, ..settings() };
        let (place, summary) = fetch(path, &limits);
        assert_eq!(problems(&summary, "timeout"), 1, "{path}");
        assert!(place.responses().is_empty());
    }
}

#[test]
fn what_is_no_http_is_a_recorded_problem() {
    for path in ["/garbage", "/smuggled"] {
        let (_, summary) = fetch(path, &settings());
        assert_eq!(problems(&summary, "malformed"), 1, "{path}: {summary}");
    }
}

#[test]
fn bodies_of_other_types_are_not_fetched() {
    let (place, summary) = fetch("/picture", &settings());
    assert_eq!(problems(&summary, "content-type"), 1);
    assert!(place.responses().is_empty());
    let (place, _) = fetch("/picture", &Settings { content_types: vec![], ..settings() });
    assert_eq!(place.responses().len(), 1);
}

#[test]
fn large_bodies_wait_on_disk_and_arrive_whole() {
    let body: Vec<u8> = (0..3_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let sent = body.clone();
    let server = Server::start(move |hit, stream| match hit.path.as_str() {
        "/big" => answer(stream, "200 OK", &["Content-Type: text/html"], &sent),
        _ => not_found(stream),
    });
    let place = Place::new();
    place.fetch(&[server.url("/big")], &Settings { buffer_bytes: 1000, ..settings() });
    assert!(place.responses()[0].block.ends_with(&body));
}

/// A response with faults in it, the same for the same number.
fn mutated(number: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(number);
    let models: [&[u8]; 4] = [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\nhello, world",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nETag: \"x\"\r\n\r\n\x1f\x8b\x08\x00",
    ];
    let mut bytes = models[random.usize(..models.len())].to_vec();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..bytes.len());
        match random.u8(..5) {
            0 => bytes[at] = random.u8(..),
            1 => bytes.insert(at, *b"\r\n: ;,0f\x00\xff".get(random.usize(..10)).unwrap_or(&b' ')),
            2 => drop(bytes.remove(at)),
            3 => bytes.truncate(at.max(1)),
            _ => bytes.extend_from_within(at..),
        }
    }
    bytes
}

#[test]
fn any_bytes_end_in_a_record_or_a_problem() {
    let server = Server::start(|hit, stream| match hit.path.strip_prefix("/mutated-") {
        Some(number) => {
            stream.write_all(&mutated(number.parse().unwrap_or_default()))?;
            Ok(false)
        }
        None => not_found(stream),
    });
    let place = Place::new();
    let urls: Vec<String> = (0..200).map(|number| server.url(&format!("/mutated-{number}"))).collect();
    let limits = Settings { retries: 0, host_failures: 0, connections_per_host: 8, ..settings() };
    // A fault may make a Location name another host, which is then not looked up.
    let plan = Plan { resolver: Resolver::Table(HashMap::new()), ..place.plan(&urls) };
    let summary = run(plan, &limits);
    let settled: u64 = place.journal().matches("\"line\":\"done\"").count() as u64;
    assert!(summary.settled >= 200 && settled == summary.settled);
    assert_eq!(place.responses().len() as u64, summary.archived);
    assert!(summary.archived > 40, "many faults are harmless: {summary}");
}
