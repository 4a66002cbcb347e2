//! Which words of a page stand in its gold text.
//!
//! Words are aligned in order by the longest common run, then to its left and right, and so on (Ratcliff and Obershelp's
//! matching); the shortest run that counts grows with the imbalance of the two gaps, so a small gap in the gold is not
//! filled with single words from a long menu. Runs that are left over count out of order from [`LEFTOVER_RUN`] words
//! on: renderers move captions and tables about.

use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashMap;

/// Words of the shortest run that is matched out of order.
const LEFTOVER_RUN: usize = 5;

/// Rounds of matching out of order; each takes the longest runs first, later ones what those left.
const LEFTOVER_ROUNDS: usize = 4;

static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+").expect("a valid expression"));

/// Words of a text, lower case: the unit of the benchmark's score.
pub fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    WORD.find_iter(&text).map(|word| word.as_str().to_owned()).collect()
}

/// For each block, how many of its words are matched in the gold text, and how many it has.
pub fn label<'a>(blocks: impl Iterator<Item = &'a str>, gold: &str) -> Vec<(u32, u32)> {
    let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
    let mut number = |word: String| {
        let next = numbers.len() as u32;
        *numbers.entry(word).or_insert(next)
    };
    let gold: Vec<u32> = words(gold).into_iter().map(&mut number).collect();
    let mut page = Vec::new();
    let counts: Vec<usize> = blocks
        .map(|block| {
            let before = page.len();
            page.extend(words(block).into_iter().map(&mut number));
            page.len() - before
        })
        .collect();
    let matched = matched(&page, &gold, numbers.len());
    let mut at = 0;
    let share = |count: usize| {
        let hits = matched[at..at + count].iter().filter(|hit| **hit).count();
        at += count;
        (hits as u32, count as u32)
    };
    counts.into_iter().map(share).collect()
}

/// Which of `page`'s words are matched; words are numbers below `vocabulary`.
fn matched(page: &[u32], gold: &[u32], vocabulary: usize) -> Vec<bool> {
    let mut aligner = Aligner::new(page, gold, vocabulary);
    aligner.in_order();
    for _ in 0..LEFTOVER_ROUNDS {
        if !aligner.out_of_order() {
            break;
        }
    }
    aligner.page_hit
}

struct Aligner<'a> {
    page: &'a [u32],
    gold: &'a [u32],
    /// Places of every word in the gold text, ascending.
    places: Vec<Vec<u32>>,
    /// Length of the run that ends at a place of the gold text, and the row of the page it was found in.
    runs: Vec<(u32, u32)>,
    row: u32,
    page_hit: Vec<bool>,
    gold_hit: Vec<bool>,
}

impl<'a> Aligner<'a> {
    fn new(page: &'a [u32], gold: &'a [u32], vocabulary: usize) -> Self {
        let mut places = vec![Vec::new(); vocabulary];
        for (place, word) in gold.iter().enumerate() {
            places[*word as usize].push(place as u32);
        }
        Aligner {
            page,
            gold,
            places,
            runs: vec![(0, 0); gold.len() + 1],
            row: 1,
            page_hit: vec![false; page.len()],
            gold_hit: vec![false; gold.len()],
        }
    }

    fn in_order(&mut self) {
        let mut open = vec![(0, self.page.len(), 0, self.gold.len())];
        while let Some((page_start, page_end, gold_start, gold_end)) = open.pop() {
            let (page_gap, gold_gap) = (page_end - page_start, gold_end - gold_start);
            if page_gap == 0 || gold_gap == 0 {
                continue;
            }
            let Some((page_at, gold_at, length)) = self.longest(page_start, page_end, gold_start, gold_end) else {
                continue;
            };
            let shortest = match page_gap {
                gap if gap <= 2 * gold_gap + 12 => 1,
                gap if gap <= 5 * gold_gap + 40 => 2,
                gap if gap <= 20 * gold_gap + 200 => 3,
                _ => 4,
            };
            if length < shortest && !(length == gold_gap && gold_gap >= 3) {
                continue;
            }
            self.take(page_at, gold_at, length);
            open.push((page_start, page_at, gold_start, gold_at));
            open.push((page_at + length, page_end, gold_at + length, gold_end));
        }
    }

