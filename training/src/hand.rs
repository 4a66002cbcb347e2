//! Labels made by hand, kept without any text of the pages.
//!
//! A label file says of each page which of its words are main content: `id`, number of the page's words, ranges of words
//! (`from-to`, from 0, both inclusive, separated by commas; `-` for none), page type, language; tab-separated, one page a
//! line, lines that start with `#` left out. The words are those of the page's text nodes in document order, as any HTML
//! parser gives them, so labels outlive changes of our segmentation.

use std::{fs, ops::RangeInclusive, path::Path};

use anyhow::{Context, Result, bail, ensure};
use scraper::{Html, Node};

use crate::align;

/// Elements whose text is no text of the page.
const NO_TEXT: [&str; 5] = ["script", "style", "noscript", "template", "iframe"];

/// What was said of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandLabel {
    /// Its id.
    pub id: String,
    /// Words of the page, to notice a page that is not the one labelled.
    pub words: usize,
    /// Which of them are main content, ascending.
    pub ranges: Vec<RangeInclusive<usize>>,
    /// Article, forum, product, …
    pub kind: String,
    /// ISO 639-1.
    pub language: String,
}

impl HandLabel {
    /// The label of a page of which these words are content.
    pub fn new(id: &str, content: &[bool], kind: &str, language: &str) -> HandLabel {
        let mut ranges: Vec<RangeInclusive<usize>> = Vec::new();
        for word in (0..content.len()).filter(|&word| content[word]) {
            match ranges.last_mut() {
                Some(range) if range.end() + 1 == word => *range = *range.start()..=word,
                _ => ranges.push(word..=word),
            }
        }
        HandLabel { id: id.into(), words: content.len(), ranges, kind: kind.into(), language: language.into() }
    }

    /// The page's main content, from its words as [`page_words`] gives them: one line a range.
    ///
    /// # Errors
    /// Where the page is not the one that was labelled.
    pub fn text(&self, words: &[String]) -> Result<String> {
        let (id, labelled, found) = (&self.id, self.words, words.len());
        ensure!(labelled == found, "page {id} has {found} words, the one labelled has {labelled}: it is another page");
        let lines = self.ranges.iter().map(|range| words[range.clone()].join(" "));
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// The line that stands for it in a label file.
    pub fn line(&self) -> String {
        let ranges: Vec<String> =
            self.ranges.iter().map(|range| format!("{}-{}", range.start(), range.end())).collect();
        let ranges = if ranges.is_empty() { "-".to_owned() } else { ranges.join(",") };
        format!("{}\t{}\t{ranges}\t{}\t{}", self.id, self.words, self.kind, self.language)
    }
}

/// Reads a label file.
///
/// # Errors
/// Where it is missing or a line is not as described above; the message names the line.
pub fn read(path: &Path) -> Result<Vec<HandLabel>> {
    let file = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = file.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.is_empty());
    lines.map(|(at, line)| parse(line).with_context(|| format!("{}:{}", path.display(), at + 1))).collect()
}

fn parse(line: &str) -> Result<HandLabel> {
    let [id, words, ranges, kind, language] = line.split('\t').collect::<Vec<_>>()[..] else {
        bail!("expected id, words, ranges, type and language, separated by tabs");
    };
    let words = words.parse().context("words: expected a number")?;
    let ranges = if ranges == "-" { Vec::new() } else { self::ranges(ranges, words)? };
    Ok(HandLabel { id: id.into(), words, ranges, kind: kind.into(), language: language.into() })
}

/// Ranges as they are written in label files, ascending, of numbers below `end`.
///
/// # Errors
/// Where they are not.
pub fn ranges(written: &str, end: usize) -> Result<Vec<RangeInclusive<usize>>> {
    let mut ranges: Vec<RangeInclusive<usize>> = Vec::new();
    for range in written.split(',') {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.trim().parse::<usize>().with_context(|| format!("{range:?} is no range"));
        let (from, to) = (number(from)?, number(to)?);
        ensure!(from <= to && to < end, "{range:?} does not lie in 0-{}", end.saturating_sub(1));
        ensure!(ranges.last().is_none_or(|last| *last.end() < from), "{range:?} does not follow the one before");
        ranges.push(from..=to);
    }
    Ok(ranges)
}

/// Words of a page's text nodes in document order, lower case.
pub fn page_words(html: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    let mut words = Vec::new();
    for node in page.tree.root().descendants() {
        let is_text = |node: &Node| match node {
            Node::Element(element) => !NO_TEXT.contains(&element.name()),
            _ => true,
        };
        if let Node::Text(text) = node.value()
            && node.ancestors().all(|outer| is_text(outer.value()))
        {
            words.extend(align::words(text));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_labelled_comes_back_as_text() {
        let words = page_words(
            "<nav>Home News</nav><script>let menu</script><p>The river <b>rose</b> by noon.</p><p>Share</p>",
        );
        assert_eq!(words.join(" "), "home news the river rose by noon share");
        let content = [false, false, true, true, true, true, true, false];
        let label = HandLabel::new("7", &content, "article", "en");
        assert_eq!(label.line(), "7\t8\t2-6\tarticle\ten");
        let read = parse(&label.line()).unwrap();
        assert_eq!(read, label);
        assert_eq!(read.text(&words).unwrap(), "the river rose by noon");
        assert!(read.text(&words[1..]).unwrap_err().to_string().contains("another page"));
    }

    #[test]
    fn a_page_may_hold_nothing() {
        let label = HandLabel::new("7", &[false; 3], "article", "en");
        assert_eq!(parse(&label.line()).unwrap(), label);
        assert_eq!(label.text(&page_words("log in please")).unwrap(), "");
    }

    #[test]
    fn ranges_ascend_and_lie_in_the_page() {
        assert_eq!(ranges("0-2,5,7-8", 9).unwrap(), [0..=2, 5..=5, 7..=8]);
        for wrong in ["2-1", "0-9", "3,3", "5,1-2", "x", ""] {
            assert!(ranges(wrong, 9).is_err(), "{wrong:?}");
        }
    }
}
