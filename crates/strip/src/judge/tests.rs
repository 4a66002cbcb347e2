//! The order of the verdict, and the guard rails, on pages of plain text judged by rules and density alone.

use dechaff_document::{EmptyReason, JudgedPage, Label, Reason, Repeats};

use super::Judge;
use crate::{
    Settings,
    rules::{RuleFile, RuleSet, text_page},
};

/// The `[strip]` section of the default configuration.
pub(crate) fn settings() -> Settings {
    #[derive(serde::Deserialize)]
    struct Whole {
        strip: Settings,
    }
    let whole: Whole = toml::from_str(include_str!("../../../../config/default.toml")).expect("the defaults");
    whole.strip
}

fn judge(rules: &str, text: &str) -> JudgedPage {
    let rules = RuleSet::only(&[RuleFile { name: "t.toml".into(), text: rules.into() }]).expect("rules");
    Judge::new(settings(), rules, None, None).expect("settings").judge(text_page(text))
}

fn kept(judged: &JudgedPage) -> Vec<&str> {
    judged.content().map(|(_, block)| block.text.as_str()).collect()
}

const STORY: [&str; 6] = [
    "The river left its bed in the night between Friday and Saturday and took the old footbridge of the village with it.",
    "Firefighters had closed the bridge at noon, after the gauge at the mill had risen by a metre within a few hours.",
    "The mayor of the village said on Sunday that nobody was hurt, but that the repair would take until the next summer.",
    "For the time being, children from the other bank will be driven to school on a bus that the county is going to pay for.",
    "An engineer from the county looked at the remaining pillars and called them sound, apart from the one nearest the mill.",
    "The council will meet on Thursday and decide whether the new bridge is to be made of wood again or of steel this time.",
];

fn story() -> String {
    STORY.join("\n\n")
}

#[test]
fn a_title_is_kept_once_and_found_without_metadata() {
    let text = format!("Menu\n\nRiver takes footbridge in Oldmill\n\nRiver takes footbridge in Oldmill\n\n{}", story());
    let judged = judge("", &text);
    assert_eq!(kept(&judged)[0], "River takes footbridge in Oldmill");
    assert_eq!(kept(&judged)[1], STORY[0]);
    assert_eq!(judged.page.metadata.title.as_ref().unwrap().value, "River takes footbridge in Oldmill");
    assert_eq!(judged.verdicts[2].reason, Reason::CopyOf(1));
    assert_eq!(judged.verdicts[2].label, Label::Chrome(dechaff_document::Category::new("duplicate-title")));
}

#[test]
fn a_short_report_among_furniture_keeps_its_title() {
    let rules = "[[rule]]\nid = \"t.menu\"\ncategory = \"nav\"\nwhy = \"x\"\nwhole = [\"menu\", \"share\"]\n";
    let text = format!("Menu\nThe Oldmill Post\nRiver takes footbridge in Oldmill\nShare\n{}\nShare\nTides", STORY[1]);
    let judged = judge(rules, &text);
    assert_eq!(judged.page.metadata.title.as_ref().unwrap().value, "River takes footbridge in Oldmill");
    assert_eq!(judged.verdicts[2].reason, Reason::Title);
}

#[test]
fn a_doubled_line_keeps_its_first_half() {
    let text = format!(
        "{}\n\nThe broken bridge at the mill The broken bridge at the mill\n\n{}",
        story(),
        story().replace("The ", "This ")
    );
    let judged =
        judge("[[rule]]\nid = \"t.a\"\nwhy = \"x\"\naction = \"keep\"\nprefix = [\"the broken bridge\"]", &text);
    assert!(kept(&judged).contains(&"The broken bridge at the mill"));
    let doubled = judged.page.blocks.iter().filter(|block| block.text.starts_with("The broken")).count();
    assert_eq!((doubled, kept(&judged).iter().filter(|line| line.starts_with("The broken")).count()), (2, 1));
}

#[test]
fn a_keep_rule_stands_above_a_veto_and_a_veto_above_the_score() {
    let rules = "[[rule]]\nid = \"t.veto\"\ncategory = \"share\"\nwhy = \"x\"\nprefix = [\"the mayor\", \"the council\"]\n\
                 [[rule]]\nid = \"t.keep\"\nwhy = \"x\"\naction = \"keep\"\nprefix = [\"the council will\"]";
    let judged = judge(rules, &story());
    assert!(!kept(&judged).contains(&STORY[2]));
    assert!(kept(&judged).contains(&STORY[5]));
    let ids: Vec<&str> = judged.fired.iter().map(|id| &**id).collect();
    assert_eq!(ids, ["t.keep", "t.veto"]);
}

#[test]
fn wide_hits_of_one_category_cannot_empty_a_page() {
    let rules = "[[rule]]\nid = \"t.all\"\ncategory = \"footer\"\nwhy = \"x\"\nprefix = [\"firefighters\"]\nscope = \"run\"\nrun = { min-words = 1 }";
    let judged = judge(rules, &story());
    assert_eq!(kept(&judged).len(), STORY.len());
}

#[test]
fn a_consent_wall_is_no_article() {
    let rules = "[[rule]]\nid = \"t.wall\"\ncategory = \"cookie-consent\"\nwhy = \"x\"\npage = \"consent-wall\"\nprefix = [\"before you continue\"]";
    let wall = "Before you continue to the paper\n\nWe and our partners store information on your device so that we can show you news and advertisements that suit you.\n\nAccept all\nReject all\n";
    let judged = judge(rules, wall);
    assert_eq!(judged.empty, Some(EmptyReason::ConsentWall));
    assert!(kept(&judged).is_empty());
    let judged = judge(rules, &format!("{wall}\n{}", story()));
    assert_eq!(judged.empty, None);
    assert!(kept(&judged).contains(&STORY[3]));
}

