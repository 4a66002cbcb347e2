//! Any bytes in, a row out: one bad document never crashes a run or takes others with it.

use std::fs;
use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use tempfile::tempdir;

use crate::support::{page, rows, run, tree, write_files};

#[test]
fn every_hostile_input_has_its_row_and_the_rest_is_cleaned() {
    let work = tempdir().unwrap();
    let input = work.path().join("in");
    let good = page("weather");
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(page("harbour").encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let deep = format!("{}<p>Found at the bottom of the well.</p>{}", "<div>".repeat(60_000), "</div>".repeat(60_000));
    let holes: String = (0..60_000).map(|hole| format!("<!--$?--><template id=\"B:{hole:x}\"></template>")).collect();
    let parts: String = (0..60_000).map(|part| format!("<div hidden id=\"S:{part:x}\"></div>")).collect();
    let streamed = format!("{}{holes}{parts}", page("tide"));
    let cyrillic = "<html><body><article><h1>Погода на неделю</h1><p>Синоптики обещают дожди и ветер до конца недели, \
                    а в выходные станет теплее и суше.</p><p>Жителей просят не оставлять машины под деревьями и следить \
                    за сообщениями городских служб в ближайшие дни.</p></article></body></html>";
    write_files(
        &input,
        &[
            ("good.html", good.as_bytes()),
            ("empty.html", b""),
            ("binary.html", &(0..4096u32).map(|i| (i * 7919 % 251) as u8).collect::<Vec<_>>()),
            ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            ("paper.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"),
            ("utf16.html", &utf16),
            ("windows-1251.html", &encode_windows_1251(cyrillic)),
            ("nul.txt", NUL_TEXT),
            ("deep.html", deep.as_bytes()),
            ("streamed.html", streamed.as_bytes()),
            ("style.css", b"body { color: red }"),
            ("bomb.html.gz", &gzip_of_zeros(600 << 20)),
            (".hidden.html", good.as_bytes()),
        ],
    );
    make_special_files(&input);
    let result = run(&["clean", "in", "-o", "out"], work.path());
    let rows = rows(&work.path().join("out"));
    let failed = rows.values().any(|row| row["outcome"] == "failed");
    assert_eq!(result.code, Some(i32::from(failed)), "the exit code tells of failures: {}", result.stderr);
    let outcome = |id: &str| rows.get(id).unwrap_or_else(|| panic!("{id} has no row"))["outcome"].as_str().unwrap();
    assert_eq!(outcome("good.html"), "written");
    assert_eq!(outcome("empty.html"), "empty");
    assert_eq!(outcome("binary.html"), "unsupported");
    assert_eq!(outcome("picture.png"), "unsupported");
    assert_eq!(outcome("paper.pdf"), "unsupported");
    assert_eq!(outcome("style.css"), "unsupported");
    assert_eq!(outcome("utf16.html"), "written");
    assert_eq!(outcome("windows-1251.html"), "written");
    assert_eq!(outcome("nul.txt"), "written");
    assert_eq!(outcome("deep.html"), "written");
    assert_eq!(outcome("streamed.html"), "written");
    assert!(["failed", "unsupported"].contains(&outcome("bomb.html.gz")));
    assert!(!rows.contains_key(".hidden.html"), "hidden files are counted, without a row");
    #[cfg(unix)]
    {
        assert_eq!(outcome("broken-link.html"), "skipped");
        assert_eq!(outcome("loop"), "skipped");
        assert_eq!(outcome("caf%E9.html"), "written");
    }
    let files = tree(&work.path().join("out"));
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    assert!(text("utf16.txt").contains("the state of the road"));
    assert!(text("windows-1251.txt").contains("Синоптики обещают дожди"));
    assert!(text("deep.txt").contains("Found at the bottom of the well."));
    let limits = rows["deep.html"]["limits"].to_string();
    assert!(limits.contains("segment.max-depth"), "{limits}");
}

#[test]
fn a_very_wide_table_and_a_very_long_line_come_back_whole() {
    let work = tempdir().unwrap();
    let table: String = (0..100_000).map(|row| format!("<tr><td>row {row}</td><td>{}</td></tr>", row * 3)).collect();
    let line = "All work and no play makes a long line. ".repeat(20_000);
    write_files(
        &work.path().join("in"),
        &[("table.html", format!("<h1>Readings</h1><table>{table}</table>").as_bytes()), ("line.txt", line.as_bytes())],
    );
    run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    let files = tree(&work.path().join("out"));
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    assert!(text("table.txt").contains("row 99999"));
    assert!(text("line.txt").contains("makes a long line."));
}

/// Plain prose with a NUL in the middle.
const NUL_TEXT: &[u8] = b"The ferry was late again\n\nIt left the harbour at noon with forty passengers and a piano, and \
    nobody on board\0 could say whose piano it was. The captain asked twice over the loudspeaker.\n\nWhen the boat came \
    in at four, a man in a grey coat was waiting on the quay. He had bought the piano that morning, he said, from a \
    woman who had promised to send it by road.\n";

fn gzip_of_zeros(bytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..bytes >> 20 {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

fn encode_windows_1251(text: &str) -> Vec<u8> {
    let byte = |c: char| match c {
        'А'..='я' => (c as u32 - 'А' as u32 + 0xc0) as u8,
        c if c.is_ascii() => c as u8,
        other => panic!("{other} is not used here"),
    };
    text.chars().map(byte).collect()
}

#[cfg(unix)]
fn make_special_files(input: &std::path::Path) {
    use std::ffi::OsStr;
    use std::os::unix::{ffi::OsStrExt, fs::PermissionsExt, fs::symlink};
    symlink("nowhere.html", input.join("broken-link.html")).unwrap();
    symlink(".", input.join("loop")).unwrap();
    fs::write(input.join(OsStr::from_bytes(b"caf\xe9.html")), page("coffee")).unwrap();
    let secret = input.join("secret.html");
    fs::write(&secret, page("secret")).unwrap();
    // The superuser reads it all the same, and then it is a page like any other.
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
}

#[cfg(not(unix))]
fn make_special_files(_: &std::path::Path) {}
