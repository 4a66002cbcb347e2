//! Texts of which any match of a regular expression must hold one: what an automaton of phrases can look for in place
//! of the expression.
//!
//! The method is the one of RE2's and of grep's "must have" strings, over the syntax tree: a sequence needs what any
//! of its parts needs, an alternation needs one of what each of its branches needs, what is optional needs nothing.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};

/// Literals kept of one part at most; more alternatives are no filter.
const MOST: usize = 400;
/// Literals of a sequence of parts that are multiplied out at most.
const MOST_PRODUCTS: usize = 96;

/// Stands for the boundary of a word, or the start of the line, at the beginning of a text.
const BOUNDARY: char = '\u{0}';

/// What an expression cannot match without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Needs {
    /// One of these must stand in the line, at this place.
    Literals { literals: Vec<Literal>, place: Place },
    /// Nothing that long is known; one of these characters must stand in the line, if there are any.
    Characters(Vec<char>),
}

/// Where a literal must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the start of the line, but for characters that are no words.
    Start,
    /// At the start of the line, but for characters that are no letters.
    StartOfLetters,
    /// Anywhere.
    Anywhere,
}

/// A text that an expression needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) text: String,
    /// It may stand inside a word: nothing before it in the expression says that a word begins there.
    pub(super) inside: bool,
}

impl Literal {
    /// A space before a word says no more than that the word begins there, and spaces stand everywhere.
    fn new(text: &str) -> Literal {
        let literal = text.trim_start_matches(BOUNDARY);
        let word = literal.trim_start_matches(' ');
        let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric());
        match begins(word) {
            true => Literal { text: word.to_owned(), inside: literal == word && text == literal },
            false => Literal { text: literal.to_owned(), inside: false },
        }
    }
}

/// What an expression needs.
pub(super) fn needs(hir: &Hir) -> Needs {
    let needed = |literals: Vec<String>, place: Place| Needs::Literals {
        literals: literals.iter().map(|text| Literal::new(text)).collect(),
        place,
    };
    if let Some((literals, place)) = leading(hir).filter(|(literals, _)| score(literals) > 1) {
        return needed(literals, place);
    }
    let part = part(hir);
    match part.required.or(part.exact).filter(|literals| score(literals) > 0) {
        Some(literals) if score(&literals) > 1 => needed(literals, Place::Anywhere),
        literals => Needs::Characters(literals.map_or(Vec::new(), |literals| first_characters(&literals))),
    }
}

/// The first characters of texts, each once; none where a text has none.
fn first_characters(literals: &[String]) -> Vec<char> {
    let first = |literal: &String| without_boundary(literal).trim().chars().next();
    let mut characters: Vec<char> = literals.iter().map(first).collect::<Option<_>>().unwrap_or_default();
    characters.sort_unstable();
    characters.dedup();
    characters
}

/// Sets of texts of which any match of an expression must hold one each: what [`needs`] chooses from, where an expression
/// is a sequence. Only sets that are few and say something.
pub(super) fn needed_sets(hir: &Hir) -> Vec<Vec<String>> {
    let mut part = part(hir);
    part.sets.extend(part.required.or(part.exact));
    let sets = part.sets.into_iter().map(|set| set.iter().map(|text| without_boundary(text).to_owned()).collect());
    let mut sets: Vec<Vec<String>> =
        sets.filter(|set: &Vec<String>| set.len() <= MOST_ASKED && score(set) >= LEAST_ASKED).collect();
    // Those that are sooner asked first.
    sets.sort_unstable_by(|left, right| left.len().cmp(&right.len()).then(left.cmp(right)));
    sets.dedup();
    sets
}

/// Texts of a set that are looked for one by one: more of them take longer than most automata take for a line.
const MOST_ASKED: usize = 24;
/// Characters of the shortest text of such a set. Two stand in most lines.
const LEAST_ASKED: usize = 3;

