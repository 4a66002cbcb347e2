//! WARC: archives that other libraries wrote, and damaged ones.

mod common;

use std::{fs, path::PathBuf};

use common::{documents, goes_on_at_every_position, gzip, load, load_all, row, rows, settings, text, write};
use dechaff_document::{CharsetHint, CharsetOrigin, MediaType};
use dechaff_read::{Input, Loaded, OverLimit, open};
use tempfile::tempdir;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The rows of the archive that all fixtures hold, id shortened.
const ROWS: [&str; 10] = [
    "02: html",
    "03: skipped HTTP status 301",
    "04: html",
    "05: html",
    "06: html",
    "07: html",
    "08: unsupported PNG image",
    "09: unsupported CSS",
    "10: text",
    "11: skipped revisit record: unchanged since https://town.example/harbour",
];

fn short(row: String) -> String {
    row.replace("<urn:uuid:00000000-0000-4000-8000-0000000000", "").replacen('>', "", 1)
}

fn short_rows(input: PathBuf) -> Vec<String> {
    rows(input, &settings()).into_iter().map(short).collect()
}

fn expected() -> Vec<String> {
    ROWS.iter().map(|row| (*row).to_owned()).chain(["13: text".to_owned()]).collect()
}

#[test]
fn archives_of_every_writer_and_compression_give_the_same_rows() {
    for name in [
        "warcio.warc",
        "warcio-1.0.warc",
        "warcio.warc.gz",
        "whole.warc.gz",
        "frames.warc.zst",
        "dictionary.warc.zst",
        "fastwarc.warc.gz",
    ] {
        assert_eq!(short_rows(fixture(name)), expected(), "{name}");
    }
}

#[test]
fn bodies_are_decoded_and_headers_give_charset_url_and_fields() {
    let documents = documents(load(fixture("warcio.warc.gz"), &settings()));
    let harbour = &documents[0];
    assert_eq!(harbour.source.url.as_deref(), Some("https://town.example/harbour"));
    assert_eq!(harbour.source.relative.to_str(), Some("warcio.warc.gz/00000000-0000-4000-8000-000000000002"));
    assert!(harbour.source.offset.is_some_and(|offset| offset > 0));
    assert_eq!(harbour.charset, Some(CharsetHint { label: "utf-8".into(), origin: CharsetOrigin::Http }));
    for document in &documents[..5] {
        assert_eq!(document.media, MediaType::Html);
        assert!(text(document).starts_with("<!doctype html><html><head><title>"), "{}", text(document));
        assert!(text(document).ends_with("</p></main></body></html>"), "{}", text(document));
    }
    assert!(text(&documents[2]).contains("alten Bahnhofsplatz"));
    let conversion = documents.last().unwrap();
    assert_eq!(text(conversion), "Der Wochenmarkt zieht um.\nGrüße!");
    assert!(conversion.fields.contains(&("WARC-Identified-Content-Language".into(), "\"deu\"".into())));
    assert!(conversion.fields.contains(&("WARC-Date".into(), "\"2025-03-02T10:00:00Z\"".into())));
}

#[test]
fn records_of_other_kinds_are_counted() {
    let mut reader = open(&[Input::Path(fixture("warcio.warc"))], &settings()).unwrap();
    assert_eq!(reader.by_ref().count(), 11);
    assert_eq!(reader.passed().other_records, 3);
}

#[test]
fn reading_goes_on_at_any_record_of_any_archive() {
    for name in ["warcio.warc", "warcio.warc.gz", "whole.warc.gz", "frames.warc.zst", "dictionary.warc.zst"] {
        let inputs = [Input::Path(fixture(name))];
        goes_on_at_every_position(&inputs, &settings());
    }
}

#[test]
fn offsets_are_those_of_the_members_in_the_file() {
    let bytes = fs::read(fixture("warcio.warc.gz")).unwrap();
    for loaded in load(fixture("warcio.warc.gz"), &settings()) {
        let offset = loaded.source().offset.unwrap() as usize;
        assert!(bytes[offset..].starts_with(b"\x1f\x8b"));
    }
    let bytes = fs::read(fixture("warcio.warc")).unwrap();
    for loaded in load(fixture("warcio.warc"), &settings()) {
        let offset = loaded.source().offset.unwrap() as usize;
        assert!(bytes[offset..].starts_with(b"WARC/1.1\r\n"));
    }
}

#[test]
fn an_archive_that_was_cut_keeps_what_came_before() {
    let root = tempdir().unwrap();
    for name in ["warcio.warc", "warcio.warc.gz", "whole.warc.gz", "frames.warc.zst"] {
        let bytes = fs::read(fixture(name)).unwrap();
        let starts: Vec<_> =
            load(fixture(name), &settings()).iter().map(|loaded| loaded.source().offset.unwrap() as usize).collect();
        // In the middle of the second page.
        let cut = if name == "whole.warc.gz" { bytes.len() / 2 } else { (starts[2] + starts[3]) / 2 };
        write(root.path(), name, &bytes[..cut]);
        let rows = short_rows(root.path().join(name));
        let (last, before) = rows.split_last().unwrap();
        assert_eq!(before, &expected()[..before.len()], "{name}");
        assert!(last.contains(": failed "), "{name}: {last}");
        assert!(name == "whole.warc.gz" || before.len() == 2, "{name}: {rows:?}");
    }
}

