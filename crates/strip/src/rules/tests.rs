//! What rules can ask, one test for each: a rule in TOML, a page of plain text, the lines it hits.

use dechaff_document::{Attributes, Block, BlockKind, OutlineBuilder, Page, PageKind};

use super::{RuleError, RuleFile, RuleSet, examples::text_page};

fn load(text: &str) -> Result<RuleSet, RuleError> {
    RuleSet::only(&[RuleFile { name: "t.toml".into(), text: text.into() }])
}

/// The lines that the last rule of a file hits on a page.
fn hit(rules: &str, page: &str) -> Vec<String> {
    hit_on(rules, &text_page(page))
}

fn hit_on(rules: &str, page: &Page) -> Vec<String> {
    let set = load(rules).unwrap_or_else(|error| panic!("{error}"));
    let last = set.rules().len() as u32 - 1;
    let mut blocks: Vec<usize> =
        set.hits(page).iter().filter(|hit| hit.rule == last).flat_map(|hit| hit.blocks.range()).collect();
    blocks.sort_unstable();
    blocks.dedup();
    blocks.into_iter().map(|block| page.blocks[block].text.clone()).collect()
}

fn rule(rest: &str) -> String {
    format!("[[rule]]\nid = \"t.rule\"\nwhy = \"A test.\"\n{rest}\n")
}

const STORY: &str =
    "The river left its bed in the night and took the footbridge with it, as it had done in other years.";

#[test]
fn a_whole_line_is_compared_without_case_space_and_punctuation_at_its_ends() {
    let rules = rule("whole = [\"Don’t miss  this\"]");
    assert_eq!(hit(&rules, "» don't miss this!\nDon't miss this one"), ["» don't miss this!"]);
}

#[test]
fn a_prefix_stands_at_the_line_begin_and_ends_with_a_word() {
    let rules = rule("prefix = [\"sign up\"]");
    assert_eq!(hit(&rules, "• Sign up today\nSign upper deck\nNow sign up"), ["• Sign up today"]);
}

#[test]
fn contained_words_are_whole_words_and_in_unspaced_scripts_any() {
    let rules = rule("contains = [\"ad free\", \"登录\"]");
    assert_eq!(
        hit(&rules, "Read it ad free now\nRead freely\n请先登录后再看"),
        ["Read it ad free now", "请先登录后再看"]
    );
}

#[test]
fn an_expression_reads_the_folded_line() {
    let rules = rule("regex = ['^\\d+ min(ute)?s? read$']");
    assert_eq!(hit(&rules, "5 Min  Read\n5 min reading list"), ["5 Min  Read"]);
}

#[test]
fn length_and_position_bound_a_rule() {
    let rules = rule("contains = [\"share\"]\nwhen = { max-words = 2, last-blocks = 2 }");
    assert_eq!(hit(&rules, "share\nx\nshare\nshare this with everyone you know"), ["share"]);
}

#[test]
fn nearness_alone_finds_a_block() {
    let rules = format!(
        "[[rule]]\nid = \"t.wait\"\nwhy = \"A test.\"\nwhole = [\"please wait\"]\n{}",
        rule("when = { shape = \"doubled\", near = { rules = [\"t.wait\"], after = 1 } }")
    );
    let page = "Flood in town Flood in town\nplease wait\n\nBoat race soon Boat race soon\nA line\n";
    assert_eq!(hit(&rules, page), ["Flood in town Flood in town"]);
}

#[test]
fn a_run_goes_on_while_its_conditions_hold() {
    let rules = rule("whole = [\"dear readers\"]\nscope = \"run\"\nreach = 9\nrun = { voice = true }");
    let page = format!("{STORY}\nDear readers,\nWe need you.\nYour gift helps us.\n{STORY}\nGive us more.");
    assert_eq!(hit(&rules, &page), ["Dear readers,", "We need you.", "Your gift helps us."]);
}

#[test]
fn between_takes_both_ends_or_the_first_alone() {
    let rules = format!(
        "[[rule]]\nid = \"t.end\"\nwhy = \"A test.\"\nwhole = [\"remind me later\"]\n{}",
        rule("whole = [\"give once\"]\nscope = \"between\"\nreach = 3\nuntil = \"t.end\"")
    );
    assert_eq!(hit(&rules, "Give once\n$5\nRemind me later\nnews"), ["Give once", "$5", "Remind me later"]);
    assert_eq!(hit(&rules, "Give once\n1\n2\n3\nRemind me later"), ["Give once"]);
}

