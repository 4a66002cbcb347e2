//! A compiled expression: whether a line holds a match, which is all that rules ask.
//!
//! Two automata for each, made when they are first needed. The first reads lines in which one byte stands for every
//! character of a word beyond ASCII and another for every other one (see [`Subject::plain`]), and counts no further than
//! it must (see [`loose`]). What it does not match the expression does not match; what it matches in a line of ASCII, as
//! most are once they are folded, the expression does where no count matters. Only what is then open is asked of the
//! second, which reads lines in bytes of the expression's own (see [`Alphabet`]), and which few runs need to make.
//!
//! Made anew for every run, the automata of the built-in rules take longer than the lines of some hundred pages; so
//! nothing is made but what tells whether there is a match: no captures, no automaton that reads backwards.

use std::sync::{Arc, OnceLock};

use regex_automata::{
    Input,
    hybrid::dfa::{Cache, Config, DFA},
    meta::{self, Regex},
    nfa::thompson::{self, WhichCaptures},
    util::pool::Pool,
};
use regex_syntax::{
    hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, Hir, HirKind, Look, Repetition},
    utf8::Utf8Sequences,
};

use super::{
    alphabet::{Alphabet, over_bytes},
    subject::{NO_WORD, Subject, WORD, stand_in},
};

/// Memory that one expression may take, in bytes: three times what the largest built-in one needs.
const LIMIT: usize = 4 << 20;

/// Memory that the lazily made states of one expression may take, in bytes, for each thread. Hardly one takes more than
/// a tenth of it; those that count long runs of any letters do, and with a quarter they were made anew again and again.
const STATES_LIMIT: usize = 1 << 20;

/// An expression that is compiled when a line first needs it. Clones share what was compiled.
#[derive(Debug, Clone)]
pub(super) struct Automaton {
    hir: Arc<Hir>,
    compiled: Arc<Compiled>,
}

/// None inside if it cannot be made, which loading has ruled out with [`Automaton::fits`].
#[derive(Debug, Default)]
struct Compiled {
    loose: OnceLock<Option<(Lazy, usize)>>,
    exact: OnceLock<Option<(Lazy, Alphabet)>>,
    whole: OnceLock<Option<Whole>>,
}

/// An automaton for any line.
#[derive(Debug)]
enum Whole {
    Lazy(Lazy),
    /// Of an expression that asks for boundaries of words in Unicode's sense, which need more than one byte.
    General(Regex),
}

/// An automaton, and what each thread has found out of its states.
#[derive(Debug)]
struct Lazy {
    dfa: Arc<DFA>,
    caches: Pool<Cache, Box<dyn Fn() -> Cache + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>>,
}

impl Automaton {
    /// An automaton of a parsed expression. Nothing is compiled yet.
    pub(super) fn new(hir: Arc<Hir>) -> Automaton {
        Automaton { hir, compiled: Arc::default() }
    }

    /// The expression that it was made of.
    pub(super) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// Whether a line holds a match.
    pub(super) fn is_match(&self, subject: &Subject) -> bool {
        if let Some((automaton, longest)) = self.loose() {
            let (line, exact) = subject.plain();
            match automaton.is_match(line.as_bytes()) {
                Some(false) => return false,
                Some(true) if exact && line.len() <= *longest => return true,
                _ => {}
            }
        }
        if let Some((automaton, alphabet)) = self.exact()
            && let Some(found) = alphabet.line(subject.line).and_then(|line| automaton.is_match(&line))
        {
            return found;
        }
        match self.whole() {
            Some(Whole::Lazy(lazy)) => {
                lazy.is_match(subject.line.as_bytes()).unwrap_or_else(|| self.is_match_in_general(subject.line))
            }
            Some(Whole::General(regex)) => regex.is_match(subject.line),
            None => false,
        }
    }

    /// The slow way, should an automaton give up.
    fn is_match_in_general(&self, line: &str) -> bool {
        general(&self.hir).is_some_and(|regex| regex.is_match(line))
    }

