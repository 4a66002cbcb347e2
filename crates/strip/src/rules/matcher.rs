//! Everything that makes a rule look at a block, as a few tables over all rules: one hash table of whole lines, tries of
//! phrases and of the [`literals`](super::literals) that expressions need, a table by first byte of the expressions that
//! need none, a trie of class and id tokens. A page is read once by each. (A set of all expressions, tried first, read
//! 1.5 MB/s: its states are sets of how far each of them has come, and hardly one came twice. A set of those that need no
//! literal did better, but a line is still read faster by the few of them that can match what begins with its first byte
//! and is as long.)

use std::sync::atomic::{AtomicU64, Ordering};

use dechaff_document::{ElementId, Page};
use memchr::memchr_iter;
use rustc_hash::FxHashMap;

use super::{
    bytes::ByteSet,
    expression::{Bounds, Expression, FIRSTS, first_bytes},
    fold::{core, fold_into, is_word},
    literals::{Needs, Place, is_letter, needs},
    memo::with_memo,
    schema::Rule,
    subject::Subject,
};
use crate::{
    measure::{is_ascii_part, is_unspaced},
    trie::{Trie, four},
};

/// A rule looked at something: a block (`element` is none) or all blocks of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    pub(super) rule: u32,
    pub(super) block: u32,
    pub(super) element: ElementId,
}

/// The folded lines of a page in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    text: String,
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn of(page: &Page) -> Self {
        let length = page.blocks.iter().map(|block| block.text.len() + 1).sum();
        let mut lines =
            Lines { text: String::with_capacity(length), starts: Vec::with_capacity(page.blocks.len() + 1) };
        for block in &page.blocks {
            lines.starts.push(lines.text.len());
            fold_into(&block.text, &mut lines.text);
            lines.text.push('\n');
        }
        lines.starts.push(lines.text.len());
        lines
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub(crate) fn line(&self, index: usize) -> &str {
        &self.text[self.starts[index]..self.starts[index + 1] - 1]
    }
}

/// The automata over all rules.
#[derive(Debug, Clone, Default)]
pub(super) struct Matcher {
    /// Tells it from every other one of the program, but for its copies.
    number: u64,
    whole: FxHashMap<Box<str>, Vec<u32>>,
    longest_whole: usize,
    phrases: PhraseTries,
    expressions: Vec<Expression>,
    /// Expressions that need no literal, by the byte that a line of theirs begins with, with the bytes that can follow it;
    /// the last for the empty line.
    by_first: Vec<Vec<(u32, Bounds, ByteSet)>>,
    tokens: Trie,
    token_uses: Vec<Vec<(u32, bool, bool)>>,
    tags: FxHashMap<Box<str>, Vec<u32>>,
    roles: FxHashMap<Box<str>, Vec<u32>>,
    selectors: Vec<Vec<u32>>,
}

/// What a phrase is for.
#[derive(Debug, Clone, Copy)]
enum PhraseUse {
    /// A phrase of a rule.
    Phrase { rule: u32, prefix: bool },
    /// A literal that an expression needs.
    Literal { expression: u32, place: Place, inside: bool },
}

