//! What a run finds out about the whole corpus: near copies, paragraphs, documents seen before, repeats of a site.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use dechaff::config::{Configuration, Layer};
use dechaff::corpus::{DuplicateFiles, deduplicate, learn};
use dechaff::read::Input;
use dechaff::run::{Destination, Job, Progress, clean};
use dechaff::{Cleaner, Extras};
use serde_json::Value;

const FERRY: &str = "The night ferry between Holte and the island will sail again from Monday, the port authority said on \
    Thursday, ending a month in which islanders had to take the long way round by the northern bridge and the coast road.";
const YARD: &str = "The ship was withdrawn in February when engineers found cracks in the mounting of her starboard engine, \
    and the yard had to wait for a part that was cast in Poland and delivered a week late.";
const SCHOOL: &str = "Two schools in the upper valley will stay closed in March while their roofs are repaired, the council \
    decided on Tuesday, and the pupils will be taught in the parish hall and in the old railway station.";
const NOTE: &str = "This report was made with the support of the foundation for local journalism, which has no say in what \
    is written and does not read any text before it appears.";

fn cleaner(settings: &[&str]) -> Cleaner {
    let layers: Vec<Layer> = settings.iter().map(|it| Layer::assignment("--set", it).unwrap()).collect();
    Cleaner::new(&Configuration::load(&layers).unwrap(), &Extras::default()).unwrap()
}

/// JSON lines of plain texts.
fn corpus(path: &Path, documents: &[(&str, String)]) -> Job {
    let row = |(id, text): &(&str, String)| serde_json::json!({ "id": id, "text": text }).to_string() + "\n";
    fs::write(path, documents.iter().map(row).collect::<String>()).unwrap();
    Job { inputs: vec![Input::Path(path.to_owned())], ..Job::default() }
}

/// Rows of the manifest by id.
fn run(cleaner: &Cleaner, job: &Job, output: &Path) -> BTreeMap<String, Value> {
    let destination = Destination::Directory(output.to_owned());
    clean(cleaner, job, destination, &Progress::default(), &AtomicBool::new(false)).unwrap();
    let rows = fs::read_to_string(output.join("manifest.jsonl")).unwrap();
    let row = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    rows.lines().map(row).map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect()
}

fn wire() -> Vec<(&'static str, String)> {
    vec![
        ("c", format!("{FERRY}\n\n{YARD}")),
        ("b", format!("{FERRY}\n\n{}", YARD.replace("a week late", "nine days late"))),
        ("d", SCHOOL.to_owned()),
        ("a", format!("{SCHOOL}\n\n{FERRY}\n\n{YARD}")),
        ("e", format!("{FERRY}\n\n{YARD}")),
    ]
}

#[test]
fn near_copies_go_and_the_record_says_for_whom() {
    let folder = tempfile::tempdir().unwrap();
    let near = ["dedup.near.measure=jaccard", "dedup.near.threshold=0.7", "write.format=jsonl"];
    let job = corpus(&folder.path().join("wire.jsonl"), &wire());
    let rows = run(&cleaner(&near), &job, &folder.path().join("out"));
    let outcome = |id: &str| (rows[id]["outcome"].as_str().unwrap(), rows[id]["duplicate_of"].as_str());
    assert_eq!(outcome("a"), ("written", None));
    assert_eq!(outcome("b"), ("written", None));
    assert_eq!(outcome("c"), ("duplicate", Some("b")));
    assert_eq!(outcome("d"), ("written", None));
    assert_eq!(outcome("e"), ("duplicate", Some("b")));
    assert!(rows["c"]["similarity"].as_f64().unwrap() > 0.7);
    let records = fs::read_to_string(folder.path().join("out/duplicates.jsonl")).unwrap();
    assert_eq!(records.lines().count(), 2);
    assert!(
        records.starts_with("{\"id\":\"c\",\"kept\":\"b\",\"cluster\":\"b\",\"size\":3,\"kind\":\"near\""),
        "{records}"
    );

    let mut shuffled = wire();
    shuffled.reverse();
    let job = corpus(&folder.path().join("shuffled.jsonl"), &shuffled);
    run(&cleaner(&near), &job, &folder.path().join("out2"));
    assert_eq!(fs::read_to_string(folder.path().join("out2/duplicates.jsonl")).unwrap(), records);
}

