//! What repeats across a site: counts that do not depend on order, and the file that a person edits.

use dechaff_dedup::{
    Repeats, Site,
    repeats::{
        PageDigest, SiteCounter, Sites,
        learned::{self, Change, LearnedSite},
    },
};
use dechaff_document::{Attributes, Block, BlockKind, OutlineBuilder, Page, PageKind, Repeats as Count, Source};

const MENU: &str = "Home News Ferry times Weather";
const APPEAL: &str = "Readers like you pay for this newspaper.";
const QUOTATION: &str = "“We will not wait another winter”, the mayor said.";

fn settings() -> Repeats {
    Repeats { site: Site::Host, sample: 100, minimum: 5, pages: 1000, share: 0.2 }
}

fn source(number: usize) -> Source {
    Source {
        id: format!("story-{number}.html"),
        url: Some(format!("https://www.courier.example/story/{number}")),
        ..Source::default()
    }
}

/// A page of text: menu, story, appeal in the middle, date line and copyright at the end.
fn text_page(number: usize) -> Page {
    let story = |part: usize| format!("Story {} of the day has its own words in part {}.", words(number), words(part));
    let mut lines = vec![MENU.to_owned(), story(1), story(2), APPEAL.to_owned(), story(3), story(4)];
    if number.is_multiple_of(4) {
        lines.push(QUOTATION.to_owned());
    }
    lines.push(format!("Updated {} March 2026, 1{}:05", 1 + number % 28, number % 10));
    lines.push(format!("© {} Courier", 2000 + number));
    let block = |text: String| Block { text, ..Block::default() };
    Page {
        source: source(number),
        kind: PageKind::Text,
        blocks: lines.into_iter().map(block).collect(),
        ..Page::default()
    }
}