    fn take(&mut self, page_at: usize, gold_at: usize, length: usize) {
        self.page_hit[page_at..page_at + length].fill(true);
        self.gold_hit[gold_at..gold_at + length].fill(true);
    }

    /// The longest run that both ranges share, the earliest of several.
    fn longest(
        &mut self,
        page_start: usize,
        page_end: usize,
        gold_start: usize,
        gold_end: usize,
    ) -> Option<(usize, usize, usize)> {
        let mut best = (0, 0, 0);
        for at in page_start..page_end {
            self.row += 1;
            let places = &self.places[self.page[at] as usize];
            let from = places.partition_point(|place| (*place as usize) < gold_start);
            let to = places.partition_point(|place| (*place as usize) < gold_end);
            // Backwards, so that the run that ends one place earlier is still the previous row's.
            for &place in places[from..to].iter().rev() {
                let place = place as usize;
                let (before, row) = if place > gold_start { self.runs[place - 1] } else { (0, 0) };
                let length = if row + 1 == self.row && at > page_start { before + 1 } else { 1 };
                self.runs[place] = (length, self.row);
                if length as usize > best.2
                    || (length as usize == best.2 && at + 1 == best.0 + best.2 && place + 1 < best.1 + best.2)
                {
                    best = (at + 1 - length as usize, place + 1 - length as usize, length as usize);
                }
            }
        }
        (best.2 > 0).then_some(best)
    }

    /// Matches runs of unmatched words wherever they stand; whether there were any.
    fn out_of_order(&mut self) -> bool {
        let mut found = Vec::new();
        self.row += 1;
        for at in 0..self.page.len() {
            self.row += 1;
            if self.page_hit[at] {
                continue;
            }
            for &place in self.places[self.page[at] as usize].iter().rev() {
                let place = place as usize;
                if self.gold_hit[place] {
                    continue;
                }
                let (before, row) = if place > 0 { self.runs[place - 1] } else { (0, 0) };
                let length = if row + 1 == self.row { before as usize + 1 } else { 1 };
                self.runs[place] = (length as u32, self.row);
                let goes_on = self.page.get(at + 1).is_some_and(|word| self.gold.get(place + 1) == Some(word))
                    && !self.page_hit[at + 1]
                    && !self.gold_hit[place + 1];
                if length >= LEFTOVER_RUN && !goes_on {
                    found.push((length, at + 1 - length, place + 1 - length));
                }
            }
        }
        found.sort_by_key(|(length, page_at, _)| (std::cmp::Reverse(*length), *page_at));
        let mut any = false;
        for (length, page_at, gold_at) in found {
            let free = |step: &usize| !self.page_hit[page_at + step] && !self.gold_hit[gold_at + step];
            let skip = (0..length).take_while(|step| !free(step)).count();
            let length = (skip..length).take_while(free).count();
            if length >= LEFTOVER_RUN {
                self.take(page_at + skip, gold_at + skip, length);
                any = true;
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(blocks: &[&str], gold: &str) -> Vec<u32> {
        label(blocks.iter().copied(), gold).into_iter().map(|(hits, _)| hits).collect()
    }

    #[test]
    fn story_lines_match_and_menu_lines_do_not() {
        let blocks = ["Home News Sport", "The river rose by two metres.", "Share this", "Nobody was hurt."];
        assert_eq!(hits(&blocks, "The river rose by two metres. Nobody was hurt."), [0, 6, 0, 3]);
    }

    #[test]
    fn a_moved_paragraph_matches_out_of_order() {
        let blocks = ["first comes the caption of the picture", "then a long story about the harbour and its boats"];
        let gold = "then a long story about the harbour and its boats first comes the caption of the picture";
        assert_eq!(hits(&blocks, gold), [7, 10]);
    }

    #[test]
    fn single_words_of_a_long_menu_do_not_fill_a_gap() {
        let menu = "boats ".to_owned() + &"about contact imprint jobs ".repeat(60);
        assert_eq!(hits(&[&menu, "the harbour is open again today"], "the harbour is open again today boats"), [0, 6]);
    }

    #[test]
    fn words_are_counted_without_gold() {
        assert_eq!(label(["a b", ""].into_iter(), ""), [(0, 2), (0, 0)]);
    }
}
