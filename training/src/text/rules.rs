//! What every rule does on the text pages of the corpus: its hits, and those on lines that annotators kept.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use dechaff_strip::{
    evidence::gather,
    rules::{Action, RuleSet, Strength},
};

use super::{default_settings, page_of_text};
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

/// A Markdown table of all rules that apply to text: the lines whose verdict is the rule's, and how many of them half or
/// more of whose words stand in the gold text (for a rule that keeps: do not). All renderings of the learned pages.
/// Rules that only hint or mark others are left out.
///
/// # Errors
/// Where the data directory is not as described in [`data`].
pub fn table(data: &Path) -> Result<String> {
    let rules = RuleSet::load(&[])?;
    let settings = default_settings();
    let mut hits: BTreeMap<u32, Hits> = BTreeMap::new();
    let golds = data::gold(data, Set::Wcxb, Part::Learned)?;
    let golds: BTreeMap<&str, &str> =
        golds.iter().map(|page| (page.id.as_str(), page.text.as_deref().unwrap_or_default())).collect();
    for renderer in RENDERERS {
        for rendered in data::rendered(&data.join("text-dev"), renderer)? {
            let Some(gold) = golds.get(rendered.id.as_str()) else { continue };
            let page = page_of_text(&rendered.text);
            let evidence = gather(&page, &rules, &settings);
            let labels = align::label(page.blocks.iter().map(|block| block.text.as_str()), gold);
            for (block, (found, words)) in evidence.blocks.iter().zip(labels) {
                let content = words > 0 && found * 2 >= words;
                let (rule, wrong) = match (block.keep, block.veto) {
                    (Some(rule), _) => (rule, !content),
                    (None, Some(rule)) => (rule, content),
                    (None, None) => continue,
                };
                let hits = hits.entry(rule).or_default();
                hits.lines += 1;
                hits.wrong += usize::from(wrong);
                hits.wrong_words += if wrong { words as usize } else { 0 };
            }
        }
    }
    let mut out = String::from("| rule | lines | wrong | words of these |\n|---|---|---|---|\n");
    let decides = |strength| strength == Strength::Veto;
    for (number, rule) in rules.rules().iter().enumerate() {
        let asked = rule.input.is_none_or(|kind| kind == dechaff_document::PageKind::Text);
        if !asked || !decides(rule.strength) {
            continue;
        }
        let Hits { lines, wrong, wrong_words } = hits.get(&(number as u32)).copied().unwrap_or_default();
        let keeps = if rule.action == Action::Keep { " (keeps)" } else { "" };
        out += &format!("| `{}`{keeps} | {lines} | {wrong} | {wrong_words} |\n", rule.id);
    }
    Ok(out)
}
