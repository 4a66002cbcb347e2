//! Rules put to the test: their own examples, and hits and false hits on a corpus.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;

use dechaff_document::{Body, MediaType, PageKind, RawDocument, Source};
use dechaff_read::Input;
use dechaff_strip::rules::{Action, Example, ExampleFailure};

use crate::cleaner::Cleaner;
use crate::error::RunError;
use crate::eval::words;
use crate::run::visit;

/// How a rule did on a corpus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// Pages on which it hit.
    pub pages: u64,
    /// Blocks it hit.
    pub blocks: u64,
    /// Of them, those that are wrong: dropped though their words are in the gold text (kept though they are not, for a
    /// rule that keeps).
    pub false_blocks: u64,
    /// The first wrong one: page id and text.
    pub false_hit: Option<(String, String)>,
}

/// Share of a block's words in the page's gold text from which the block counts as content. One in ten words may differ,
/// as gold texts were typed and cleaned by people.
const IN_GOLD: f64 = 0.9;

/// Runs every rule's examples, HTML and text.
pub fn run_examples(cleaner: &Cleaner) -> Vec<ExampleFailure> {
    let rules = cleaner.rules();
    let mut failures = Vec::new();
    for (number, rule) in rules.rules().iter().enumerate() {
        for example in &rule.examples {
            let page = cleaner.segment(raw(example, rule.host.as_deref()));
            let mut hit: Vec<usize> = rules
                .hits(&page)
                .into_iter()
                .filter(|hit| hit.rule as usize == number)
                .flat_map(|hit| hit.blocks.start as usize..hit.blocks.end as usize)
                .collect();
            hit.sort_unstable();
            hit.dedup();
            let hit: Vec<String> = hit.iter().map(|&block| page.blocks[block].text.trim().to_owned()).collect();
            let expected: Vec<String> = example.hits.iter().map(|line| line.trim().to_owned()).collect();
            if hit != expected {
                let (rule, file) = (rule.id.clone(), rule.file.clone());
                failures.push(ExampleFailure { rule, file, line: example.line, expected, hit });
            }
        }
    }
    failures
}

/// Hits and false hits of every rule, in the order of the rules. `gold` gives the words of a page's gold text, if there
/// is one; without it nothing is false.
///
/// # Errors
/// Inputs that cannot be named.
pub fn tally<'a>(
    cleaner: &Cleaner,
    inputs: &[Input],
    stop: &AtomicBool,
    gold: impl Fn(&str) -> Option<&'a HashSet<String>> + Sync,
) -> Result<Vec<RuleTally>, RunError> {
    let rules = cleaner.rules();
    let mut tallies = vec![RuleTally::default(); rules.rules().len()];
    visit(cleaner, inputs, stop, |visited| {
        let Some(page) = visited.judged.map(|judged| judged.page) else { return };
        let gold = gold(&page.source.id);
        let mut last_page = vec![false; tallies.len()];
        for hit in rules.hits(&page) {
            let (number, rule) = (hit.rule as usize, &rules.rules()[hit.rule as usize]);
            let tally = &mut tallies[number];
            if !std::mem::replace(&mut last_page[number], true) {
                tally.pages += 1;
            }
            for block in &page.blocks[hit.blocks.start as usize..hit.blocks.end as usize] {
                tally.blocks += 1;
                let Some(gold) = gold else { continue };
                let words = words(&block.text);
                let found = words.iter().filter(|word| gold.contains(*word)).count();
                let is_content = !words.is_empty() && found as f64 >= IN_GOLD * words.len() as f64;
                if is_content != (rule.action == Action::Keep) {
                    tally.false_blocks += 1;
                    tally.false_hit.get_or_insert_with(|| (page.source.id.clone(), block.text.clone()));
                }
            }
        }
    })?;
    Ok(tallies)
}

/// An example as the document it stands for.
fn raw(example: &Example, host: Option<&str>) -> RawDocument {
    RawDocument {
        source: Source { url: host.map(|host| format!("https://{host}/")), ..Source::default() },
        media: match example.kind {
            PageKind::Html => MediaType::Html,
            PageKind::Text => MediaType::Text,
        },
        charset: None,
        body: Body::Text(example.text.clone()),
        limits: Vec::new(),
        fields: Vec::new(),
    }
}
