//! What the text model that is compiled in must do, with the rules, on samples written for it.

use std::{fs, path::PathBuf};

use dechaff_document::{JudgedPage, Label};
use dechaff_strip::{Judge, rules::RuleSet, text::Model};
use dechaff_training::text::{default_settings, page_of_text};

fn judge() -> Judge {
    Judge::new(default_settings(), RuleSet::load(&[]).unwrap(), None, Some(Model::builtin())).unwrap()
}

fn samples(folder: &str, extension: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../samples").join(folder);
    let mut samples: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    samples.sort();
    samples
}

fn dropped(judged: &JudgedPage) -> Vec<String> {
    let dropped = judged.blocks().filter(|(_, _, verdict)| verdict.label != Label::Content);
    dropped.map(|(_, block, verdict)| format!("{:?} {:?}", block.text, verdict)).collect()
}

#[test]
fn text_without_chrome_comes_back() {
    let judge = judge();
    let (mut lines, mut lost) = (0, Vec::new());
    for (name, text) in samples("clean", "txt") {
        let judged = judge.judge(page_of_text(&text));
        lines += text.lines().filter(|line| !line.trim().is_empty()).count();
        for (_, block, verdict) in judged.blocks().filter(|(_, _, verdict)| verdict.label != Label::Content) {
            lost.extend(block.text.lines().map(|line| format!("{name}: {line:?} {:?}", verdict.reason)));
        }
    }
    println!("{} of {lines} lines lost", lost.len());
    assert!(lines > 1000);
    assert!(lost.len() * 200 < lines, "{} of {lines} lines lost:\n{}", lost.len(), lost.join("\n"));
}

#[test]
fn stories_of_many_languages_lose_their_furniture() {
    let judge = judge();
    let (mut all_kept, mut all) = (0, 0);
    for (name, labelled) in samples("lines", "txt") {
        let signs: Vec<&str> = labelled.lines().filter_map(|line| line.get(..1)).collect();
        let text: String = labelled.lines().map(|line| line.get(2..).unwrap_or_default().to_owned() + "\n").collect();
        let judged = judge.judge(page_of_text(&text));
        assert_eq!(judged.page.blocks.len(), signs.len(), "{name}");
        let kept = |sign: &str| {
            let (mut kept, mut all) = (0, 0);
            for ((_, block, verdict), found) in judged.blocks().zip(&signs) {
                if *found == sign {
                    all += block.text.chars().count();
                    kept += if verdict.label == Label::Content { block.text.chars().count() } else { 0 };
                }
            }
            (kept, all)
        };
        let ((story, all_story), (furniture, all_furniture)) = (kept("+"), kept("-"));
        println!("{name}: {story}/{all_story} of the story, {furniture}/{all_furniture} of the furniture");
        // The last answer of a thread is what the model loses first; a news story it keeps whole.
        assert!(story * 10 >= all_story * 6, "{name}: {:#?}", dropped(&judged));
        assert!(!name.starts_with("news") || story == all_story, "{name}: {:#?}", dropped(&judged));
        assert!(furniture * 3 <= all_furniture, "{name}: {furniture} of {all_furniture} characters of furniture kept");
        all_kept += story;
        all += all_story;
    }
    assert!(all_kept * 100 >= all * 94, "{all_kept} of {all} characters of story kept");
}

/// White space folded, zero-width characters left out.
fn folded(text: &str) -> String {
    text.replace(['\u{200b}', '\u{feff}'], "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every line wrapped at 72 characters.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut column = 0;
        for word in line.split_whitespace() {
            let length = word.chars().count();
            let fits = column + 1 + length <= 72;
            if column > 0 {
                out.push(if fits { ' ' } else { '\n' });
            }
            column = if column > 0 && fits { column + 1 + length } else { length };
            out.push_str(word);
        }
        out.push('\n');
    }
    out
}

/// The page as other scrapers would have laid it out, and how many of ten pieces of furniture must go: without line ends
/// there is less to tell them by, and where sentences run into menus the story alone is promised.
fn layouts(page: &str) -> Vec<(&'static str, String, usize)> {
    let lines = || page.lines().filter(|line| !line.trim().is_empty());
    let joined = |between: &str| lines().collect::<Vec<_>>().join(between);
    let bulleted =
        |line: &str| if line.split_whitespace().count() < 5 { format!("  * {line}") } else { line.to_owned() };
    vec![
        ("as it is", page.to_owned(), 9),
        ("CRLF", page.replace('\n', "\r\n"), 9),
        ("no blank lines", joined("\n"), 7),
        ("zero-width junk", format!("\u{feff}{}", page.replace('\n', "\u{200b}\n").replace(" the ", "\u{a0}the ")), 8),
        ("bullets", lines().map(bulleted).collect::<Vec<_>>().join("\n\n"), 8),
        ("wrapped at 72 columns", wrapped(page), 8),
        ("one line", joined(" "), 0),
    ]
}

#[test]
fn a_page_is_cleaned_in_every_layout() {
    let judge = judge();
    #[derive(serde::Deserialize)]
    struct About {
        lacks: Vec<String>,
    }
    let cases =
        ["text-exile-radio-notice", "text-weekly-readers-letter", "text-blog-of-the-valley", "text-stray-headline"];
    for case in cases {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../samples/pages").join(case);
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let about: About = toml::from_str(&read("about.toml")).unwrap();
        for (layout, text, least) in layouts(&read("source.txt")) {
            let judged = judge.judge(page_of_text(&text));
            let kept = folded(&judged.content().map(|(_, block)| block.text.as_str()).collect::<Vec<_>>().join(" "));
            for paragraph in read("expected.txt").lines().filter(|line| line.len() > 100) {
                assert!(
                    kept.contains(&folded(paragraph)),
                    "{case}, {layout}: {paragraph:?} is lost: {:#?}",
                    dropped(&judged)
                );
            }
            let gone = about.lacks.iter().filter(|lack| !kept.contains(&folded(lack))).count();
            assert!(gone * 10 >= about.lacks.len() * least, "{case}, {layout}: {gone} of {} gone", about.lacks.len());
        }
    }
}

#[test]
fn a_long_log_and_a_long_line_take_time_in_proportion() {
    // No time is measured here: a page that took more than linear time would not come to an end.
    let judge = judge();
    let log: String = (0..100_000)
        .map(|n| format!("2024-05-03 12:{:02}:00 INFO worker {n} done in {} ms\n", n % 60, n % 97))
        .collect();
    let judged = judge.judge(page_of_text(&log));
    assert!(dropped(&judged).is_empty(), "a log comes back whole: {:?}", dropped(&judged).first());
    let line =
        "The ferry left the harbour at noon, an hour before high water, and nobody saw it again. ".repeat(20_000);
    let judged = judge.judge(page_of_text(&line));
    assert!(judged.content().count() > 0);
}
