//! Reading TOML tables so that every mistake is told with its file, line and column.

use std::{ops::Range, sync::Arc};

use memchr::{memchr_iter, memrchr};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::RuleError;

/// A TOML text and its name: turns byte offsets into places.
#[derive(Debug, Clone)]
pub(super) struct Document<'a> {
    pub(super) file: Arc<str>,
    pub(super) text: &'a str,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl Document<'_> {
    /// Line and column (in characters) of a byte offset, both from 1.
    pub(super) fn place(&self, offset: usize) -> (u32, u32) {
        let before = &self.text[..self.text.floor_char_boundary(offset.min(self.text.len()))];
        let line_start = memrchr(b'\n', before.as_bytes()).map_or(0, |newline| newline + 1);
        let line = memchr_iter(b'\n', before.as_bytes()).count() + 1;
        (line as u32, before[line_start..].chars().count() as u32 + 1)
    }

    /// An error at a place of the text.
    pub(super) fn error(&self, span: &Range<usize>, message: impl Into<String>) -> RuleError {
        let (line, column) = self.place(span.start);
        RuleError { file: self.file.to_string(), line, column, message: message.into() }
    }
}

/// One table of a document. Every key that is asked for is remembered; [`TableReader::finish`] rejects the others.
pub(super) struct TableReader<'d, 'i> {
    document: &'d Document<'d>,
    table: &'d DeTable<'i>,
    /// Where the table begins, for what is missing in it.
    pub(super) span: Range<usize>,
    /// What the table is, for messages: "a rule", "`when`".
    what: &'static str,
    asked: Vec<&'static str>,
}

type Result<T> = std::result::Result<T, RuleError>;

impl<'d, 'i> TableReader<'d, 'i> {
    pub(super) fn new(
        document: &'d Document<'d>,
        table: &'d DeTable<'i>,
        span: Range<usize>,
        what: &'static str,
    ) -> Self {
        TableReader { document, table, span, what, asked: Vec::new() }
    }

