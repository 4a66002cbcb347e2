//! Configuration errors that point at the key.

use std::fmt;
use std::ops::Range;

/// Something wrong in the settings: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    message: String,
    place: Option<Box<Place>>,
    help: Option<String>,
}

impl ConfigError {
    /// An error without a place in a file.
    pub fn new(message: impl Into<String>) -> ConfigError {
        ConfigError { message: message.into(), place: None, help: None }
    }

    /// An error at a place.
    pub fn at(message: impl Into<String>, place: Place) -> ConfigError {
        ConfigError { message: message.into(), place: Some(Box::new(place)), help: None }
    }

    /// With a hint what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> ConfigError {
        self.help = Some(help.into());
        self
    }

    /// A key that does not exist, with the nearest one that does.
    pub(crate) fn unknown_key<'a>(key: &str, known: impl Iterator<Item = &'a str>, place: Place) -> ConfigError {
        let error = ConfigError::at(format!("unknown key `{key}`"), place);
        // A typing error is a letter or two; further away the guess would be noise.
        match known.map(|known| (edit_distance(key, known), known)).min() {
            Some((distance, near)) if distance <= 1 + key.len() / 6 => error.help(format!("did you mean `{near}`?")),
            _ => error.help("`dechaff config show` lists every key"),
        }
    }

    /// Where the error is, if it has a place.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_deref()
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(place) = &self.place {
            write!(f, "\n  --> {place}")?;
            if let Some(excerpt) = &place.excerpt {
                let margin = place.line.to_string().len();
                write!(f, "\n{:margin$} |", "")?;
                write!(f, "\n{} | {}", place.line, excerpt.text)?;
                let (before, under) = (excerpt.before, "^".repeat(excerpt.length.max(1)));
                write!(f, "\n{:margin$} | {:before$}{under}", "", "")?;
            }
        }
        if let Some(help) = &self.help {
            write!(f, "\n  = help: {help}")?;
        }
        Ok(())
    }
}

/// Where a value stands: a layer, and line and column if that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// File name, flag or environment variable.
    pub name: String,
    /// Line from 1; 0 where the layer is not a file.
    pub line: usize,
    /// Column in characters from 1; 0 where the layer is not a file.
    pub column: usize,
    excerpt: Option<Excerpt>,
}

/// The line of a file that an error is about, and the part of it to underline, in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: String,
    before: usize,
    length: usize,
}

impl Excerpt {
    /// Characters of a line that are shown, and of those before the part to underline: lists of a hundred names stand in
    /// one line.
    const WIDTH: usize = 100;
    const BEFORE: usize = 40;

    fn of(line: &str, before: usize, length: usize) -> Excerpt {
        let all = line.chars().count();
        if all <= Excerpt::WIDTH {
            return Excerpt { text: line.to_owned(), before, length };
        }
        let from = before.saturating_sub(Excerpt::BEFORE);
        let shown: String = line.chars().skip(from).take(Excerpt::WIDTH).collect();
        let (cut, more) = (if from > 0 { "…" } else { "" }, if from + Excerpt::WIDTH < all { "…" } else { "" });
        let before = before - from + cut.chars().count();
        let text = format!("{cut}{shown}{more}");
        Excerpt { length: length.min(text.chars().count() - before), before, text }
    }
}

impl Place {
    /// A layer that is not a file.
    pub fn named(name: &str) -> Place {
        Place { name: name.to_owned(), line: 0, column: 0, excerpt: None }
    }

    /// A byte range of a file's text.
    pub fn in_file(name: &str, text: &str, span: Range<usize>) -> Place {
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let end = text.floor_char_boundary(span.end.min(text.len())).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = text[line_start..start].chars().count();
        let length = text[start..end.min(line_end)].trim_end().chars().count();
        let excerpt = Excerpt::of(text[line_start..line_end].trim_end(), before, length);
        let line = text[..start].matches('\n').count() + 1;
        Place { name: name.to_owned(), line, column: before + 1, excerpt: Some(excerpt) }
    }

    /// A line and column of a file (from 1) whose text is at hand.
    pub fn at_line(name: &str, text: &str, line: usize, column: usize) -> Place {
        let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let offset = text[start..].chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
        Place::in_file(name, text, start + offset..start + offset + 1)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.name),
            _ => write!(f, "{}:{}:{}", self.name, self.line, self.column),
        }
    }
}

/// Levenshtein distance; O(n m) for two short keys.
fn edit_distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &b) in other.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
