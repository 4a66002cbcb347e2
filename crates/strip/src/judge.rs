//! The stage as one value: rules, models and settings in, verdicts out.

use dechaff_document::{JudgedPage, Page, PageKind};

use crate::{Error, Hints, Profile, Scores, Settings, density, html, rules::RuleSet, text, verdict};

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

    /// A verdict on every block. Linear in the page.
    pub fn judge(&self, page: Page) -> JudgedPage {
        let hints = Hints::none(page.blocks.len());
        let scores = self.scores(&page, &hints);
        let cut = self.cut(&scores);
        let verdicts = page
            .blocks
            .iter()
            .zip(&hints.blocks)
            .zip(&scores.scores)
            .map(|((block, hints), &score)| verdict::decide(block, hints, score, cut))
            .collect();
        JudgedPage { page, verdicts, confidence: scores.confidence, empty: None, fired: Vec::new() }
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
            Profile::Balanced => scores.cut,
            Profile::Precision => scores.cut.max(self.settings.precision_cut),
            Profile::Recall => scores.cut.min(self.settings.recall_cut),
        }
    }
}
