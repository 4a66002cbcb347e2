//! What is known of each block before anyone decides.
//!
//! [`gather`] asks the rules, finds the title and its copies, reads the counts of the site, and puts it all side by
//! side. It decides nothing, but it takes back what must not count: guard rails against rules that would empty a page.

mod copies;
mod empty;
mod hints;
mod lead;
mod paint;
mod repeats;
mod report;
mod title;

use dechaff_document::{Page, RuleOrigin};

use self::paint::Paint;
pub use self::{
    empty::EmptyPage,
    hints::{BlockHints, Hints, Scores},
    report::Report,
};
use crate::{
    Captions, CategorySet, Comments, Residue, Settings,
    category::number,
    measure::ends_sentence,
    rules::{Action, Hit, Measured, Rule, RuleSet, Strength},
};

/// All that is known of a page's blocks.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What the models may read.
    pub hints: Hints,
    /// For each block what the verdict reads beside the hints.
    pub blocks: Vec<BlockEvidence>,
    /// What the page as a whole is instead of content.
    pub empty: Option<EmptyPage>,
    /// Categories whose wide hits were taken back because they held too much of the page.
    pub released: CategorySet,
    /// The `content` selector of the page's site, where one matched.
    pub root: Option<RuleOrigin>,
    /// The title, where the page's metadata have none or a site rule knows better.
    pub title: Option<(String, dechaff_document::Origin)>,
    /// The page is running text: lines that end as sentences hold much of it. Copies are told only on such pages, a
    /// poem or a log may repeat itself.
    pub running_text: bool,
    /// What a page of plain text reports, which may be too little for running text. What speaks in the voice of the
    /// site is not counted. Empty for HTML.
    pub report: Report,
}

/// What the verdict reads of one block. Rules are places in [`RuleSet::rules`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BlockEvidence {
    /// The keep rule that protects it.
    pub keep: Option<u32>,
    /// The rule that drops it.
    pub veto: Option<u32>,
    /// The rule that hints at its category.
    pub hint: Option<u32>,
    /// What a site's `content` selector says: inside or outside.
    pub root: Option<bool>,
    /// Its count on the site speaks against it: pages with, pages counted.
    pub repeats: Option<(u32, u32)>,
    /// Share of its characters in links, 0 to 1.
    pub link_density: f32,
    /// Words.
    pub words: u32,
    /// A sentence of plain text in the voice of the site: it says "we", "us" or "you" outside quotation marks.
    pub voice: bool,
}

/// Gathers the evidence on a page. Linear in the page, apart from sorting the hits.
pub fn gather(page: &Page, rules: &RuleSet, settings: &Settings) -> Evidence {
    gather_measured(&Measured::of(page), rules, settings)
}

/// Like [`gather`], of a page that was measured.
pub(crate) fn gather_measured(measured: &Measured<'_>, rules: &RuleSet, settings: &Settings) -> Evidence {
    let page = measured.page;
    let count = page.blocks.len();
    let mut hits = match settings.rules {
        true => rules.hits_of(measured),
        false => Vec::new(),
    };
    let released = release(&mut hits, rules, measured, settings);
    let mut evidence = Evidence { released, ..Evidence::default() };
    evidence.hints = Hints::none(count);
    evidence.blocks = (0..count)
        .map(|block| BlockEvidence {
            link_density: measured.link_density(&(block..block + 1)),
            words: measured.words(&(block..block + 1)),
            voice: measured.is_text() && ends_sentence(&page.blocks[block].text) && measured.voice(block),
            ..BlockEvidence::default()
        })
        .collect();
    put_hits(&mut evidence, &hits, rules, settings);
    put_roots(&mut evidence, page, rules);
    let story = measured.story(&(0..count));
    // Sixty words and three tenths of the page: the shortest report has them, a poem, a log or a list does not.
    evidence.running_text = story >= 60 && story * 10 >= measured.all_words() * 3;
    if measured.is_text() {
        let reports = |block: usize| ends_sentence(&page.blocks[block].text) && !evidence.blocks[block].voice;
        evidence.report = Report::of(&evidence.blocks, reports);
    }
    title::put(&mut evidence, measured, rules);
    lead::put(&mut evidence, measured);
    copies::put(&mut evidence, measured);
    repeats::put(&mut evidence, measured);
    evidence.empty = empty::find(&evidence, &hits, rules, measured);
    if !settings.rules && settings.model && measured.is_text() {
        put_for_the_model(&mut evidence, page, rules, settings);
    }
    evidence
}

impl Evidence {
    /// Makes another block of a text the title: copies are copies of it then.
    pub(crate) fn put_title(&mut self, block: usize, page: &Measured<'_>) {
        if self.hints.blocks[block].title {
            return;
        }
        for hints in &mut self.hints.blocks {
            (hints.title, hints.copy_of) = (false, None);
        }
        title::put_block(self, block, page);
        copies::put(self, page);
    }
}

/// Writes what the rules would say where they decide nothing: the model for text has learned to read it, and is worse
/// without by .018 of word F1. What is dropped is named after it.
fn put_for_the_model(evidence: &mut Evidence, page: &Page, rules: &RuleSet, settings: &Settings) {
    let told = gather(page, rules, &Settings { rules: true, ..settings.clone() });
    evidence.hints = told.hints;
    for (own, told) in evidence.blocks.iter_mut().zip(told.blocks) {
        own.hint = told.veto.or(told.hint);
    }
}

