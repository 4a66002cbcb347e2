//! Asking the conditions of a rule, and measuring the page for them once.

use std::{
    cell::{Cell, OnceCell, RefCell},
    ops::Range,
    sync::LazyLock,
};

use dechaff_document::{Break, ElementId, Found, Page, PageKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    fold::core,
    matcher::{Lines, stands_alone, token_fits},
    schema::{Conditions, Shape},
};
use crate::measure::{ends_sentence, words};

/// A page with what rules ask of it: sums over its blocks, so that a range is measured in constant time.
pub(crate) struct Measured<'p> {
    pub(crate) page: &'p Page,
    pub(crate) lines: Lines,
    words: Vec<u32>,
    characters: Vec<u32>,
    links: Vec<u32>,
    language: Option<&'p str>,
    /// For each line whether it speaks for the site, where that has been asked: only long lines are, mostly.
    voices: OnceCell<Vec<Cell<Option<bool>>>>,
    story: OnceCell<Vec<u32>>,
    /// For each set of conditions that asks it: whether each element stands inside.
    inside: RefCell<FxHashMap<usize, Vec<bool>>>,
}

impl<'p> Measured<'p> {
    pub(crate) fn of(page: &'p Page) -> Self {
        let lines = Lines::of(page);
        let count = page.blocks.len();
        let mut measured = Measured {
            page,
            words: Vec::with_capacity(count + 1),
            characters: Vec::with_capacity(count + 1),
            links: Vec::with_capacity(count + 1),
            language: language(page),
            voices: OnceCell::new(),
            story: OnceCell::new(),
            inside: RefCell::default(),
            lines,
        };
        let (mut all_words, mut all_characters, mut all_links) = (0u32, 0u32, 0u32);
        for (index, block) in page.blocks.iter().enumerate() {
            measured.words.push(all_words);
            measured.characters.push(all_characters);
            measured.links.push(all_links);
            let line = measured.lines.line(index);
            all_words = all_words.saturating_add(words(line) as u32);
            all_characters = all_characters.saturating_add(characters(line) as u32);
            all_links = all_links.saturating_add(block.link_characters);
        }
        measured.words.push(all_words);
        measured.characters.push(all_characters);
        measured.links.push(all_links);
        measured
    }

    /// Whether the page is plain text: its blocks are lines, told apart by blank ones.
    pub(crate) fn is_text(&self) -> bool {
        self.page.kind == PageKind::Text
    }

    /// Words of a range of blocks.
    pub(crate) fn words(&self, blocks: &Range<usize>) -> u32 {
        self.words[blocks.end] - self.words[blocks.start]
    }

    /// Words of every block.
    pub(super) fn words_of_lines(&self) -> Vec<u32> {
        self.words.windows(2).map(|sums| sums[1] - sums[0]).collect()
    }

    /// Words of the page.
    pub(crate) fn all_words(&self) -> u32 {
        self.words.last().copied().unwrap_or(0)
    }

    /// Characters of a range of blocks.
    fn characters(&self, blocks: &Range<usize>) -> u32 {
        self.characters[blocks.end] - self.characters[blocks.start]
    }

    /// Share of the characters of a range that stand in links.
    pub(crate) fn link_density(&self, blocks: &Range<usize>) -> f32 {
        let links = self.links[blocks.end] - self.links[blocks.start];
        (links as f32 / self.characters(blocks).max(1) as f32).min(1.0)
    }

    /// Where a block begins, as a share of the page's words.
    fn position(&self, block: usize) -> f32 {
        self.words[block] as f32 / self.all_words().max(1) as f32
    }

    /// Whether a block addresses the reader in the voice of the site.
    pub(crate) fn voice(&self, block: usize) -> bool {
        let voice = &self.voices.get_or_init(|| vec![Cell::new(None); self.lines.len()])[block];
        let speaks = voice.get().unwrap_or_else(|| speaks_for_site(self.lines.line(block)));
        voice.set(Some(speaks));
        speaks
    }

