//! The stage as one value: rules, models and settings in, verdicts out.

use std::sync::Arc;

use dechaff_document::{Break, Category, EmptyReason, Found, JudgedPage, Label, Page, PageKind, Reason, Verdict};

use crate::{
    Error, Hints, Profile, Scores, Settings, density,
    evidence::{EmptyPage, Evidence, gather},
    flat, hidden, html,
    rules::{RuleSet, doubled},
    stated, text,
    verdict::{self, Case},
    wholes,
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
        let evidence = gather(&page, &self.rules, &self.settings);
        if let Some((value, origin)) = evidence.title.clone() {
            page.metadata.title = Some(Found { value, origin });
        }
        let scores = self.scores(&page, &evidence.hints);
        let mut judged = match evidence.empty {
            Some(empty) if empty.sure || !holds_content(&page, &scores, &evidence) => {
                self.nothing(page, &scores, &evidence, empty)
            }
            _ => self.decide_all(page, &scores, &evidence),
        };
        stated::put(&mut judged);
        if judged.page.kind == PageKind::Text {
            flat::name(&mut judged, &evidence, &self.rules);
        }
        if evidence.running_text && judged.page.kind == PageKind::Text {
            split_doubled(&mut judged);
        }
        judged.fired = fired(&judged);
        judged
    }

    fn decide_all(&self, page: Page, scores: &Scores, evidence: &Evidence) -> JudgedPage {
        let cut = self.cut(scores);
        let mut verdicts: Vec<Verdict> = Vec::with_capacity(page.blocks.len());
        // For each text that stands more than once: whether a copy has been kept, by its first block.
        let mut kept_copy = vec![false; page.blocks.len()];
        // Where the rules would take all that the model likes, they are wrong about the page: nobody writes a page of
        // bylines. What is a wall or an error was told apart before.
        let liked = |index: usize| scores.scores.get(index).is_some_and(|score| *score >= cut);
        let in_company = match page.kind {
            PageKind::Html => wholes::companions(&page, scores, evidence, cut),
            PageKind::Text => flat::sentences_of_story(&page, scores, evidence, &self.rules, cut),
        };
        let end = match page.kind {
            PageKind::Html => None,
            PageKind::Text => flat::end(&page, scores, evidence, &self.rules, cut),
        };
        let revealed = hidden::revealed(&page, liked);
        let comments_apart = page.kind == PageKind::Html && !is_discussion(&page, evidence, liked);
        let all_taken = !(0..page.blocks.len()).any(|index| liked(index) && evidence.blocks[index].veto.is_none());
        let repeats_stand = self.repeats_stand(evidence, scores, cut);
        for (index, block) in page.blocks.iter().enumerate() {
            let hints = &evidence.hints.blocks[index];
            let mut own = evidence.blocks[index];
            if !repeats_stand {
                own.repeats = None;
            }
            if scores.is_clean() && own.veto.is_some_and(|number| self.is_doubtful(number)) {
                own.veto = None;
            }
            if all_taken
                && liked(index)
                && own.veto.is_some_and(|number| self.rules.rules()[number as usize].host.is_none())
            {
                own.veto = None;
            }
            if own.veto.is_none()
                && page.kind == PageKind::Text
                && flat::leads_away(index, &page, scores, evidence, cut)
            {
                own.veto = own.hint;
            }
            if let Some((_, rule)) = end.filter(|(first, _)| index > *first && own.veto.is_none()) {
                own.veto = Some(rule);
            }
            let score = scores.scores.get(index).copied().unwrap_or(0.0);
            let original = hints.copy_of.map(|of| of as usize);
            let original_kept = original.is_some_and(|of| match of < index {
                true => kept_copy[of],
                // A short form of the next line: that one is not decided yet, but nothing speaks against it.
                false => evidence.blocks[of].veto.is_none() && scores.scores.get(of).is_some_and(|score| *score >= cut),
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
                in_company: in_company.get(index).copied().unwrap_or(false),
                score,
                cut,
            };
            let verdict = verdict::decide(&case, &self.rules);
            if verdict.label == Label::Content {
                kept_copy[original.unwrap_or(index)] = true;
            }
            verdicts.push(verdict);
        }
        let none_kept = !verdicts.iter().any(|verdict| verdict.label == Label::Content);
        let empty = match (page.blocks.is_empty(), none_kept) {
            (true, _) => Some(EmptyReason::NoText),
            (false, true) => Some(EmptyReason::AllChrome),
            (false, false) => None,
        };
        JudgedPage { page, verdicts, confidence: scores.confidence.clamp(0.0, 1.0), empty, fired: Vec::new() }
    }

    /// Whether what repeats on the site is no more than its share of what would be kept: a page whose whole text repeats
    /// is one of a kind that the count does not understand. What goes for other reasons does not count.
    fn repeats_stand(&self, evidence: &Evidence, scores: &Scores, cut: f32) -> bool {
        let (mut kept, mut repeats) = (0, 0);
        for (index, block) in evidence.blocks.iter().enumerate() {
            let liked = scores.scores.get(index).is_some_and(|score| *score >= cut) || block.root == Some(true);
            if block.keep.is_some() || (liked && block.veto.is_none() && block.root != Some(false)) {
                kept += block.words;
                repeats += if block.repeats.is_some() && block.keep.is_none() { block.words } else { 0 };
            }
        }
        repeats as f32 <= self.settings.repeats_share * kept as f32
    }

    /// A page that is a wall, a shell or an error: nothing of it is content.
    fn nothing(&self, page: Page, scores: &Scores, evidence: &Evidence, empty: EmptyPage) -> JudgedPage {
        let rule = empty.rule.map(|number| &self.rules.rules()[number as usize]);
        let category = rule.map_or(Category::new("other"), |rule| rule.category.clone());
        let verdicts = (0..page.blocks.len())
            .map(|index| {
                let veto = evidence.blocks[index].veto.map(|number| &self.rules.rules()[number as usize]);
                Verdict {
                    label: Label::Chrome(veto.map_or(category.clone(), |rule| rule.category.clone())),
                    reason: veto.map_or(Reason::EmptyPage, |rule| Reason::Rule(verdict::origin(rule))),
                    score: scores.scores.get(index).copied(),
                }
            })
            .collect();
        JudgedPage {
            page,
            verdicts,
            confidence: scores.confidence.clamp(0.0, 1.0),
            empty: Some(empty.reason),
            fired: Vec::new(),
        }
    }

    fn scores(&self, page: &Page, hints: &Hints) -> Scores {
        match (page.kind, &self.html_model, &self.text_model) {
            (PageKind::Html, Some(model), _) if self.settings.model => model.scores(page, hints),
            (PageKind::Text, _, Some(model)) if self.settings.model => model.scores(page, hints),
            _ => density::scores(page, hints),
        }
    }

    /// Whether a rule's lone hit on a page that shows no other sign of furniture is more likely a mistake ("Pause." in a
    /// play). Not the rules of a site, and not bylines and stamps, which have their settings.
    fn is_doubtful(&self, number: u32) -> bool {
        let rule = &self.rules.rules()[number as usize];
        rule.host.is_none() && !matches!(rule.category.as_str(), "byline-residue" | "timestamp-residue" | "caption")
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

/// Share of the words that the model takes for content from which readers' comments are what a page is about. Threads
/// of link sites and of forums stand in elements of the same names as comments do; the model sees which it is, and keeps
/// next to nothing of the comments below an article.
const DISCUSSION: f32 = 0.25;

/// Whether what readers wrote is a page's content: it declares so, or the model keeps much of it.
fn is_discussion(page: &Page, evidence: &Evidence, liked: impl Fn(usize) -> bool) -> bool {
    let discussions =
        ["schema:discussionforumposting", "schema:qapage", "schema:question", "schema:socialmediaposting"];
    let (mut all, mut comments) = (0, 0);
    for index in (0..page.blocks.len()).filter(|&index| liked(index)) {
        let words = evidence.blocks[index].words;
        all += words;
        comments += if evidence.hints.blocks[index].hinted.contains("comments") { words } else { 0 };
    }
    page.declared.iter().any(|kind| discussions.contains(&kind.as_str())) || comments as f32 >= DISCUSSION * all as f32
}

/// Words in blocks that the model takes for content from which a page is no mere wall, shell or error: a paragraph. Walls
/// say in forty or fifty words what membership gives.
/// Repositories ask for a login beside their text, and applications for JavaScript above it.
const CONTENT_WORDS: usize = 60;

/// Whether the model finds content beside what the rules drop.
fn holds_content(page: &Page, scores: &Scores, evidence: &Evidence) -> bool {
    let words: usize = (0..page.blocks.len())
        .filter(|&index| {
            let score = scores.scores.get(index).copied().unwrap_or(0.0);
            evidence.blocks[index].veto.is_none() && score >= scores.cut.max(0.5)
        })
        .map(|index| page.blocks[index].text.split_whitespace().count())
        .sum();
    words >= CONTENT_WORDS
}

/// Cuts every kept line "X X" in two blocks, of which the second is a copy of the first. The text stays whole: what is
/// kept and what is dropped still make up the page.
fn split_doubled(judged: &mut JudgedPage) {
    let kept = |index: usize| judged.verdicts[index].label == Label::Content;
    let lines: Vec<(usize, usize)> = (0..judged.page.blocks.len())
        .filter(|&index| kept(index))
        .filter_map(|index| Some((index, doubled(&judged.page.blocks[index].text)?)))
        .collect();
    if lines.is_empty() {
        return;
    }
    let moved = |index: usize| index + lines.partition_point(|(line, _)| *line < index);
    for verdict in &mut judged.verdicts {
        if let Reason::CopyOf(of) = &mut verdict.reason {
            *of = moved(*of);
        }
    }
    let blocks = std::mem::take(&mut judged.page.blocks);
    let verdicts = std::mem::take(&mut judged.verdicts);
    let mut next = lines.iter().peekable();
    for (index, (mut block, verdict)) in blocks.into_iter().zip(verdicts).enumerate() {
        let Some(&&(_, second)) = next.peek().filter(|(line, _)| *line == index) else {
            judged.page.blocks.push(block);
            judged.verdicts.push(verdict);
            continue;
        };
        next.next();
        let mut copy = block.clone();
        copy.text = block.text.split_off(second);
        block.text.truncate(block.text.trim_end().len());
        copy.starts = Break::Space;
        copy.marks.clear();
        block.marks.clear();
        copy.span.start = (block.span.start + second).min(copy.span.end);
        block.span.end = copy.span.start;
        let title = matches!(verdict.reason, Reason::Title);
        let category = Category::new(if title { "duplicate-title" } else { "duplicate-caption" });
        let reason = Reason::CopyOf(judged.page.blocks.len());
        let copy_verdict = Verdict { label: Label::Chrome(category), reason, score: verdict.score };
        judged.page.blocks.extend([block, copy]);
        judged.verdicts.extend([verdict, copy_verdict]);
    }
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