/// Judges a text in which these blocks stand on so many of 50 pages of the site.
fn judge_repeats(text: &str, repeats: &[(usize, u32)]) -> JudgedPage {
    let judge = Judge::new(settings(), RuleSet::only(&[]).unwrap(), None, None).unwrap();
    let mut page = text_page(text);
    for &(block, with) in repeats {
        page.blocks[block].repeats = Repeats::Pages { with, of: 50 };
    }
    judge.judge(page)
}

#[test]
fn what_repeats_on_half_of_the_site_goes_where_it_is_short_and_at_the_edge_but_a_quotation_stays() {
    let text = format!("Weather and tides\n\n{}\n\nCall the newsroom day and night", story());
    let judged = judge_repeats(&text, &[(0, 30), (3, 30), (7, 30)]);
    assert_eq!(judged.verdicts[7].reason, Reason::Repeats { with: 30, of: 50 });
    assert_eq!(judged.verdicts[3].label, Label::Content);
}

#[test]
fn the_opening_of_a_series_stays_and_a_notice_of_every_page_goes() {
    let opening = "This is one part of a series in which our writers walk along the river from its source to the sea, and \
        talk with the people who live beside it.";
    let text = format!("{opening}\n\n{}", story());
    assert_eq!(kept(&judge_repeats(&text, &[(0, 32)]))[0], opening);
    assert_eq!(judge_repeats(&text, &[(0, 50)]).verdicts[0].reason, Reason::Repeats { with: 50, of: 50 });
}

#[test]
fn between_the_paragraphs_a_prompt_of_every_page_goes_and_a_paragraph_stays() {
    let prompt = "Before you read on: three reporters live from what our readers give. Would you be one of them?";
    let (title, paragraph) = ("River takes footbridge in Oldmill", format!("{} {}", STORY[2], STORY[3]));
    let text = [title, STORY[0], prompt, STORY[1], "Weight: 3 kg", &paragraph, STORY[4]].join("\n\n");
    let judged = judge_repeats(&text, &[(2, 50), (4, 50), (5, 50)]);
    assert_eq!(judged.verdicts[2].reason, Reason::Repeats { with: 50, of: 50 });
    assert!(!matches!(judged.verdicts[4].reason, Reason::Repeats { .. }));
    assert_eq!(judged.verdicts[5].label, Label::Content);
    assert_eq!(judge_repeats(&text, &[(2, 30)]).verdicts[2].label, Label::Content);
}

#[test]
fn a_line_of_every_page_is_no_title() {
    let title = "River takes footbridge in Oldmill";
    let text = format!("Skip to content, text size and contrast\n\n{title}\n\n{}", story());
    let judged = judge_repeats(&text, &[(0, 50)]);
    assert_eq!(judged.page.metadata.title.as_ref().unwrap().value, title);
    assert_eq!(kept(&judged)[0], title);
}

#[test]
fn a_title_that_differs_by_its_number_stays() {
    let text = format!("Report on the flood, day 3\n\n{}", story());
    assert_eq!(kept(&judge_repeats(&text, &[(0, 50)]))[0], "Report on the flood, day 3");
}

#[test]
fn a_page_that_repeats_as_a_whole_keeps_its_text() {
    let judged = judge_repeats(&story(), &[(0, 50), (1, 50), (2, 50), (3, 50), (4, 50), (5, 50)]);
    assert_eq!(kept(&judged), STORY);
}

#[test]
fn a_page_without_text_says_so() {
    assert_eq!(judge("", "").empty, Some(EmptyReason::NoText));
}

#[test]
fn a_poem_may_repeat_itself() {
    let poem = "The wind is low, the wind is high, and over the sea it goes\nA gull\nThe wind is low, the wind is high, and over the sea it goes\n";
    let judged = judge("", poem);
    assert!(judged.verdicts.iter().all(|verdict| !matches!(verdict.reason, Reason::CopyOf(_))));
}

#[test]
fn rules_that_decide_nothing_are_still_read_by_the_model() {
    let text =
        format!("Home | News | Sport\n\nRiver takes footbridge\n\nShare on Facebook\n\n{}\n\nRead more\n", story());
    let judged = |rules: bool| {
        let settings = Settings { rules, ..settings() };
        let set = RuleSet::load(&[]).expect("the built-in rules");
        Judge::new(settings, set, None, Some(crate::text::Model::builtin())).expect("settings").judge(text_page(&text))
    };
    let (with, without) = (judged(true), judged(false));
    let by_rule = |page: &JudgedPage| page.verdicts.iter().filter(|v| matches!(v.reason, Reason::Rule(_))).count();
    assert!(by_rule(&with) > 0);
    assert_eq!(by_rule(&without), 0);
    let scores = |page: &JudgedPage| page.verdicts.iter().map(|verdict| verdict.score).collect::<Vec<_>>();
    assert_eq!(scores(&with), scores(&without));
    let share = without.verdicts.iter().zip(&without.page.blocks).find(|(_, block)| block.text.starts_with("Share on"));
    assert_eq!(share.unwrap().0.label, Label::Chrome(dechaff_document::Category::new("share")));
}
