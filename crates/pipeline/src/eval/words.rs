//! Word-level scores, and what a word is.

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;
use serde::Serialize;

/// Precision, recall and F1, each 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Score {
    /// Share of what was kept that is wanted.
    pub precision: f64,
    /// Share of what is wanted that was kept.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

impl Score {
    /// From counts of hits, predicted and wanted items. Nothing wanted and nothing predicted is a perfect score.
    pub fn from_counts(hits: usize, predicted: usize, wanted: usize) -> Score {
        match (predicted, wanted) {
            (0, 0) => Score { precision: 1.0, recall: 1.0, f1: 1.0 },
            (0, _) | (_, 0) => Score::default(),
            _ => {
                let (precision, recall) = (hits as f64 / predicted as f64, hits as f64 / wanted as f64);
                let sum = precision + recall;
                Score { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
            }
        }
    }
}

/// The words of a text: runs of letters, numbers and underscores, lower case.
///
/// Letters and numbers are the Unicode general categories L and N, as in Python's `re`. Rust's `\w` also takes combining
/// marks and connector punctuation, which would join what Python splits (most of all in Indic scripts), and figures
/// would not agree with those published for the field's benchmarks.
///
/// ```
/// use dechaff::eval::words;
/// assert_eq!(words("It's 5 o’clock, naïve!"), ["it", "s", "5", "o", "clock", "naïve"]);
/// ```
pub fn words(text: &str) -> Vec<String> {
    static WORD: OnceLock<Regex> = OnceLock::new();
    let word = WORD.get_or_init(|| Regex::new(r"[\p{L}\p{N}_]+").expect("a constant pattern"));
    let lower = text.to_lowercase();
    word.find_iter(&lower).map(|found| found.as_str().to_owned()).collect()
}

/// Word-level score of a prediction against a gold text: words as multisets.
///
/// Source: the evaluation script of WCXB (M. Foley, 2026).
pub fn word_score(predicted: &str, gold: &str) -> Score {
    let (predicted, gold) = (words(predicted), words(gold));
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in &gold {
        *left.entry(word).or_default() += 1;
    }
    let hits = predicted
        .iter()
        .filter(|word| match left.get_mut(word.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        })
        .count();
    Score::from_counts(hits, predicted.len(), gold.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_as_often_as_it_stands_in_both() {
        let score = word_score("the cat the", "the cat sat");
        assert_eq!((score.precision, score.recall), (2.0 / 3.0, 2.0 / 3.0));
    }

    #[test]
    fn two_empty_texts_agree_and_one_does_not() {
        assert_eq!(word_score(" … ", "").f1, 1.0);
        assert_eq!(word_score("", "word").f1, 0.0);
        assert_eq!(word_score("word", "").f1, 0.0);
    }

    #[test]
    fn combining_marks_split_words_as_in_python() {
        // Devanagari vowel signs are marks (Mc, Mn), not letters.
        assert_eq!(words("हिन्दी"), ["ह", "न", "द"]);
        assert_eq!(words("a_b c²"), ["a_b", "c²"]);
    }
}
