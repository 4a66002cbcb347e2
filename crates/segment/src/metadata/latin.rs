//! Which language a text in Latin script is in, told as whatlang tells it: by the ranks of its commonest trigrams
//! (Cavnar and Trenkle 1994, "N-gram-based text categorization") and by its letters.
//!
//! whatlang looks the 300 trigrams of each of 37 languages up in the trigrams of the text, eleven thousand times a page.
//! Here the trigrams of the text, some hundred, are looked up in one table of those of all languages. Languages and
//! confidences are the same to the last bit, ties included; a test holds the two together.

use std::{cmp::Reverse, sync::LazyLock};

use rustc_hash::FxHashMap;
use whatlang::{Lang, Script};

/// Trigrams of a language, and what a trigram that the text lacks costs it.
const TRIGRAMS: u32 = 300;

/// Trigrams of the text that are looked at.
const TEXT_TRIGRAMS: usize = 600;

/// The tables of `latin.txt`.
struct Tables {
    /// In the order in which they are compared.
    languages: Vec<Lang>,
    trigrams: Trigrams,
    /// For each letter the languages that have it.
    letters: FxHashMap<char, Vec<Lang>>,
}

/// For each trigram the languages that have it, by their places in [`Tables::languages`], and its rank there. Every page
/// asks for some six hundred of them, so they are kept in as little memory as they need.
struct Trigrams {
    /// By a hash of the trigram: its [`code`], where its list begins and how long that is, see [`Trigrams::slot`]. Half of
    /// the places are free, and hold 0.
    slots: Vec<u64>,
    /// The lists: place of the language, times 512, and rank.
    lists: Vec<u16>,
}

impl Trigrams {
    fn new(trigrams: &FxHashMap<u64, Vec<(u8, u16)>>) -> Trigrams {
        let mut made = Trigrams { slots: vec![0; (2 * trigrams.len()).next_power_of_two()], lists: Vec::new() };
        for (trigram, languages) in trigrams {
            let code = code(*trigram).expect("a trigram of Latin letters");
            let mut at = made.first_place(code);
            while made.slots[at] != 0 {
                at = (at + 1) & (made.slots.len() - 1);
            }
            made.slots[at] = Trigrams::slot(code, made.lists.len(), languages.len());
            made.lists.extend(languages.iter().map(|(place, rank)| u16::from(*place) << 9 | rank));
        }
        made
    }

    /// 30 bits of a trigram, 16 of where its list begins, the others of its length, which is not 0.
    fn slot(code: u32, start: usize, length: usize) -> u64 {
        u64::from(code) | (start as u64) << 30 | (length as u64) << 46
    }

    fn first_place(&self, code: u32) -> usize {
        (code.wrapping_mul(0x9e37_79b1) >> 12) as usize & (self.slots.len() - 1)
    }

    /// The languages that have a trigram, and its rank there.
    fn get(&self, trigram: u64) -> impl Iterator<Item = (usize, u16)> {
        let list = code(trigram).map_or(&[][..], |code| {
            let mut at = self.first_place(code);
            loop {
                let slot = self.slots[at];
                if slot as u32 & ((1 << 30) - 1) == code || slot == 0 {
                    let (start, length) = ((slot >> 30) as usize & 0xffff, (slot >> 46) as usize);
                    return &self.lists[start..start + length];
                }
                at = (at + 1) & (self.slots.len() - 1);
            }
        });
        list.iter().map(|&entry| (usize::from(entry >> 9), entry & 511))
    }
}

/// A trigram as a number of 30 bits; `None` for one with a letter that no language of the tables has.
fn code(trigram: u64) -> Option<u32> {
    [42, 21, 0].into_iter().try_fold(0, |code, shift| {
        let letter = (trigram >> shift) as u32 & 0x1f_ffff;
        match letter {
            0..0x330 => Some(code << 10 | letter),
            0x1e80..0x1f00 => Some(code << 10 | (letter - 0x1e80 + 0x330)),
            0x2010..0x2020 => Some(code << 10 | (letter - 0x2010 + 0x3b0)),
            _ => None,
        }
    })
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut found: FxHashMap<u64, Vec<(u8, u16)>> = FxHashMap::default();
    let (mut languages, mut all_letters): (Vec<Lang>, FxHashMap<char, Vec<Lang>>) = Default::default();
    for line in include_str!("latin.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some(((code, trigrams), letters)) =
            line.split_once('|').and_then(|(line, letters)| Some((line.split_once(' ')?, letters)))
        else {
            continue;
        };
        let Some(language) = Lang::from_code(code) else { continue };
        let place = languages.len() as u8;
        languages.push(language);
        let trigrams: Vec<char> = trigrams.chars().collect();
        for (rank, trigram) in trigrams.as_chunks::<3>().0.iter().enumerate() {
            found.entry(key(*trigram)).or_default().push((place, rank as u16));
        }
        letters.chars().for_each(|letter| all_letters.entry(letter).or_default().push(language));
    }
    Tables { languages, trigrams: Trigrams::new(&found), letters: all_letters }
});

