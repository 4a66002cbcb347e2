//! How good is the text? Scores predictions against gold texts and snippets.
//!
//! Word-level F1, precision and recall are means over pages (Foley, WCXB, 2026); snippets that must appear (`with`) and
//! must not (`without`) are scored per page, and pooled over all pages as one confusion matrix (Barbaresi, Trafilatura).

mod words;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};
pub use words::{Score, word_score, words};

/// One page of a gold file: a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Gold {
    /// Id of the page: the record's id, or the file's name without its extension.
    pub id: String,
    /// The text that is wanted; `None` where there are snippets alone.
    #[serde(default)]
    pub text: Option<String>,
    /// Snippets that must appear.
    #[serde(default)]
    pub with: Vec<String>,
    /// Snippets that must not appear.
    #[serde(default)]
    pub without: Vec<String>,
    /// Category of the page (article, forum, …).
    #[serde(default, rename = "type")]
    pub category: Option<String>,
}

/// Reads a gold file: one JSON object a line, blank lines passed over, further fields ignored.
///
/// # Errors
/// The line (from 1) and what is wrong with it.
pub fn parse_gold(text: &str) -> Result<Vec<Gold>, (usize, serde_json::Error)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(number, line)| serde_json::from_str(line).map_err(|error| (number + 1, error))).collect()
}

/// The id under which the gold file would know a document: a record's own id, or a file's name without `.html`,
/// `.htm`, `.txt` and a compression's extension.
///
/// ```
/// use dechaff::eval::gold_id;
/// assert_eq!(gold_id("pages/0042.html.gz"), "0042");
/// assert_eq!(gold_id("urn:uuid:7"), "urn:uuid:7");
/// ```
pub fn gold_id(id: &str) -> &str {
    let mut name = id;
    let mut stripped = false;
    for extension in [".gz", ".zst", ".html", ".htm", ".xhtml", ".txt"] {
        if let Some(shorter) = name.strip_suffix(extension) {
            (name, stripped) = (shorter, true);
        }
    }
    match stripped {
        true => name.rsplit('/').next().unwrap_or(name),
        false => id,
    }
}

/// Scores of a corpus.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Over all pages.
    pub all: Scores,
    /// By category of page, where the gold file has categories.
    pub categories: BTreeMap<String, Scores>,
    /// Gold pages that no document matched; they count as empty text.
    pub missing: Vec<String>,
    /// Documents that no gold page matched; they do not count.
    pub unknown: usize,
    /// Word-level score of every page with a gold text, sorted by F1, worst first.
    #[serde(skip)]
    pub pages: Vec<(String, Score)>,
}

/// Scores of some pages.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Scores {
    /// Number of pages.
    pub pages: usize,
    /// Pages whose text came out empty.
    pub empty: usize,
    /// Mean word-level score of the pages with a gold text; `None` without one.
    pub words: Option<Score>,
    /// Mean share of `with` snippets found, over pages.
    pub with: Option<f64>,
    /// Mean share of `without` snippets found, over pages: lower is better.
    pub without: Option<f64>,
    /// All snippets of all pages as one confusion matrix.
    pub snippets: Option<Score>,
}

/// Scores predictions (`id` → text) against gold pages.
pub fn score(gold: &[Gold], predictions: &HashMap<String, String>) -> Report {
    let mut all = Tally::default();
    let mut categories: BTreeMap<String, Tally> = BTreeMap::new();
    let mut report = Report::default();
    for page in gold {
        let text = predictions.get(&page.id).map_or("", String::as_str);
        if !predictions.contains_key(&page.id) {
            report.missing.push(page.id.clone());
        }
        let row = Row::of(page, text);
        if let Some(words) = row.words {
            report.pages.push((page.id.clone(), words));
        }
        all.add(&row);
        if let Some(category) = &page.category {
            categories.entry(category.clone()).or_default().add(&row);
        }
    }
    let known: HashSet<&str> = gold.iter().map(|page| page.id.as_str()).collect();
    report.unknown = predictions.keys().filter(|id| !known.contains(id.as_str())).count();
    report.pages.sort_by(|one, other| one.1.f1.total_cmp(&other.1.f1).then_with(|| one.0.cmp(&other.0)));
    report.all = all.scores();
    report.categories = categories.into_iter().map(|(name, tally)| (name, tally.scores())).collect();
    report
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = ["pages", "empty", "F1", "precision", "recall", "with", "without", "snippets F1"];
        write!(f, "{:<16}", "")?;
        for heading in headings {
            write!(f, "{heading:>12}")?;
        }
        writeln!(f)?;
        let rows = self.categories.iter().map(|(name, scores)| (name.as_str(), scores));
        for (name, scores) in rows.chain([("all", &self.all)]) {
            write!(f, "{name:<16}{:>12}{:>12}", scores.pages, scores.empty)?;
            let words = scores.words;
            let figures = [
                words.map(|score| score.f1),
                words.map(|score| score.precision),
                words.map(|score| score.recall),
                scores.with,
                scores.without,
                scores.snippets.map(|score| score.f1),
            ];
            for figure in figures {
                match figure {
                    Some(figure) => write!(f, "{figure:>12.4}")?,
                    None => write!(f, "{:>12}", "–")?,
                }
            }
            writeln!(f)?;
        }
        if !self.missing.is_empty() {
            writeln!(f, "{} gold pages matched no document (first: {})", self.missing.len(), self.missing[0])?;
        }
        if self.unknown > 0 {
            writeln!(f, "{} documents matched no gold page", self.unknown)?;
        }
        Ok(())
    }
}

