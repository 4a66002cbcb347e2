//! The stage as one value: rules, models and settings in, verdicts out.

use std::sync::Arc;

use dechaff_document::{Category, EmptyReason, Found, JudgedPage, Label, Page, PageKind, Reason, Verdict};

use crate::{
    Error, Hints, Profile, Scores, Settings, comments,
    company::Company,
    density, doubled,
    evidence::{EmptyPage, gather_measured},
    hidden, html,
    rules::{Measured, RuleSet},
    scored::Scored,
    stated, text,
    verdict::{self, Case},
};

#[cfg(test)]
mod tests;

/// Judges pages. Immutable once made; one serves all threads.
#[derive(Debug)]
pub struct Judge {
    settings: Settings,
    rules: RuleSet,
    html_model: Option<html::Model>,
    text_model: Option<text::Model>,
}

impl Judge {
    /// A judge of these settings, rules and models. Where a model is missing the density measure judges.
    ///
    /// # Errors
    /// Where a setting is out of its range.
    pub fn new(
        settings: Settings,
        rules: RuleSet,
        html_model: Option<html::Model>,
        text_model: Option<text::Model>,
    ) -> Result<Judge, Error> {
        settings.check()?;
        Ok(Judge { settings, rules, html_model, text_model })
    }

    /// The rules it asks.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// A verdict on every block. Linear in the page, apart from sorting what the rules hit.
    pub fn judge(&self, mut page: Page) -> JudgedPage {
        let measured = Measured::of(&page);
        let mut evidence = gather_measured(&measured, &self.rules, &self.settings);
        // Text is scored before it has a title, which the model finds; HTML after it, since the model reads it.
        let scores = (page.kind == PageKind::Text).then(|| self.scores(&page, &evidence.hints));
        if let Some(block) = scores.as_ref().and_then(|scores| scores.title) {
            evidence.put_title(block, &measured);
        }
        if let Some((value, origin)) = evidence.title.clone() {
            page.metadata.title = Some(Found { value, origin });
        }
        let scores = scores.unwrap_or_else(|| self.scores(&page, &evidence.hints));
        let scored =
            Scored { page: &page, evidence: &evidence, rules: &self.rules, scores: &scores, cut: self.cut(&scores) };
        let (verdicts, empty) = match evidence.empty {
            Some(empty) if empty.sure || !holds_content(&scored) => (of_nothing(&scored, empty), Some(empty.reason)),
            _ => {
                let verdicts = self.verdicts(&scored);
                let none_kept = !verdicts.iter().any(|verdict| verdict.label == Label::Content);
                (verdicts, none_kept.then_some(EmptyReason::AllChrome))
            }
        };
        let confidence = scores.confidence.clamp(0.0, 1.0);
        let mut judged = JudgedPage { page, verdicts, confidence, empty, fired: Vec::new() };
        stated::put(&mut judged);
        text::names::name(&mut judged, &self.rules);
        doubled::split(&mut judged, &evidence);
        judged.fired = fired(&judged);
        judged
    }

    fn verdicts(&self, page: &Scored<'_>) -> Vec<Verdict> {
        let evidence = page.evidence;
        let mut verdicts: Vec<Verdict> = Vec::with_capacity(page.len());
        // For each text that stands more than once: whether a copy has been kept, by its first block.
        let mut kept_copy = vec![false; page.len()];
        let company = Company::of(page);
        let revealed = hidden::revealed(page);
        let comments_apart = comments::stand_apart(page);
        let none_left = !(0..page.len()).any(|index| page.keeps(index));
        let repeats_stand = self.repeats_stand(page);
        for (index, block) in page.page.blocks.iter().enumerate() {
            let hints = &evidence.hints.blocks[index];
            let mut own = evidence.blocks[index];
            own.repeats = own.repeats.filter(|_| repeats_stand);
            own.veto = own.veto.filter(|&rule| !self.is_doubted(rule, index, page, none_left));
            own.veto = own.veto.or(company.drops(index));
            let original = hints.copy_of.map(|of| of as usize);
            let original_kept = original.is_some_and(|of| match of < index {
                true => kept_copy[of],
                // A short form of the next line: that one is not decided yet, but nothing speaks against it.
                false => page.keeps(of),
            });
            let of_title = original.is_some_and(|of| evidence.hints.blocks[of].title);
            let case = Case {
                block,
                hints,
                evidence: &own,
                original_kept: original_kept || of_title,
                copy_of_title: of_title,
                root: evidence.root.as_ref(),
                revealed: !block.hidden || revealed.get(index).copied().unwrap_or(false),
                comments: (comments_apart && hints.hinted.contains("comments")).then_some(self.settings.comments),
                in_company: company.keeps(index),
                score: page.score(index),
                cut: page.cut,
            };
            let verdict = verdict::decide(&case, &self.rules);
            if verdict.label == Label::Content {
                kept_copy[original.unwrap_or(index)] = true;
            }
            verdicts.push(verdict);
        }
        verdicts
    }