#[test]
fn a_bad_member_is_one_row_and_reading_goes_on_behind_it() {
    let root = tempdir().unwrap();
    for name in ["warcio.warc.gz", "frames.warc.zst", "dictionary.warc.zst"] {
        let starts: Vec<_> =
            load(fixture(name), &settings()).iter().map(|loaded| loaded.source().offset.unwrap() as usize).collect();
        // Damage in the header of the member, in its data, and in its checksum.
        for at in [starts[2], starts[2] + 40, starts[3] - 6] {
            let mut bytes = fs::read(fixture(name)).unwrap();
            for byte in &mut bytes[at..at + 4] {
                *byte ^= 0xa5;
            }
            write(root.path(), name, &bytes);
            let loaded = load(root.path().join(name), &settings());
            let rows: Vec<_> = loaded.iter().map(row).map(short).collect();
            let (broken, others): (Vec<_>, Vec<_>) = rows.iter().cloned().partition(|row| row.contains(": failed "));
            let mut expected = expected();
            expected.remove(2);
            assert_eq!(others, expected, "{name} at {at}: {rows:?}");
            assert_eq!(broken.len(), 1, "{name} at {at}: {rows:?}");
            let failed = loaded.iter().find(|loaded| matches!(loaded, Loaded::Failed { .. })).unwrap();
            assert_eq!(failed.source().offset, Some(starts[2] as u64), "{name} at {at}");
        }
    }
}

#[test]
fn a_record_with_a_wrong_length_is_one_row_and_the_next_is_read() {
    let root = tempdir().unwrap();
    let plain = fs::read(fixture("warcio.warc")).unwrap();
    let start = plain.windows(12).position(|window| window == b"000000000007").unwrap();
    let field = start + plain[start..].windows(16).position(|window| window == b"Content-Length: ").unwrap() + 16;
    let end = field + plain[field..].iter().position(|byte| *byte == b'\r').unwrap();
    for length in ["10", "700", "99999999999", "", "x", "-1"] {
        let damaged = [&plain[..field], length.as_bytes(), &plain[end..]].concat();
        write(root.path(), "plain.warc", &damaged);
        write(root.path(), "whole.warc.gz", gzip(&damaged));
        let mut members = Vec::new();
        let mut from = 0;
        for at in memchr_all(&damaged, b"\r\n\r\nWARC/1.1\r\n").into_iter().map(|at| at + 4).chain([damaged.len()]) {
            members.extend(gzip(&damaged[from..at]));
            from = at;
        }
        write(root.path(), "members.warc.gz", &members);
        for name in ["plain.warc", "members.warc.gz", "whole.warc.gz"] {
            let rows = short_rows(root.path().join(name));
            let mut expected = expected();
            expected[5] = rows[5].clone();
            assert!(rows[5].starts_with("07: failed "), "{name} {length}: {rows:?}");
            assert_eq!(rows, expected, "{name} {length}");
        }
    }
}

fn memchr_all(bytes: &[u8], pattern: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|at| bytes[*at..].starts_with(pattern)).collect()
}

#[test]
fn reading_goes_on_at_any_record_of_a_damaged_archive() {
    let root = tempdir().unwrap();
    for name in ["warcio.warc", "warcio.warc.gz", "whole.warc.gz", "frames.warc.zst", "dictionary.warc.zst"] {
        let starts: Vec<_> =
            load(fixture(name), &settings()).iter().map(|loaded| loaded.source().offset.unwrap() as usize).collect();
        let mut bytes = fs::read(fixture(name)).unwrap();
        let (first, second) = if name == "whole.warc.gz" { (1500, 1900) } else { (starts[2] + 60, starts[5] + 30) };
        for at in [first, second] {
            bytes[at] ^= 0xff;
        }
        write(root.path(), name, &bytes);
        let inputs = [Input::Path(root.path().join(name))];
        goes_on_at_every_position(&inputs, &settings());
    }
}

#[test]
fn many_records_of_wrong_length_take_no_quadratic_time() {
    // Each claims nearly all that follows: read naively this is 40 GB.
    let root = tempdir().unwrap();
    let records = 20_000;
    let mut archive = Vec::new();
    for n in 0..records {
        let length = (records - n) * 190;
        let record = format!(
            "WARC/1.0\r\nWARC-Type: resource\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{}\r\n\r\n",
            "x".repeat(100)
        );
        archive.extend(record.into_bytes());
    }
    write(root.path(), "a.warc.gz", gzip(&archive));
    write(root.path(), "b.warc", &archive);
    let found = rows(root.path(), &settings());
    assert!(found.len() > 20 && found.iter().all(|row| row.contains(": failed ")), "{}", found.len());
}