/// A number in letters: digits would be folded.
fn words(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

/// An HTML page whose appeal stands in the footer, and on every tenth page in the story.
fn html_page(number: usize) -> Page {
    let mut builder = OutlineBuilder::default();
    let mut blocks = Vec::new();
    builder.open("body", Attributes::default(), false, 0);
    for (landmark, class, text) in [
        ("nav", "menu", MENU.to_owned()),
        ("article", "story", format!("Story {} has its own words.", words(number))),
        (if number.is_multiple_of(10) { "article" } else { "footer" }, "", APPEAL.to_owned()),
    ] {
        builder.open(landmark, Attributes { class, ..Attributes::default() }, false, blocks.len());
        let element = builder.open("p", Attributes::default(), false, blocks.len());
        builder.close();
        builder.close();
        blocks.push(Block { text, kind: BlockKind::Paragraph, element, container: element, ..Block::default() });
    }
    Page { source: source(number), blocks, outline: builder.finish(), ..Page::default() }
}

fn counted(settings: &Repeats, pages: impl Iterator<Item = Page>) -> Sites {
    counter(settings, pages).finish()
}

fn counter(settings: &Repeats, pages: impl Iterator<Item = Page>) -> SiteCounter {
    let mut counter = SiteCounter::new(settings);
    for page in pages {
        let site = dechaff_dedup::repeats::site_of(&page, &settings.site).unwrap();
        counter.insert(&site, PageDigest::with_texts(&page));
    }
    counter
}

fn with(sites: &Sites, mut page: Page) -> Vec<(u32, u32)> {
    sites.apply(&mut page);
    let of = |block: &Block| match block.repeats {
        Count::Pages { with, of } => (with, of),
        Count::Unknown => (0, 0),
    };
    page.blocks.iter().map(of).collect()
}

#[test]
fn chrome_repeats_and_stories_do_not() {
    let sites = counted(&settings(), (0..20).map(text_page));
    let expected = [20, 1, 1, 20, 1, 1, 5, 20, 20].map(|pages| (pages, 20));
    assert_eq!(with(&sites, text_page(4)), expected);
}

#[test]
fn a_page_outside_the_sample_counts_itself_in() {
    let sites = counted(&settings(), (0..20).map(text_page));
    assert_eq!(with(&sites, text_page(21))[..3], [(21, 21), (1, 21), (1, 21)]);
}

#[test]
fn too_few_pages_say_nothing() {
    let sites = counted(&settings(), (0..4).map(text_page));
    assert!(sites.is_empty());
    assert_eq!(with(&sites, text_page(1))[0], (0, 0));
}

#[test]
fn a_mirror_does_not_turn_its_text_into_chrome() {
    let mirrored = (0..20).flat_map(|number| {
        let mut copy = text_page(number);
        copy.source.id = format!("mirror/story-{number}.html");
        [text_page(number), copy]
    });
    let sites = counted(&settings(), mirrored);
    assert_eq!(with(&sites, text_page(3))[..2], [(20, 20), (1, 20)]);
    let mut copy = text_page(3);
    copy.source.id = "mirror/story-3.html".into();
    assert_eq!(with(&sites, copy)[..2], [(20, 20), (1, 20)]);
}

#[test]
fn the_same_text_at_another_place_is_another_count() {
    let sites = counted(&settings(), (0..20).map(html_page));
    assert_eq!(with(&sites, html_page(3)), [(20, 20), (1, 20), (18, 20)]);
    assert_eq!(with(&sites, html_page(10)), [(20, 20), (1, 20), (2, 20)]);
}

#[test]
fn neither_order_nor_threads_change_a_count() {
    let settings = Repeats { sample: 8, pages: 30, ..settings() };
    let site = |number: usize| format!("site-{}.example", number % 7);
    let page = |number: usize| (site(number), PageDigest::new(&text_page(number)));
    let of = |counters: Vec<Vec<usize>>| {
        let mut merged = SiteCounter::new(&settings);
        for numbers in counters {
            let mut counter = SiteCounter::new(&settings);
            numbers.into_iter().map(page).for_each(|(site, digest)| counter.insert(&site, digest));
            merged.merge(counter);
        }
        let sites = merged.finish();
        (0..7).map(|number| sites.get(&site(number)).cloned()).collect::<Vec<_>>()
    };
    let expected = of(vec![(0..140).collect()]);
    assert!(expected.iter().flatten().count() >= 3, "the bound leaves some sites");
    assert!(expected.iter().flatten().all(|it| it.pages() == 5), "and the least sample of them");
    assert_eq!(of(vec![(0..140).rev().collect()]), expected);
    assert_eq!(of(vec![(70..140).collect(), (0..31).collect(), (31..70).rev().collect()]), expected);
}

#[test]
fn a_page_beyond_the_sample_need_not_be_read() {
    let settings = Repeats { sample: 5, ..settings() };
    let mut full = counter(&settings, (0..200).map(text_page));
    let wanted: Vec<usize> = (200..400).filter(|&number| full.wants("courier.example", &source(number).id)).collect();
    assert!(wanted.len() < 30, "{}", wanted.len());
    let before = full.clone().finish().get("courier.example").cloned();
    for number in (200..400).filter(|number| !wanted.contains(number)) {
        full.insert("courier.example", PageDigest::new(&text_page(number)));
    }
    assert_eq!(full.finish().get("courier.example").cloned(), before);
}

fn learn(pages: std::ops::Range<usize>) -> LearnedSite {
    let guess = |text: &str, _: &str| text.contains("pay for").then(|| "donation-appeal".to_owned());
    learned::learn(counter(&settings(), pages.map(text_page)), &settings(), guess).remove(0)
}

#[test]
fn what_is_learned_can_be_read_by_a_person() {
    let (toml, changes) = learn(0..20).write(None).unwrap();
    assert_eq!(changes.len(), 5);
    assert!(toml.starts_with("# What repeats on courier.example: counted by `dechaff learn`"), "{toml}");
    assert!(
        toml.contains(
            "\n[[repeats]]\n\
             text = \"Readers like you pay for this newspaper.\"\n\
             place = \"middle\"\n\
             pages = 20\n\
             of = 20\n\
             category = \"donation-appeal\"\n\
             confidence = 0.84\n\
             examples = [\"story-"
        ),
        "{toml}"
    );
    assert!(!toml.contains("has its own words"));
}

#[test]
fn what_was_learned_serves_new_pages_the_same_in_every_run() {
    let (toml, _) = learn(0..20).write(None).unwrap();
    let site = learned::read(&toml).unwrap();
    assert_eq!(site.repeats.len(), 5);
    let mut sites = Sites::new(Site::Host);
    sites.insert(&site.site, site.counts());
    let expected = [20, 1, 1, 20, 1, 1, 5, 20, 20].map(|pages| (pages, 20));
    assert_eq!(with(&sites, text_page(4)), expected);
    assert_eq!(with(&sites, text_page(404)), expected);
}

#[test]
fn learning_again_keeps_edits_and_says_what_changed() {
    let (toml, _) = learn(0..20).write(None).unwrap();
    let edited = toml
        .replace("category = \"donation-appeal\"", "category = \"subscription\" # not a donation\naction = \"drop\"")
        .replace(MENU, "A menu that is gone")
        .replace("host =", "# our own note\nhost =");
    let gone = "\n[[repeats]]\ntext = \"Winter sale\"\nplace = \"upper\"\npages = 9\nof = 20\naction = \"drop\"\n";
    let (again, changes) = learn(0..30).write(Some(&(edited + gone))).unwrap();
    assert!(again.contains("# our own note\nhost ="), "{again}");
    assert!(again.contains("category = \"subscription\" # not a donation\n"), "{again}");
    assert!(again.contains("action = \"drop\""));
    assert!(again.contains("pages = 30\nof = 30\n"));
    assert!(again.contains("Winter sale"));
    assert!(changes.contains(&Change::Removed { text: "A menu that is gone".into() }), "{changes:?}");
    assert!(changes.contains(&Change::Added { text: MENU.into() }));
    assert!(changes.contains(&Change::Kept { text: "Winter sale".into() }));
    let recounted = Change::Recounted { text: APPEAL.into(), before: (20, 20), now: (30, 30) };
    assert!(changes.contains(&recounted));
    let (third, changes) = learn(0..30).write(Some(&again)).unwrap();
    assert_eq!(third, again);
    assert_eq!(changes, [Change::Kept { text: "Winter sale".into() }]);
}

#[test]
fn a_broken_file_is_an_error_with_its_place() {
    let error = learned::read("host = \"a.example\"\n[[repeats]]\ntext = 5\npages = 1\nof = 2\n").unwrap_err();
    assert_eq!((error.line, error.column), (3, 8), "{error}");
    assert!(learn(0..20).write(Some("host = ")).is_err());
}

#[test]
fn file_names_are_safe() {
    assert_eq!(learned::file_name("courier.example"), "courier.example.toml");
    assert_eq!(learned::file_name("../a b"), "_a_b.toml");
}