/// A trigram as a number; they sort alike.
fn key([first, second, third]: [char; 3]) -> u64 {
    u64::from(first) << 42 | u64::from(second) << 21 | u64::from(third)
}

/// The language of a text and how sure that is, 0 to 1; `None` where its script may be another or it has no trigrams.
pub(super) fn detected(text: &str) -> Option<(Lang, f64)> {
    if !is_latin(text) {
        return None;
    }
    let text = text.to_lowercase();
    let (letters, by_letters) = by_letters(&text);
    let (trigrams, by_trigrams) = by_trigrams(&text)?;
    // The longer the text, the less its letters say, down to a third.
    let weight = (-(letters as f64 / 300.0) + 2.0 / 3.0).clamp(1.0 / 3.0, 2.0 / 3.0);
    let of = |scores: &[(Lang, f64)], language: Lang| {
        scores.iter().find(|(other, _)| *other == language).map_or(0.0, |(_, score)| *score)
    };
    let mut scores: Vec<(Lang, f64)> = by_letters
        .iter()
        .map(|&(language, score)| (language, score * weight + of(&by_trigrams, language) * (1.0 - weight)))
        .collect();
    scores.sort_unstable_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(std::cmp::Ordering::Less));
    let [(language, highest), (_, second), ..] = scores[..] else { return None };
    Some((language, confidence(highest, second, trigrams)))
}

/// Whether more than half of the text's characters are Latin ones for sure (digits, marks and spaces of ASCII aside).
fn is_latin(text: &str) -> bool {
    let (mut latin, mut others) = (0usize, 0usize);
    for c in text.chars().filter(|c| !is_stop(*c)) {
        match c {
            'a'..='z' | 'A'..='Z' | '\u{80}'..='\u{2af}' | '\u{1e00}'..='\u{1eff}' => latin += 1,
            _ => others += 1,
        }
    }
    latin > others
}

/// Characters that say nothing: ASCII but its letters and DEL.
fn is_stop(c: char) -> bool {
    matches!(c, '\0'..='@' | '['..='`' | '{'..='~')
}

/// How many characters say something, and for every language how many more of them are its letters than are not, as a
/// share of all, the highest first.
fn by_letters(text: &str) -> (usize, Vec<(Lang, f64)>) {
    let languages = Script::Latin.langs();
    let mut ascii = [0usize; 128];
    let mut all = 0;
    let mut scores = vec![0usize; Lang::all().len()];
    let mut add = |letter: char, count: usize| {
        let languages = TABLES.letters.get(&letter).into_iter().flatten();
        languages.for_each(|language| scores[*language as usize] += 2 * count);
    };
    for c in text.chars().filter(|c| !is_stop(*c)) {
        all += 1;
        match ascii.get_mut(c as usize) {
            Some(count) => *count += 1,
            None => add(c, 1),
        }
    }
    (0u8..128).filter(|byte| ascii[usize::from(*byte)] > 0).for_each(|byte| add(byte.into(), ascii[usize::from(byte)]));
    let mut raw: Vec<(Lang, usize)> =
        languages.iter().map(|language| (*language, scores[*language as usize].saturating_sub(all))).collect();
    raw.sort_unstable_by_key(|(_, score)| Reverse(*score));
    (all, raw.into_iter().map(|(language, score)| (language, score as f64 / all as f64)).collect())
}

