//! Sitemaps and feeds stand for the URLs in them.

use std::io::Write;

use dechaff_fetch::{Lists, Settings};

use crate::server::{Server, answer, not_found, page};
use crate::support::{Place, problems, settings};

fn server() -> Server {
    Server::start(|hit, stream| {
        let xml = ["Content-Type: application/xml"];
        match hit.path.as_str() {
            "/sitemap.xml" => {
                let body = "<urlset><url><loc>/a?x=1&amp;y=2</loc></url><url><loc>/b</loc></url></urlset>";
                answer(stream, "200 OK", &xml, body.as_bytes())
            }
            "/long.xml" => {
                let body = format!(
                    "<urlset><!--{}--><url><loc>/a</loc></url></urlset>",
                    "-".repeat(20_000).replace("--", "- ")
                );
                answer(stream, "200 OK", &xml, body.as_bytes())
            }
            "/index.xml" => {
                let body = "<sitemapindex><sitemap><loc>/packed.xml.gz</loc></sitemap>\
                    <sitemap><loc>/lines.txt</loc></sitemap><sitemap><loc>/index.xml</loc></sitemap></sitemapindex>";
                answer(stream, "200 OK", &xml, body.as_bytes())
            }
            "/packed.xml.gz" => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(b"<urlset><url><loc>/c</loc></url></urlset>")?;
                answer(stream, "200 OK", &["Content-Type: application/gzip"], &encoder.finish()?)
            }
            "/lines.txt" => {
                let body = format!("http://{}/d\r\n\r\nnonsense\r\n", hit.header("host"));
                answer(stream, "200 OK", &["Content-Type: text/plain"], body.as_bytes())
            }
            "/feed" => {
                let body = "<rss version=\"2.0\"><channel><title>t</title>\
                    <item><title>e</title><link>/e</link></item></channel></rss>";
                answer(stream, "200 OK", &["Content-Type: application/rss+xml"], body.as_bytes())
            }
            "/broken.xml" => answer(stream, "200 OK", &["Content-Type: application/rss+xml"], b"<rss><channel></rss"),
            "/page.xml" => answer(stream, "200 OK", &xml, b"<article>a page of its own</article>"),
            "/robots.txt" => not_found(stream),
            path => page(stream, path),
        }
    })
}

fn fetch(path: &str, settings: &Settings) -> (Vec<String>, dechaff_fetch::Summary) {
    let server = server();
    let summary = Place::new().fetch(&[server.url(path)], settings);
    let mut paths = server.paths();
    paths.sort();
    (paths, summary)
}

#[test]
fn a_sitemap_is_expanded() {
    assert_eq!(fetch("/sitemap.xml", &settings()).0, ["/a?x=1&y=2", "/b", "/sitemap.xml"]);
}

#[test]
fn an_index_with_compressed_and_plain_sitemaps_is_expanded() {
    let (paths, summary) = fetch("/index.xml", &settings());
    assert_eq!(paths, ["/c", "/d", "/index.xml", "/lines.txt", "/packed.xml.gz"]);
    assert_eq!(summary.failed(), 0);
}

#[test]
fn a_feed_is_expanded() {
    assert_eq!(fetch("/feed", &settings()).0, ["/e", "/feed"]);
}

#[test]
fn a_list_can_be_one_more_page() {
    assert_eq!(fetch("/feed", &Settings { lists: Lists::Keep, ..settings() }).0, ["/feed"]);
}

#[test]
fn other_xml_is_a_page() {
    let (paths, summary) = fetch("/page.xml", &settings());
    assert_eq!((paths, summary.failed()), (vec!["/page.xml".to_owned()], 0));
}

#[test]
fn a_broken_feed_is_a_recorded_problem() {
    assert_eq!(problems(&fetch("/broken.xml", &settings()).1, "bad-list"), 1);
}

#[test]
fn a_sitemap_may_be_longer_than_a_page() {
    let (paths, summary) = fetch("/long.xml", &Settings { max_body_bytes: 50, max_header_bytes: 8192, ..settings() });
    assert_eq!((paths.len(), summary.failed()), (2, 0), "{summary}");
}

#[test]
fn long_lists_are_cut() {
    let (paths, _) = fetch("/sitemap.xml", &Settings { max_list_urls: 1, ..settings() });
    assert_eq!(paths, ["/a?x=1&y=2", "/sitemap.xml"]);
}

#[test]
fn without_the_journal_a_list_is_asked_for_again_and_its_pages_are_not() {
    let server = server();
    let place = Place::new();
    let urls = [server.url("/sitemap.xml")];
    place.fetch(&urls, &settings());
    std::fs::remove_file(place.path("crawl.warc.gz.journal")).unwrap();
    let summary = place.fetch(&urls, &settings());
    assert_eq!((summary.settled, summary.already_done), (1, 2));
    assert_eq!((server.count("/sitemap.xml"), server.count("/b")), (2, 1));
}

#[test]
fn an_interrupted_list_goes_on_without_being_asked_for_again() {
    let server = server();
    let place = Place::new();
    let urls = [server.url("/sitemap.xml")];
    place.fetch(&urls, &settings());
    // As if the run had been killed after the sitemap: what follows in the journal is gone, and the records with it.
    let journal = place.journal();
    let end = journal.find("/sitemap.xml\",\"at\"").and_then(|at| journal[at..].find('\n').map(|line| at + line + 1));
    let kept = &journal[..end.expect("the sitemap's line")];
    std::fs::write(place.path("crawl.warc.gz.journal"), kept).unwrap();
    let last: serde_json::Value = serde_json::from_str(kept.lines().last().unwrap()).unwrap();
    let length = last["offset"].as_u64().unwrap() + last["length"].as_u64().unwrap();
    std::fs::OpenOptions::new().write(true).open(place.archive()).unwrap().set_len(length).unwrap();
    let summary = place.fetch(&urls, &settings());
    assert_eq!((server.count("/sitemap.xml"), server.count("/b")), (1, 2));
    assert_eq!((summary.settled, summary.already_done), (2, 1));
}
