//! The benchmark's score: F1, precision and recall of words as a bag, mean over pages.

use std::fmt;

use rustc_hash::FxHashMap;

use crate::{align::words, data::GoldPage};

/// F1, precision and recall of a text against the gold text, 0 to 1.
///
/// Two empty texts agree; one empty text scores nothing.
pub fn word_f1(text: &str, gold: &str) -> (f32, f32, f32) {
    let (text, gold) = (words(text), words(gold));
    if text.is_empty() || gold.is_empty() {
        return if text.is_empty() && gold.is_empty() { (1.0, 1.0, 1.0) } else { (0.0, 0.0, 0.0) };
    }
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    for word in &gold {
        *counts.entry(word).or_default() += 1;
    }
    let mut both = 0.0;
    for word in &text {
        if let Some(count) = counts.get_mut(word.as_str())
            && *count > 0
        {
            *count -= 1;
            both += 1.0;
        }
    }
    let (precision, recall) = (both / text.len() as f32, both / gold.len() as f32);
    let f1 = if both > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
    (f1, precision, recall)
}

/// Snippets of many pages, counted together: those that the main content holds, and those that it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snippets {
    held: u32,
    missed: u32,
    wrong: u32,
}

impl Snippets {
    /// Counts those of a page, white space folded.
    pub fn add(&mut self, page: &GoldPage, text: &str) {
        let text = fold(text);
        let found =
            |snippets: &[String]| snippets.iter().filter(|snippet| text.contains(&fold(snippet))).count() as u32;
        let held = found(&page.holds);
        self.held += held;
        self.missed += page.holds.len() as u32 - held;
        self.wrong += found(&page.lacks);
    }
}

/// White space folded to single spaces: how snippets are looked for.
pub fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Snippets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |right: u32, all: u32| f64::from(right) / f64::from(all.max(1));
        let f1 = share(2 * self.held, 2 * self.held + self.missed + self.wrong);
        let precision = share(self.held, self.held + self.wrong);
        let recall = share(self.held, self.held + self.missed);
        write!(f, "snippets F1 {f1:.4}, precision {precision:.3}, recall {recall:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Set;

    #[test]
    fn snippets_are_counted_over_all_pages() {
        let page = GoldPage {
            set: Set::Multilang,
            id: "1".into(),
            url: None,
            text: None,
            kind: None,
            holds: vec!["the river  rose".into(), "by noon".into()],
            lacks: vec!["share".into()],
        };
        let mut snippets = Snippets::default();
        snippets.add(&page, "In spring the river\nrose.");
        assert_eq!(snippets, Snippets { held: 1, missed: 1, wrong: 0 });
        assert_eq!(snippets.to_string(), "snippets F1 0.6667, precision 1.000, recall 0.500");
    }

    #[test]
    fn words_count_as_often_as_the_gold_has_them() {
        let (f1, precision, recall) = word_f1("a a b", "A c");
        assert_eq!((precision, recall), (1.0 / 3.0, 0.5));
        assert!((f1 - 0.4).abs() < 1e-6);
        assert_eq!(word_f1("", ""), (1.0, 1.0, 1.0));
        assert_eq!(word_f1("a", "").0, 0.0);
    }
}
