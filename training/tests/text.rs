//! What the text model that is compiled in must do, with the rules, on samples written for it.

use std::{fs, path::PathBuf};

use dechaff_document::{JudgedPage, Label};
use dechaff_strip::{Judge, Settings, rules::RuleSet, text::Model};
use dechaff_training::text::page_of_text;

fn judge() -> Judge {
    #[derive(serde::Deserialize)]
    struct Defaults {
        strip: Settings,
    }
    let defaults: Defaults = toml::from_str(include_str!("../../config/default.toml")).unwrap();
    Judge::new(defaults.strip, RuleSet::load(&[]).unwrap(), None, Some(Model::builtin())).unwrap()
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