    /// Words of story in a range: blocks of fifteen words or more that end as a sentence, are not mostly links and do
    /// not speak in the voice of the site.
    pub(crate) fn story(&self, blocks: &Range<usize>) -> u32 {
        let sums = self.story.get_or_init(|| {
            let mut sums = Vec::with_capacity(self.lines.len() + 1);
            let mut sum = 0;
            for index in 0..self.lines.len() {
                sums.push(sum);
                let block = index..index + 1;
                let words = self.words(&block);
                let story = words >= 15
                    && ends_sentence(self.lines.line(index))
                    && self.link_density(&block) < 0.5
                    && !self.voice(index);
                sum += if story { words } else { 0 };
            }
            sums.push(sum);
            sums
        });
        sums[blocks.end] - sums[blocks.start]
    }

    /// The lines around a block that no blank line parts (plain text).
    pub(crate) fn group(&self, block: usize) -> Range<usize> {
        let blocks = &self.page.blocks;
        let parted = |index: usize| matches!(blocks[index].starts, Break::Paragraph(_));
        let mut start = block;
        while start > 0 && !parted(start) {
            start -= 1;
        }
        let mut end = block + 1;
        while end < blocks.len() && !parted(end) {
            end += 1;
        }
        start..end
    }

    fn is_inside(&self, element: ElementId, conditions: &Conditions) -> bool {
        if element == ElementId::NONE {
            return false;
        }
        let key = std::ptr::from_ref(conditions) as usize;
        let mut cache = self.inside.borrow_mut();
        let inside = cache.entry(key).or_insert_with(|| inside(self.page, conditions));
        inside[element.index()]
    }
}

/// Whether the conditions that need no other rule hold for a range of blocks; `element` is the element that was hit,
/// or that of the block.
pub(super) fn hold(conditions: &Conditions, page: &Measured<'_>, blocks: &Range<usize>, element: ElementId) -> bool {
    let c = conditions;
    let (words, first) = (page.words(blocks), blocks.start);
    let all = page.lines.len();
    let within = |least: Option<u32>, most: Option<u32>, value: u32| {
        least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most)
    };
    within(c.min_words, c.max_words, words)
        && ((c.min_characters.is_none() && c.max_characters.is_none())
            || within(c.min_characters, c.max_characters, page.characters(blocks)))
        && c.min_link_density.is_none_or(|least| page.link_density(blocks) >= least)
        && c.max_link_density.is_none_or(|most| page.link_density(blocks) <= most)
        && c.first_blocks.is_none_or(|most| first < most as usize)
        && c.last_blocks.is_none_or(|most| first + most as usize >= all)
        && c.first_share.is_none_or(|share| page.position(first) <= share)
        && c.last_share.is_none_or(|share| page.position(first) >= 1.0 - share || blocks.end == all)
        && c.max_share.is_none_or(|share| words as f32 <= share * page.all_words() as f32)
        && (c.kinds.is_empty()
            || page.page.blocks[blocks.clone()].iter().all(|block| c.kinds.iter().any(|kind| kind.fits(block.kind))))
        && c.sentence.is_none_or(|wanted| ends_sentence(page.lines.line(first)) == wanted)
        && c.voice.is_none_or(|wanted| blocks.clone().any(|block| page.voice(block)) == wanted)
        && c.shape.is_none_or(|shape| blocks.len() == 1 && has_shape(shape, page, first))
        && (c.page_languages.is_empty()
            || page.language.is_none_or(|language| c.page_languages.iter().any(|wanted| wanted == language)))
        && ((c.inside_tags.is_empty() && c.inside_tokens.is_empty()) || page.is_inside(element, c))
        && (c.says.is_empty() || blocks.clone().any(|block| says(page.lines.line(block), &c.says)))
}

