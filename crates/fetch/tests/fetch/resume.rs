//! Killed, damaged and broken off: nothing recorded is lost, and nothing is asked for twice but what was running.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dechaff_fetch::{Error, Settings};

use crate::server::{Server, not_found, page, redirect};
use crate::support::{Place, run, settings};

const URLS: usize = 60;

fn server() -> Server {
    Server::start(|hit, stream| {
        if hit.path == "/robots.txt" {
            return not_found(stream);
        }
        std::thread::sleep(Duration::from_millis(3));
        match hit.path.strip_prefix("/from-") {
            Some(number) => redirect(stream, &format!("/to-{number}")),
            None => page(stream, &hit.path),
        }
    })
}

fn urls(server: &Server) -> Vec<String> {
    (0..URLS).map(|i| server.url(&format!("/from-{i}"))).collect()
}

fn assert_whole(place: &Place, server: &Server) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for response in place.responses() {
        *counts.entry(response.uri().to_owned()).or_default() += 1;
    }
    assert_eq!(counts.len(), URLS * 2);
    assert!(counts.values().all(|count| *count == 1), "no response is archived twice: {counts:?}");
    assert_eq!(server.paths().iter().collect::<std::collections::HashSet<_>>().len(), URLS * 2);
}

/// Runs in a process of its own, which the next test kills.
#[test]
#[ignore = "started by another test"]
fn child() {
    let Ok(archive) = std::env::var("FETCH_TEST_ARCHIVE") else { return };
    let urls = std::env::var("FETCH_TEST_URLS").unwrap();
    let seeds = urls.split(' ').map(dechaff_fetch::Seed::new).collect();
    run(dechaff_fetch::Plan::new(seeds, archive), &settings());
}

#[test]
fn kill_nine_loses_no_response_and_repeats_only_what_was_running() {
    let server = server();
    let place = Place::new();
    let urls = urls(&server);
    let mut kills = 0;
    for number in 0..200 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "resume::child"])
            .env("FETCH_TEST_ARCHIVE", place.archive())
            .env("FETCH_TEST_URLS", urls.join(" "))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Killed after some more requests, at an odd moment.
        let (begin, before) = (Instant::now(), server.hits().len());
        while child.try_wait().unwrap().is_none()
            && (server.hits().len() < before + 4 + number % 5 && begin.elapsed() < Duration::from_secs(20))
        {
            std::thread::sleep(Duration::from_micros(200 + 370 * (number as u64 % 7)));
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills >= 5, "{kills}");
    assert_whole(&place, &server);
    // One connection to a host: one request in flight, and robots.txt may be it.
    let repeated = server.hits().len() - 1 - URLS * 2;
    assert!(repeated <= kills, "{repeated} requests repeated after {kills} kills");
}

#[test]
fn a_torn_tail_is_cut_at_every_byte_and_fetched_again() {
    let server = server();
    let place = Place::new();
    let urls = urls(&server)[..2].to_vec();
    place.fetch(&urls, &settings());
    let whole = std::fs::read(place.archive()).unwrap();
    let journal = place.journal();
    let last_start = 1 + journal
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|line| line["offset"].as_u64())
        .max()
        .unwrap() as usize;
    for length in (last_start..whole.len()).step_by(131).chain([0, 1, 5, 20, whole.len() - 1]) {
        for with_journal in [true, false] {
            std::fs::write(place.archive(), &whole[..length]).unwrap();
            match with_journal {
                true => std::fs::write(place.path("crawl.warc.gz.journal"), &journal).unwrap(),
                false => std::fs::remove_file(place.path("crawl.warc.gz.journal")).unwrap(),
            }
            place.fetch(&urls, &settings());
            let responses = place.responses();
            assert_eq!(responses.len(), 4, "cut at {length}, journal: {with_journal}");
        }
    }
}

#[test]
fn without_its_journal_an_archive_is_read_again() {
    let server = server();
    let place = Place::new();
    let urls = urls(&server);
    place.fetch(&urls, &settings());
    let asked = server.hits().len();
    std::fs::remove_file(place.path("crawl.warc.gz.journal")).unwrap();
    let summary = place.fetch(&urls, &settings());
    assert_eq!((summary.settled, summary.already_done), (0, 2 * URLS as u64));
    assert_eq!(server.hits().len(), asked);
}

