//! What the dropped lines of plain text are that no rule knows: they are named after their surroundings.

use dechaff_document::{Category, JudgedPage, Label, PageKind, Reason, Verdict};

use super::lines::opens_a_list;
use crate::{evidence::Evidence, measure::ends_sentence, rules::RuleSet};

/// Categories of lists that go on below their heading.
const LISTS: [&str; 4] = ["related-links", "comments", "comment-form", "author-bio"];

/// Words of a menu's entry.
const ENTRY: u32 = 4;

/// Names dropped lines that neither a rule nor a link knows: what stands below the heading of a list is of the list;
/// short lines before the title or, without one, the story are of a menu, and behind it of the foot of the page once
/// something of that was seen. Pages of HTML keep their names: links and elements have told them.
pub(crate) fn name(judged: &mut JudgedPage, evidence: &Evidence, rules: &RuleSet) {
    if judged.page.kind != PageKind::Text {
        return;
    }
    let content = |verdict: &Verdict| verdict.label == Label::Content;
    let first = judged.verdicts.iter().position(content).unwrap_or(judged.verdicts.len());
    let story = (0..judged.verdicts.len())
        .find(|&index| content(&judged.verdicts[index]) && ends_sentence(&judged.page.blocks[index].text))
        .unwrap_or(first);
    let last = judged.verdicts.iter().rposition(content).unwrap_or(0);
    // Between title and story stand names, places and sections: no menu.
    let title = (0..story).find(|&index| judged.verdicts[index].reason == Reason::Title).unwrap_or(story);
    let mut list: Option<&'static str> = None;
    let mut foot = false;
    for index in 0..judged.verdicts.len() {
        let verdict = &mut judged.verdicts[index];
        let Label::Chrome(category) = &mut verdict.label else {
            list = None;
            continue;
        };
        if category.as_str() != "other" || !matches!(verdict.reason, Reason::Model { .. }) {
            foot |= index > last && matches!(category.as_str(), "footer" | "copyright" | "legal-notice");
            let found = LISTS.iter().find(|name| **name == category.as_str());
            if foot {
                list = None;
            } else if let Some(found) =
                found.filter(|name| **name != "related-links" || opens_a_list(index, evidence, rules))
            {
                list = Some(found);
            } else if !matches!(category.as_str(), "timestamp-residue" | "byline-residue" | "share" | "nav") {
                list = None;
            }
            continue;
        }
        let short = evidence.blocks[index].words <= ENTRY && !ends_sentence(&judged.page.blocks[index].text);
        *category = Category::new(match list {
            Some(list) => list,
            None if !short => continue,
            None if foot => "footer",
            None if index < title || index > last => "nav",
            None => continue,
        });
    }
}

#[cfg(test)]
mod tests {
    use dechaff_document::{Block, Page};

    use super::*;
    use crate::{evidence::BlockEvidence, measure::words};

    #[test]
    fn what_no_rule_knows_is_named_after_its_place() {
        let lines = [
            "Tides",
            "A river moves house",
            "Mira Lund",
            "The river left its bed in the night.",
            "Old bridges",
            "Imprint",
            "Boats",
        ];
        let chrome = |category: &str, reason: Reason| Verdict {
            label: Label::Chrome(Category::new(category)),
            reason,
            score: Some(0.1),
        };
        let model = || Reason::Model { score: 0.1, cut: 0.4 };
        let story = Verdict { label: Label::Content, reason: Reason::Default, score: Some(0.9) };
        let title = Verdict { label: Label::Content, reason: Reason::Title, score: Some(0.9) };
        let verdicts = vec![
            chrome("other", model()),
            title,
            chrome("other", model()),
            story,
            chrome("other", model()),
            chrome("legal-notice", Reason::Default),
            chrome("other", model()),
        ];
        let blocks = lines.map(|text| Block { text: text.to_owned(), ..Block::default() });
        let page = Page { kind: PageKind::Text, blocks: blocks.to_vec(), ..Page::default() };
        let words = lines.map(|line| BlockEvidence { words: words(line) as u32, ..BlockEvidence::default() });
        let evidence = Evidence { blocks: words.to_vec(), ..Evidence::default() };
        let mut judged = JudgedPage { page, verdicts, confidence: 1.0, empty: None, fired: Vec::new() };
        name(&mut judged, &evidence, &RuleSet::only(&[]).expect("no rules"));
        let names: Vec<&str> = judged
            .verdicts
            .iter()
            .map(|verdict| match &verdict.label {
                Label::Chrome(category) => category.as_str(),
                _ => "content",
            })
            .collect();
        assert_eq!(names, ["nav", "content", "other", "content", "nav", "legal-notice", "footer"]);
    }
}
