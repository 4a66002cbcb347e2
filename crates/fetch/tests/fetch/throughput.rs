//! How fast many hosts are fetched from. Run by hand; prints figures and asserts none:
//! `cargo test -p dechaff-fetch --release --test fetch -- --ignored --nocapture throughput`.

use std::net::Ipv4Addr;

use dechaff_fetch::Settings;

use crate::server::{Server, answer, not_found};
use crate::support::{Place, settings};

#[test]
#[ignore = "a measurement"]
fn throughput() {
    let body: String = (0..2000).map(|i| format!("<p>word{} and word{}</p>", i, i * 7919 % 1000)).collect();
    let size = body.len();
    // All of 127.0.0.0/8 arrives here.
    let server = Server::start_on(Ipv4Addr::UNSPECIFIED.into(), 0, move |hit, stream| match hit.path.as_str() {
        "/robots.txt" => not_found(stream),
        _ => answer(stream, "200 OK", &["Content-Type: text/html"], body.as_bytes()),
    });
    let port = server.address.port();
    let (hosts, pages) = (400, 10);
    let host = |i: usize| format!("http://127.0.{}.{}:{port}", 1 + i / 200, 1 + i % 200);
    let urls: Vec<String> =
        (0..hosts).flat_map(|i| (0..pages).map(move |page| format!("{}/{page}", host(i)))).collect();
    for connections in [1, 16, 64, 256] {
        let place = Place::new();
        let limits = Settings { connections, requests_per_second: 1000.0, ..settings() };
        let summary = place.fetch(&urls, &limits);
        assert_eq!(summary.statuses[&200] as usize, hosts * pages);
        let seconds = summary.elapsed.as_secs_f64();
        println!(
            "{connections:4} connections: {:6.0} pages/s, {:6.1} MB/s of bodies ({size} bytes a page, {hosts} hosts, \
             robots.txt not counted), archive {:.1} MB",
            summary.settled as f64 / seconds,
            summary.bytes as f64 / seconds / 1e6,
            std::fs::metadata(place.archive()).unwrap().len() as f64 / 1e6,
        );
    }
}