#[test]
fn a_line_of_the_journal_that_was_not_finished_is_no_harm() {
    let server = server();
    let place = Place::new();
    let urls = urls(&server);
    place.fetch(&urls, &settings());
    let journal = place.journal();
    let asked = server.hits().len();
    // The archive goes further than the journal: a kill between the two.
    let cut = journal.len() * 2 / 3;
    std::fs::write(place.path("crawl.warc.gz.journal"), &journal[..cut]).unwrap();
    let summary = place.fetch(&urls, &settings());
    assert_eq!((summary.settled, server.hits().len()), (0, asked));
}

#[test]
fn a_file_that_is_no_archive_is_left_alone() {
    for bytes in
        [&b"<html>my only copy</html>"[..], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff, 0xff]]
    {
        let place = Place::new();
        std::fs::write(place.archive(), bytes).unwrap();
        let error = dechaff_fetch::fetch(place.plan(&[]), &settings(), &mut |_| ControlFlow::Continue(())).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert_eq!(std::fs::read(place.archive()).unwrap(), bytes);
    }
}

#[test]
fn damage_inside_an_archive_is_not_cut_off() {
    let server = server();
    let place = Place::new();
    let urls = urls(&server);
    place.fetch(&urls, &settings());
    let mut bytes = std::fs::read(place.archive()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 40].fill(0xaa);
    std::fs::write(place.archive(), &bytes).unwrap();
    std::fs::remove_file(place.path("crawl.warc.gz.journal")).unwrap();
    let error = dechaff_fetch::fetch(place.plan(&urls), &settings(), &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert_eq!(std::fs::read(place.archive()).unwrap(), bytes);
}

#[test]
fn a_run_that_is_broken_off_goes_on() {
    let server = server();
    let place = Place::new();
    let urls = urls(&server);
    let slow = Settings { requests_per_second: 100.0, ..settings() };
    let mut stop = |progress: &dechaff_fetch::Progress| match progress.settled {
        0..10 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let first = dechaff_fetch::fetch(place.plan(&urls), &slow, &mut stop).unwrap();
    assert!(first.interrupted && first.left > 0);
    let second = place.fetch(&urls, &settings());
    assert!(!second.interrupted);
    // An answer that came while the run was being stopped may be counted as settled and not be written: it is asked again.
    assert_eq!(second.already_done, first.archived, "what is in the archive is what is done");
    assert_whole(&place, &server);
}

#[test]
fn a_run_that_is_broken_off_while_requests_hang_ends_at_once() {
    let server = Server::start(|hit, stream| {
        if hit.path == "/robots.txt" {
            return not_found(stream);
        }
        std::thread::sleep(Duration::from_secs(30));
        Ok(false)
    });
    let place = Place::new();
    let begin = Instant::now();
    let mut stop = |_: &dechaff_fetch::Progress| match server.paths().is_empty() {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    };
    let summary = dechaff_fetch::fetch(place.plan(&urls(&server)), &settings(), &mut stop).unwrap();
    assert!(summary.interrupted && begin.elapsed() < Duration::from_secs(25));
}

#[test]
fn two_runs_do_not_write_to_one_archive() {
    let server = server();
    let place = Place::new();
    let urls = urls(&server);
    let mut inner = None;
    let plan = place.plan(&urls);
    dechaff_fetch::fetch(place.plan(&urls), &settings(), &mut |_| {
        let plan = plan.clone();
        inner.get_or_insert_with(|| dechaff_fetch::fetch(plan, &settings(), &mut |_| ControlFlow::Continue(())));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(matches!(inner, Some(Err(Error::InUse { .. }))));
}

#[test]
fn an_uncompressed_archive_works_the_same() {
    let server = server();
    let place = Place::new();
    let seeds = || urls(&server)[..3].iter().map(|url| dechaff_fetch::Seed::new(url)).collect();
    let path = place.path("crawl.warc");
    run(dechaff_fetch::Plan::new(seeds(), &path), &settings());
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.starts_with(b"WARC/1.1\r\nWARC-Type: warcinfo\r\n"));
    std::fs::write(&path, &whole[..whole.len() - 7]).unwrap();
    let summary = run(dechaff_fetch::Plan::new(seeds(), &path), &settings());
    assert_eq!((summary.settled, summary.already_done), (1, 5));
    assert_eq!(std::fs::read(&path).unwrap().len(), whole.len());
}