#[test]
fn a_tail_is_cut_only_where_little_story_follows() {
    let rules = rule("prefix = [\"copyright\"]\nscope = \"tail\"");
    let story = [STORY; 7].join("\n");
    let page = format!("{story}\nCopyright by the paper\nAbout us\nContact");
    assert_eq!(hit(&rules, &page), ["Copyright by the paper", "About us", "Contact"]);
    let page = format!("{story}\nCopyright law is old\n{STORY}");
    assert_eq!(hit(&rules, &page), ["Copyright law is old"]);
}

#[test]
fn the_container_of_a_line_of_text_is_its_paragraph() {
    let rules = rule("whole = [\"monthly\"]\nscope = \"container\"");
    let page = format!("{STORY}\n\nOnce\nMonthly\nAnnual\n\nThe end");
    assert_eq!(hit(&rules, &page), ["Once", "Monthly", "Annual"]);
}

/// `<main><p>story</p><div class="js-ShareBar top"><p>Share</p></div></main>`, the story as long as asked.
fn html_page(story: &str, class: &str) -> Page {
    let mut outline = OutlineBuilder::default();
    outline.open("main", Attributes::default(), false, 0);
    let paragraph = outline.open("p", Attributes::default(), false, 0);
    outline.close();
    let bar = outline.open("div", Attributes { class, ..Attributes::default() }, false, 1);
    outline.close();
    let block =
        |text: &str, element, kind| Block { text: text.into(), element, container: element, kind, ..Block::default() };
    Page {
        kind: PageKind::Html,
        blocks: vec![block(story, paragraph, BlockKind::Paragraph), block("Share", bar, BlockKind::FormControl)],
        outline: outline.finish(),
        ..Page::default()
    }
}

#[test]
fn a_class_token_names_an_element_word_by_word() {
    let rules = rule("tokens = [\"*share-bar*\"]\nwhen = { max-words = 20, max-share = 0.4 }");
    assert_eq!(hit_on(&rules, &html_page(STORY, "js-share_bar top")), ["Share"]);
    assert!(hit_on(&rules, &html_page(STORY, "timeshare-barn")).is_empty());
    assert!(hit_on(&rules, &html_page("Hi", "share-bar")).is_empty(), "half of the page is no bar");
}

#[test]
fn kinds_and_elements_around_bound_a_rule() {
    let rules = rule("whole = [\"share\"]\nwhen = { kinds = [\"form-control\"], inside-tokens = [\"bar\"] }");
    assert_eq!(hit_on(&rules, &html_page(STORY, "bar")), ["Share"]);
    assert!(hit_on(&rules, &html_page(STORY, "barn")).is_empty());
}

#[test]
fn a_site_rule_is_asked_on_its_host_and_below_only() {
    let rules = format!("host = \"example.org\"\n{}", rule("whole = [\"share\"]"));
    let mut page = text_page("Share\n");
    for (url, hits) in [
        ("https://example.org/a", 1),
        ("http://www.example.org:80/", 1),
        ("https://notexample.org/", 0),
        ("https://example.org.evil.test/", 0),
    ] {
        page.source.url = Some(url.into());
        assert_eq!(hit_on(&rules, &page).len(), hits, "{url}");
    }
}

#[test]
fn layers_disable_replace_and_extend_by_id() {
    let base = RuleFile {
        name: "base.toml".into(),
        text: "category = \"t\"\n[[rule]]\nid = \"t.a\"\nwhy = \"A.\"\nwhole = [\"a\"]\n\
               [[rule]]\nid = \"t.b\"\nwhy = \"B.\"\nwhole = [\"b\"]\nwhen = { max-words = 3 }\n\
               [[rule]]\nid = \"t.c\"\nwhy = \"C.\"\nwhole = [\"c\"]\n"
            .into(),
    };
    let mine = RuleFile {
        name: "mine.toml".into(),
        text: "disable = [\"t.c\"]\n[[rule]]\nid = \"t.a\"\nwhy = \"Mine.\"\nwhole = [\"z\"]\n\
               [[rule]]\nid = \"t.d\"\nextends = \"t.b\"\nwhole = [\"d\"]\n"
            .into(),
    };
    let set = RuleSet::only(&[base, mine]).unwrap();
    let seen: Vec<_> = set.rules().iter().map(|rule| (&*rule.id, &*rule.why, &*rule.file)).collect();
    assert_eq!(seen, [("t.a", "Mine.", "mine.toml"), ("t.b", "B.", "base.toml"), ("t.d", "B.", "mine.toml")]);
    assert_eq!(set.rules()[2].when.max_words, Some(3));
    assert_eq!(set.rules()[2].triggers.whole, ["d"]);
}

