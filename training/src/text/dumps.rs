//! Dumps written for the project: articles as a scraper flattens them, every line with its label.
//!
//! The benchmark's pages are of all kinds and mostly quiet; what users hold are news pages with appeals, players, pickers
//! and boxes. A dump is a file of lines, `label<TAB>text`, a line for everything that a browser would show as one:
//! `s` is story, `d:kind` is chrome of a kind (`d` where nobody said which), `t` the headline, which a forest of its own learns
//! to tell, and `u` what a careful editor would not know; the line model learns from neither of these two. The first line may
//! be `k<TAB>type`, where the page is no article.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use dechaff_document::Block;

use crate::{align, sites};

/// A dump.
#[derive(Debug)]
pub struct Dump {
    /// Its file's name without the ending.
    pub id: String,
    /// Article, forum, product, …
    pub kind: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line of a dump.
#[derive(Debug)]
pub struct Line {
    /// What it is.
    pub label: Label,
    /// Of chrome, which kind.
    pub kind: Option<String>,
    /// Its text.
    pub text: String,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Of the story.
    Story,
    /// Chrome.
    Chrome,
    /// The headline.
    Headline,
    /// Neither is taught.
    Unsaid,
}

/// Ways to lay a dump out as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A line each.
    Lines,
    /// A blank line between any two.
    Apart,
    /// A blank line before and after lines of eight words or more.
    Paragraphs,
    /// Lines of six words or less are bullets where three or more follow one another.
    Bullets,
    /// Wrapped at this many characters, with blank lines between.
    Wrapped(usize),
    /// All in one line.
    OneLine,
}

impl Layout {
    /// The layouts of a dump's copies: the first is as scrapers mostly write, the second is another one.
    pub fn of(number: usize) -> [Layout; 2] {
        let common = [Layout::Lines, Layout::Apart, Layout::Lines, Layout::Paragraphs][number % 4];
        let rare = [Layout::Paragraphs, Layout::Bullets, Layout::Wrapped(72), Layout::Apart, Layout::OneLine];
        [common, rare[number / 4 % rare.len()]]
    }
}

/// Reads the dumps of a folder, in the order of their names.
///
/// # Errors
/// Where a file can't be read or a line is not as described above; the message names the line.
pub fn read(folder: &Path) -> Result<Vec<Dump>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "tsv"));
    paths.sort();
    let dump = |path: &Path| -> Result<Dump> {
        let file = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let kind = file.lines().next().and_then(|line| line.strip_prefix("k\t"));
        let lines = file.lines().enumerate().skip(usize::from(kind.is_some()));
        let lines = lines.map(|(at, line)| parse(line).with_context(|| format!("{}:{}", path.display(), at + 1)));
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Dump { id, kind: kind.unwrap_or("article").to_owned(), lines: lines.collect::<Result<_>>()? })
    };
    paths.iter().map(|path| dump(path)).collect()
}

fn parse(line: &str) -> Result<Line> {
    let (label, text) = line.split_once('\t').context("expected a label, a tab and the line's text")?;
    let kind = label.split_once(':').map(|(_, kind)| kind.to_owned());
    let label = match label.split(':').next() {
        Some("s") => Label::Story,
        Some("d") => Label::Chrome,
        Some("t") => Label::Headline,
        Some("u") => Label::Unsaid,
        _ => bail!("expected the label s, d:kind, t or u, found {label:?}"),
    };
    Ok(Line { label, kind, text: text.to_owned() })
}

impl Dump {
    /// The fold it is in, as if it were a site.
    pub fn fold(&self) -> u8 {
        sites::fold(&self.id)
    }

    /// Its headline.
    pub fn title(&self) -> Option<&str> {
        self.lines.iter().find(|line| line.label == Label::Headline).map(|line| line.text.as_str())
    }

    /// The dump as a text.
    pub fn text(&self, layout: Layout) -> String {
        let is_long = |line: &Line| align::words(&line.text).len() >= 8;
        let is_short = |line: &Line| align::words(&line.text).len() <= 6;
        let mut out = String::new();
        for (at, line) in self.lines.iter().enumerate() {
            let blank = match layout {
                Layout::Apart | Layout::Wrapped(_) => true,
                Layout::Paragraphs => is_long(line) || at > 0 && is_long(&self.lines[at - 1]),
                Layout::Lines | Layout::Bullets | Layout::OneLine => false,
            };
            if at > 0 {
                out += match (layout, blank) {
                    (Layout::OneLine, _) => " ",
                    (_, true) => "\n\n",
                    (_, false) => "\n",
                };
            }
            let among_short = |lines: &[Line]| lines.len() == 3 && lines.iter().all(is_short);
            let (before, after) = (at.saturating_sub(2)..at + 1, at..(at + 3).min(self.lines.len()));
            let around = at.saturating_sub(1)..(at + 2).min(self.lines.len());
            if layout == Layout::Bullets && [before, after, around].into_iter().any(|run| among_short(&self.lines[run]))
            {
                out += "* ";
            }
            match layout {
                Layout::Wrapped(width) => wrap(&line.text, width, &mut out),
                _ => out += &line.text,
            }
        }
        out
    }