/// How many trigrams the text has, and for every language how near their ranks are to its own, the nearest first.
fn by_trigrams(text: &str) -> Option<(usize, Vec<(Lang, f64)>)> {
    let mut counts: FxHashMap<u64, u32> = FxHashMap::default();
    counts.reserve(text.len().min(2048));
    let mut characters = text.chars().map(|c| if is_stop(c) { ' ' } else { c }).chain([' ']);
    let (mut first, mut second) = (' ', characters.next()?);
    for third in characters {
        if !(second == ' ' && (first == ' ' || third == ' ')) {
            *counts.entry(key([first, second, third])).or_default() += 1;
        }
        (first, second) = (second, third);
    }
    let mut ranked: Vec<(u32, u64)> = counts.into_iter().map(|(trigram, count)| (count, trigram)).collect();
    ranked.sort_unstable_by_key(|ranked| Reverse(*ranked));
    ranked.truncate(TEXT_TRIGRAMS);
    let count = ranked.len() as u32;
    if count == 0 {
        return None;
    }
    let tables = &*TABLES;
    // As if the text had none of them, and what is too much of that for those that it has.
    let mut distances = vec![(TRIGRAMS * TRIGRAMS) as i64; tables.languages.len()];
    for (rank, (_, trigram)) in ranked.iter().enumerate() {
        for (place, own) in tables.trigrams.get(*trigram) {
            distances[place] += (rank as i64 - i64::from(own)).abs() - i64::from(TRIGRAMS);
        }
    }
    let too_few = i64::from(TRIGRAMS.saturating_sub(count) * TRIGRAMS);
    let most = i64::from(TRIGRAMS * TRIGRAMS);
    let mut distances: Vec<(Lang, u32)> = tables
        .languages
        .iter()
        .zip(distances)
        .map(|(language, distance)| (*language, (distance - too_few).clamp(0, most) as u32))
        .collect();
    distances.sort_unstable_by_key(|(_, distance)| *distance);
    let most = count * TRIGRAMS;
    let score = |distance: u32| (most - distance) as f64 / most as f64;
    Some((ranked.len(), distances.into_iter().map(|(language, distance)| (language, score(distance))).collect()))
}

/// How sure the language with the highest score is, by what parts it from the second and by how much text there was.
fn confidence(highest: f64, second: f64, trigrams: usize) -> f64 {
    if highest == 0.0 || second == 0.0 {
        return highest;
    }
    let sure = 3.0 / trigrams as f64 + 0.015;
    let rate = (highest - second) / second;
    if rate > sure { 1.0 } else { rate / sure }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of many languages, mixed so that some texts are clear and some are ties.
    const WORDS: &str = "the of and river rained night der die und regnete fluss nacht le la et pluie rivière nuit och \
                         regn flod natten i en og elven på en noche río llovió que a chuva rio não noite il fiume \
                         pioggia è rzeka deszcz noc się řeka déšť noc že folyó eső éjszaka və gecə çay yağış sông mưa \
                         đêm và ngắn iyo 12 30% — “tide” ’s www.example.org MENU Login İstanbul ﬁn œuvre привет 日本 ©";

    #[test]
    fn whatlang_says_the_same() {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let mut state = 11u32;
        let mut next = move |most: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % most
        };
        let mut told = 0;
        for number in 0..4000 {
            let (from, wide) = (next(words.len()), 1 + next(words.len()));
            let text: Vec<&str> = (0..next(if number % 4 == 0 { 4 } else { 200 }))
                .map(|_| words[(from + next(wide)) % words.len()])
                .collect();
            let text = text.join(if number % 7 == 0 { "" } else { " " });
            if let Some((language, sure)) = detected(&text) {
                let expected = whatlang::detect(&text).unwrap();
                assert_eq!((language, sure.to_bits()), (expected.lang(), expected.confidence().to_bits()), "{text:?}");
                told += 1;
            }
        }
        assert!(told > 3000, "{told}");
    }

    #[test]
    fn every_language_of_the_script_is_there() {
        let mut languages = TABLES.languages.clone();
        let mut expected = Script::Latin.langs().to_vec();
        languages.sort_unstable_by_key(|language| *language as usize);
        expected.sort_unstable_by_key(|language| *language as usize);
        assert_eq!(languages, expected);
        assert_eq!(TABLES.trigrams.lists.len(), languages.len() * TRIGRAMS as usize);
    }

    #[test]
    fn other_scripts_are_left_to_whatlang() {
        for text in ["", "1234", "привет", "a привет", "日本 ab"] {
            assert_eq!(detected(text), None, "{text}");
        }
    }
}