#[test]
fn garbage_between_records_is_one_row() {
    let root = tempdir().unwrap();
    let plain = fs::read(fixture("warcio.warc")).unwrap();
    let at = memchr_all(&plain, b"\r\n\r\nWARC/1.1\r\n")[4] + 4;
    write(root.path(), "a.warc", [&plain[..at], b"something else\r\n\r\nand more\r\n", &plain[at..]].concat());
    let rows = short_rows(root.path().join("a.warc"));
    assert_eq!(rows.len(), 12, "{rows:?}");
    assert_eq!(rows.iter().filter(|row| row.contains(": failed ")).count(), 1, "{rows:?}");
}

#[test]
fn padding_behind_the_last_record_is_nothing() {
    let root = tempdir().unwrap();
    for name in ["warcio.warc", "warcio.warc.gz"] {
        let mut bytes = fs::read(fixture(name)).unwrap();
        bytes.extend([0; 1024]);
        write(root.path(), name, &bytes);
        assert_eq!(short_rows(root.path().join(name)), expected());
    }
}

#[test]
fn an_archive_is_told_by_content_whatever_its_name() {
    let root = tempdir().unwrap();
    for (fixture_name, name) in [("warcio.warc.gz", "a"), ("warcio.warc", "b.txt"), ("dictionary.warc.zst", "c.html")] {
        fs::copy(fixture(fixture_name), root.path().join(name)).unwrap();
        assert_eq!(short_rows(root.path().join(name)), expected(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn an_archive_can_come_through_a_pipe() {
    let root = tempdir().unwrap();
    let pipe = root.path().join("pipe");
    let Ok(true) = std::process::Command::new("mkfifo").arg(&pipe).status().map(|status| status.success()) else {
        return;
    };
    for name in ["warcio.warc", "warcio.warc.gz", "dictionary.warc.zst"] {
        let bytes = fs::read(fixture(name)).unwrap();
        let to = pipe.clone();
        let writer = std::thread::spawn(move || fs::write(to, bytes));
        let rows: Vec<_> = load_all(&[Input::Path(pipe.clone())], &settings()).iter().map(row).map(short).collect();
        writer.join().unwrap().unwrap();
        assert_eq!(rows, expected(), "{name}");
    }
}

#[test]
fn a_record_over_the_limit_fails_or_is_cut_and_the_next_is_read() {
    let root = tempdir().unwrap();
    let record = |id: &str, media: &str, body: &[u8]| {
        let http = [format!("HTTP/1.1 200 OK\r\nContent-Type: {media}\r\n\r\n").as_bytes(), body].concat();
        let header = format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: {id}\r\nContent-Type: application/http\r\nContent-Length: {}\r\n\r\n",
            http.len()
        );
        [header.as_bytes(), &http, b"\r\n\r\n"].concat()
    };
    let large = vec![b'a'; 300_000];
    let video = [&b"\x1a\x45\xdf\xa3"[..], &large].concat();
    let archive =
        [record("a", "text/plain", &large), record("b", "video/webm", &video), record("c", "text/plain", b"small")]
            .concat();
    write(root.path(), "a.warc", &archive);
    let mut settings = settings();
    settings.max_bytes = 100_000;
    let found = rows(root.path().join("a.warc"), &settings);
    assert_eq!(
        found,
        ["a: failed more than 100000 bytes (read.max-bytes)", "b: unsupported Matroska or WebM video", "c: text"]
    );
    settings.over_limit = OverLimit::Cut;
    let documents = documents(load(root.path().join("a.warc"), &settings));
    assert_eq!((documents[0].body.as_bytes().len(), documents[0].limits.len()), (100_000, 1));
    assert_eq!(documents[1].limits.len(), 0);
}

#[test]
fn any_bytes_give_rows_and_no_panic() {
    let root = tempdir().unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % below
    };
    for name in ["warcio.warc", "warcio.warc.gz", "whole.warc.gz", "frames.warc.zst", "dictionary.warc.zst"] {
        let bytes = fs::read(fixture(name)).unwrap();
        for _ in 0..150 {
            let mut damaged = bytes.clone();
            for _ in 0..1 + random(6) {
                let at = random(damaged.len());
                match random(4) {
                    0 => damaged[at] = random(256) as u8,
                    1 => drop(damaged.drain(at..(at + random(200)).min(bytes.len().min(damaged.len())).max(at))),
                    2 => damaged.truncate(at.max(1)),
                    _ => {
                        let piece: Vec<u8> = (0..random(50)).map(|_| random(256) as u8).collect();
                        damaged.splice(at..at, piece);
                    }
                }
                if damaged.is_empty() {
                    break;
                }
            }
            write(root.path(), name, &damaged);
            let found = load(root.path().join(name), &settings());
            assert!((1..200).contains(&found.len()), "{name}: {}", found.len());
        }
    }
}