#[test]
fn a_paragraph_of_many_documents_stays_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let documents = [("c", FERRY), ("a", YARD), ("b", SCHOOL)].map(|(id, text)| (id, format!("{text}\n\n{NOTE}")));
    let job = corpus(&folder.path().join("notes.jsonl"), &documents);
    let settings = ["dedup.paragraph.drop=repeats", "write.format=jsonl"];
    let rows = run(&cleaner(&settings), &job, &folder.path().join("out"));
    let texts = fs::read_to_string(folder.path().join("out/documents.jsonl")).unwrap();
    // Whether strip keeps the note is its own affair; kept in all, it must stay in one.
    let plain = run(&cleaner(&["write.format=jsonl"]), &job, &folder.path().join("plain"));
    let before = fs::read_to_string(folder.path().join("plain/documents.jsonl")).unwrap();
    assert_eq!(before.matches("foundation for local").count(), 3, "{before}");
    assert_eq!(texts.matches("foundation for local").count(), 1);
    assert_eq!(rows["b"]["blocks"]["dropped"]["repeated-paragraph"], 1);
    assert_eq!(rows["b"]["content_sha256"], plain["b"]["content_sha256"], "the hash is taken before");
    let records = fs::read_to_string(folder.path().join("out/duplicates.jsonl")).unwrap();
    let kept: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(kept.iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>(), ["b", "c"]);
    assert!(kept.iter().all(|it| it["kept"] == "a" && it["documents"] == 3 && it["kind"] == "paragraph"));
}

#[test]
fn documents_of_an_earlier_run_go() {
    let folder = tempfile::tempdir().unwrap();
    let cleaner = cleaner(&["dedup.near.measure=jaccard", "dedup.near.threshold=0.7", "write.format=jsonl"]);
    let state = Some(folder.path().join("state.redb"));
    let first = corpus(&folder.path().join("first.jsonl"), &wire()[..1]);
    let rows = run(&cleaner, &Job { seen: state.clone(), ..first }, &folder.path().join("out1"));
    assert_eq!(rows["c"]["outcome"], "written");
    let second = corpus(&folder.path().join("second.jsonl"), &wire()[1..]);
    let rows = run(&cleaner, &Job { seen: state, ..second }, &folder.path().join("out2"));
    assert_eq!((&rows["b"]["outcome"], &rows["b"]["duplicate_of"]), (&"duplicate".into(), &"c".into()));
    assert_eq!((&rows["e"]["outcome"], &rows["e"]["duplicate_of"]), (&"duplicate".into(), &"c".into()));
    assert_eq!(rows["d"]["outcome"], "written");
}

#[test]
fn documents_are_compared_without_cleaning_them() {
    let folder = tempfile::tempdir().unwrap();
    let job = corpus(&folder.path().join("wire.jsonl"), &wire());
    let output = folder.path().join("out");
    let cleaner = cleaner(&["dedup.near.measure=jaccard", "dedup.near.threshold=0.7", "dedup.keep=longest"]);
    let found = deduplicate(&cleaner, &job, &output, &AtomicBool::new(false)).unwrap().unwrap();
    assert_eq!((found.documents, found.kept, found.clusters), (5, 3, 1));
    let read = |name: &str| fs::read_to_string(output.join(name)).unwrap();
    assert_eq!(read(DuplicateFiles::KEPT), "b\nd\na\n", "nine days is longer than a week");
    assert_eq!(read(DuplicateFiles::CLUSTERS), "c\tb\nb\tb\nd\td\na\ta\ne\tb\n");
    assert_eq!(read(DuplicateFiles::REMOVALS).lines().count(), 2);
}

#[test]
fn standard_input_cannot_be_read_twice() {
    let folder = tempfile::tempdir().unwrap();
    let job = Job { inputs: vec![Input::Stdin], ..Job::default() };
    let destination = Destination::Directory(folder.path().join("out"));
    let cleaner = cleaner(&["dedup.repeats.site=host"]);
    let error = clean(&cleaner, &job, destination, &Progress::default(), &AtomicBool::new(false)).unwrap_err();
    assert!(error.to_string().contains("dedup.repeats.site reads the inputs more than once"), "{error}");
}

/// Every file below a directory but the timings, which say how long things took.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        match entry.is_dir() {
            true => found.extend(files(&entry).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes))),
            false if name == "timings.jsonl" => {}
            false => drop(found.insert(name, fs::read(&entry).unwrap())),
        }
    }
    found
}

