//! The regular expressions of rules: what is known of one without running it, and its two forms.

use std::sync::{Arc, OnceLock};

use memchr::memmem::Finder;
use regex_syntax::hir::{Hir, Look, literal};

use super::{
    automaton::Automaton,
    bytes::{ByteSet, Bytes},
    literals::needed_sets,
    schema::{Pattern, Rule},
    subject::Subject,
};

/// A regular expression of a rule.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    pub(super) rule: u32,
    pub(super) bounds: Bounds,
    /// One of these must stand in the line; empty where it is not looked for.
    one_of: Vec<char>,
    /// The bytes that these begin with.
    one_of_bytes: ByteSet,
    /// Sets of texts of which one each must stand in the line. Found when a line first asks.
    sets: OnceLock<Box<[Vec<Finder<'static>>]>>,
    /// What the bytes of a line say. Found when a line first asks.
    bytes: OnceLock<Bytes>,
    automaton: Automaton,
}

/// Which lines an expression need not read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Words of the shortest and the longest line that the rule is about.
    least_words: u32,
    most_words: u32,
    /// Lengths of the lines that it can match, in bytes.
    shortest: u32,
    longest: u32,
}

impl Bounds {
    /// Whether such a line may be matched.
    #[inline]
    pub(super) fn hold(self, subject: &Subject) -> bool {
        let length = u32::try_from(subject.line.len()).unwrap_or(u32::MAX);
        (self.least_words..=self.most_words).contains(&subject.words)
            && (self.shortest..=self.longest).contains(&length)
    }
}

impl Pattern {
    /// Reads an expression; what is wrong with it where it is none.
    pub(super) fn new(text: String) -> Result<Pattern, String> {
        let read = |text: &str| {
            regex_syntax::parse(text).map_err(|error| match error {
                regex_syntax::Error::Parse(error) => error.kind().to_string(),
                regex_syntax::Error::Translate(error) => error.kind().to_string(),
                error => error.to_string(),
            })
        };
        let hir = read(&ascii_digits(&text));
        // `[a-\d]` is wrong as it is written, not with the digits in its place.
        if hir.is_err() || text.contains("-\\d") {
            read(&text)?;
        }
        Ok(Pattern { hir: Arc::new(hir?), text })
    }
}

/// `\d` as the ten digits alone: their automaton is small, and numbers in furniture are of no other kind.
fn ascii_digits(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len());
    let mut characters = expression.chars();
    while let Some(character) = characters.next() {
        match (character, characters.as_str().chars().next()) {
            ('\\', Some('d')) => {
                characters.next();
                out.push_str("[0-9]");
            }
            ('\\', Some(escaped)) => {
                characters.next();
                out.extend(['\\', escaped]);
            }
            _ => out.push(character),
        }
    }
    out
}

/// Bytes that a line can begin with, and one more for the empty line.
pub(super) const FIRSTS: usize = 257;

/// For each byte that a line can begin with the bytes that can follow it in a line that is matched; `None` where no line
/// that begins so is.
pub(super) fn first_bytes(hir: &Hir) -> Vec<Option<ByteSet>> {
    let all = vec![Some(ByteSet::ALL); FIRSTS];
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return all;
    }
    let mut prefixes = {
        let mut extractor = literal::Extractor::new();
        extractor.kind(literal::ExtractKind::Prefix).limit_class(FIRSTS).limit_total(2000);
        extractor.extract(hir)
    };
    prefixes.keep_first_bytes(2);
    let Some(literals) = prefixes.literals() else { return all };
    let mut firsts = vec![None; FIRSTS];
    for literal in literals {
        let Some((&first, rest)) = literal.as_bytes().split_first() else { return all };
        let seconds: &mut ByteSet = firsts[usize::from(first)].get_or_insert_default();
        match rest.first() {
            Some(second) => seconds.insert(*second),
            None => *seconds = ByteSet::ALL,
        }
    }
    firsts
}

impl Expression {
    /// An expression of the rule with this number. Nothing is compiled yet.
    pub(super) fn new(number: u32, rule: &Rule, pattern: &Pattern) -> Expression {
        let hir = &pattern.hir;
        let properties = hir.properties();
        let bound = |properties: &&regex_syntax::hir::Properties| {
            properties.look_set_prefix().contains(Look::Start) && properties.look_set_suffix().contains(Look::End)
        };
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let shortest = properties.minimum_len().map_or(0, length);
        let longest =
            Some(properties).filter(bound).and_then(|properties| properties.maximum_len()).map_or(u32::MAX, length);
        Expression {
            rule: number,
            bounds: Bounds {
                least_words: rule.when.min_words.unwrap_or(0),
                most_words: rule.when.max_words.unwrap_or(u32::MAX),
                shortest,
                longest,
            },
            one_of: Vec::new(),
            one_of_bytes: ByteSet::default(),
            sets: OnceLock::new(),
            bytes: OnceLock::new(),
            automaton: Automaton::new(hir.clone()),
        }
    }

    /// Whether it can be compiled at all.
    pub(super) fn fits(&self) -> bool {
        self.automaton.fits()
    }

    /// Says that a line must hold one of these characters, if there are any.
    pub(super) fn needs_one_of(&mut self, characters: Vec<char>) {
        self.one_of_bytes =
            characters.iter().map(|character| character.encode_utf8(&mut [0; 4]).as_bytes()[0]).collect();
        self.one_of = characters;
    }

    /// Whether a line can hold the characters that it needs.
    pub(super) fn may_match(&self, subject: &Subject) -> bool {
        self.one_of.is_empty()
            || (self.one_of_bytes.meets(subject.bytes())
                && self.one_of.iter().any(|character| match character.is_ascii() {
                    true => subject.bytes().holds(*character as u8),
                    false => subject.line.contains(*character),
                }))
    }

    /// Whether a line is matched.
    pub(super) fn is_match(&self, subject: &Subject) -> bool {
        if !self.bounds.hold(subject) {
            return false;
        }
        let bytes = self.bytes.get_or_init(|| Bytes::new(self.automaton.hir()));
        match bytes.tell(subject.bytes(), subject.line.len()) {
            Some(told) => told,
            None => self.holds_sets(subject.line) && self.automaton.is_match(subject),
        }
    }

    /// Whether a line holds a text of every set that it needs: sooner told than by an automaton that counts characters
    /// between two words, and which most runs then need not make at all.
    fn holds_sets(&self, line: &str) -> bool {
        let sets = self.sets.get_or_init(|| {
            let finders = |set: Vec<String>| set.iter().map(|text| Finder::new(text).into_owned()).collect();
            needed_sets(self.automaton.hir()).into_iter().map(finders).collect()
        });
        sets.iter().all(|set| set.iter().any(|text| text.find(line.as_bytes()).is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_line_can_begin_is_known_of_bound_expressions() {
        let begins = |text: &str, line: &str| {
            let firsts = first_bytes(&regex_syntax::parse(text).unwrap());
            let first = line.bytes().next().map_or(FIRSTS - 1, usize::from);
            firsts[first].is_some_and(|seconds| line.as_bytes().get(1).is_none_or(|second| seconds.holds(*second)))
        };
        for (line, expected) in
            [("tide", true), ("boat", true), ("taxi", false), ("9 pm", true), ("t", true), ("", false)]
        {
            assert_eq!(begins("^(tide|boat|[0-9]+ ?pm)", line), expected, "{line}");
        }
        assert!(begins("^a?$", "") && begins("tide", "xy") && begins("^.{3}", "xy"));
    }
}