/// What is known of a part of an expression.
#[derive(Debug, Clone, Default)]
struct Part {
    /// All texts it can match, if they are few.
    exact: Option<Vec<String>>,
    /// Texts of which it needs one.
    required: Option<Vec<String>>,
    /// Sets of texts, of each of which it needs one.
    sets: Vec<Vec<String>>,
}

/// Characters of the shortest literal: how much finding one of them says. Beyond six it says no more.
fn score(literals: &[String]) -> usize {
    match literals.len() {
        0 => 0,
        count if count > MOST => 0,
        _ => literals.iter().map(|literal| without_boundary(literal).trim().chars().take(6).count()).min().unwrap_or(0),
    }
}

fn without_boundary(text: &str) -> &str {
    text.trim_start_matches(BOUNDARY)
}

/// One text after another. A boundary between them says nothing of where they begin.
fn joined(head: &str, tail: &str) -> String {
    match head.is_empty() {
        true => tail.to_owned(),
        false => [head, without_boundary(tail)].concat(),
    }
}

/// The better filter of two: longer literals, then fewer.
fn better(left: Option<Vec<String>>, right: Option<Vec<String>>) -> Option<Vec<String>> {
    match (left, right) {
        (Some(left), Some(right)) => {
            let rank = |literals: &Vec<String>| (score(literals), std::cmp::Reverse(literals.len()));
            Some(if rank(&right) > rank(&left) { right } else { left })
        }
        (left, right) => left.or(right),
    }
    .filter(|literals| score(literals) > 0)
}

impl Part {
    fn exact(exact: Option<Vec<String>>) -> Part {
        Part { exact, ..Part::default() }
    }
}

fn part(hir: &Hir) -> Part {
    match hir.kind() {
        HirKind::Empty => Part::exact(Some(vec![String::new()])),
        HirKind::Look(look) => {
            let begins = match look {
                Look::Start | Look::WordUnicode | Look::WordStartUnicode => BOUNDARY.to_string(),
                _ => String::new(),
            };
            Part::exact(Some(vec![begins]))
        }
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => Part::exact(Some(vec![text.to_owned()])),
            Err(_) => Part::default(),
        },
        HirKind::Class(class) => Part::exact(few(class)),
        HirKind::Capture(capture) => part(&capture.sub),
        HirKind::Repetition(repetition) => {
            let inner = part(&repetition.sub);
            match (repetition.min, repetition.max) {
                (0, Some(1)) => {
                    let exact = inner.exact.map(|mut texts| {
                        texts.push(String::new());
                        texts
                    });
                    Part::exact(exact)
                }
                (0, _) => Part::default(),
                _ => {
                    let mut sets = inner.sets;
                    sets.extend(inner.exact.iter().chain(&inner.required).cloned());
                    Part { exact: None, required: better(inner.required, inner.exact), sets }
                }
            }
        }
        HirKind::Concat(parts) => {
            let mut sequence = Sequence::default();
            parts.iter().for_each(|hir| sequence.add(part(hir)));
            sequence.finish()
        }
        HirKind::Alternation(branches) => {
            let parts: Vec<Part> = branches.iter().map(part).collect();
            let exact: Option<Vec<String>> =
                parts.iter().map(|part| part.exact.clone()).collect::<Option<Vec<_>>>().map(|all| all.concat());
            let required = parts
                .into_iter()
                .map(|part| better(part.required, part.exact))
                .collect::<Option<Vec<_>>>()
                .map(|all| all.concat());
            Part { exact: exact.filter(|texts| texts.len() <= MOST), required, sets: Vec::new() }
        }
    }
}

/// Parts one after the other: neighbours whose texts are few are joined to longer ones.
#[derive(Default)]
struct Sequence {
    run: Option<Vec<String>>,
    broken: bool,
    required: Option<Vec<String>>,
    sets: Vec<Vec<String>>,
}