    /// Whether the rule that drops a block is more likely wrong: its lone hit on a page that shows no other sign of
    /// furniture ("Pause." in a play), or one of those that would take all that the model likes, since nobody writes a
    /// page of bylines (what is a wall or an error was told apart before). Not the rules of a site; on a page without
    /// furniture not bylines and stamps, which have their settings.
    fn is_doubted(&self, rule: u32, block: usize, page: &Scored<'_>, none_left: bool) -> bool {
        let rule = page.rule(rule);
        let lone = page.scores.is_clean()
            && !matches!(rule.category.as_str(), "byline-residue" | "timestamp-residue" | "caption");
        rule.host.is_none() && (lone || (none_left && page.likes(block)))
    }

    /// Whether what repeats on the site is no more than its share of what would be kept: a page whose whole text repeats
    /// is one of a kind that the count does not understand. What goes for other reasons does not count.
    fn repeats_stand(&self, page: &Scored<'_>) -> bool {
        let (mut kept, mut repeats) = (0, 0);
        for (index, block) in page.evidence.blocks.iter().enumerate() {
            let liked = page.likes(index) || block.root == Some(true);
            if block.keep.is_some() || (liked && block.veto.is_none() && block.root != Some(false)) {
                kept += block.words;
                repeats += if block.repeats.is_some() && block.keep.is_none() { block.words } else { 0 };
            }
        }
        repeats as f32 <= self.settings.repeats_share * kept as f32
    }

    fn scores(&self, page: &Page, hints: &Hints) -> Scores {
        match (page.kind, &self.html_model, &self.text_model) {
            (PageKind::Html, Some(model), _) if self.settings.model => model.scores(page, hints),
            (PageKind::Text, _, Some(model)) if self.settings.model => model.scores(page, hints),
            _ => density::scores(page, hints),
        }
    }

    fn cut(&self, scores: &Scores) -> f32 {
        match self.settings.profile {
            _ if self.settings.cut >= 0.0 => self.settings.cut,
            _ if scores.is_clean() => scores.cut,
            Profile::Balanced => scores.cut,
            Profile::Precision => scores.cut.max(self.settings.precision_cut),
            Profile::Recall => scores.cut.min(self.settings.recall_cut),
        }
    }
}

/// Words in blocks that the model takes for content from which a page is no mere wall, shell or error: a paragraph. Walls
/// say in forty or fifty words what membership gives.
/// Repositories ask for a login beside their text, and applications for JavaScript above it.
const CONTENT_WORDS: usize = 60;

/// Whether the model finds content beside what the rules drop.
fn holds_content(page: &Scored<'_>) -> bool {
    let least = page.scores.cut.max(0.5);
    let words: usize = (0..page.len())
        .filter(|&index| page.is_free(index) && page.score(index) >= least)
        .map(|index| page.text(index).split_whitespace().count())
        .sum();
    words >= CONTENT_WORDS
}

/// The verdicts on a page that is a wall, a shell or an error: nothing of it is content.
fn of_nothing(page: &Scored<'_>, empty: EmptyPage) -> Vec<Verdict> {
    let category = empty.rule.map_or(Category::new("other"), |rule| page.rule(rule).category.clone());
    (0..page.len())
        .map(|index| {
            let veto = page.evidence.blocks[index].veto.map(|rule| page.rule(rule));
            Verdict {
                label: Label::Chrome(veto.map_or(category.clone(), |rule| rule.category.clone())),
                reason: veto.map_or(Reason::EmptyPage, |rule| Reason::Rule(verdict::origin(rule))),
                score: Some(page.score(index)),
            }
        })
        .collect()
}

/// Ids of the rules that decided a verdict, sorted, each once.
fn fired(judged: &JudgedPage) -> Vec<Arc<str>> {
    let mut ids: Vec<Arc<str>> = judged
        .verdicts
        .iter()
        .filter_map(|verdict| match &verdict.reason {
            Reason::Rule(origin) => Some(origin.id.clone()),
            _ => None,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
