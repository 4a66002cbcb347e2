//! From candidates to hits: conditions, nearness, host and scope.

use std::ops::Range;

use dechaff_document::{BlockKind, ElementId, Page, PageKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    RuleSet,
    conditions::{Measured, hold},
    matcher::Candidate,
    schema::{Near, Rule, Scope},
};

/// A rule hit a stretch of blocks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The rule's place in [`RuleSet::rules`].
    pub rule: u32,
    /// The block that made it look (for elements the first block inside).
    pub trigger: usize,
    /// The blocks it takes.
    pub blocks: Range32,
}

/// A range of block indexes that can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range32 {
    /// First block.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

impl Range32 {
    /// As a range for indexing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A candidate whose conditions hold: the target before its scope is applied.
#[derive(Debug, Clone)]
struct Target {
    rule: u32,
    element: ElementId,
    blocks: Range<usize>,
}

/// All hits of a set of rules on a page, sorted by rule and place.
pub(super) fn hits(set: &RuleSet, page: &Measured<'_>) -> Vec<Hit> {
    let sites = set.sites_of(page.page);
    let asked = |rule: &Rule| {
        rule.input.is_none_or(|kind| kind == page.page.kind)
            && rule.host.as_ref().is_none_or(|host| sites.iter().any(|site| site == &&**host))
    };
    let mut waiting: Vec<Vec<Target>> = vec![Vec::new(); usize::from(set.levels) + 1];
    for candidate in set.matcher.candidates(page.page, &page.lines, &page.words_of_lines()) {
        let number = candidate.rule as usize;
        let rule = &set.rules[number];
        if !asked(rule) {
            continue;
        }
        if let Some(target) = target(candidate, rule, page) {
            waiting[usize::from(set.level[number])].push(target);
        }
    }
    let mut settled = Settled::default();
    for level in 0..waiting.len() {
        let mut targets = std::mem::take(&mut waiting[level]);
        if level > 0 {
            for &number in &set.near_only {
                let rule = &set.rules[number as usize];
                if usize::from(set.level[number as usize]) == level && asked(rule) {
                    targets.extend(targets_near(number, rule, set, page, &settled));
                }
            }
            targets.retain(|target| settled.nearness_holds(set, target));
        }
        settled.add(set, targets);
    }
    let mut hits: Vec<Hit> = settled
        .targets
        .iter()
        .filter_map(|target| {
            let blocks = widen(target, set, page, &settled)?;
            let blocks = Range32 { start: blocks.start as u32, end: blocks.end as u32 };
            Some(Hit { rule: target.rule, trigger: target.blocks.start, blocks })
        })
        .collect();
    hits.sort_unstable();
    hits.dedup();
    hits
}

/// The blocks a candidate is about, if its own conditions hold.
fn target(candidate: Candidate, rule: &Rule, page: &Measured<'_>) -> Option<Target> {
    let block = candidate.block as usize;
    let (element, blocks) = match candidate.element.is_some() {
        true => (candidate.element, page.page.outline.blocks_of(candidate.element, page.page.blocks.len())),
        false => (page.page.blocks[block].element, block..block + 1),
    };
    let target = Target { rule: candidate.rule, element: candidate.element, blocks };
    (!target.blocks.is_empty() && hold(&rule.when, page, &target.blocks, element)).then_some(target)
}

/// The blocks near hits of other rules, for a rule that has no other way to find any.
fn targets_near(number: u32, rule: &Rule, set: &RuleSet, page: &Measured<'_>, settled: &Settled) -> Vec<Target> {
    let Some(near) = &rule.when.near else { return Vec::new() };
    let mut blocks = FxHashSet::default();
    for &other in &set.near[number as usize] {
        for &hit in settled.places.get(&other).into_iter().flatten() {
            let hit = hit as usize;
            let until = page.lines.len().min(hit + 1 + near.before as usize);
            blocks.extend(hit.saturating_sub(near.after as usize)..until);
        }
    }
    let mut blocks: Vec<usize> = blocks.into_iter().collect();
    blocks.sort_unstable();
    blocks
        .into_iter()
        .filter_map(|block| {
            target(Candidate { rule: number, block: block as u32, element: ElementId::NONE }, rule, page)
        })
        .collect()
}

/// The targets that passed, and where each rule's begin.
#[derive(Default)]
struct Settled {
    targets: Vec<Target>,
    /// First blocks of a rule's targets, sorted; only of rules that others look for.
    places: FxHashMap<u32, Vec<u32>>,
}

impl Settled {
    fn add(&mut self, set: &RuleSet, targets: Vec<Target>) {
        let mut touched = FxHashSet::default();
        for target in &targets {
            if set.looked_for[target.rule as usize] {
                self.places.entry(target.rule).or_default().push(target.blocks.start as u32);
                touched.insert(target.rule);
            }
        }
        for rule in touched {
            if let Some(places) = self.places.get_mut(&rule) {
                places.sort_unstable();
                places.dedup();
            }
        }
        self.targets.extend(targets);
    }

