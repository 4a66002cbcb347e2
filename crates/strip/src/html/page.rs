//! What is known of a page as a whole.

use dechaff_document::Page;

use super::{
    lines::Line,
    phrases,
    structure::{Structure, code},
    tokens,
};

/// Types that a page may declare itself to be, in groups (schema.org, `og:type`), lower case.
const DECLARED: [(&str, &[&str]); 14] = [
    ("article", &["schema:article", "schema:newsarticle", "schema:blogposting", "schema:report", "schema:techarticle"]),
    ("product", &["schema:product", "schema:productgroup", "og:product", "og:og:product"]),
    ("list", &["schema:itemlist", "schema:collectionpage", "schema:offercatalog", "schema:searchresultspage"]),
    ("forum", &["schema:discussionforumposting", "schema:qapage", "schema:question"]),
    ("faq", &["schema:faqpage"]),
    ("business", &["schema:localbusiness", "schema:service", "schema:organization"]),
    ("breadcrumb", &["schema:breadcrumblist"]),
    ("review", &["schema:review", "schema:aggregaterating"]),
    ("web-page", &["schema:webpage"]),
    ("recipe", &["schema:recipe"]),
    ("video", &["schema:videoobject"]),
    ("og-article", &["og:article"]),
    ("og-website", &["og:website"]),
    ("dated", &["article:published_time"]),
];

/// Software that makes pages, by the beginning of its name.
const GENERATORS: [&str; 14] = [
    "wordpress",
    "discourse",
    "xenforo",
    "phpbb",
    "vbulletin",
    "mediawiki",
    "drupal",
    "shopify",
    "docusaurus",
    "sphinx",
    "hugo",
    "wix",
    "joomla",
    "flarum",
];

/// Parts of an address that hint at what a page is.
const ADDRESS: [&str; 22] = [
    "blog",
    "news",
    "article",
    "forum",
    "thread",
    "topic",
    "product",
    "category",
    "collection",
    "shop",
    "docs",
    "wiki",
    "service",
    "review",
    "best",
    "/p/",
    "/t/",
    "question",
    "item",
    "list",
    "about",
    "guide",
];

/// Names of a page's features.
pub(super) fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "words",
        "blocks",
        "linked",
        "long",
        "paragraph",
        "articles",
        "mains",
        "ps",
        "lis",
        "h1s",
        "h2s",
        "h3s",
        "tables",
        "pres",
        "forms",
        "sections",
        "buttons",
        "images",
        "times",
        "inputs",
        "longest",
        "long-blocks",
        "commas",
        "best-share",
        "most-share",
        "best-depth",
        "address-depth",
        "address-length",
        "address-number",
        "home",
        "generator",
        "elements",
        "dates",
        "questions",
    ]
    .map(|name| format!("page-{name}"))
    .to_vec();
    names.extend(DECLARED.iter().map(|(name, _)| format!("page-declares-{name}")));
    names.extend(ADDRESS.map(|part| format!("page-at-{}", part.trim_matches('/'))));
    names.extend(phrases::names().map(|name| format!("page-says-{name}")));
    names.extend(tokens::names().map(|name| format!("page-has-{name}")));
    names.extend(["body", "description", "review"].map(|name| format!("page-states-{name}")));
    names
}

/// Texts that blocks are compared with.
pub(super) struct Texts<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
}

impl<'a> Texts<'a> {
    pub(super) fn of(page: &'a Page) -> Texts<'a> {
        let text = |found: &'a Option<dechaff_document::Found>| found.as_ref().map_or("", |found| found.value.as_str());
        Texts { title: text(&page.metadata.title), description: text(&page.metadata.description) }
    }
}

/// The values behind [`names`].
pub(super) struct PageFacts(Vec<f32>);

impl PageFacts {
    pub(super) fn new(page: &Page, lines: &[Line], structure: &Structure) -> PageFacts {
        let total = &structure.total;
        let words = total.words.max(1.0);
        let count = |tag: u8| structure.tag_counts[usize::from(tag)] as f32;
        let share = |index: usize| structure.sums.get(index).map_or(0.0, |sums| sums.words / words);
        let address = address(page);
        let path = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
        let path = path.find('/').map_or("", |at| &path[at..]);
        let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
        let longest = lines.iter().fold(0.0, |most: f32, line| most.max(line.words));
        let declares = |name: &str| page.declared.iter().any(|declared| declared == name);
        let generator = page.declared.iter().find_map(|declared| declared.strip_prefix("generator:"));
        let generator = generator.and_then(|name| GENERATORS.iter().position(|known| name.contains(known)));
        let digits = path.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 4);
        let segments = path.split('/').filter(|part| !part.is_empty()).count();
        let mut facts = vec![
            words.ln_1p(),
            (lines.len() as f32).ln_1p(),
            total.linked / words,
            total.long / words,
            total.paragraph / words,
            count(code("article")),
            count(code("main")),
            count(code("p")),
            count(code("li")),
            count(code("h1")),
            count(code("h2")),
            count(code("h3")),
            count(code("table")),
            count(code("pre")),
            count(code("form")),
            count(code("section")),
            count(code("button")),
            total.images,
            count(code("time")),
            structure.inputs as f32,
            longest,
            lines.iter().filter(|line| line.words >= 40.0).count() as f32,
            lines.iter().map(|line| line.commas).sum::<f32>() / words,
            share(structure.best),
            share(structure.most),
            structure.depth.get(structure.best).map_or(0.0, |&depth| f32::from(depth)),
            segments as f32,
            path.len() as f32,
            f32::from(u8::from(digits)),
            f32::from(u8::from(segments == 0)),
            generator.map_or(0.0, |at| at as f32 + 1.0),
            structure.parent.len() as f32,
            lines.iter().filter(|line| line.year && line.words < 12.0).count() as f32,
            lines.iter().filter(|line| line.ends_question).count() as f32,
        ];
        let flag = |flag: bool| f32::from(u8::from(flag));
        facts.extend(DECLARED.iter().map(|(_, names)| flag(names.iter().any(|name| declares(name)))));
        facts.extend(ADDRESS.iter().map(|part| flag(address.contains(part))));
        let blocks = lines.len().max(1) as f32;
        let mut said = [0u32; phrases::COUNT];
        for line in lines {
            let mut groups = line.phrases;
            while groups != 0 {
                said[groups.trailing_zeros() as usize] += 1;
                groups &= groups - 1;
            }
        }
        facts.extend(said.map(|lines| lines as f32 / blocks));
        facts.extend((0..tokens::COUNT).map(|group| structure.group_counts.get(group).map_or(0.0, |&n| n as f32)));
        let mut stated = [0.0f32; 3];
        for (property, text) in &page.stated {
            let set = match property.as_str() {
                "articlebody" | "text" => 0,
                "description" => 1,
                _ => 2,
            };
            stated[set] += text.len() as f32;
        }
        facts.extend(stated.map(f32::ln_1p));
        PageFacts(facts)
    }

    /// Number of facts.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn extend(&self, row: &mut Vec<f32>) {
        row.extend(&self.0);
    }
}

fn address(page: &Page) -> String {
    let stated = page.metadata.url.as_ref().map(|found| found.value.as_str());
    page.source.url.as_deref().or(stated).unwrap_or("").to_lowercase()
}