    /// Of each block of a text made of this dump, the share of its words that is story; none where most are neither.
    ///
    /// # Errors
    /// Where the blocks hold other words than the dump.
    pub fn labels(&self, blocks: &[Block]) -> Result<Vec<Option<f32>>> {
        let share = |lines: Vec<usize>| {
            let of = |label: Label| lines.iter().filter(|line| self.lines[**line].label == label).count();
            let (story, chrome) = (of(Label::Story), of(Label::Chrome));
            let said = story + chrome;
            (said * 2 >= lines.len()).then(|| story as f32 / said.max(1) as f32)
        };
        Ok(self.places(blocks)?.into_iter().map(share).collect())
    }

    /// Of each block of a text made of this dump, the kind of chrome that it is, if it is one line's and of a kind.
    ///
    /// # Errors
    /// Where the blocks hold other words than the dump.
    pub fn kinds(&self, blocks: &[Block]) -> Result<Vec<Option<&str>>> {
        let kind = |lines: Vec<usize>| {
            let first = *lines.first()?;
            lines.iter().all(|line| *line == first).then(|| self.lines[first].kind.as_deref()).flatten()
        };
        Ok(self.places(blocks)?.into_iter().map(kind).collect())
    }

    /// Of each block, for each of its words the line that it is from.
    fn places(&self, blocks: &[Block]) -> Result<Vec<Vec<usize>>> {
        let lines = self.lines.iter().enumerate();
        let mut words = lines.flat_map(|(at, line)| align::words(&line.text).into_iter().map(move |word| (word, at)));
        let mut places = Vec::with_capacity(blocks.len());
        for block in blocks {
            let mut lines = Vec::new();
            for found in align::words(&block.text) {
                let Some((word, line)) = words.next() else {
                    bail!("dump {} has no word {found:?} at its end", self.id)
                };
                ensure!(word == found, "dump {}: expected the word {word:?}, found {found:?}", self.id);
                lines.push(line);
            }
            places.push(lines);
        }
        ensure!(words.next().is_none(), "dump {}: its last words are in no block", self.id);
        Ok(places)
    }
}

/// Adds a text, broken greedily at `width` characters.
pub fn wrap(text: &str, width: usize, out: &mut String) {
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 {
            let fits = column + 1 + length <= width;
            out.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        out.push_str(word);
        column += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::page_of_text;

    fn dump() -> Dump {
        let lines = [
            "d:menu\tHome",
            "d:menu\tNews",
            "d:menu\tSport",
            "t\tFerry back in service",
            "s\tThe ferry to the island runs again from Monday, the harbour office said on Friday.",
            "d:share\tShare",
            "s\tIts engine had failed in March.",
        ];
        Dump {
            id: "ferry".into(),
            kind: "article".into(),
            lines: lines.iter().map(|line| parse(line).unwrap()).collect(),
        }
    }

    #[test]
    fn labels_are_found_again_in_every_layout() {
        let dump = dump();
        for layout in [Layout::Lines, Layout::Apart, Layout::Paragraphs, Layout::Bullets, Layout::Wrapped(40)] {
            let page = page_of_text(&dump.text(layout));
            let labels = dump.labels(&page.blocks).unwrap();
            let said: Vec<f32> = labels.into_iter().flatten().collect();
            assert_eq!(said, [0.0, 0.0, 0.0, 1.0, 0.0, 1.0], "{layout:?}");
        }
        let page = page_of_text(&dump.text(Layout::OneLine));
        assert_eq!(dump.labels(&page.blocks).unwrap(), [Some(21.0 / 25.0)]);
    }

    #[test]
    fn bullets_stand_before_runs_of_short_lines() {
        assert!(
            dump().text(Layout::Bullets).starts_with("* Home\n* News\n* Sport\n* Ferry back in service\nThe ferry")
        );
    }

    #[test]
    fn another_text_is_told() {
        let page = page_of_text("Home\nNews\nWeather\n");
        assert!(dump().labels(&page.blocks).unwrap_err().to_string().contains("expected the word \"sport\""));
        assert!(parse("x\tHome").unwrap_err().to_string().contains("s, d:kind, t or u"));
    }
}