#[test]
fn mistakes_are_told_with_their_place_and_what_was_expected() {
    let cases: [(&str, u32, u32, &str); 14] = [
        ("[[rule]]\nid = \"t.a\"\nwhy = \"x\"\nwhole = [\"a\"]\nlanguage = \"en\"", 5, 1, "did you mean `languages`?"),
        ("[[rule]]\nid = \"t.a\"\nwhy = \"x\"\nwhole = [\"a\"]\nwhen = { max-word = 3 }", 5, 10, "`max-words`"),
        ("[[rule]]\nid = \"t.a\"\nwhy = \"x\"\nwhole = [\"a\"]\nscope = \"blok\"", 5, 9, "did you mean `block`?"),
        ("[[rule]]\nid = \"t.a\"\nwhy = \"x\"\nregex = ['a', '(b']", 4, 15, "unclosed group"),
        ("[[rule]]\nid = \"t.a\"\nwhy = \"x\"\nwhole = 3", 4, 9, "expected a list of strings, found integer"),
        ("[[rule]]\nid = \"t.a\"\nwhole = [\"a\"]", 1, 1, "has no `why`"),
        ("[[rule]]\nid = \"Nice\"\nwhy = \"x\"\nwhole = [\"a\"]", 2, 6, "category.name"),
        ("[[rule]]\nid = \"t.a\"\nwhy = \"x\"", 2, 6, "nothing that makes it look"),
        ("[[rule]]\nid = \"t.a\"\nwhy = \"x\"\ntokens = [\"ad\"]", 2, 6, "not proof enough"),
        ("[[rule]]\nid = \"t.a\"\nwhy = \"x\"\nwhole = [\"a\"]\nwhen = { max-share = 7 }", 5, 22, "from 0 to 1"),
        ("disable = [\"t.nothing\"]", 1, 12, "names no rule"),
        ("content = \"main\"", 1, 11, "for site files"),
        ("host = \"https://a.b/\"", 1, 8, "such as"),
        ("[[rule]\nid = 3", 1, 8, "unclosed"),
    ];
    for (text, line, column, message) in cases {
        let error = load(text).expect_err(text);
        assert_eq!((error.line, error.column), (line, column), "{text}\n{error}");
        assert!(error.message.contains(message), "{error}");
    }
    let text = rule("whole = [\"a\"]\nwhen = { near = { rules = [\"t.rule2\"], after = 1 } }");
    assert!(load(&text).unwrap_err().message.contains("did you mean `t.rule`?"));
}

#[test]
fn selectors_are_numbered_with_their_places() {
    let set = load(
        "host = \"example.org\"\ncontent = \"main .story\"\n[[rule]]\nid = \"t.a\"\nwhy = \"x\"\nselectors = [\"a > b\"]",
    );
    let set = set.unwrap();
    let seen: Vec<_> = set.selectors().iter().map(|s| (s.css.as_str(), s.line, s.column)).collect();
    assert_eq!(seen, [("a > b", 6, 15), ("main .story", 2, 12)]);
    assert_eq!((&set.rules()[0].triggers.selectors, &set.sites()[0].content), (&vec![0], &vec![1]));
}

#[test]
fn built_in_rules_load_and_hold_to_their_examples() {
    let set = RuleSet::load(&[]).unwrap_or_else(|error| panic!("{error}"));
    let failures = set.run_examples();
    assert!(failures.is_empty(), "{failures:#?}");
    for rule in set.rules() {
        let strips = rule.examples.iter().filter(|example| !example.hits.is_empty()).count();
        assert!(strips > 0 && rule.examples.len() > strips, "{} needs examples of both kinds", rule.id);
    }
}

#[test]
fn every_file_of_rules_is_compiled_in() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/");
    let mut files = Vec::new();
    for folder in ["rules", "sites"] {
        #[allow(clippy::disallowed_methods)]
        for entry in std::fs::read_dir(format!("{config}{folder}")).unwrap() {
            files.push(format!("config/{folder}/{}", entry.unwrap().file_name().to_str().unwrap()));
        }
    }
    files.retain(|file| file.ends_with(".toml"));
    files.sort();
    let mut compiled: Vec<String> = super::builtin::files().into_iter().map(|file| file.name).collect();
    compiled.sort();
    assert_eq!(compiled, files);
}