/// How a rule acts under these settings: some categories are the user's choice.
fn strength(rule: &Rule, settings: &Settings) -> Strength {
    if rule.strength == Strength::Marker {
        return Strength::Marker;
    }
    let softened = match rule.category.as_str() {
        "byline-residue" => settings.bylines == Residue::Keep,
        "timestamp-residue" => settings.stamps == Residue::Keep,
        "comments" => settings.comments == Comments::Keep,
        "caption" if settings.captions == Captions::Drop => return Strength::Veto,
        _ => false,
    };
    if softened { Strength::Hint } else { rule.strength }
}

/// Takes back wide hits (more than one block) of categories that would take more than their share of the page. A site's
/// own rules may take all.
fn release(hits: &mut Vec<Hit>, rules: &RuleSet, page: &Measured<'_>, settings: &Settings) -> CategorySet {
    let most = (settings.category_share * page.all_words() as f32) as u32;
    let guarded = |hit: &Hit| {
        let rule = &rules.rules()[hit.rule as usize];
        let drops = rule.action == Action::Drop && strength(rule, settings) == Strength::Veto;
        (drops && rule.host.is_none()).then(|| number(rule.category.as_str()))
    };
    let mut ranges: Vec<(u8, u32, u32)> =
        hits.iter().filter_map(|hit| guarded(hit).map(|n| (n, hit.blocks.start, hit.blocks.end))).collect();
    ranges.sort_unstable();
    let mut taken = [0u32; 32];
    let (mut category, mut end) = (u8::MAX, 0);
    for (number, from, to) in ranges {
        if number != category {
            (category, end) = (number, 0);
        }
        if to > end {
            taken[number as usize % 32] += page.words(&(from.max(end) as usize..to as usize));
            end = to;
        }
    }
    // A hint that covers more than that says nothing of any block.
    hits.retain(|hit| {
        let rule = &rules.rules()[hit.rule as usize];
        let wide = hit.blocks.range().len() > 1 && page.words(&hit.blocks.range()) > most;
        !(wide && strength(rule, settings) == Strength::Hint)
    });
    let mut released = CategorySet::EMPTY;
    for number in (0..32u8).filter(|&number| taken[number as usize] > most) {
        released = released.with(CategorySet::of_number(number));
    }
    if !released.is_empty() {
        hits.retain(|hit| {
            hit.blocks.range().len() == 1
                || guarded(hit).is_none_or(|number| !released.meets(CategorySet::of_number(number)))
        });
    }
    released
}

/// Writes the hits to the blocks: the narrowest hit names a block's rule, the first rule among equals.
fn put_hits(evidence: &mut Evidence, hits: &[Hit], rules: &RuleSet, settings: &Settings) {
    let count = evidence.blocks.len();
    let (mut keeps, mut vetoes, mut hints) = (Vec::new(), Vec::new(), Vec::new());
    for hit in hits {
        let rule = &rules.rules()[hit.rule as usize];
        match (rule.action, strength(rule, settings)) {
            (Action::Keep, Strength::Veto) => keeps.push(hit),
            (Action::Keep, Strength::Hint) | (_, Strength::Marker) => {}
            (Action::Drop, Strength::Veto) => vetoes.push(hit),
            (Action::Drop, Strength::Hint) => hints.push(hit),
        }
    }
    let category = |hit: &Hit| CategorySet::of(rules.rules()[hit.rule as usize].category.as_str());
    for (index, set) in paint::sets(count, &vetoes, category).into_iter().enumerate() {
        evidence.hints.blocks[index].vetoed = set;
    }
    for (index, set) in paint::sets(count, &hints, category).into_iter().enumerate() {
        evidence.hints.blocks[index].hinted = set;
    }
    Paint::new(count).all(&mut keeps, |block, rule| {
        evidence.blocks[block].keep = Some(rule);
        evidence.hints.blocks[block].kept = true;
    });
    Paint::new(count).all(&mut vetoes, |block, rule| evidence.blocks[block].veto = Some(rule));
    Paint::new(count).all(&mut hints, |block, rule| evidence.blocks[block].hint = Some(rule));
}

/// Writes which blocks lie inside the content roots of the page's site, if a selector of it matched.
fn put_roots(evidence: &mut Evidence, page: &Page, rules: &RuleSet) {
    let hosts = rules.sites_of(page);
    let Some(site) = hosts.iter().find_map(|host| rules.sites().iter().find(|site| *site.host == **host)) else {
        return;
    };
    let roots = page.selector_hits.iter().filter(|(selector, _)| site.content.contains(selector));
    let ranges: Vec<_> = roots.map(|&(_, element)| page.outline.blocks_of(element, page.blocks.len())).collect();
    if ranges.iter().all(|range| range.is_empty()) {
        return;
    }
    for block in &mut evidence.blocks {
        block.root = Some(false);
    }
    evidence.root =
        Some(RuleOrigin { id: format!("{}.content", site.host).into(), file: site.file.clone(), line: site.line });
    let mut painted = 0;
    // Selector hits are sorted by selector and element, so overlapping ranges of one selector come one after another.
    let mut ranges = ranges;
    ranges.sort_unstable_by_key(|range| range.start);
    for range in ranges {
        for block in range.start.max(painted)..range.end {
            evidence.blocks[block].root = Some(true);
        }
        painted = painted.max(range.end);
    }
}
