//! tar, zip and MHTML: members, names, limits, damage.

mod common;

use std::{fs, io::Write};

use common::{documents, goes_on_at_every_position, gzip, load, load_all, row, rows, settings, text, write};
use dechaff_read::{Input, open};
use tempfile::tempdir;

const PAGE: &str = "<!doctype html><p>The ferry runs every hour.</p>";

fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, contents) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *contents).unwrap();
    }
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "link.html", "a.html").unwrap();
    builder.into_inner().unwrap()
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, contents) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(contents).unwrap();
    }
    writer.add_directory("empty", zip::write::SimpleFileOptions::default()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn members() -> Vec<(String, Vec<u8>)> {
    let long = format!("{}/page.html", ["a-long-name-of-a-directory"; 9].join("/"));
    vec![
        ("a.html".into(), PAGE.into()),
        ("b/c.html.gz".into(), gzip(PAGE.as_bytes())),
        ("b/.hidden.html".into(), PAGE.into()),
        ("b/logo.png".into(), b"\x89PNG\r\n\x1a\n".to_vec()),
        ("b/style.css".into(), b"p {}".to_vec()),
        ("empty.txt".into(), Vec::new()),
        (long, PAGE.into()),
        ("notes.txt".into(), b"Low water at noon.".to_vec()),
    ]
}

fn borrowed(members: &[(String, Vec<u8>)]) -> Vec<(&str, &[u8])> {
    members.iter().map(|(name, contents)| (name.as_str(), contents.as_slice())).collect()
}

fn expected(archive: &str) -> Vec<String> {
    let long = members()[6].0.clone();
    ["a.html: html", "b/c.html.gz: html", "b/logo.png: unsupported PNG image", "b/style.css: unsupported CSS"]
        .map(str::to_owned)
        .into_iter()
        .chain(["empty.txt: text".into(), format!("{long}: html"), "notes.txt: text".into()])
        .map(|row| format!("{archive}/{row}"))
        .collect()
}

#[test]
fn members_of_archives_are_read_as_files_are() {
    let root = tempdir().unwrap();
    let members = members();
    let tar = tar_of(&borrowed(&members));
    write(root.path(), "a.tar", &tar);
    write(root.path(), "b.tar.gz", gzip(&tar));
    write(root.path(), "c.tgz", gzip(&tar));
    write(root.path(), "d", zstd::encode_all(tar.as_slice(), 1).unwrap());
    write(root.path(), "e.zip", zip_of(&borrowed(&members)));
    for name in ["a.tar", "b.tar.gz", "c.tgz", "d", "e.zip"] {
        let mut expected = expected(name);
        if name != "e.zip" {
            expected.push(format!("{name}/link.html: skipped link"));
        }
        assert_eq!(rows(root.path().join(name), &settings()), expected, "{name}");
        let inputs = [Input::Path(root.path().join(name))];
        let mut reader = open(&inputs, &settings()).unwrap();
        reader.by_ref().for_each(drop);
        assert_eq!(reader.passed().hidden, 1);
        goes_on_at_every_position(&inputs, &settings());
    }
}

#[test]
fn no_member_leads_out_of_the_output() {
    let root = tempdir().unwrap();
    write(root.path(), "a.zip", zip_of(&[("../../evil.html", PAGE.as_bytes()), ("/root.html", PAGE.as_bytes())]));
    let relative: Vec<_> = load(root.path(), &settings())
        .iter()
        .map(|loaded| loaded.source().relative.to_str().unwrap().to_owned())
        .collect();
    assert_eq!(relative, ["a.zip/evil.html", "a.zip/root.html"]);
}

#[test]
fn documents_and_programs_in_zip_are_no_archives_of_pages() {
    let root = tempdir().unwrap();
    write(root.path(), "a.docx", zip_of(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]));
    write(root.path(), "b.bin", zip_of(&[("mimetype", b"application/epub+zip")]));
    write(root.path(), "c.apk", zip_of(&[("classes.dex", b"x")]));
    let found = rows(root.path(), &settings());
    assert_eq!(found[0], "a.docx: unsupported DOCX");
    assert_eq!(found[2], "c.apk: unsupported zip archive");
}

