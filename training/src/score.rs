//! The benchmark's score: F1, precision and recall of words as a bag, mean over pages.

use rustc_hash::FxHashMap;

use crate::align::words;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_as_often_as_the_gold_has_them() {
        let (f1, precision, recall) = word_f1("a a b", "A c");
        assert_eq!((precision, recall), (1.0 / 3.0, 0.5));
        assert!((f1 - 0.4).abs() < 1e-6);
        assert_eq!(word_f1("", ""), (1.0, 1.0, 1.0));
        assert_eq!(word_f1("a", "").0, 0.0);
    }
}
