//! Addresses inside: refused as URLs, after name look-up and at redirects.

use std::collections::HashMap;
use std::net::IpAddr;

use dechaff_fetch::{Plan, Resolver, Seed, Settings};

use crate::server::{Server, not_found, page, redirect};
use crate::support::{Place, problems, run, settings};

fn guarded() -> Settings {
    Settings { allow_addresses: vec![], ..settings() }
}

#[test]
fn no_form_of_an_inner_address_is_connected_to() {
    let server = Server::start(|hit, stream| page(stream, &hit.path));
    let port = server.address.port();
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[::127.0.0.1]",
    ];
    let urls: Vec<String> = hosts.iter().map(|host| format!("http://{host}:{port}/")).collect();
    let place = Place::new();
    let summary = place.fetch(&urls, &guarded());
    assert!(server.hits().is_empty());
    assert_eq!(problems(&summary, "refused-address"), summary.settled, "{summary}");
    assert!(place.responses().is_empty());
}

fn table(entries: &[(&str, &[&str])]) -> Resolver {
    let address = |text: &&str| text.parse::<IpAddr>().unwrap();
    let entry = |(name, found): &(&str, &[&str])| (String::from(*name), found.iter().map(address).collect());
    Resolver::Table(entries.iter().map(entry).collect::<HashMap<_, _>>())
}

fn fetch(urls: &[String], resolver: Resolver, settings: &Settings) -> dechaff_fetch::Summary {
    let place = Place::new();
    let seeds = urls.iter().map(|url| Seed::new(url)).collect();
    run(Plan { resolver, ..Plan::new(seeds, place.archive()) }, settings)
}

#[test]
fn a_name_that_leads_inside_is_refused_after_look_up() {
    let server = Server::start(|hit, stream| page(stream, &hit.path));
    let port = server.address.port();
    let resolver = table(&[
        ("loop.example", &["127.0.0.1"]),
        ("private.example", &["10.0.0.1", "192.168.0.1"]),
        ("metadata.example", &["169.254.169.254"]),
        ("mapped.example", &["::ffff:127.0.0.1"]),
        ("nat64.example", &["64:ff9b::7f00:1"]),
    ]);
    let names = ["loop", "private", "metadata", "mapped", "nat64"];
    let urls: Vec<String> = names.iter().map(|name| format!("http://{name}.example:{port}/")).collect();
    assert_eq!(problems(&fetch(&urls, resolver, &guarded()), "refused-address"), 5);
    assert!(server.hits().is_empty());
}

#[test]
fn of_a_name_with_several_addresses_only_the_allowed_are_tried() {
    let inside = Server::start_on("127.0.0.3".parse().unwrap(), 0, |hit, stream| page(stream, &hit.path));
    let port = inside.address.port();
    let open = Server::start_on("127.0.0.4".parse().unwrap(), port, |hit, stream| page(stream, &hit.path));
    let resolver = table(&[("both.example", &["127.0.0.3", "127.0.0.4"])]);
    let lifted = Settings { allow_addresses: vec!["127.0.0.4/32".parse().unwrap()], ..settings() };
    let summary = fetch(&[format!("http://both.example:{port}/")], resolver, &lifted);
    assert_eq!(summary.statuses[&200], 1);
    assert!(inside.hits().is_empty());
    assert_eq!(open.paths(), ["/"]);
}

#[test]
fn a_redirect_does_not_lead_inside() {
    let inside = Server::start_on("127.0.0.3".parse().unwrap(), 0, |hit, stream| page(stream, &hit.path));
    let target = inside.url("/secret");
    let server = Server::start_on("127.0.0.4".parse().unwrap(), 0, move |hit, stream| match hit.path.as_str() {
        "/robots.txt" => not_found(stream),
        _ => redirect(stream, &target),
    });
    let lifted = Settings { allow_addresses: vec!["127.0.0.4/32".parse().unwrap()], ..settings() };
    let summary = Place::new().fetch(&[server.url("/a")], &lifted);
    assert_eq!(problems(&summary, "refused-address"), 1);
    assert!(inside.hits().is_empty());
}

#[test]
fn robots_txt_does_not_lead_inside_either() {
    let inside = Server::start_on("127.0.0.3".parse().unwrap(), 0, |hit, stream| page(stream, &hit.path));
    let target = inside.url("/robots.txt");
    let server = Server::start_on("127.0.0.4".parse().unwrap(), 0, move |_, stream| redirect(stream, &target));
    let lifted = Settings { allow_addresses: vec!["127.0.0.4/32".parse().unwrap()], ..settings() };
    let summary = Place::new().fetch(&[server.url("/a")], &lifted);
    assert_eq!(problems(&summary, "robots-unreachable"), 1);
    assert!(inside.hits().is_empty());
}

#[test]
fn what_is_no_url_is_a_problem_of_the_run() {
    let place = Place::new();
    let summary =
        place.fetch(&["http://".into(), "ftp://a.example/".into(), "http://u:hidden@exa mple/".into()], &settings());
    assert_eq!(problems(&summary, "bad-url"), 3);
    assert!(!place.journal().contains("hidden"));
}

#[test]
fn a_name_that_is_not_there_is_a_problem() {
    let summary = fetch(&["http://nobody.example/".into()], table(&[]), &settings());
    assert_eq!(problems(&summary, "name-not-found"), 1);
}