impl Matcher {
    /// Builds the automata. `selectors` is the number of selectors of all rules. `None` if the expressions are too large
    /// together.
    pub(super) fn new(rules: &[Rule], selectors: usize) -> Option<Self> {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let mut matcher = Matcher {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            selectors: vec![Vec::new(); selectors],
            by_first: vec![Vec::new(); FIRSTS],
            ..Matcher::default()
        };
        let mut phrases = Phrases::default();
        let mut tokens: FxHashMap<String, Vec<(u32, bool, bool)>> = FxHashMap::default();
        for (number, rule) in rules.iter().enumerate() {
            let number = number as u32;
            for phrase in &rule.triggers.whole {
                matcher.whole.entry(core(phrase).into()).or_default().push(number);
                matcher.longest_whole = matcher.longest_whole.max(phrase.len());
            }
            let prefixes = rule.triggers.prefix.iter().map(|phrase| (phrase, true));
            for (phrase, prefix) in prefixes.chain(rule.triggers.contains.iter().map(|phrase| (phrase, false))) {
                phrases.add(phrase, PhraseUse::Phrase { rule: number, prefix });
            }
            for pattern in &rule.triggers.regex {
                let expression = matcher.expressions.len() as u32;
                let mut made = Expression::new(number, rule, pattern);
                match needs(&pattern.hir) {
                    Needs::Literals { literals, place } => {
                        for literal in literals {
                            let usage = PhraseUse::Literal { expression, place, inside: literal.inside };
                            phrases.add(&literal.text, usage);
                        }
                    }
                    Needs::Characters(characters) => {
                        // It is asked on every page; the others may never be.
                        if !made.fits() {
                            return None;
                        }
                        made.needs_one_of(characters);
                        for (first, seconds) in matcher.by_first.iter_mut().zip(first_bytes(&pattern.hir)) {
                            first.extend(seconds.map(|seconds| (expression, made.bounds, seconds)));
                        }
                    }
                }
                matcher.expressions.push(made);
            }
            for token in &rule.triggers.tokens {
                let usage = (number, token.starts_with('*'), token.ends_with('*'));
                tokens.entry(parted(token.trim_matches('*'))).or_default().push(usage);
            }
            for tag in &rule.triggers.tags {
                matcher.tags.entry(tag.as_str().into()).or_default().push(number);
            }
            for role in &rule.triggers.roles {
                matcher.roles.entry(role.as_str().into()).or_default().push(number);
            }
            for &selector in &rule.triggers.selectors {
                matcher.selectors[selector as usize].push(number);
            }
        }
        matcher.phrases = PhraseTries::new(&phrases);
        let (tokens, uses): (Vec<String>, Vec<_>) = tokens.into_iter().unzip();
        matcher.tokens = Trie::new(&tokens);
        matcher.token_uses = uses;
        Some(matcher)
    }