fn says(line: &str, phrases: &[String]) -> bool {
    phrases.iter().any(|phrase| {
        line.match_indices(phrase.as_str()).any(|(start, found)| stands_alone(line, start, start + found.len()))
    })
}

fn has_shape(shape: Shape, page: &Measured<'_>, block: usize) -> bool {
    let text = page.page.blocks[block].text.trim();
    match shape {
        Shape::Name => is_name(text),
        Shape::Headline => {
            let words = page.words(&(block..block + 1));
            let first = text.chars().find(|character| character.is_alphanumeric());
            (4..=20).contains(&words) && !ends_sentence(text) && first.is_some_and(|first| !first.is_lowercase())
        }
        Shape::Doubled => doubled(text).is_some(),
    }
}

/// Two to four words of letters, each capitalised, particles such as "van" or "de" allowed between: a person's name.
pub(crate) fn is_name(text: &str) -> bool {
    if text.len() > 60 {
        return false;
    }
    let mut capitalised = 0;
    let mut words = 0;
    for word in text.split_whitespace() {
        words += 1;
        let particle =
            matches!(word, "van" | "von" | "de" | "der" | "den" | "di" | "da" | "del" | "la" | "le" | "bin" | "al");
        let letters = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'));
        let upper = word.chars().next().is_some_and(char::is_uppercase);
        if !letters || !(upper || particle) {
            return false;
        }
        // A word in capitals alone is an agency or a label, not a name, unless it is an initial.
        if word.chars().count() > 3 && !word.chars().any(char::is_lowercase) {
            return false;
        }
        capitalised += usize::from(upper);
    }
    (2..=5).contains(&words) && (2..=4).contains(&capitalised)
}

/// Where a text of two equal halves parts: "X X" gives the byte at which the second X begins. Both halves have two
/// words or more.
pub(crate) fn doubled(text: &str) -> Option<usize> {
    let text = text.trim_end();
    let middle = text.len() / 2;
    // The halves are equal in bytes but for the white space between them, so the middle lies in that space.
    let second = (middle..=(middle + 2).min(text.len()))
        .find(|&start| text.is_char_boundary(start) && text[start..].starts_with(|c: char| !c.is_whitespace()))?;
    let (first, second_half) = (text[..second].trim_end(), &text[second..]);
    let parted = first.len() < second;
    (parted && first.trim_start() == second_half && core(first).contains(char::is_whitespace)).then_some(second)
}

/// Words of "we" and "you" in the languages whose rules speak of them. Those that are common words of another language
/// (Polish "my" and "was", French "nos", German "ihr" and "sie") are left out.
static VOICE: LazyLock<(FxHashSet<&str>, [u64; 64])> = LazyLock::new(|| {
    let words = "wir uns unser unsere unserem unseren unserer unseres ihre ihren ihrer dein deine deiner dich dir euch \
                 eure euer eurer we our us you your we're you're we've you'll we'd you've ours yours nosotros nosotras \
                 nuestro nuestra nuestros nuestras usted ustedes vosotros vuestro vuestra nous notre vous votre vos \
                 noi nostro nostra nostri nostre voi vostro vostra vostri tuo tua wij ons onze jij jouw jullie uw nós \
                 nosso nossa nossos nossas você vocês мы нас нам нами наш наша наше наши нашу наших нашей нашего нашим \
                 вы вас вам вами ваш ваша ваше ваши вашу вашей ваших ми нами нашої нашій нашою наші ви вами вашої \
                 вашій ваші вашого nas nam nasz nasza nasze naszą naszej naszych wam wasz wasza wasze waszą \
                 waszej państwa twój twoja twoje twoją";
    let words: FxHashSet<&str> = words.split_whitespace().collect();
    // The first two bytes with which they begin, a bit for each: few words of a text have them.
    let mut begin = [0; 64];
    for word in &words {
        let (place, bit) = beginning(word.as_bytes());
        begin[place] |= bit;
    }
    (words, begin)
});