    /// The raw value of a key.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'i>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// Whether the table has the key, without asking for it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<Placed<String>>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::String(text) => Ok(Some(Placed { value: text.to_string(), span: value.span() })),
            other => Err(self.mismatch(key, "a string", other, value.span())),
        }
    }

    pub(super) fn required_text(&mut self, key: &'static str) -> Result<Placed<String>> {
        match self.text(key)? {
            Some(text) if text.value.trim().is_empty() => {
                Err(self.document.error(&text.span, format!("`{key}` is empty: expected a text")))
            }
            Some(text) => Ok(text),
            None => Err(self.document.error(&self.span, format!("{} has no `{key}`: expected a string", self.what))),
        }
    }

    /// A list of strings; one string stands for a list of one.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Vec<Placed<String>>> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        match value.get_ref() {
            DeValue::String(text) => Ok(vec![Placed { value: text.to_string(), span: value.span() }]),
            DeValue::Array(items) => items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Ok(Placed { value: text.to_string(), span: item.span() }),
                    other => Err(self.mismatch(key, "a list of strings", other, item.span())),
                })
                .collect(),
            other => Err(self.mismatch(key, "a list of strings", other, value.span())),
        }
    }

    pub(super) fn integer(&mut self, key: &'static str, range: Range<u32>) -> Result<Option<u32>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let expected = format!("a whole number from {} to {}", range.start, range.end - 1);
        match value.get_ref() {
            DeValue::Integer(number) => match u32::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) if range.contains(&number) => Ok(Some(number)),
                _ => {
                    let message = format!("`{key}` is {}: expected {expected}", number.as_str());
                    Err(self.document.error(&value.span(), message))
                }
            },
            other => Err(self.mismatch(key, &expected, other, value.span())),
        }
    }

    /// A share, 0 to 1; an integer is taken as well.
    pub(super) fn share(&mut self, key: &'static str) -> Result<Option<f32>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = match value.get_ref() {
            DeValue::Float(number) => number.as_str().replace('_', "").parse().ok(),
            DeValue::Integer(number) => number.as_str().parse().ok(),
            other => return Err(self.mismatch(key, "a number from 0 to 1", other, value.span())),
        };
        match number {
            Some(number) if (0.0..=1.0).contains(&number) => Ok(Some(number)),
            _ => Err(self.document.error(&value.span(), format!("`{key}`: expected a number from 0 to 1"))),
        }
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::Boolean(truth) => Ok(Some(*truth)),
            other => Err(self.mismatch(key, "true or false", other, value.span())),
        }
    }

    /// One of a closed set of words.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Result<Option<T>> {
        match self.text(key)? {
            Some(text) => self.choose(key, &text, choices).map(Some),
            None => Ok(None),
        }
    }

    /// The meaning of one word of a closed set.
    pub(super) fn choose<T: Copy>(&self, key: &str, word: &Placed<String>, choices: &[(&str, T)]) -> Result<T> {
        match choices.iter().find(|(name, _)| *name == word.value) {
            Some((_, meaning)) => Ok(*meaning),
            None => {
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                let message = format!("`{key}` is \"{}\": expected {}{}", word.value, one_of(&names), {
                    near(&word.value, &names)
                });
                Err(self.document.error(&word.span, message))
            }
        }
    }

    pub(super) fn table(&mut self, key: &'static str, what: &'static str) -> Result<Option<TableReader<'d, 'i>>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::Table(table) => Ok(Some(TableReader::new(self.document, table, value.span(), what))),
            other => Err(self.mismatch(key, "a table", other, value.span())),
        }
    }

    /// The tables of `[[key]]`.
    pub(super) fn tables(&mut self, key: &'static str, what: &'static str) -> Result<Vec<TableReader<'d, 'i>>> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let DeValue::Array(items) = value.get_ref() else {
            return Err(self.mismatch(key, "an array of tables, `[[…]]`", value.get_ref(), value.span()));
        };
        items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::Table(table) => Ok(TableReader::new(self.document, table, item.span(), what)),
                other => Err(self.mismatch(key, "a table", other, item.span())),
            })
            .collect()
    }

    /// An error at a place of this document.
    pub(super) fn error(&self, span: &Range<usize>, message: impl Into<String>) -> RuleError {
        self.document.error(span, message)
    }

    /// A reader of a table of the same document.
    pub(super) fn nested(&self, table: &'d DeTable<'i>, span: Range<usize>, what: &'static str) -> Self {
        TableReader::new(self.document, table, span, what)
    }

    /// Rejects keys that nobody asked for.
    pub(super) fn finish(self) -> Result<()> {
        let unknown = self
            .table
            .keys()
            .filter(|key| !self.asked.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        let Some(key) = unknown else { return Ok(()) };
        let near = near(key.get_ref(), &self.asked);
        let message = match near.is_empty() {
            true => format!("unknown key `{}` in {}: expected {}", key.get_ref(), self.what, one_of(&self.asked)),
            false => format!("unknown key `{}` in {}{near}", key.get_ref(), self.what),
        };
        Err(self.document.error(&key.span(), message))
    }

    fn mismatch(&self, key: &str, expected: &str, found: &DeValue<'_>, span: Range<usize>) -> RuleError {
        self.document.error(&span, format!("`{key}`: expected {expected}, found {}", found.type_str()))
    }
}

fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [only] => only.clone(),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

/// ": did you mean …?" for the nearest of the names, or nothing where none is near.
pub(super) fn near(word: &str, names: &[&str]) -> String {
    let nearest = names.iter().map(|name| (distance(word, name), name)).min();
    match nearest {
        Some((distance, name)) if distance <= 1 + name.len() / 4 => format!(" (did you mean `{name}`?)"),
        _ => String::new(),
    }
}

/// Edit distance where two neighbours that changed places count once (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().take(64).collect(), right.chars().take(64).collect());
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    rows[0] = (0..=right.len()).collect();
    for i in 1..=left.len() {
        rows[i][0] = i;
        for j in 1..=right.len() {
            let changed = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            rows[i][j] = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                rows[i][j] = rows[i][j].min(rows[i - 2][j - 2] + 1);
            }
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        assert_eq!(near("lanugages", &["languages", "strength"]), " (did you mean `languages`?)");
        assert_eq!(near("colour", &["languages", "strength"]), "");
    }

    #[test]
    fn columns_count_characters() {
        let document = Document { file: "x.toml".into(), text: "a = 1\nwhy = \"äöü\" extra" };
        assert_eq!(document.place(document.text.find("extra").unwrap()), (2, 13));
    }
}
