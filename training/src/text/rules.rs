//! What every rule does on the text pages of the corpus and on dumps: its hits, and those on lines that annotators kept.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use dechaff_document::Page;
use dechaff_strip::{
    evidence::gather,
    rules::{Action, RuleSet, Strength},
};

use super::{
    default_settings,
    dumps::{self, Layout},
    page_of_text,
};
use crate::{
    align,
    data::{self, Part, RENDERERS, Set},
};

/// Lines that a rule decided, those on which it was wrong, and the words of these.
#[derive(Debug, Default, Clone, Copy)]
struct Hits {
    lines: usize,
    wrong: usize,
    wrong_words: usize,
}

/// What rules did, by their places in [`RuleSet::rules`].
type AllHits = BTreeMap<u32, Hits>;

/// A Markdown table of all rules that apply to text: the lines whose verdict is the rule's, and how many of them half or
/// more of whose words stand in the gold text (for a rule that keeps: do not), in all renderings of the learned pages; the
/// same for the dumps, a line each. Rules that only hint or mark others are left out.
///
/// # Errors
/// Where the data directory is not as described in [`data`], or dumps can't be read.
pub fn table(data: &Path, labels: &Path) -> Result<String> {
    let rules = RuleSet::load(&[])?;
    let (mut of_pages, mut of_dumps) = (AllHits::new(), AllHits::new());
    let golds = data::gold(data, Set::Wcxb, Part::Learned)?;
    let golds: BTreeMap<&str, &str> =
        golds.iter().map(|page| (page.id.as_str(), page.text.as_deref().unwrap_or_default())).collect();
    for renderer in RENDERERS {
        for rendered in data::rendered(&data.join("text-dev"), renderer)? {
            let Some(gold) = golds.get(rendered.id.as_str()) else { continue };
            let page = page_of_text(&rendered.text);
            let labels = align::label(page.blocks.iter().map(|block| block.text.as_str()), gold);
            let content = labels.iter().map(|(found, words)| Some(*words > 0 && found * 2 >= *words));
            count(&page, &rules, content, &mut of_pages);
        }
    }
    for dump in dumps::read(&labels.join("dumps"))? {
        let page = page_of_text(&dump.text(Layout::Lines));
        let shares = dump.labels(&page.blocks)?;
        count(&page, &rules, shares.iter().map(|share| share.map(|share| share >= 0.5)), &mut of_dumps);
    }
    let mut out =
        String::from("| rule | lines | wrong | words of these | lines of dumps | wrong |\n|---|---|---|---|---|---|\n");
    let decides = |strength| strength == Strength::Veto;
    for (number, rule) in rules.rules().iter().enumerate() {
        let asked = rule.input.is_none_or(|kind| kind == dechaff_document::PageKind::Text);
        if !asked || !decides(rule.strength) {
            continue;
        }
        let of = |hits: &AllHits| hits.get(&(number as u32)).copied().unwrap_or_default();
        let (Hits { lines, wrong, wrong_words }, dumps) = (of(&of_pages), of(&of_dumps));
        let keeps = if rule.action == Action::Keep { " (keeps)" } else { "" };
        out += &format!(
            "| `{}`{keeps} | {lines} | {wrong} | {wrong_words} | {} | {} |\n",
            rule.id, dumps.lines, dumps.wrong
        );
    }
    Ok(out)
}

/// Counts what rules decide on a page of whose blocks is said whether they are content, if that is known.
fn count(page: &Page, rules: &RuleSet, content: impl Iterator<Item = Option<bool>>, hits: &mut AllHits) {
    let evidence = gather(page, rules, &default_settings());
    for (block, (evidence, content)) in evidence.blocks.iter().zip(content).enumerate() {
        let Some(content) = content else { continue };
        let (rule, wrong) = match (evidence.keep, evidence.veto) {
            (Some(rule), _) => (rule, !content),
            (None, Some(rule)) => (rule, content),
            (None, None) => continue,
        };
        let hits = hits.entry(rule).or_default();
        hits.lines += 1;
        hits.wrong += usize::from(wrong);
        hits.wrong_words += if wrong { align::words(&page.blocks[block].text).len() } else { 0 };
    }
}