    /// What the rules look at on a page, each once. `words` are the words of every line.
    pub(super) fn candidates(&self, page: &Page, lines: &Lines, words: &[u32]) -> Vec<Candidate> {
        let mut found = Vec::new();
        let mut asked = vec![0u32; self.expressions.len()];
        let mut rules = Vec::new();
        with_memo(self.number, |memo| {
            for (index, words) in words.iter().enumerate() {
                let block = index as u32;
                let line = lines.line(index);
                let candidate = |rule: u32| Candidate { rule, block, element: ElementId::NONE };
                if let Some(rules) = memo.rules(line) {
                    found.extend(rules.iter().map(|rule| candidate(u32::from(*rule))));
                    continue;
                }
                let subject = Subject::new(line, *words);
                self.look_at_line(&subject, &mut rules);
                self.look_for_phrases(&subject, block + 1, &mut asked, &mut rules);
                rules.sort_unstable();
                rules.dedup();
                memo.put(line, &rules);
                found.extend(rules.drain(..).map(candidate));
            }
        });
        // In plain text there is nothing else to look at.
        if page.outline.is_empty() && page.selector_hits.is_empty() {
            return found;
        }
        self.look_at_elements(page, &mut found);
        for &(selector, element) in &page.selector_hits {
            for &rule in self.selectors.get(selector as usize).into_iter().flatten() {
                found.push(Candidate { rule, block: 0, element });
            }
        }
        for candidate in &mut found {
            if candidate.element.is_some() {
                candidate.block = page.outline.element(candidate.element).first_block;
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The rules of whole lines, and of expressions that need no literal.
    fn look_at_line(&self, subject: &Subject, rules: &mut Vec<u32>) {
        // Punctuation at the ends may make a line longer than its phrase; more than sixteen bytes of it is no furniture.
        if subject.folded.len() <= self.longest_whole + 16 {
            rules.extend(self.whole.get(core(subject.folded)).into_iter().flatten());
        }
        let line = subject.line;
        let first = line.bytes().next().map_or(FIRSTS - 1, usize::from);
        let second = line.as_bytes().get(1);
        for (number, bounds, seconds) in self.by_first.get(first).into_iter().flatten() {
            if second.is_some_and(|second| !seconds.holds(*second)) || !bounds.hold(subject) {
                continue;
            }
            let expression = &self.expressions[*number as usize];
            if expression.may_match(subject) && expression.is_match(subject) {
                rules.push(expression.rule);
            }
        }
    }

    /// The rules of phrases, and of expressions that need a literal. `asked` has a number for each expression, and
    /// `number` is the line's own.
    fn look_for_phrases(&self, subject: &Subject, number: u32, asked: &mut [u32], rules: &mut Vec<u32>) {
        self.phrases.find(subject.folded, |usage: PhraseUse, start: usize, end: usize| {
            rules.extend(match usage {
                PhraseUse::Phrase { rule, .. } => stands_alone(subject.folded, start, end).then_some(rule),
                PhraseUse::Literal { expression, .. } => {
                    // Each expression reads a line once, however many of its literals stand there.
                    let before = std::mem::replace(&mut asked[expression as usize], number);
                    let expression = &self.expressions[expression as usize];
                    (before != number && expression.is_match(subject)).then_some(expression.rule)
                }
            });
        });
    }

    fn look_at_elements(&self, page: &Page, found: &mut Vec<Candidate>) {
        let outline = &page.outline;
        if outline.is_empty() {
            return;
        }
        // Asked of each name once: a page has far more elements than names.
        let mut rules = Vec::new();
        let mut parted = String::new();
        let names: Vec<NameRules> = (0..outline.symbols())
            .map(|symbol| self.rules_of_name(outline.name(symbol as u32), &mut parted, &mut rules))
            .collect();
        let look = |(from, to): (u32, u32), element: ElementId, found: &mut Vec<Candidate>| {
            let rules = &rules[from as usize..to as usize];
            found.extend(rules.iter().map(|&rule| Candidate { rule, block: 0, element }));
        };
        for index in 0..outline.len() {
            let element = ElementId(index as u32);
            let tag = &names[outline.tag_symbol(element) as usize];
            // What `html` and `body` are called says something of the page ("has-cookie-banner"), not of its text.
            if !tag.is_page {
                for &symbol in outline.class_symbols(element) {
                    look(names[symbol as usize].token, element, found);
                }
                if outline.id_symbol(element) != 0 {
                    look(names[outline.id_symbol(element) as usize].token, element, found);
                }
            }
            look(tag.tag, element, found);
            look(names[outline.role_symbol(element) as usize].role, element, found);
        }
    }

    /// The rules that a name triggers, put to the end of `rules`.
    fn rules_of_name(&self, name: &str, parted: &mut String, rules: &mut Vec<u32>) -> NameRules {
        let put = |more: Option<&Vec<u32>>, rules: &mut Vec<u32>| {
            let from = rules.len() as u32;
            rules.extend(more.into_iter().flatten());
            (from, rules.len() as u32)
        };
        let from = rules.len();
        if !name.is_empty() && name.len() <= 200 {
            parted.clear();
            part_into(name, parted);
            self.rules_of_token(parted, rules);
            rules[from..].sort_unstable();
        }
        let token = (from as u32, rules.len() as u32);
        let named = |by: &FxHashMap<Box<str>, Vec<u32>>| !name.is_empty() && !by.is_empty();
        let tag = put(self.tags.get(name).filter(|_| named(&self.tags)), rules);
        let role = put(self.roles.get(name).filter(|_| named(&self.roles)), rules);
        NameRules { token, tag, role, is_page: matches!(name, "html" | "body") }
    }

    /// The rules that a class or id token triggers, parted at its words.
    fn rules_of_token(&self, parted: &str, rules: &mut Vec<u32>) {
        let bytes = parted.as_bytes();
        for start in memchr_iter(b'-', bytes) {
            self.tokens.at(bytes, start, |token, end| {
                for &(rule, more_before, more_after) in &self.token_uses[token] {
                    if (more_before || start == 0) && (more_after || end == bytes.len()) {
                        rules.push(rule);
                    }
                }
            });
        }
    }
}

/// What a name triggers as a class or id token, as a tag and as a role: ranges of a list of rules.
#[derive(Debug, Clone, Copy)]
struct NameRules {
    token: (u32, u32),
    tag: (u32, u32),
    role: (u32, u32),
    /// It is the tag of the page as a whole.
    is_page: bool,
}

/// The phrases and literals of all rules, by the places at which they count.
#[derive(Debug, Clone, Default)]
struct PhraseTries {
    /// At the start of a line, up to its first word, or its first letter where a number stands before it.
    starts: UseTrie,
    /// Wherever a word may begin.
    words: UseTrie,
    /// Inside words too: literals of expressions.
    inside: UseTrie,
}

#[derive(Debug, Clone, Default)]
struct UseTrie {
    trie: Trie,
    /// What all phrases are for, phrase by phrase.
    uses: Vec<PhraseUse>,
    /// Where the uses of each phrase end.
    ends: Vec<u32>,
}

impl PhraseTries {
    fn new(phrases: &Phrases) -> PhraseTries {
        let at_start = |usage: &PhraseUse| match usage {
            PhraseUse::Phrase { prefix, .. } => *prefix,
            PhraseUse::Literal { place, .. } => *place != Place::Anywhere,
        };
        let inside = |usage: &PhraseUse| matches!(usage, PhraseUse::Literal { inside: true, .. });
        // Sorted once for all three.
        let mut order: Vec<usize> = (0..phrases.texts.len()).collect();
        order.sort_unstable_by_key(|phrase| &phrases.texts[*phrase]);
        PhraseTries {
            starts: UseTrie::new(phrases, &order, |usage| at_start(usage)),
            words: UseTrie::new(phrases, &order, |usage| !at_start(usage)),
            inside: UseTrie::new(phrases, &order, |usage| !at_start(usage) && inside(usage)),
        }
    }

    /// Calls back with what each phrase found in a line is for, and where it stands.
    fn find(&self, line: &str, mut hit: impl FnMut(PhraseUse, usize, usize)) {
        let bytes = line.as_bytes();
        let first_word = line.find(is_word).unwrap_or(line.len());
        for start in 0..(first_word + 1).min(line.len()) {
            self.starts.at(bytes, start, &mut hit);
        }
        // A number is a word, but some expressions begin behind it.
        if !line[first_word..].starts_with(is_letter) {
            let first_letter = line.find(is_letter).unwrap_or(line.len());
            for start in first_word + 1..(first_letter + 1).min(line.len()) {
                self.starts.at(bytes, start, &mut |usage, start, end| {
                    if matches!(usage, PhraseUse::Literal { place: Place::StartOfLetters, .. }) {
                        hit(usage, start, end);
                    }
                });
            }
        }
        let mut before = false;
        for (start, bytes_here) in bytes.windows(4).enumerate() {
            let four = four(bytes_here);
            let uses = self.at_place(bytes_here[0], &mut before);
            if uses.trie.may_begin(four) {
                uses.walk(bytes, start, four, &mut hit);
            }
        }
        for start in bytes.len().saturating_sub(3)..bytes.len() {
            self.at_place(bytes[start], &mut before).at(bytes, start, &mut hit);
        }
    }

    /// What may begin at a byte. `before` says whether a letter or digit stands before it.
    #[inline]
    fn at_place(&self, byte: u8, before: &mut bool) -> &UseTrie {
        let part = is_ascii_part(byte);
        let uses = if *before & part { &self.inside } else { &self.words };
        *before = part;
        uses
    }
}

impl UseTrie {
    fn new(phrases: &Phrases, order: &[usize], counts: impl Fn(&PhraseUse) -> bool) -> UseTrie {
        let (mut texts, mut uses, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for (text, all) in order.iter().map(|phrase| (&phrases.texts[*phrase], &phrases.uses[*phrase])) {
            let before = uses.len();
            uses.extend(all.iter().filter(|usage| counts(usage)));
            if uses.len() > before {
                texts.push(text);
                ends.push(uses.len() as u32);
            }
        }
        UseTrie { trie: Trie::new(&texts), uses, ends }
    }

    #[inline]
    fn at(&self, bytes: &[u8], start: usize, hit: &mut impl FnMut(PhraseUse, usize, usize)) {
        self.trie.at(bytes, start, |phrase, end| self.uses(phrase).iter().for_each(|&usage| hit(usage, start, end)));
    }

    fn walk(&self, bytes: &[u8], start: usize, four: u32, hit: &mut impl FnMut(PhraseUse, usize, usize)) {
        let hit = |phrase: usize, end| self.uses(phrase).iter().for_each(|&usage| hit(usage, start, end));
        self.trie.walk(bytes, start, four, hit);
    }

    fn uses(&self, phrase: usize) -> &[PhraseUse] {
        let start = phrase.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.uses[start as usize..self.ends[phrase] as usize]
    }
}

/// Texts for the tries, each once, with all that they are for.
#[derive(Default)]
struct Phrases {
    texts: Vec<String>,
    uses: Vec<Vec<PhraseUse>>,
    numbers: FxHashMap<String, usize>,
}

impl Phrases {
    fn add(&mut self, text: &str, usage: PhraseUse) {
        let number = *self.numbers.entry(text.to_owned()).or_insert_with(|| {
            self.texts.push(text.to_owned());
            self.uses.push(Vec::new());
            self.texts.len() - 1
        });
        self.uses[number].push(usage);
    }
}

/// A class or id token with a hyphen around every word: `shareBar_top` is folded already, so `sharebar_top` becomes
/// `-sharebar-top-`.
pub(super) fn parted(token: &str) -> String {
    let mut parted = String::with_capacity(token.len() + 2);
    part_into(token, &mut parted);
    parted
}

fn part_into(token: &str, parted: &mut String) {
    parted.push('-');
    if token.is_ascii() {
        // As nearly all names are.
        let mut start = 0;
        for end in 0..=token.len() {
            if token.as_bytes().get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric()) {
                if end > start {
                    parted.push_str(&token[start..end]);
                    parted.push('-');
                }
                start = end + 1;
            }
        }
        return;
    }
    for part in token.split(|character: char| !character.is_alphanumeric()).filter(|part| !part.is_empty()) {
        parted.push_str(part);
        parted.push('-');
    }
}

/// Whether a token is one that a pattern of `tokens` means; the slow way, for single tokens.
pub(super) fn token_fits(pattern: &str, token: &str) -> bool {
    let (wanted, token) = (parted(pattern.trim_matches('*')), parted(token));
    match (pattern.starts_with('*'), pattern.ends_with('*')) {
        (false, false) => token == wanted,
        (true, false) => token.ends_with(&wanted),
        (false, true) => token.starts_with(&wanted),
        (true, true) => token.contains(&wanted),
    }
}

/// Whether a phrase found at `start..end` is not a part of longer words. In scripts without spaces any place will do.
pub(super) fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joined = |left: Option<char>, right: Option<char>| match (left, right) {
        (Some(left), Some(right)) => is_word(left) && is_word(right) && !is_unspaced(left) && !is_unspaced(right),
        _ => false,
    };
    !joined(text[..start].chars().next_back(), text[start..].chars().next())
        && !joined(text[..end].chars().next_back(), text[end..].chars().next())
}