    fn nearness_holds(&self, set: &RuleSet, target: &Target) -> bool {
        let number = target.rule as usize;
        let rule = &set.rules[number];
        rule.when.near.as_ref().is_none_or(|near| self.is_near(near, &set.near[number], target))
            && rule.when.not_near.as_ref().is_none_or(|near| !self.is_near(near, &set.not_near[number], target))
    }

    /// Whether a hit of these rules stands close enough. A block is not near to itself, an element is to what it holds.
    fn is_near(&self, near: &Near, rules: &[u32], target: &Target) -> bool {
        let first = target.blocks.start.saturating_sub(near.before as usize) as u32;
        let last = (target.blocks.end + near.after as usize) as u32;
        let single = target.blocks.len() == 1;
        rules.iter().any(|rule| {
            let Some(places) = self.places.get(rule) else { return false };
            let from = places.partition_point(|&place| place < first);
            places[from..]
                .iter()
                .take_while(|&&place| place < last)
                .any(|&place| !single || place as usize != target.blocks.start)
        })
    }

    /// The first hit of these rules after a block, at most `reach` blocks on.
    fn next(&self, rules: &[u32], after: usize, reach: u32) -> Option<usize> {
        rules
            .iter()
            .filter_map(|rule| {
                let places = self.places.get(rule)?;
                places.get(places.partition_point(|&place| place as usize <= after)).copied()
            })
            .min()
            .map(|place| place as usize)
            .filter(|place| *place <= after + reach as usize)
    }
}

/// The blocks that a hit takes.
fn widen(target: &Target, set: &RuleSet, page: &Measured<'_>, settled: &Settled) -> Option<Range<usize>> {
    let rule = &set.rules[target.rule as usize];
    let blocks = target.blocks.clone();
    let count = page.lines.len();
    Some(match &rule.scope {
        Scope::Block => blocks,
        Scope::Container => container(page, target),
        Scope::Section { reach } => {
            let last = count.min(blocks.start + *reach as usize);
            let level = heading_level(page.page, blocks.start).unwrap_or(6);
            let ends = |&block: &usize| match page.is_text() {
                true => heading_level(page.page, block).is_some() || is_prose(page, block),
                false => heading_level(page.page, block).is_some_and(|other| other <= level),
            };
            blocks.start..(blocks.end..last).find(ends).unwrap_or(last.max(blocks.end))
        }
        Scope::Run { reach, conditions, upwards } => {
            let meets = |block: usize| hold(conditions, page, &(block..block + 1), page.page.blocks[block].element);
            match upwards {
                false => {
                    let last = count.min(blocks.end + *reach as usize);
                    blocks.start..(blocks.end..last).find(|&block| !meets(block)).unwrap_or(last)
                }
                true => {
                    let first = blocks.start.saturating_sub(*reach as usize);
                    let stop = (first..blocks.start).rev().find(|&block| !meets(block));
                    stop.map_or(first, |stop| stop + 1)..blocks.end
                }
            }
        }
        Scope::Between { reach, .. } => match settled.next(&set.until[target.rule as usize], blocks.end - 1, *reach) {
            Some(last) => blocks.start..last + 1,
            None => blocks,
        },
        Scope::Tail { rest_share, otherwise_block } => {
            let whole = 0..count;
            let (rest, all) = (page.story(&(blocks.end..count)), page.story(&whole));
            // An article: a hundred words of story and three tenths of the page. A list or a table has no end of its
            // story to cut after. What goes is less than half of the page.
            let article = all >= 100 && all * 10 >= page.words(&whole) * 3;
            let short =
                rest as f32 <= rest_share * all as f32 && page.words(&(blocks.end..count)) * 2 < page.words(&whole);
            match article && short && blocks.start > 0 {
                true => blocks.start..count,
                false if *otherwise_block => blocks,
                false => return None,
            }
        }
    })
}

/// In plain text the lines around a line; in HTML the smallest element that holds more than the block itself, if that
/// is no more than a dozen blocks and half of the page.
fn container(page: &Measured<'_>, target: &Target) -> Range<usize> {
    const MOST: usize = 12;
    let blocks = target.blocks.clone();
    let wider = match page.page.kind {
        PageKind::Text => page.group(blocks.start),
        PageKind::Html => {
            let outline = &page.page.outline;
            let from = match target.element.is_some() {
                true => target.element,
                false => page.page.blocks[blocks.start].element,
            };
            let around = |&element: &ElementId| outline.blocks_of(element, page.lines.len()).len() > blocks.len();
            match outline.ancestors(from).find(around) {
                Some(element) => outline.blocks_of(element, page.lines.len()),
                None => blocks.clone(),
            }
        }
    };
    let fits = wider.len() <= MOST && page.words(&wider) as f32 <= 0.5 * page.all_words() as f32;
    if fits && wider.start <= blocks.start && wider.end >= blocks.end { wider } else { blocks }
}

fn heading_level(page: &Page, block: usize) -> Option<u8> {
    match page.blocks[block].kind {
        BlockKind::Heading(level) => Some(level),
        _ => None,
    }
}

/// A line of story of some length: the section has ended.
fn is_prose(page: &Measured<'_>, block: usize) -> bool {
    page.story(&(block..block + 1)) >= 20
}