#[test]
fn a_member_over_the_limit_fails_and_the_next_is_read() {
    let root = tempdir().unwrap();
    let bomb = vec![b'a'; 200_000];
    let members: [(&str, &[u8]); 2] = [("bomb.txt", &bomb), ("page.html", PAGE.as_bytes())];
    write(root.path(), "a.tar", tar_of(&members));
    write(root.path(), "b.zip", zip_of(&members));
    let mut settings = settings();
    settings.max_bytes = 1000;
    let found = rows(root.path(), &settings);
    assert_eq!(found[0], "a.tar/bomb.txt: failed more than 1000 bytes (read.max-bytes)");
    assert_eq!(found[1], "a.tar/page.html: html");
    assert_eq!(found[3..], ["b.zip/bomb.txt: failed more than 1000 bytes (read.max-bytes)", "b.zip/page.html: html"]);
}

#[test]
fn a_damaged_archive_is_read_as_far_as_it_goes() {
    let root = tempdir().unwrap();
    let members = members();
    let tar = tar_of(&borrowed(&members));
    // The header of the second member.
    let mut damaged = tar.clone();
    damaged[1024 + 3] ^= 0xff;
    write(root.path(), "damaged.tar", &damaged);
    let found = rows(root.path().join("damaged.tar"), &settings());
    assert_eq!(found[0], "damaged.tar/a.html: html");
    assert_eq!(found[1], "damaged.tar#1024: failed no tar header begins here");
    assert_eq!(found[2], "damaged.tar/b/logo.png: unsupported PNG image");

    write(root.path(), "cut.tar", &tar[..1024 + 512 + 10]);
    let found = rows(root.path().join("cut.tar"), &settings());
    assert!(found[1].starts_with("cut.tar/b/c.html.gz: failed the archive ends "), "{found:?}");

    // Without its directory, a zip archive is read member by member.
    let zip = zip_of(&borrowed(&members));
    write(root.path(), "cut.zip", &zip[..zip.len() - 40]);
    let found = rows(root.path().join("cut.zip"), &settings());
    assert_eq!(found[..7], expected("cut.zip"), "{found:?}");
    assert!(found[7].contains(": failed the archive's directory: "), "{found:?}");
}

#[test]
fn any_bytes_give_rows_and_no_panic() {
    let root = tempdir().unwrap();
    let members = members();
    for (name, bytes) in [("a.tar", tar_of(&borrowed(&members))), ("a.zip", zip_of(&borrowed(&members)))] {
        for at in (0..bytes.len()).step_by(61) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xa5;
            if at % 3 == 0 {
                damaged.truncate(bytes.len() - at / 2);
            }
            write(root.path(), name, &damaged);
            let found = load_all(&[Input::Path(root.path().join(name))], &settings());
            assert!((1..60).contains(&found.len()), "{name} {at}: {:?}", found.iter().map(row).collect::<Vec<_>>());
        }
    }
    assert!(fs::metadata(root.path().join("a.zip")).is_ok());
}

const SAVED: &str = "From: <Saved by Browser>\r\n\
Snapshot-Content-Location: https://town.example/ferry\r\n\
Subject: =?utf-8?Q?Die_F=C3=A4hre?=\r\n\
Date: Sun, 2 Mar 2025 10:00:00 -0000\r\n\
MIME-Version: 1.0\r\n\
Content-Type: multipart/related;\r\n\ttype=\"text/html\";\r\n\tboundary=\"----cut\"\r\n\r\n\
------cut\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\
Content-Location: https://town.example/ferry\r\n\r\n\
<html><body><p>Die F=C3=A4hre f=C3=A4hrt jede Stun=\r\nde.</p></body></html>\r\n\
------cut\r\nContent-Type: text/css\r\nContent-Location: https://town.example/a.css\r\n\r\np {}\r\n------cut--\r\n";

#[test]
fn a_page_saved_as_mhtml_is_its_first_part() {
    let root = tempdir().unwrap();
    write(root.path(), "a.mhtml", SAVED);
    write(root.path(), "b", SAVED.replace("Snapshot-Content-Location: https://town.example/ferry\r\n", ""));
    let documents = documents(load(root.path(), &settings()));
    for document in &documents {
        assert_eq!(text(document).trim_end(), "<html><body><p>Die Fähre fährt jede Stunde.</p></body></html>");
        assert_eq!(document.source.url.as_deref(), Some("https://town.example/ferry"));
        assert!(document.fields.contains(&("Subject".into(), "\"Die Fähre\"".into())), "{:?}", document.fields);
    }
    assert_eq!(documents.len(), 2);
}

#[test]
fn a_letter_is_text() {
    let root = tempdir().unwrap();
    write(root.path(), "a.txt", "Dear all: the mime-version: of this is nothing.\nmultipart/related is a type.");
    assert_eq!(rows(root.path(), &settings()), ["a.txt: text"]);
}
