//! The features of the line model: what a line looks like, where it stands, what stands around it, what page it is on.
//!
//! A feature is one line of a table below; adding one there (and training anew) is all it takes. Positions are counted
//! in words as well as lines, windows reach two, five and twelve lines to each side. Everything is computed from
//! running sums in a few passes over the page, a feature of many lines at once: a forest asks it so, and what no tree
//! asks is not computed.

use std::sync::LazyLock;

use dechaff_document::Block;
use rustc_hash::FxHashMap;

use super::{
    columns::{Beside, Column, after, around, before},
    lexicon::{self, KINDS, Lexicon, Reading},
    line::{Line, Lines},
    ruled::Ruled,
};
use crate::Hints;

/// Which kinds of evidence a page offers. What it does not offer is −1 in the features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The lexicon knows the page's words: it is in a language that the model learned.
    pub words: bool,
    /// Function words of some language are found.
    pub function_words: bool,
    /// The script has capitals.
    pub case: bool,
}

impl Known {
    /// Everything that is found is used.
    pub const ALL: Known = Known { words: true, function_words: true, case: true };

    fn and(self, other: Known) -> Known {
        Known {
            words: self.words && other.words,
            function_words: self.function_words && other.function_words,
            case: self.case && other.case,
        }
    }
}

/// Share of a page's words that the lexicon must know. English pages have .75 to .95, other languages .1 to .35
/// (chance hits in the filter, names, loan words).
const KNOWN_SHARE: f32 = 0.5;

/// Share of a page's words that are function words from which their language is taken as known.
const FUNCTION_SHARE: f32 = 0.06;

/// Distances are counted up to this many lines.
pub(super) const FAR: f32 = 99.0;

/// A page's lines with everything that features are computed from.
#[derive(Debug)]
pub struct View {
    pub(crate) lines: Lines,
    pub(crate) known: Known,
    pub(crate) words: Vec<f32>,
    log_words: Vec<f32>,
    log_chars: Vec<f32>,
    log_words_before: Vec<f32>,
    log_words_after: Vec<f32>,
    readings: Vec<Reading>,
    prose: Vec<f32>,
    function_share: Vec<f32>,
    lexical: Vec<f32>,
    context: Vec<[f32; lexicon::DIRECTIONS]>,
    kinds: [f32; KINDS.len()],
    heading: Vec<(f32, f32)>,
    topic: Vec<f32>,
    copies: Vec<(u32, bool)>,
    sums: Sums,
    pub(super) ruled: Ruled,
    best: (usize, usize),
    prose_before: Vec<f32>,
    prose_after: Vec<f32>,
    furniture_before: Vec<f32>,
    furniture_after: Vec<f32>,
    short_run: Vec<f32>,
    prose_run: Vec<f32>,
    prose_indent: f32,
    page: PageFacts,
}

/// Running sums, each one longer than the page has lines.
#[derive(Debug)]
struct Sums {
    words: Vec<f32>,
    prose: Vec<f32>,
    furniture: Vec<f32>,
    function_words: Vec<f32>,
    lexical: Vec<f32>,
    odds: Vec<f32>,
    /// Lines whose text stands three times or more: the template of a thread or a listing.
    copied: Vec<f32>,
    dated: Vec<f32>,
    items: Vec<f32>,
}

#[derive(Debug, Default)]
struct PageFacts {
    lines: f32,
    words: f32,
    prose_words: f32,
    function_words: f32,
    address: f32,
    lexical_by_word: f32,
    items: f32,
    headings: f32,
    copies: f32,
    currency: f32,
    dated: f32,
    questions: f32,
    separated: f32,
    unspaced: f32,
    first_prose: f32,
    last_prose: f32,
    longest: f32,
    log_lines: f32,
    log_words: f32,
    log_longest: f32,
}