impl Sequence {
    fn add(&mut self, part: Part) {
        let run = self.run.take().unwrap_or_else(|| vec![String::new()]);
        match part.exact {
            Some(texts) if texts.len() * run.len() <= MOST_PRODUCTS => {
                self.run = Some(run.iter().flat_map(|head| texts.iter().map(move |tail| joined(head, tail))).collect());
            }
            exact => {
                self.broken = true;
                self.sets.extend(part.sets);
                self.sets.extend(part.required.clone());
                self.sets.push(run.clone());
                self.required = better(self.required.take(), Some(run));
                self.required = better(self.required.take(), better(part.required, exact.clone()));
                self.run = exact;
            }
        }
    }

    fn finish(mut self) -> Part {
        let run = self.run.take();
        match self.broken {
            false => Part::exact(run),
            true => {
                self.sets.extend(run.clone());
                Part { exact: None, required: better(self.required.take(), run), sets: self.sets }
            }
        }
    }
}

/// The texts with which any match begins, where the expression is bound to the line's start.
fn leading(hir: &Hir) -> Option<(Vec<String>, Place)> {
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let (first, rest) = parts.split_first()?;
    if !matches!(first.kind(), HirKind::Look(Look::Start)) {
        return None;
    }
    // Leading bullets and dashes: a class without word characters, or without letters, any number of times.
    let bullets = rest.first().and_then(|hir| match hir.kind() {
        HirKind::Repetition(repetition) if repetition.min == 0 => match repetition.sub.kind() {
            HirKind::Class(class) if has_no_words(class) => Some(Place::Start),
            HirKind::Class(class) if has_no_letters(class) => Some(Place::StartOfLetters),
            _ => None,
        },
        _ => None,
    });
    let mut texts = vec![String::new()];
    begin(&rest[usize::from(bullets.is_some())..], &mut texts);
    Some((texts, bullets.unwrap_or(Place::Start)))
}

/// Puts behind each text those with which these parts begin, as far as they are few and short. Whether the texts end
/// where the parts do.
fn begin(parts: &[Hir], texts: &mut Vec<String>) -> bool {
    for hir in parts {
        if score(texts) >= 4 {
            return false;
        }
        match part(hir).exact {
            Some(more) if more.len() * texts.len() <= MOST => {
                *texts = texts.iter().flat_map(|head| more.iter().map(move |tail| joined(head, tail))).collect();
            }
            Some(_) => return false,
            None => {
                // What is repeated begins as it does the first time.
                if let HirKind::Repetition(repetition) = hir.kind()
                    && repetition.min > 0
                {
                    begin_once(&repetition.sub, texts);
                }
                return false;
            }
        }
    }
    true
}

fn begin_once(hir: &Hir, texts: &mut Vec<String>) {
    match hir.kind() {
        HirKind::Capture(capture) => begin_once(&capture.sub, texts),
        HirKind::Concat(parts) => {
            begin(parts, texts);
        }
        _ => {
            begin(std::slice::from_ref(hir), texts);
        }
    }
}

/// A class of up to four characters, as texts.
fn few(class: &Class) -> Option<Vec<String>> {
    let Class::Unicode(class) = class else { return None };
    let characters: Vec<char> = class.iter().flat_map(|range| (range.start()..=range.end()).take(5)).take(5).collect();
    (characters.len() <= 4).then(|| characters.into_iter().map(String::from).collect())
}

/// Whether a class leaves out the letters of the scripts whose rules use it, and the digits.
fn has_no_words(class: &Class) -> bool {
    let Class::Unicode(class) = class else { return false };
    let holds = |wanted: char| class.iter().any(|range| range.start() <= wanted && wanted <= range.end());
    !['a', 'm', 'z', '0', '9', 'а', 'я'].into_iter().any(holds)
}

/// Whether a class leaves out all letters.
fn has_no_letters(class: &Class) -> bool {
    let Class::Unicode(class) = class else { return false };
    let mut letters = LETTERS.clone();
    letters.intersect(class);
    letters.ranges().is_empty()
}