    /// Whether it is not too large. Compiled to find out only where that is not sure.
    pub(super) fn fits(&self) -> bool {
        let is_small = |of_class: fn(&ClassUnicode) -> u64| {
            most_states(&self.hir, of_class).saturating_mul(STATE_BYTES) <= LIMIT as u64
        };
        is_small(most_states_of_class)
            || is_small(states_of_class)
            || (is_small(|_| 2) && Alphabet::of(&self.hir).is_some())
            || self.whole().is_some()
    }

    /// The loose expression for lines as [`Subject::plain`] has them, and the length of lines up to which it matches no
    /// more than the expression does.
    fn loose(&self) -> Option<&(Lazy, usize)> {
        let make = || {
            let (hir, longest) = loose(&plain(&self.hir)?);
            Some((Lazy::new(&hir, false)?, longest))
        };
        self.compiled.loose.get_or_init(make).as_ref()
    }

    /// The expression for lines in bytes of its own, unless it tells too many characters apart.
    fn exact(&self) -> Option<&(Lazy, Alphabet)> {
        let make = || {
            let alphabet = Alphabet::of(&self.hir)?;
            Some((Lazy::new(&alphabet.expression(&self.hir)?, false)?, alphabet))
        };
        self.compiled.exact.get_or_init(make).as_ref()
    }

    /// The expression for any line, or `None` if it is too large.
    fn whole(&self) -> Option<&Whole> {
        let hir = &*self.hir;
        let make = || match hir.properties().look_set().contains_word_unicode() {
            true => general(hir).map(Whole::General),
            false => Lazy::new(hir, true).map(Whole::Lazy),
        };
        self.compiled.whole.get_or_init(make).as_ref()
    }
}

fn general(hir: &Hir) -> Option<Regex> {
    let config = meta::Config::new()
        .nfa_size_limit(Some(LIMIT))
        .hybrid_cache_capacity(STATES_LIMIT)
        .which_captures(WhichCaptures::None)
        .onepass(false);
    Regex::builder().configure(config).build_from_hir(hir).ok()
}

/// More bytes than a state of an automaton takes, with what is kept beside it.
const STATE_BYTES: u64 = 64;