/// Place of the first two bytes of a word in a table of bits.
fn beginning(word: &[u8]) -> (usize, u64) {
    let [first, second, ..] = *word else { return (0, 0) };
    (usize::from(first & 63), 1 << (second & 63))
}

/// Whether a folded line speaks in the voice of the site: says "we", "us" or "you" outside quotation marks.
fn speaks_for_site(line: &str) -> bool {
    let (voice, begin) = &*VOICE;
    // None of them is shorter than two bytes or longer than fourteen: the others need not be looked up.
    let is_voice = |word: &str| {
        let (place, bit) = beginning(word.as_bytes());
        (2..=14).contains(&word.len()) && begin[place] & bit != 0 && voice.contains(word)
    };
    let mut quoted = false;
    line.split_inclusive('"').any(|piece| {
        let speaks = !quoted
            && match piece.is_ascii() {
                true => piece.split(|c: char| !(c.is_ascii_alphanumeric() || c == '\'')).any(is_voice),
                false => piece.split(|c: char| !(c.is_alphanumeric() || c == '\'')).any(is_voice),
            };
        quoted ^= piece.ends_with('"');
        speaks
    })
}

/// For every element whether it or an ancestor is one of those that the conditions name.
fn inside(page: &Page, conditions: &Conditions) -> Vec<bool> {
    let outline = &page.outline;
    let mut fits: FxHashMap<u32, bool> = FxHashMap::default();
    let mut inside = vec![false; outline.len()];
    for index in 0..outline.len() {
        let element = ElementId(index as u32);
        let parent = outline.element(element).parent;
        let mut token = |symbol: u32| {
            symbol != 0
                && *fits.entry(symbol).or_insert_with(|| {
                    conditions.inside_tokens.iter().any(|pattern| token_fits(pattern, outline.name(symbol)))
                })
        };
        inside[index] = (parent.is_some() && inside[parent.index()])
            || conditions.inside_tags.iter().any(|tag| tag == outline.tag(element))
            || (!conditions.inside_tokens.is_empty()
                && (outline.class_symbols(element).iter().any(|&symbol| token(symbol))
                    || token(outline.id_symbol(element))));
    }
    inside
}

/// The page's language, ISO 639-1, where the detector is sure (nine tenths) or the page declares it.
fn language(page: &Page) -> Option<&str> {
    let detected = page.metadata.detected_language.as_ref().filter(|(_, sure)| *sure >= 900);
    let declared = page.metadata.language.as_ref().map(|Found { value, .. }| value.as_str());
    let language = detected.map(|(language, _)| language.as_str()).or(declared)?;
    language.split(['-', '_']).next()
}

/// Characters of a text. One pass over bytes: those that begin a character.
fn characters(text: &str) -> usize {
    text.bytes().filter(|&byte| byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_labels_and_headlines() {
        for name in ["Ana Pérez", "Ludwig van Houten", "J. R. Hartley", "Олена Коваль"] {
            assert!(is_name(name), "{name}");
        }
        for other in ["Reuters", "BREAKING NEWS", "The river rose overnight", "Room 12 Berlin"] {
            assert!(!is_name(other), "{other}");
        }
    }

    #[test]
    fn a_doubled_line_parts_in_its_middle() {
        assert_eq!(doubled("Flood in the valley Flood in the valley"), Some(20));
        assert_eq!(doubled("Überflutung im Tal  Überflutung im Tal"), Some("Überflutung im Tal  ".len()));
        assert_eq!(doubled("bye bye"), None);
        assert_eq!(doubled("Flood in the valley, flood in the town"), None);
        assert_eq!(doubled(""), None);
    }

    #[test]
    fn the_voice_of_the_site_is_not_that_of_a_quotation() {
        assert!(speaks_for_site("without your help we could not print."));
        assert!(!speaks_for_site("\"we will rebuild our bridge,\" the mayor said."));
        assert!(speaks_for_site("Unterstützen Sie unsere Arbeit".to_lowercase().as_str()));
    }
}
