//! Running the examples of the rules.

use std::sync::Arc;

use dechaff_document::{Block, Break, Page, PageKind, Source};

use super::{Example, RuleSet, fold::fold};

/// An example that a rule does not hold to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFailure {
    /// The rule.
    pub rule: Arc<str>,
    /// The file of the example.
    pub file: Arc<str>,
    /// Its line.
    pub line: u32,
    /// What it should have hit.
    pub expected: Vec<String>,
    /// What it did hit.
    pub hit: Vec<String>,
}

impl RuleSet {
    /// Runs all examples in plain text. Those in HTML are for whoever can segment: see [`RuleSet::check_example`].
    pub fn run_examples(&self) -> Vec<ExampleFailure> {
        let mut failures = Vec::new();
        for (number, rule) in self.rules().iter().enumerate() {
            for example in rule.examples.iter().filter(|example| example.kind == PageKind::Text) {
                failures.extend(self.check_example(number, example, text_page(&example.text)));
            }
        }
        failures
    }

    /// Whether a rule (by its place in [`RuleSet::rules`]) holds to one of its examples, given the page that segment
    /// made of the example's text.
    pub fn check_example(&self, number: usize, example: &Example, mut page: Page) -> Option<ExampleFailure> {
        let rule = &self.rules()[number];
        if let Some(host) = &rule.host {
            page.source.url = Some(format!("https://{host}/"));
        }
        let mut blocks: Vec<usize> = self
            .hits(&page)
            .iter()
            .filter(|hit| hit.rule as usize == number)
            .flat_map(|hit| hit.blocks.range())
            .collect();
        blocks.sort_unstable();
        blocks.dedup();
        let hit: Vec<String> = blocks.into_iter().map(|block| page.blocks[block].text.trim().to_owned()).collect();
        let same = hit.len() == example.hits.len()
            && hit.iter().zip(&example.hits).all(|(hit, expected)| fold(hit) == fold(expected));
        (!same).then(|| ExampleFailure {
            rule: rule.id.clone(),
            file: rule.file.clone(),
            line: example.line,
            expected: example.hits.clone(),
            hit,
        })
    }
}

/// A page of plain text, a line a block, as segment makes it: to try rules on.
pub fn text_page(text: &str) -> Page {
    let mut page = Page { kind: PageKind::Text, source: Source::default(), ..Page::default() };
    let (mut blank, mut offset) = (0u16, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let content = line.trim_end_matches(['\r', '\n']);
        match content.trim().is_empty() {
            true => blank = blank.saturating_add(1),
            false => {
                let starts =
                    if blank > 0 || page.blocks.is_empty() { Break::Paragraph(blank.max(1)) } else { Break::Line };
                page.blocks.push(Block {
                    text: content.to_owned(),
                    starts,
                    span: offset..offset + content.len(),
                    line: number as u32 + 1,
                    ..Block::default()
                });
                blank = 0;
            }
        }
        offset += line.len();
    }
    page
}