/// Wire stories in many versions, with copies, near copies, a shared note and documents without text.
fn many(count: usize) -> Vec<(String, String)> {
    let version = |number: usize| {
        let school = SCHOOL.replace(" the ", &format!(" the n{number} ")).replace(" in ", &format!(" in m{number} "));
        match number % 5 {
            0 => format!("{FERRY} Version {}.\n\n{YARD}\n\n{NOTE}", number / 10),
            1 => String::new(),
            2 => format!("{school}\n\n{NOTE}"),
            3 => format!("{}\n\n{YARD}", SCHOOL.replace("Tuesday", &format!("day {}", number / 15))),
            _ => format!("{school}\n\n{}", FERRY.replace("Monday", &format!("week {number}"))),
        }
    };
    (0..count).map(|number| (format!("{:04}", number * 7919 % count), version(number))).collect()
}

const ALL_KINDS: [&str; 4] =
    ["dedup.near.measure=jaccard", "dedup.near.threshold=0.7", "dedup.paragraph.drop=repeats", "write.format=jsonl"];

#[test]
fn a_run_that_is_stopped_again_and_again_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let documents = many(301);
    let documents: Vec<(&str, String)> = documents.iter().map(|(id, text)| (id.as_str(), text.clone())).collect();
    let job = corpus(&folder.path().join("many.jsonl"), &documents);
    let cleaner = cleaner(&ALL_KINDS);
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let rows = run(&cleaner, &job, &whole);
    let count = |outcome: &str| rows.values().filter(|row| row["outcome"] == outcome).count();
    let counts = ["written", "duplicate", "empty"].map(count);
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
    assert!(!whole.join(".dechaff/spool").exists());

    let mut stops = 0;
    loop {
        let stop = AtomicBool::new(false);
        let summary = std::thread::scope(|scope| {
            scope.spawn(|| {
                // Longer every time, so that it comes to its end on a slow machine too.
                std::thread::sleep(std::time::Duration::from_millis(3 << stops));
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
            });
            clean(&cleaner, &job, Destination::Directory(broken.clone()), &Progress::default(), &stop).unwrap()
        });
        if !summary.interrupted {
            break;
        }
        stops += 1;
    }
    assert!(stops > 0);
    assert_eq!(files(&broken), files(&whole));
}

#[test]
fn a_spool_cut_short_is_gone_on_from() {
    let folder = tempfile::tempdir().unwrap();
    let job = corpus(&folder.path().join("wire.jsonl"), &wire());
    let cleaner = cleaner(&ALL_KINDS);
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    run(&cleaner, &job, &whole);
    // As a run leaves it that is killed while it judges: begun, and nothing committed.
    let stop = AtomicBool::new(true);
    clean(&cleaner, &job, Destination::Directory(killed.clone()), &Progress::default(), &stop).unwrap();
    fs::write(killed.join(".dechaff/spool"), b"half a frame").unwrap();
    run(&cleaner, &job, &killed);
    assert_eq!(files(&killed), files(&whole));
}

#[test]
fn the_order_of_the_input_changes_no_text_and_no_choice() {
    let folder = tempfile::tempdir().unwrap();
    let mut documents = many(120);
    let mut texts = Vec::new();
    for name in ["given", "sorted"] {
        let rows: Vec<(&str, String)> = documents.iter().map(|(id, text)| (id.as_str(), text.clone())).collect();
        let job = corpus(&folder.path().join(format!("{name}.jsonl")), &rows);
        let output = folder.path().join(name);
        run(&cleaner(&ALL_KINDS), &job, &output);
        let lines = fs::read_to_string(output.join("documents.jsonl")).unwrap();
        let row = |line: &str| serde_json::from_str::<Value>(line).unwrap();
        let text = |row: Value| (row["id"].as_str().unwrap().to_owned(), row["text"].as_str().unwrap().to_owned());
        texts.push((
            lines.lines().map(row).map(text).collect::<BTreeMap<_, _>>(),
            fs::read_to_string(output.join(DuplicateFiles::REMOVALS)).unwrap(),
        ));
        documents.sort();
    }
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn what_repeats_on_a_site_is_learned_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("pages");
    fs::create_dir(&pages).unwrap();
    let letters = |number: usize| char::from(b'a' + number as u8);
    for number in 0..12 {
        let story = [FERRY, YARD, SCHOOL][number % 3].replace("the", &format!("the{}", letters(number)));
        let html = format!(
            "<html><head><link rel=canonical href=\"https://courier.example/{number}\"></head><body><main><h1>Story \
             {}</h1><p>{story}</p><p class=wave>Wave at the camera on the quay, it waves back</p><p>{YARD}{}</p></main></body></html>",
            letters(number),
            letters(number)
        );
        fs::write(pages.join(format!("{number}.html")), html).unwrap();
    }
    let job = Job { inputs: vec![Input::Path(pages)], ..Job::default() };
    let sites = learn(&cleaner(&[]), &job, &AtomicBool::new(false)).unwrap();
    assert_eq!(sites.len(), 1);
    assert_eq!((sites[0].site.as_str(), sites[0].of), ("courier.example", 12));
    let wave = sites[0].repeats.iter().find(|it| it.text.starts_with("Wave at the camera")).unwrap();
    assert_eq!((wave.pages, wave.place.as_str()), (12, "main p.wave"));

    let text = |settings: &[&str], name: &str| {
        let output = folder.path().join(name);
        run(&cleaner(settings), &job, &output);
        fs::read_to_string(output.join("7.txt")).unwrap()
    };
    assert!(!text(&["dedup.repeats.site=host"], "with").contains("Wave at the camera"));
    assert!(text(&["dedup.repeats.site=host"], "with").contains("starboard engine"));
}

