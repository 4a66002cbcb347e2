//! Reading directories: what is found, in which order, under which name, and what is passed over.

mod common;

use std::{fs, path::Path};

use common::{documents, gzip, load, load_all, rows, settings, text, write};
use dechaff_read::{Input, Loaded, OverLimit, open, open_at};
use tempfile::tempdir;

#[test]
fn files_come_in_byte_order_of_their_names_with_paths_below_the_input() {
    let root = tempdir().unwrap();
    for name in ["b.html", "a/z.txt", "a-c.txt", "a/B.txt", "a/b/c.txt", "É.txt", "é.txt"] {
        write(root.path(), name, "<p>Rain.</p>");
    }
    assert_eq!(
        rows(root.path(), &settings()),
        [
            "a/B.txt: text",
            "a/b/c.txt: text",
            "a/z.txt: text",
            "a-c.txt: text",
            "b.html: html",
            "É.txt: text",
            "é.txt: text"
        ]
    );
    let sources: Vec<_> = load(root.path(), &settings()).iter().map(|loaded| loaded.source().clone()).collect();
    assert_eq!(sources[0].relative, Path::new("a/B.txt"));
    assert_eq!(sources[0].input, root.path().join("a/B.txt").to_str().unwrap());
}

#[test]
fn several_inputs_stand_under_their_names() {
    let root = tempdir().unwrap();
    write(root.path(), "one/pages/a.txt", "x");
    write(root.path(), "two/pages/a.txt", "x");
    write(root.path(), "b.txt", "x");
    let input = |name: &str| Input::Path(root.path().join(name));
    let loaded = load_all(&[input("one/pages"), input("two/pages"), input("b.txt")], &settings());
    let names: Vec<_> = loaded.iter().map(|loaded| loaded.source().id.as_str()).collect();
    assert_eq!(names, ["pages/a.txt", "pages-2/a.txt", "b.txt"]);
}

#[test]
fn hidden_and_excluded_files_are_counted_and_have_no_row() {
    let root = tempdir().unwrap();
    for name in [".git/config", ".hidden.txt", "a.txt", "skip/b.txt", "skip/c.txt", "x/d.log", "x/e.txt"] {
        write(root.path(), name, "text");
    }
    let mut settings = settings();
    settings.exclude = vec!["skip".into(), "*.log".into()];
    let mut reader = open(&[Input::Path(root.path().into())], &settings).unwrap();
    let ids: Vec<_> = reader.by_ref().map(|entry| entry.source.id).collect();
    assert_eq!(ids, ["a.txt", "x/e.txt"]);
    assert_eq!((reader.passed().hidden, reader.passed().excluded), (2, 2));

    settings.hidden = true;
    settings.exclude.clear();
    settings.include = vec!["x/*".into(), "config".into()];
    assert_eq!(rows(root.path(), &settings), [".git/config: text", "x/d.log: text", "x/e.txt: text"]);
}

#[test]
fn a_file_named_by_the_user_is_read_whatever_the_filters() {
    let root = tempdir().unwrap();
    write(root.path(), ".hidden.txt", "text");
    let mut settings = settings();
    settings.exclude = vec!["*".into()];
    assert_eq!(rows(root.path().join(".hidden.txt"), &settings), [".hidden.txt: text"]);
}