impl View {
    /// Looks at a page's blocks and at what the rules say of them; of the evidence found, only what `allowed` names is
    /// used (all of it outside training).
    pub fn of(blocks: &[Block], lexicon: &Lexicon, hints: &Hints, allowed: Known) -> View {
        let lines = Lines::of(blocks);
        let count = lines.lines.len();
        let words: Vec<f32> = lines.lines.iter().map(|line| line.words).collect();
        let readings = lexicon.read(&lines);
        let known = evidence(&lines, &readings).and(allowed);
        let lexical: Vec<f32> = match known.words {
            true => readings.iter().map(|reading| reading.sum.clamp(-8.0, 8.0)).collect(),
            false => vec![0.0; count],
        };
        let function_share: Vec<f32> = match known.function_words {
            true => lines.lines.iter().map(Line::function_share).collect(),
            false => vec![-1.0; count],
        };
        let prose: Vec<f32> = lines.lines.iter().map(|line| on(line.is_prose())).collect();
        let furniture: Vec<f32> =
            lines.lines.iter().zip(&lexical).map(|(line, lexical)| on(is_furniture(line, *lexical, known))).collect();
        let function_words: Vec<f32> = lines.lines.iter().map(|line| line.function_words).collect();
        let copies = copies(&lines);
        let sums = Sums {
            words: running(&words),
            prose: running(&prose),
            furniture: running(&furniture),
            function_words: running(&function_words),
            lexical: running(&lexical),
            odds: running_of(readings.iter().map(|reading| reading.mean_odds)),
            copied: running_of(copies.iter().map(|(count, _)| on(*count >= 3))),
            dated: running_of(lines.lines.iter().map(|line| on(line.year || line.clock))),
            items: running_of(lines.lines.iter().map(|line| on(line.item))),
        };
        let gain = (0..count).map(|at| {
            // A line must bring about seven words (twenty without function words) to pay for itself.
            let share = if known.function_words { (function_share[at] * 3.0).clamp(0.15, 1.0) } else { 0.6 };
            words[at] * share - 3.0 - 6.0 * furniture[at]
        });
        let best = best_stretch(gain);
        let page = page_facts(&lines, &prose, &lexical, &copies);
        View {
            context: context(&readings),
            kinds: lexicon.kinds(&lines.different),
            heading: headings(&lines, &lexical),
            topic: topic(&lines, &prose),
            prose_before: distances(&prose, false),
            prose_after: distances(&prose, true),
            furniture_before: distances(&furniture, false),
            furniture_after: distances(&furniture, true),
            short_run: runs(words.iter().map(|words| *words < 8.0)),
            prose_run: runs(prose.iter().map(|prose| *prose > 0.0)),
            prose_indent: prose_indent(&lines, &prose),
            log_words: words.iter().map(|words| ln_1p(*words)).collect(),
            log_chars: lines.lines.iter().map(|line| ln_1p(line.chars as f32)).collect(),
            log_words_before: sums.words[..count].iter().map(|words| ln_1p(*words)).collect(),
            log_words_after: sums.words[1..].iter().map(|words| ln_1p((page.words - words).max(0.0))).collect(),
            ruled: Ruled::of(hints),
            lines,
            known,
            words,
            readings,
            prose,
            function_share,
            lexical,
            copies,
            sums,
            best,
            page,
        }
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are no lines.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Words of each line, as [`Line`] counts them; the weight of a line in the score.
    pub fn words(&self) -> &[f32] {
        &self.words
    }

    /// The features of every line, rows of [`FEATURES`] one after another.
    pub fn rows(&self) -> Vec<f32> {
        super::rows(FEATURES.len(), self.len(), |feature, lines, out| COLUMNS[feature](self, lines, out))
    }

    pub(crate) fn line(&self, at: usize) -> &Line {
        &self.lines.lines[at]
    }

    /// Sum of the lexicon's weights over a line; 0 where the language is not known.
    pub(crate) fn lexical(&self, at: usize) -> f32 {
        self.lexical[at]
    }

    /// Of the line `offset` lines away something computed from it; −2 beyond the ends of the page.
    fn beside_line(&self, at: usize, offset: isize, value: impl Fn(&Line) -> f32) -> f32 {
        at.checked_add_signed(offset).and_then(|at| self.lines.lines.get(at)).map_or(-2.0, value)
    }

    /// What was read from words, where they are known.
    fn read_or_unknown(&self, value: f32) -> f32 {
        if self.known.words { value } else { UNKNOWN }
    }

    fn in_best(&self, at: usize) -> bool {
        (self.best.0..self.best.1).contains(&at)
    }
}

/// Names and columns of features, from a table: after a colon the value for a line, after an arrow a [`Column`].
macro_rules! features {
    (
        $(#[$doc:meta])* $names:ident, $columns:ident: $view:ident: $of:ty, $at:ident, $line:ident = $found:expr;
        $($name:literal $kind:tt $value:expr,)*
    ) => {
        $(#[$doc])*
        pub const $names: &[&str] = &[$($name),*];

        /// Each of them: puts its values for some lines side by side.
        #[allow(unused_variables)]
        pub(super) const $columns: &[fn(&$of, std::ops::Range<usize>, &mut [f32])] = &[$(
            |$view: &$of, lines: std::ops::Range<usize>, out: &mut [f32]| {
                features!(@put $kind lines, out, $at, $line = $found, $value)
            }
        ),*];
    };
    (@put : $lines:ident, $out:ident, $at:ident, $line:ident = $found:expr, $value:expr) => {
        for ($at, out) in $lines.zip($out) {
            let $line = $found;
            *out = $value;
        }
    };
    (@put => $lines:ident, $out:ident, $at:ident, $line:ident = $found:expr, $value:expr) => {
        $crate::text::columns::Column::put(&$value, $lines, $out)
    };
}
pub(super) use features;

features! {
    /// Names of the first pass's features, in the order of the columns.
    FEATURES, COLUMNS: view: View, at, line = &view.lines.lines[at];
    // What the line looks like.
    "log-chars": view.log_chars[at],
    "log-words": view.log_words[at],
    "token-length": line.chars as f32 / line.tokens.max(1) as f32,
    "longest-token": line.longest.min(80) as f32,
    "ends-sentence": on(line.ends_sentence()),
    "ends-colon": on(line.last == ':'),
    "ends-letter": on(line.last.is_alphanumeric()),
    "sentences": line.sentences.min(20) as f32,
    "commas": line.commas as f32 / line.words.max(1.0),
    "function-share": view.function_share[at],
    "function-words": if view.known.function_words { line.function_words.min(30.0) } else { -1.0 },
    "address-share": line.address as f32 / line.words.max(1.0),
    "capital-share": if view.known.case { line.capitalised as f32 / line.words.max(1.0) } else { -1.0 },
    "upper-share": if view.known.case { line.upper as f32 / line.letters.max(1) as f32 } else { -1.0 },
    "starts-lower": if view.known.case { on(line.first.is_lowercase()) } else { -1.0 },
    "item": on(line.item),
    "list-depth": f32::from(line.list_depth),
    "heading": f32::from(line.heading),
    "code": on(line.code),
    "digit-share": line.digits as f32 / line.chars.max(1) as f32,
    "symbol-share": line.chars.saturating_sub(line.letters + line.digits + line.spaces) as f32 / line.chars.max(1) as f32,
    "separators": line.separators.min(20) as f32,
    "currency": on(line.currency),
    "clock": on(line.clock),
    "year": on(line.year),
    "indent": line.indent.min(60) as f32,
    "indent-from-prose": (line.indent as f32 - view.prose_indent).clamp(-60.0, 60.0),
    "blank-before": line.blank.min(4) as f32,
    "blank-after": view.beside_line(at, 1, |next| next.blank.min(4) as f32),
    "doubled": on(line.doubled),
    "copies": view.copies[at].0.min(20) as f32,
    "copy": on(view.copies[at].1),
    "topic": view.topic[at],
    "prose": view.prose[at],
    // What its words say.
    "lexicon": view.read_or_unknown(view.readings[at].sum),
    "lexicon-mean": view.read_or_unknown(view.readings[at].sum / (1.0 + line.words).sqrt()),
    "lexicon-lowest": view.read_or_unknown(view.readings[at].lowest),
    "lexicon-highest": view.read_or_unknown(view.readings[at].highest),
    "odds": view.read_or_unknown(view.readings[at].odds.clamp(-40.0, 60.0)),
    "odds-mean": view.read_or_unknown(view.readings[at].mean_odds),
    "known-words": if view.known.words { view.readings[at].known as f32 / line.words.max(1.0) } else { -1.0 },
    // What the short lines around it say.
    "context-near": view.read_or_unknown(view.context[at][0]),
    "context-far": view.read_or_unknown(view.context[at][1]),
    "context-after": view.read_or_unknown(view.context[at][2]),
    "context": view.read_or_unknown(view.context[at].iter().sum()),
    "heading-before": view.read_or_unknown(view.heading[at].0),
    "from-heading": view.heading[at].1,
    // What the rules say of it, of the lines around it and of the page.
    "ruled": view.ruled.own[at],
    "hinted": view.ruled.hinted[at],
    "ruled-w2" => around(&view.ruled.sum, 2),
    "ruled-w5" => around(&view.ruled.sum, 5),
    "ruled-w12" => around(&view.ruled.sum, 12),
    "ruled-before": view.ruled.before[at],
    "ruled-after": view.ruled.after[at],
    "ruled-share-before": view.ruled.sum[at] / view.ruled.sum[view.len()].max(1.0),
    "from-comments": view.ruled.from_comments[at],
    "from-related": view.ruled.from_related[at],
    "from-title": view.ruled.title.map_or(-100.0, |title| (at as f32 - title as f32).clamp(-FAR, FAR)),
    "page-ruled": view.ruled.sum[view.len()] / view.page.lines,
    "page-hinted": view.ruled.hinted_sum[view.len()] / view.page.lines,
    // Where it stands.
    "place": at as f32 / view.page.lines,
    "place-by-words": view.sums.words[at] / view.page.words,
    "lines-after": (view.page.lines - at as f32).min(400.0),
    "log-words-before": view.log_words_before[at],
    "log-words-after": view.log_words_after[at],
    "prose-lines-before": view.sums.prose[at],
    "prose-lines-after": view.sums.prose[view.len()] - view.sums.prose[at + 1],
    "from-first-prose": (at as f32 - view.page.first_prose).clamp(-FAR, FAR),
    "from-last-prose": (at as f32 - view.page.last_prose).clamp(-FAR, FAR),
    "in-best": on(view.in_best(at)),
    "place-in-best": ((at as f32 - view.best.0 as f32) / (view.best.1 - view.best.0).max(1) as f32).clamp(-9.0, 9.0),
    "best-share": (view.sums.words[view.best.1] - view.sums.words[view.best.0]) / view.page.words,
    // What stands beside it.
    "log-words-3" => beside(&view.log_words, -3),
    "log-words-2" => beside(&view.log_words, -2),
    "log-words-1" => beside(&view.log_words, -1),
    "log-words+1" => beside(&view.log_words, 1),
    "log-words+2" => beside(&view.log_words, 2),
    "log-words+3" => beside(&view.log_words, 3),
    "ends-sentence-1": view.beside_line(at, -1, |line| on(line.ends_sentence())),
    "ends-sentence+1": view.beside_line(at, 1, |line| on(line.ends_sentence())),
    "function-share-2" => beside(&view.function_share, -2),
    "function-share-1" => beside(&view.function_share, -1),
    "function-share+1" => beside(&view.function_share, 1),
    "function-share+2" => beside(&view.function_share, 2),
    "lexicon-2" => beside(&view.lexical, -2).or(UNKNOWN, view.known.words),
    "lexicon-1" => beside(&view.lexical, -1).or(UNKNOWN, view.known.words),
    "lexicon+1" => beside(&view.lexical, 1).or(UNKNOWN, view.known.words),
    "lexicon+2" => beside(&view.lexical, 2).or(UNKNOWN, view.known.words),
    "indent-step-1": view.beside_line(at, -1, |other| (line.indent as f32 - other.indent as f32).clamp(-40.0, 40.0)),
    "indent-step+1": view.beside_line(at, 1, |other| (other.indent as f32 - line.indent as f32).clamp(-40.0, 40.0)),
    "item-1": view.beside_line(at, -1, |line| on(line.item)),
    "words-w2" => around(&view.sums.words, 2),
    "words-w5" => around(&view.sums.words, 5),
    "words-w12" => around(&view.sums.words, 12),
    "prose-w2" => around(&view.sums.prose, 2),
    "prose-w5" => around(&view.sums.prose, 5),
    "prose-w12" => around(&view.sums.prose, 12),
    "furniture-w2" => around(&view.sums.furniture, 2),
    "furniture-w5" => around(&view.sums.furniture, 5),
    "furniture-w12" => around(&view.sums.furniture, 12),
    "function-words-w5" => around(&view.sums.function_words, 5).or(-1.0, view.known.function_words),
    "function-words-w12" => around(&view.sums.function_words, 12).or(-1.0, view.known.function_words),
    "lexicon-w2" => around(&view.sums.lexical, 2).or(UNKNOWN, view.known.words),
    "lexicon-w5" => around(&view.sums.lexical, 5).or(UNKNOWN, view.known.words),
    "lexicon-w12" => around(&view.sums.lexical, 12).or(UNKNOWN, view.known.words),
    "odds-w2" => around(&view.sums.odds, 2).or(UNKNOWN, view.known.words),
    "odds-w5" => around(&view.sums.odds, 5).or(UNKNOWN, view.known.words),
    "odds-w12" => around(&view.sums.odds, 12).or(UNKNOWN, view.known.words),
    "words-to-8" => before(&view.sums.words, 8),
    "words-from-8" => after(&view.sums.words, 8),
    "words-to-20" => before(&view.sums.words, 20),
    "words-from-20" => after(&view.sums.words, 20),
    "prose-to-8" => before(&view.sums.prose, 8),
    "prose-from-8" => after(&view.sums.prose, 8),
    "ruled-to-20" => before(&view.ruled.sum, 20),
    "ruled-from-20" => after(&view.ruled.sum, 20),
    "prose-w30" => around(&view.sums.prose, 30),
    "ruled-w30" => around(&view.ruled.sum, 30),
    "lexicon-w30" => around(&view.sums.lexical, 30).or(UNKNOWN, view.known.words),
    "copied-w5" => around(&view.sums.copied, 5),
    "copied-w15" => around(&view.sums.copied, 15),
    "copied-w40" => around(&view.sums.copied, 40),
    "dated-w40" => around(&view.sums.dated, 40),
    "items-w15" => around(&view.sums.items, 15),
    "prose-before": view.prose_before[at],
    "prose-after": view.prose_after[at],
    "furniture-before": view.furniture_before[at],
    "furniture-after": view.furniture_after[at],
    "short-run": view.short_run[at],
    "prose-run": view.prose_run[at],
    // What page it is on.
    "page-lines": view.page.log_lines,
    "page-words": view.page.log_words,
    "page-mean-words": view.page.words / view.page.lines,
    "page-longest": view.page.log_longest,
    "page-prose": view.sums.prose[view.len()] / view.page.lines,
    "page-prose-words": view.page.prose_words / view.page.words,
    "page-function-words": if view.known.function_words { view.page.function_words / view.page.words } else { -1.0 },
    "page-address": view.page.address / view.page.words,
    "page-lexicon": view.read_or_unknown(view.sums.lexical[view.len()] / view.page.lines),
    "page-lexicon-by-words": view.read_or_unknown(view.page.lexical_by_word / view.page.words),
    "page-furniture": view.sums.furniture[view.len()] / view.page.lines,
    "page-items": view.page.items / view.page.lines,
    "page-headings": view.page.headings,
    "page-copies": view.page.copies / view.page.lines,
    "page-currency": view.page.currency / view.page.lines,
    "page-dated": view.page.dated / view.page.lines,
    "page-questions": view.page.questions / view.page.lines,
    "page-separated": view.page.separated / view.page.lines,
    "kind-article": if view.known.words { view.kinds[0] } else { -1.0 },
    "kind-collection": if view.known.words { view.kinds[1] } else { -1.0 },
    "kind-documentation": if view.known.words { view.kinds[2] } else { -1.0 },
    "kind-forum": if view.known.words { view.kinds[3] } else { -1.0 },
    "kind-listing": if view.known.words { view.kinds[4] } else { -1.0 },
    "kind-product": if view.known.words { view.kinds[5] } else { -1.0 },
    "kind-service": if view.known.words { view.kinds[6] } else { -1.0 },
    "page-unspaced": view.page.unspaced / view.page.lines,
}

/// What stands for what would be read from words that are not known: below all that can be read.
const UNKNOWN: f32 = -20.0;

/// The value of the line `offset` lines away; −2 beyond the ends of the page.
fn beside(values: &[f32], offset: isize) -> Beside<'_> {
    Beside { values, offset, beyond: -2.0 }
}

fn on(flag: bool) -> f32 {
    f32::from(u8::from(flag))
}

/// Logarithms of whole numbers and one, as far as most pages count their words.
static LOGARITHMS: LazyLock<[f32; 4096]> = LazyLock::new(|| std::array::from_fn(|number| (number as f32).ln_1p()));

/// `value.ln_1p()`, looked up where it can be: four of every line.
fn ln_1p(value: f32) -> f32 {
    let whole = value as usize;
    match LOGARITHMS.get(whole) {
        Some(logarithm) if whole as f32 == value => *logarithm,
        _ => value.ln_1p(),
    }
}

/// What a page offers.
fn evidence(lines: &Lines, readings: &[Reading]) -> Known {
    let words = lines.words.len().max(1) as f32;
    let known: u32 = readings.iter().map(|reading| reading.known).sum();
    let function_words: f32 = lines.lines.iter().map(|line| line.function_words).sum();
    let letters: u32 = lines.lines.iter().map(|line| line.letters).sum();
    let cased: u32 = lines.lines.iter().map(|line| line.cased).sum();
    let words_known = known as f32 >= KNOWN_SHARE * words;
    Known {
        words: words_known,
        function_words: words_known || function_words >= FUNCTION_SHARE * words,
        case: cased * 2 >= letters,
    }
}

/// A line that is no running text: its words say so, or where they are not known, it has fewer than four.
fn is_furniture(line: &Line, lexical: f32, known: Known) -> bool {
    let short = line.words < 4.0 && !line.ends_sentence();
    if known.words { lexical < -1.5 && line.words < 12.0 } else { short }
}

fn running(values: &[f32]) -> Vec<f32> {
    running_of(values.iter().copied())
}

/// Running sums: one more than there are values, the first is zero.
pub(crate) fn running_of(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut sum = 0.0f64;
    let mut out = Vec::with_capacity(values.size_hint().0 + 1);
    out.push(0.0);
    out.extend(values.map(|value| {
        sum += f64::from(value);
        sum as f32
    }));
    out
}

/// The stretch with the greatest sum (Bentley 1984, "Programming pearls: algorithm design techniques").
pub(crate) fn best_stretch(gain: impl Iterator<Item = f32>) -> (usize, usize) {
    let (mut best, mut place) = (f32::MIN, (0, 0));
    let (mut sum, mut start) = (0.0f32, 0);
    for (at, gain) in gain.enumerate() {
        if sum <= 0.0 {
            (sum, start) = (0.0, at);
        }
        sum += gain;
        if sum > best {
            (best, place) = (sum, (start, at + 1));
        }
    }
    place
}

/// Lines to the nearest marked line before (or after), up to [`FAR`].
pub(crate) fn distances(marks: &[f32], after: bool) -> Vec<f32> {
    let mut out = vec![FAR; marks.len()];
    let mut since = FAR;
    let mut step = |at: usize| {
        out[at] = since.min(FAR);
        since = if marks[at] > 0.0 { 1.0 } else { since + 1.0 };
    };
    match after {
        true => (0..marks.len()).rev().for_each(&mut step),
        false => (0..marks.len()).for_each(&mut step),
    }
    out
}

/// Length of the run of marked lines that a line is in, 0 for unmarked ones.
fn runs(marks: impl Iterator<Item = bool>) -> Vec<f32> {
    let marks: Vec<bool> = marks.collect();
    let mut out = vec![0.0; marks.len()];
    let mut start = 0;
    for at in 0..=marks.len() {
        if at == marks.len() || !marks[at] {
            out[start..at].fill(((at - start) as f32).min(FAR));
            start = at + 1;
        }
    }
    out
}

/// For every line what the short lines around it say of it, by direction.
fn context(readings: &[Reading]) -> Vec<[f32; lexicon::DIRECTIONS]> {
    let sums = [0, 1, 2].map(|direction| running_of(readings.iter().map(|reading| reading.influence[direction])));
    let between = |direction: usize, from: usize, to: usize| sums[direction][to.max(from)] - sums[direction][from];
    let last = readings.len();
    let of = |at: usize| {
        let near = at.saturating_sub(lexicon::NEAR);
        let far = at.saturating_sub(lexicon::FAR);
        [
            between(0, near, at),
            between(1, far, near),
            between(2, (at + 1).min(last), (at + 1 + lexicon::NEAR).min(last)),
        ]
    };
    (0..last).map(of).collect()
}

/// For every line what the words of the nearest heading-like line before it say of that line, and how far it is.
fn headings(lines: &Lines, lexical: &[f32]) -> Vec<(f32, f32)> {
    let mut last = (0.0, FAR);
    let step = |(line, lexical): (&Line, &f32)| {
        let before = last;
        last.1 = (last.1 + 1.0).min(FAR);
        if line.is_heading_like() {
            last = (*lexical, 1.0);
        }
        before
    };
    lines.lines.iter().zip(lexical).map(step).collect()
}

/// Copies of every line on the page, and whether one came before.
fn copies(lines: &Lines) -> Vec<(u32, bool)> {
    let mut counts = vec![0u32; lines.texts.keys];
    let of = |number: &u32| *number as usize;
    let count = |number: &u32| {
        counts[of(number)] += 1;
        counts[of(number)] > 1
    };
    let again: Vec<bool> = lines.texts.of.iter().map(count).collect();
    lines.texts.of.iter().zip(again).map(|(number, again)| (counts[of(number)], again)).collect()
}

/// For every line, how often its longer words stand in other lines of running text: the mean over those words, −1
/// where it has none. Function words are not told apart; they add about the same to every line.
fn topic(lines: &Lines, prose: &[f32]) -> Vec<f32> {
    let mut counts = vec![0.0f32; lines.different.len()];
    for (line, _) in lines.lines.iter().zip(prose).filter(|(_, prose)| **prose > 0.0) {
        lines.numbers_of(line).iter().for_each(|number| counts[*number as usize] += 1.0);
    }
    let share = |(line, prose): (&Line, &f32)| {
        let words = lines.numbers_of(line);
        let found: u32 = words.iter().map(|number| u32::from(counts[*number as usize] > *prose)).sum();
        if words.is_empty() { -1.0 } else { found as f32 / words.len() as f32 }
    };
    lines.lines.iter().zip(prose).map(share).collect()
}

/// The indentation at which most words of running text stand.
fn prose_indent(lines: &Lines, prose: &[f32]) -> f32 {
    let mut words: FxHashMap<u32, f32> = FxHashMap::default();
    for (line, _) in lines.lines.iter().zip(prose).filter(|(_, prose)| **prose > 0.0) {
        *words.entry(line.indent).or_default() += line.words;
    }
    let most = words.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
    most.map_or(0.0, |(indent, _)| indent as f32)
}

fn page_facts(lines: &Lines, prose: &[f32], lexical: &[f32], copies: &[(u32, bool)]) -> PageFacts {
    let mut page = PageFacts {
        lines: lines.lines.len().max(1) as f32,
        last_prose: -1.0,
        first_prose: -1.0,
        ..PageFacts::default()
    };
    for (at, line) in lines.lines.iter().enumerate() {
        page.words += line.words;
        page.prose_words += line.words * prose[at];
        page.function_words += line.function_words;
        page.address += line.address as f32;
        page.lexical_by_word += lexical[at] * line.words;
        page.items += on(line.item);
        page.headings += on(line.heading > 0);
        page.copies += on(copies[at].1);
        page.currency += on(line.currency);
        page.dated += on(line.year || line.clock);
        page.questions += on(line.last_mark == '?');
        page.separated += on(line.blank > 0);
        page.unspaced += on(line.words > line.tokens as f32 + 2.0);
        page.longest = page.longest.max(line.words);
        if prose[at] > 0.0 {
            page.last_prose = at as f32;
            page.first_prose = if page.first_prose < 0.0 { at as f32 } else { page.first_prose };
        }
    }
    if page.last_prose < 0.0 {
        page.first_prose = 0.0;
        page.last_prose = page.lines - 1.0;
    }
    page.words = page.words.max(1.0);
    page.log_lines = page.lines.ln_1p();
    page.log_words = page.words.ln_1p();
    page.log_longest = page.longest.ln_1p();
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_stretch_has_the_greatest_sum() {
        assert_eq!(best_stretch([-1.0, 2.0, -1.0, 3.0, -9.0, 3.0].into_iter()), (1, 4));
        assert_eq!(best_stretch([-2.0, -1.0].into_iter()), (1, 2));
        assert_eq!(best_stretch(std::iter::empty()), (0, 0));
    }

    #[test]
    fn distances_and_runs() {
        assert_eq!(distances(&[0.0, 1.0, 0.0, 0.0], false), [FAR, FAR, 1.0, 2.0]);
        assert_eq!(distances(&[0.0, 1.0, 0.0, 0.0], true), [1.0, FAR, FAR, FAR]);
        assert_eq!(runs([true, true, false, true].into_iter()), [2.0, 2.0, 0.0, 1.0]);
    }
}