/// Pages of one site that repeat themselves as writers do: the opening of a series, a quotation, steps of recipes, tables
/// of the same labels; and as templates do.
#[test]
fn what_writers_repeat_stays_and_what_the_template_repeats_goes() {
    const OPENING: &str = "This is one part of a series in which our writers walk along the old border from the source of \
        the river to the sea, and talk with the people who live beside it.";
    const QUOTATION: &str = "“We have waited long enough, and nobody in this room believes that waiting makes it cheaper”, \
        said the harbour master.";
    const STEPS: [&str; 3] = [
        "Heat the oven to 200 degrees and butter the tin well.",
        "Beat the eggs with the sugar until they are pale and thick.",
        "Let it rest under a cloth for an hour before you cut it.",
    ];
    const PROMOTION: &str = "Our new calendar is here: twelve photographs of the valley on heavy paper";
    const IMPRINT: &str =
        "The Valley Post is a small paper made by nine people in a former mill, and belongs to its readers.";
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("pages");
    fs::create_dir(&pages).unwrap();
    for number in 0..12 {
        let own = |text: &str| text.replace(" the ", &format!(" the {}{} ", "n".repeat(number % 4 + 1), number));
        // Eight of twelve pages, others each time.
        let often = |text: &str, from: usize| {
            if (number + from).is_multiple_of(3) { String::new() } else { format!("<p>{text}</p>") }
        };
        let step = |at: usize| {
            format!("<li>{}</li>", if (number + at).is_multiple_of(3) { own(STEPS[at]) } else { STEPS[at].to_owned() })
        };
        let html = format!(
            "<html><head><link rel=canonical href=\"https://valley.example/{number}\"></head><body><main><h1>Page number \
             {number} of the walk</h1>{}<p>{}</p><p class=promo>{PROMOTION}</p>{}<p>{}</p><ol>{}{}{}</ol><h2>Facts</h2>\
             <table><tr><th>Length of the walk</th><td>{} km along the river, of which half is paved</td></tr><tr><th>Best \
             season</th><td>{}, when the meadows are dry enough to cross</td></tr></table><p>{}</p>\
             <p class=imprint>{IMPRINT}</p></main></body></html>",
            often(OPENING, 0),
            own(FERRY),
            often(QUOTATION, 1),
            own(YARD),
            step(0),
            step(1),
            step(2),
            number + 3,
            ["spring", "autumn"][number % 2],
            own(SCHOOL),
        );
        fs::write(pages.join(format!("{number:02}.html")), html).unwrap();
    }
    let job = Job { inputs: vec![Input::Path(pages)], ..Job::default() };
    let texts = |settings: &[&str], name: &str| -> Vec<String> {
        let output = folder.path().join(name);
        run(&cleaner(settings), &job, &output);
        (0..12).map(|number| fs::read_to_string(output.join(format!("{number:02}.txt"))).unwrap()).collect()
    };
    let (alone, known) = (texts(&[], "alone"), texts(&["dedup.repeats.site=host"], "known"));
    let template = [PROMOTION, IMPRINT];
    for (alone, known) in alone.iter().zip(&known) {
        assert!(template.iter().all(|text| !known.contains(text)), "{known}");
        for line in alone.lines().filter(|line| !template.contains(line)) {
            assert!(known.contains(line), "lost: {line}\n{known}");
        }
        assert!(alone.contains("Best season") && STEPS.iter().any(|step| alone.contains(step)), "{alone}");
    }
    assert!(alone.iter().any(|text| text.contains(PROMOTION)), "else this shows nothing");
}