/// No fewer states than the expression's automaton has, with `of_class` for a class of characters: what is repeated stands
/// there as often as it must and may.
fn most_states(hir: &Hir, of_class: fn(&ClassUnicode) -> u64) -> u64 {
    let most_states = |hir: &Hir| most_states(hir, of_class);
    let sum = |parts: &[Hir]| parts.iter().fold(2u64, |sum, part| sum.saturating_add(most_states(part)));
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 2,
        HirKind::Literal(literal) => 2 + literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => 2 + of_class(class),
        HirKind::Class(Class::Bytes(class)) => 2 + class.ranges().len() as u64,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            (most_states(&repetition.sub) + 2).saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => 2 + most_states(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

/// No fewer states than a class has: a range takes at most a dozen sequences of four bytes.
fn most_states_of_class(class: &ClassUnicode) -> u64 {
    48 * class.ranges().len() as u64
}

/// The same counted: the bytes of all sequences. Most ranges take one or two.
fn states_of_class(class: &ClassUnicode) -> u64 {
    let sequences = class.iter().flat_map(|range| Utf8Sequences::new(range.start(), range.end()));
    sequences.map(|sequence| sequence.len() as u64).sum()
}

impl Lazy {
    /// `None` if it is too large. `utf8` says that lines may hold more than ASCII.
    fn new(hir: &Hir, utf8: bool) -> Option<Lazy> {
        let config = thompson::Config::new().utf8(utf8).nfa_size_limit(Some(LIMIT)).which_captures(WhichCaptures::None);
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(hir).ok()?;
        let config = Config::new().cache_capacity(STATES_LIMIT).skip_cache_capacity_check(true);
        let dfa = Arc::new(DFA::builder().configure(config).build_from_nfa(nfa).ok()?);
        let of = dfa.clone();
        Some(Lazy { dfa, caches: Pool::new(Box::new(move || of.create_cache())) })
    }

    /// Whether a line holds a match; `None` if the automaton gives up, which it does on bytes that it was told of alone.
    fn is_match(&self, line: &[u8]) -> Option<bool> {
        let found = self.dfa.try_search_fwd(&mut self.caches.get(), &Input::new(line).earliest(true));
        found.ok().map(|found| found.is_some())
    }
}

/// The expression over lines as [`Subject::plain`] has them: it matches wherever the expression matches the line.
fn plain(hir: &Hir) -> Option<Hir> {
    over_bytes(hir, &stand_in, &plain_class)
}

/// An expression that matches wherever this one does, without counting far: what may be repeated so many times may be
/// repeated any number of times. An automaton that counts has a state for every number, and for every set of numbers
/// where the count may begin at several places: `[^"]{5,500}$` fills any memory of states, and two such expressions
/// took as long as all the others. Also the length of lines, in bytes, up to which it matches no more than this one
/// does.
fn loose(hir: &Hir) -> (Hir, usize) {
    let mut longest = usize::MAX;
    if let HirKind::Concat(parts) = hir.kind()
        && let [parts @ .., tail, end] = parts.as_slice()
        && *end.kind() == HirKind::Look(Look::End)
        && let Some((tail, most)) = without_end(tail)
    {
        longest = most;
        let parts = parts.iter().map(|part| loosened(part, &mut longest)).chain([tail]);
        return (Hir::concat(parts.collect()), longest);
    }
    (loosened(hir, &mut longest), longest)
}

/// What an end of a line that may be anything must hold at least, and how many bytes it may hold: the rest need not be
/// read.
fn without_end(hir: &Hir) -> Option<(Hir, usize)> {
    let HirKind::Repetition(repetition) = hir.kind() else { return None };
    let HirKind::Class(Class::Bytes(class)) = repetition.sub.kind() else { return None };
    let mut any = ClassBytes::new([ClassBytesRange::new(b'\n', b'\n'), ClassBytesRange::new(0x80, 0xff)]);
    any.union(class);
    any.negate();
    let most = repetition.max.map_or(usize::MAX, |most| most as usize);
    let least = Repetition { max: Some(repetition.min), ..repetition.clone() };
    any.ranges().is_empty().then(|| (Hir::repetition(least), most))
}

/// A part without bounds that are [`FAR`]. `longest` becomes the length of lines that none of them matters to, if that is
/// less.
fn loosened(hir: &Hir, longest: &mut usize) -> Hir {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let mut loose = Repetition { sub: Box::new(loosened(&repetition.sub, longest)), ..repetition.clone() };
            let far = if matches!(repetition.sub.kind(), HirKind::Class(_)) { FAR } else { FAR_OF_GROUPS };
            if let Some(most) = repetition.max.filter(|most| *most >= far) {
                let least = repetition.sub.properties().minimum_len().unwrap_or(0);
                *longest = (*longest).min(least.saturating_mul(most as usize));
                loose.max = None;
            }
            Hir::repetition(loose)
        }
        HirKind::Capture(capture) => loosened(&capture.sub, longest),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(|part| loosened(part, longest)).collect()),
        HirKind::Alternation(branches) => {
            Hir::alternation(branches.iter().map(|branch| loosened(branch, longest)).collect())
        }
        _ => hir.clone(),
    }
}

/// Bounds from here on are not counted at first.
const FAR: u32 = 40;

/// The same where what is repeated is more than a character, mostly a word: its states are made once for each number.
const FAR_OF_GROUPS: u32 = 10;