/// Whether a character is a letter to `\p{L}`.
pub(super) fn is_letter(character: char) -> bool {
    match character.is_ascii() {
        true => character.is_ascii_alphabetic(),
        false => {
            let ranges = LETTERS.ranges();
            let place = ranges.partition_point(|range| range.end() < character);
            ranges.get(place).is_some_and(|range| range.start() <= character)
        }
    }
}

static LETTERS: LazyLock<ClassUnicode> = LazyLock::new(|| match regex_syntax::parse(r"\p{L}").map(Hir::into_kind) {
    Ok(HirKind::Class(Class::Unicode(class))) => class,
    _ => ClassUnicode::empty(),
});

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(expression: &str) -> Option<(Vec<String>, Place)> {
        match needs(&regex_syntax::parse(expression).unwrap()) {
            Needs::Literals { literals, place } => {
                Some((literals.into_iter().map(|literal| literal.text).collect(), place))
            }
            Needs::Characters(_) => None,
        }
    }

    fn characters(expression: &str) -> Vec<char> {
        match needs(&regex_syntax::parse(expression).unwrap()) {
            Needs::Characters(characters) => characters,
            Needs::Literals { .. } => panic!("{expression} needs more"),
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_longest_part_that_cannot_be_left_out_is_needed() {
        assert_eq!(
            literals(r"\bwe (use|set) .{0,20}cookies?\b"),
            Some((texts(&["we use ", "we set "]), Place::Anywhere))
        );
        assert_eq!(literals(r"[0-9]+ (votes|shares)$"), Some((texts(&["votes", "shares"]), Place::Anywhere)));
        assert_eq!(literals(r"(abc)?[0-9]+"), None);
        assert_eq!(literals(r"one|t?"), None);
    }

    #[test]
    fn single_characters_are_known_where_nothing_longer_is() {
        assert_eq!(characters("^[^>|]{2,9}( ?[>|] ?[^>|]{2,9}){2,7}$"), ['>', '|']);
        assert_eq!(characters("^(auto)?( ?[0-9]{3}p)+$"), ['p']);
        assert_eq!(characters("^[^0-9]{5,50}$"), []);
    }

    #[test]
    fn every_part_of_a_sequence_is_needed() {
        let sets = |expression: &str| needed_sets(&regex_syntax::parse(expression).unwrap());
        let expected = [texts(&[" a month"]), texts(&["help", "support"])];
        assert_eq!(sets(r"\b(help|support)\b.{0,140}\b[0-9]+ a month\b"), expected);
        assert_eq!(sets("(tide tables)+ [a-z]+ (noon)?"), [texts(&["tide tables"])]);
        // Nothing of an alternation is needed but one of its branches, and two letters stand everywhere.
        assert_eq!(sets("(tide.*|boat.*)[0-9]"), [texts(&["tide", "boat"])]);
        assert_eq!(sets("^at [0-9]+"), Vec::<Vec<String>>::new());
    }

    #[test]
    fn what_stands_at_the_start_is_told_apart() {
        assert_eq!(literals(r"^(share|tweet) .*"), Some((texts(&["share", "tweet"]), Place::Start)));
        assert_eq!(literals(r"^[^a-zа-я0-9]{0,4}read more:"), Some((texts(&["read more:"]), Place::Start)));
        let expected = (texts(&["tide", "boat"]), Place::StartOfLetters);
        assert_eq!(literals(r"^[^\p{L}]{0,3}((tide|boat)[ |]*){4,60}$"), Some(expected));
        assert_eq!(literals(r"^(noon( [0-9]+)?)+$"), Some((texts(&["noon"]), Place::Start)));
        assert_eq!(
            literals(r"^([^ ]+ ){1,3}is a (reporter|editor)"),
            Some((texts(&["is a reporter", "is a editor"]), Place::Anywhere))
        );
    }
}