/// What one page adds to the figures.
struct Row {
    words: Option<Score>,
    empty: bool,
    with: (usize, usize),
    without: (usize, usize),
    /// The same, as the pooled matrix counts them: white space folded, case kept.
    pooled: (usize, usize),
}

impl Row {
    fn of(page: &Gold, text: &str) -> Row {
        let lower = text.to_lowercase();
        let folded = fold(text);
        let found = |snippets: &[String]| {
            (snippets.iter().filter(|snippet| lower.contains(&snippet.to_lowercase())).count(), snippets.len())
        };
        let pooled = |snippets: &[String]| snippets.iter().filter(|snippet| folded.contains(&fold(snippet))).count();
        Row {
            words: page.text.as_ref().map(|gold| word_score(text, gold)),
            empty: text.trim().is_empty(),
            with: found(&page.with),
            without: found(&page.without),
            pooled: (pooled(&page.with), pooled(&page.without)),
        }
    }
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Tally {
    pages: usize,
    empty: usize,
    texts: usize,
    words: [f64; 3],
    snippets: bool,
    with: f64,
    without: f64,
    hits: usize,
    false_hits: usize,
    wanted: usize,
}

impl Tally {
    fn add(&mut self, row: &Row) {
        self.pages += 1;
        self.empty += usize::from(row.empty);
        if let Some(score) = row.words {
            self.texts += 1;
            for (sum, value) in self.words.iter_mut().zip([score.precision, score.recall, score.f1]) {
                *sum += value;
            }
        }
        // As in the benchmark's script: a page without snippets of a kind counts as all found.
        let share = |(found, of): (usize, usize)| if of == 0 { 1.0 } else { found as f64 / of as f64 };
        self.snippets |= row.with.1 + row.without.1 > 0;
        self.with += share(row.with);
        self.without += share(row.without);
        self.hits += row.pooled.0;
        self.false_hits += row.pooled.1;
        self.wanted += row.with.1;
    }

    fn scores(&self) -> Scores {
        let mean = |sum: f64, of: usize| sum / of.max(1) as f64;
        let [precision, recall, f1] = self.words.map(|sum| mean(sum, self.texts));
        Scores {
            pages: self.pages,
            empty: self.empty,
            words: (self.texts > 0).then_some(Score { precision, recall, f1 }),
            with: self.snippets.then(|| mean(self.with, self.pages)),
            without: self.snippets.then(|| mean(self.without, self.pages)),
            snippets: self.snippets.then(|| Score::from_counts(self.hits, self.hits + self.false_hits, self.wanted)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(id: &str, text: Option<&str>, with: &[&str], without: &[&str], category: &str) -> Gold {
        let list = |snippets: &[&str]| snippets.iter().map(|snippet| snippet.to_string()).collect();
        Gold {
            id: id.into(),
            text: text.map(Into::into),
            with: list(with),
            without: list(without),
            category: Some(category.into()),
        }
    }

    #[test]
    fn means_are_over_pages_and_by_category() {
        let gold = [page("1", Some("a b"), &["A b"], &["menu"], "article"), page("2", Some("c"), &[], &[], "forum")];
        let predictions = HashMap::from([("1".to_owned(), "a b menu d".to_owned()), ("9".to_owned(), "x".to_owned())]);
        let report = score(&gold, &predictions);
        assert_eq!(report.all.words.unwrap().recall, 0.5);
        assert_eq!(report.categories["article"].words.unwrap().precision, 0.5);
        assert_eq!(report.categories["article"].with, Some(1.0));
        assert_eq!(report.categories["article"].without, Some(1.0));
        assert_eq!((report.missing.as_slice(), report.unknown), (["2".to_owned()].as_slice(), 1));
        assert_eq!(report.pages[0].0, "2", "the worst page comes first");
        // Pooled snippets keep case, so `A b` is not in `a b menu d`.
        assert_eq!(report.all.snippets.unwrap().f1, 0.0);
    }

    #[test]
    fn a_bad_line_of_the_gold_file_is_named() {
        assert_eq!(parse_gold("{\"id\":\"1\"}\n\n{\"id\":2}\n").unwrap_err().0, 3);
    }
}