#[test]
fn files_that_belong_to_a_saved_page_are_unsupported_unless_included() {
    let root = tempdir().unwrap();
    write(root.path(), "a.css", "p { margin: 0 }");
    write(root.path(), "b.js", "let a = '<p>x</p>';");
    write(root.path(), "c.json", "{\"a\": 1}");
    write(root.path(), "d.svg", "<svg></svg>");
    write(root.path(), "e.xml", "<?xml version='1.0'?><a/>");
    assert_eq!(
        rows(root.path(), &settings()),
        [
            "a.css: unsupported CSS",
            "b.js: unsupported JavaScript",
            "c.json: unsupported JSON",
            "d.svg: unsupported SVG image",
            "e.xml: unsupported XML"
        ]
    );
    let mut settings = settings();
    settings.include = vec!["*.{css,js,xml}".into()];
    assert_eq!(rows(root.path(), &settings), ["a.css: text", "b.js: text", "e.xml: text"]);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_skipped_unless_followed_and_loops_are_survived() {
    use std::os::unix::fs::symlink;
    let root = tempdir().unwrap();
    write(root.path(), "a/page.txt", "text");
    symlink("..", root.path().join("a/up")).unwrap();
    symlink("a/page.txt", root.path().join("link.txt")).unwrap();
    symlink("missing.txt", root.path().join("broken.txt")).unwrap();
    assert_eq!(
        rows(root.path(), &settings()),
        [
            "a/page.txt: text",
            "a/up: skipped symbolic link",
            "broken.txt: skipped broken symbolic link",
            "link.txt: skipped symbolic link"
        ]
    );
    let mut settings = settings();
    settings.follow = true;
    assert_eq!(
        rows(root.path(), &settings),
        [
            "a/page.txt: text",
            "a/up: skipped symbolic link that leads back to a directory it is in",
            "broken.txt: failed broken symbolic link",
            "link.txt: text"
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_named_pipe_in_a_directory_does_not_block_the_run() {
    let root = tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(root.path().join("pipe")).status();
    if made.is_ok_and(|status| status.success()) {
        assert_eq!(rows(root.path(), &settings()), ["pipe: skipped neither a file nor a directory"]);
    }
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_fails_and_the_rest_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempdir().unwrap();
    write(root.path(), "a/page.txt", "text");
    write(root.path(), "b.txt", "text");
    write(root.path(), "c.txt", "text");
    for name in ["a", "b.txt"] {
        fs::set_permissions(root.path().join(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let privileged = fs::read(root.path().join("b.txt")).is_ok();
    let rows = rows(root.path(), &settings());
    fs::set_permissions(root.path().join("a"), fs::Permissions::from_mode(0o700)).unwrap();
    if !privileged {
        assert_eq!(rows.len(), 3, "{rows:?}");
        assert!(rows[0].starts_with("a: failed ") && rows[1].starts_with("b.txt: failed "), "{rows:?}");
    }
    assert_eq!(rows[rows.len() - 1], "c.txt: text");
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_read_and_shown_escaped() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let root = tempdir().unwrap();
    let name = OsStr::from_bytes(b"caf\xe9.txt");
    fs::write(root.path().join(name), "text").unwrap();
    assert_eq!(rows(root.path(), &settings()), ["caf%E9.txt: text"]);
}

#[test]
fn output_is_never_read_back() {
    let root = tempdir().unwrap();
    write(root.path(), "a.txt", "text");
    write(root.path(), "out/a.txt", "text");
    write(root.path(), "out/.dechaff/state", "");
    write(root.path(), "new/a.txt", "text");
    let inputs = [Input::Path(root.path().into())];
    let reader = open(&inputs, &settings()).unwrap().never_reading(&root.path().join("new"));
    let found: Vec<_> = reader.map(|entry| common::row(&entry.load())).collect();
    assert_eq!(found, ["a.txt: text", "out: skipped output of an earlier run (it holds .dechaff)"]);
    let itself = open(&[Input::Path(root.path().join("new"))], &settings()).unwrap();
    assert_eq!(itself.never_reading(&root.path().join("new")).count(), 0);
}

#[test]
fn a_missing_input_is_a_failed_row() {
    let root = tempdir().unwrap();
    assert_eq!(rows(root.path().join("no.html"), &settings()), ["no.html: failed no such file or directory"]);
}

#[test]
fn globs_and_lists_of_files_name_inputs() {
    let root = tempdir().unwrap();
    for name in ["2023/a.html", "2023/b.txt", "2024/a.html", "2024/c/d.html"] {
        write(root.path(), name, "<p>x</p>");
    }
    let glob = |pattern: &str| {
        let pattern = root.path().join(pattern).to_str().unwrap().to_owned();
        load_all(&[Input::Glob(pattern)], &settings())
            .iter()
            .map(|loaded| loaded.source().id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(glob("202?/*.html"), ["2023/a.html", "2024/a.html"]);
    assert_eq!(glob("**/*.html"), ["2023/a.html", "2024/a.html", "2024/c/d.html"]);
    assert_eq!(glob("*4"), ["2024/a.html", "2024/c/d.html"]);
    let none = load_all(&[Input::Glob(root.path().join("*.pdf").to_str().unwrap().into())], &settings());
    assert!(matches!(&none[..], [Loaded::Failed { message, .. }] if message == "no file matches"));

    let line = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    for separator in ["\n", "\r\n", "\0"] {
        let list = [line("2023/b.txt"), line("2024"), line("no.html")].join(separator);
        write(root.path(), "list", list);
        let rows: Vec<_> = load_all(&[Input::List(root.path().join("list"))], &settings())
            .iter()
            .map(|loaded| common::row(loaded).replace(root.path().to_str().unwrap().trim_start_matches('/'), ""))
            .collect();
        assert_eq!(
            rows,
            [
                "/2023/b.txt: text",
                "/2024/a.html: html",
                "/2024/c/d.html: html",
                "/no.html: failed no such file or directory"
            ]
        );
    }
}

#[test]
fn compressed_pages_are_read_as_what_they_hold() {
    let root = tempdir().unwrap();
    let page = b"<!doctype html><p>The bridge opens in May.</p>";
    write(root.path(), "a.html.gz", gzip(page));
    write(root.path(), "b.txt", [gzip(b"Two members, "), gzip(b"one text.")].concat());
    write(root.path(), "c.zst", zstd::encode_all(&page[..], 3).unwrap());
    let cut = gzip(page);
    write(root.path(), "d.gz", &cut[..cut.len() - 12]);
    let loaded = load(root.path(), &settings());
    let rows: Vec<_> = loaded.iter().map(common::row).collect();
    assert_eq!(rows[..3], ["a.html.gz: html", "b.txt: text", "c.zst: html"]);
    assert!(rows[3].starts_with("d.gz: failed decompressing: "), "{rows:?}");
    assert_eq!(text(&documents(loaded)[1]), "Two members, one text.");
}

#[test]
fn a_document_over_the_limit_fails_or_is_cut_and_says_so() {
    let root = tempdir().unwrap();
    let mut settings = settings();
    settings.max_bytes = 1000;
    write(root.path(), "bomb.gz", gzip(&vec![b'a'; 3_000_000]));
    write(root.path(), "large.txt", "word ".repeat(201));
    write(root.path(), "limit.txt", "word ".repeat(200));
    write(root.path(), "video.html", [&b"\x1a\x45\xdf\xa3"[..], &[0; 2000]].concat());
    let bytes = "more than 1000 bytes (read.max-bytes)";
    assert_eq!(
        rows(root.path(), &settings),
        [
            format!("bomb.gz: failed {bytes}"),
            format!("large.txt: failed {bytes}"),
            "limit.txt: text".into(),
            "video.html: unsupported Matroska or WebM video".into(),
        ]
    );
    settings.over_limit = OverLimit::Cut;
    settings.max_bytes = 4000;
    let loaded = load(root.path(), &settings);
    let Loaded::Document(bomb) = &loaded[0] else { panic!("{loaded:?}") };
    assert_eq!((bomb.body.as_bytes().len(), bomb.limits[0].value), (4000, 4000));
}

#[test]
fn urls_come_from_the_map_by_path_or_by_name() {
    let root = tempdir().unwrap();
    write(root.path(), "in/a/page.html", "<p>x</p>");
    write(root.path(), "in/b.html", "<p>x</p>");
    write(root.path(), "map.tsv", "a/page.html\thttps://site.example/a\n\nb.html\thttps://site.example/b\n");
    let mut settings = settings();
    settings.url_map = root.path().join("map.tsv").to_str().unwrap().into();
    let urls: Vec<_> =
        load(root.path().join("in"), &settings).iter().map(|loaded| loaded.source().url.clone()).collect();
    assert_eq!(urls, [Some("https://site.example/a".into()), Some("https://site.example/b".into())]);

    write(root.path(), "map.tsv", "a/page.html\n");
    let error = open(&[], &settings).err().unwrap().to_string();
    assert!(error.ends_with("map.tsv:1: expected `path<TAB>URL`"), "{error}");
}

#[test]
fn a_bad_glob_is_said_before_anything_is_read() {
    let mut settings = settings();
    settings.include = vec!["a[".into()];
    let error = open(&[], &settings).err().unwrap().to_string();
    assert!(error.starts_with("read.include: ") && error.ends_with("in the glob \"a[\""), "{error}");
}

#[test]
fn reading_goes_on_at_any_position() {
    let root = tempdir().unwrap();
    for name in ["a.txt", "a/b.txt", "a/c/d.txt", "a-b.txt", ".hidden", "b/.hidden", "b/x.txt", "c.txt"] {
        write(root.path(), name.replace("a.txt", "a0.txt").as_str(), "text");
    }
    write(root.path(), "b/lines.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n");
    write(root.path(), "b/more.jsonl.gz", gzip(b"{\"text\": \"three\"}\n{\"text\": \"four\"}\n"));
    write(root.path(), "list", format!("{0}/b\n{0}/c.txt\n", root.path().display()));
    let inputs = [
        Input::Path(root.path().into()),
        Input::Path(root.path().join("no")),
        Input::List(root.path().join("list")),
        Input::Glob(root.path().join("b/*").to_str().unwrap().into()),
    ];
    let mut reader = open(&inputs, &settings()).unwrap();
    let all: Vec<_> = reader.by_ref().map(|entry| (entry.position().clone(), entry.load())).collect();
    assert_eq!(all.len(), 23);
    for (index, (position, _)) in all.iter().enumerate() {
        let mut again = open_at(&inputs, &settings(), position).unwrap();
        let rest: Vec<_> = again.by_ref().map(|entry| (entry.position().clone(), entry.load())).collect();
        assert_eq!(rest, all[index..], "{position:?}");
        assert_eq!(again.passed(), reader.passed());
    }
}

#[test]
fn reading_goes_on_behind_a_file_that_is_gone() {
    let root = tempdir().unwrap();
    for name in ["a.txt", "b.txt", "c.txt"] {
        write(root.path(), name, "text");
    }
    let inputs = [Input::Path(root.path().into())];
    let position = open(&inputs, &settings()).unwrap().nth(1).unwrap().position().clone();
    fs::remove_file(root.path().join("b.txt")).unwrap();
    let ids: Vec<_> = open_at(&inputs, &settings(), &position).unwrap().map(|entry| entry.source.id).collect();
    assert_eq!(ids, ["c.txt"]);
}