/// The ASCII of a class, and what stands for the others that it holds. Of wide ranges both stand-ins.
fn plain_class(class: &ClassUnicode) -> ClassBytes {
    /// Characters of a range that are looked at one by one: those of an alphabet.
    const MOST: usize = 64;
    let mut bytes: Vec<ClassBytesRange> = Vec::new();
    let (mut word, mut no_word) = (false, false);
    for range in class.iter() {
        if range.start().is_ascii() {
            bytes.push(ClassBytesRange::new(range.start() as u8, range.end().min('\x7f') as u8));
        }
        let beyond = range.start().max('\u{80}')..=range.end();
        let wide = beyond.clone().nth(MOST).is_some();
        let holds = |byte: u8| wide || beyond.clone().any(|character| stand_in(character) == byte);
        word = word || holds(WORD);
        no_word = no_word || holds(NO_WORD);
    }
    let stand_ins = [(word, WORD), (no_word, NO_WORD)];
    bytes.extend(stand_ins.iter().filter(|(holds, _)| *holds).map(|(_, byte)| ClassBytesRange::new(*byte, *byte)));
    ClassBytes::new(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPRESSIONS: [&str; 17] = [
        r"^(tide|flut|прилив) (at|um) [^.;]{2,20}$",
        r"\bboat(s|en)?\b",
        r"^[^a-zа-я0-9]{0,3}(©|\(c\)) ?20[0-9][0-9]",
        "é|ü",
        "(é|ü)*x",
        "(é|ü)+x",
        "^[é-ü]?y$",
        r"\Bat\B",
        "^(каша)?$",
        "(?i)STRASSE|Küste",
        "^.{3,7}[›>|]",
        "a{2}|[^a-z ]{3}",
        "^.{0,40}boat.{2,44}$",
        "^[^>]{0,50}x[^é]{3,41}$",
        r"\b(tide [^y]{0,40})y",
        "^(tide at [a-z]{0,2}){2,50}$",
        "^[^a-z]{0,2}([a-zа-я]|©){5,48}",
    ];

    /// Lines of random parts, half of them of ASCII alone.
    fn lines() -> impl Iterator<Item = String> {
        let parts = [
            "tide at ",
            "_",
            "um",
            "x",
            "y",
            "é",
            "boat",
            "boats ",
            "(c) 2024",
            "© ",
            "прилив ",
            ">",
            "aa",
            "strasse",
            "K",
        ];
        let mut state = 7u32;
        let mut next = move |count: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % count
        };
        // Every tenth line is longer than what is counted at first.
        let parts_of = move |number: usize, next: &mut dyn FnMut(usize) -> usize| match number % 10 {
            0 => 8 + next(12),
            _ => next(6),
        };
        (0..20_000).map(move |number| (0..parts_of(number, &mut next)).map(|_| parts[next(parts.len())]).collect())
    }

    #[test]
    fn both_automata_say_what_the_regex_crate_says() {
        let expressions = EXPRESSIONS.map(|text| {
            let hir = regex_syntax::parse(text).unwrap();
            (regex::Regex::new(text).unwrap(), Automaton::new(hir.into()))
        });
        let mut matched = [0; EXPRESSIONS.len()];
        for line in lines() {
            for (at, (expected, found)) in expressions.iter().enumerate() {
                let expected = expected.is_match(&line);
                assert_eq!(found.is_match(&Subject::new(&line, 0)), expected, "{} {line:?}", EXPRESSIONS[at]);
                let whole = match found.whole().unwrap() {
                    Whole::Lazy(lazy) => lazy.is_match(line.as_bytes()).unwrap(),
                    Whole::General(regex) => regex.is_match(&line),
                };
                assert_eq!(whole, expected, "{} {line:?}", EXPRESSIONS[at]);
                matched[at] += usize::from(expected);
            }
        }
        assert!(matched.iter().all(|count| (1..20_000).contains(count)), "{matched:?}");
    }

    #[test]
    fn what_is_counted_far_is_not_counted_at_first() {
        let loose = |text: &str| {
            let (hir, longest) = loose(&plain(&regex_syntax::parse(text).unwrap()).unwrap());
            let expected = |text: &str| hir == plain(&regex_syntax::parse(text).unwrap()).unwrap();
            (longest, ["^tide", "^tide[^a]+$", r"^tide\.{0,60}$", "^tide.{2}", "^(at ){2,}x{1,9}$"].map(expected))
        };
        assert_eq!(loose("^tide.{0,60}$"), (60, [true, false, false, false, false]));
        assert_eq!(loose("^tide[^a]{1,60}$"), (60, [false, true, false, false, false]));
        assert_eq!(loose("^tide.{2,60}$"), (60, [false, false, false, true, false]));
        assert_eq!(loose("^(at ){2,50}x{1,9}$"), (150, [false, false, false, false, true]));
        // Dots, not anything.
        assert!(!loose(r"^tide\.{0,60}$").1[0]);
    }

    #[test]
    fn what_is_too_large_is_told() {
        let large = regex_syntax::parse(r"(\p{L}{100}[^a]{100}){100}").unwrap();
        let large = Automaton::new(large.into());
        assert!(large.whole().is_none() && !large.fits());
    }
}
