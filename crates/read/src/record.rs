//! Records of named fields (JSON, CSV, Parquet) as documents.

use dechaff_document::{Body, CharsetHint, CharsetOrigin, LimitHit, MediaType, RawDocument, Source};
use serde_json::Value;

use crate::{
    Loaded, OverLimit, Settings,
    html::{Markup, markup},
};

/// A record: its fields in their order.
#[derive(Debug, Default)]
pub(crate) struct Row(pub(crate) Vec<(String, Cell)>);

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Bytes(Vec<u8>),
    /// Anything else, as JSON text.
    Json(String),
}

impl Row {
    /// The document that the record holds, by the fields that the settings name.
    pub(crate) fn into_document(mut self, mut source: Source, settings: &Settings) -> Loaded {
        if let Some(url) = self.text_of(&settings.url_fields) {
            source.url = Some(url);
        }
        if let Some(id) = self.text_of(&settings.id_fields) {
            source.relative.set_file_name(file_name(&id, source.offset));
            source.id = id;
        }
        let html = self.take(&settings.html_fields);
        let is_html = html.is_some();
        let named = || settings.html_fields.iter().chain(&settings.text_fields);
        let value = html.or_else(|| self.take(&settings.text_fields)).or_else(|| {
            // A record whose text is empty is an empty document, not a broken record.
            let place = self.0.iter().position(|(field, cell)| cell.is_empty() && named().any(|name| name == field))?;
            self.0.remove(place);
            Some(Cell::Text(String::new()))
        });
        let Some(value) = value else {
            let message = match self.0.is_empty() {
                true => "the record has no fields".to_owned(),
                false => format!("no field of HTML or text among {}", self.names()),
            };
            return Loaded::Failed { source, message };
        };
        let body = match value {
            Cell::Text(text) => Body::Text(text),
            Cell::Bytes(bytes) => Body::Bytes(bytes),
            Cell::Json(_) => unreachable!("a document is text or bytes"),
        };
        let media = match is_html || markup(body.as_bytes()) == Markup::Document {
            true => MediaType::Html,
            false => MediaType::Text,
        };
        let fields = self.0.into_iter().filter(|(name, _)| is_passed_on(name, settings));
        let fields = fields.map(|(name, cell)| (name, cell.into_json())).collect();
        let document = RawDocument { source, media, charset: charset(settings), body, limits: Vec::new(), fields };
        within_limit(document, settings)
    }

    /// Bytes that the record keeps in memory, names aside.
    pub(crate) fn held_bytes(&self) -> usize {
        let bytes = |cell: &Cell| match cell {
            Cell::Text(text) | Cell::Json(text) => text.len(),
            Cell::Bytes(bytes) => bytes.len(),
        };
        self.0.iter().map(|(_, cell)| bytes(cell)).sum()
    }

    /// Removes the first of these fields that holds text or bytes.
    fn take(&mut self, names: &[String]) -> Option<Cell> {
        for name in names {
            // Objects, lists and numbers are no documents, whatever they are called.
            if let Some(place) = self.place(name).filter(|place| !matches!(self.0[*place].1, Cell::Json(_))) {
                return Some(self.0.remove(place).1);
            }
            if let Some(text) = self.nested(name) {
                return Some(Cell::Text(text));
            }
        }
        None
    }

    /// The first of these fields that holds anything, as text; it stays where it is.
    fn text_of(&self, names: &[String]) -> Option<String> {
        names.iter().find_map(|name| match self.place(name).map(|place| &self.0[place].1) {
            Some(Cell::Text(text)) => Some(text.clone()),
            Some(Cell::Bytes(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
            // An id may be a number; an object or a list is none.
            Some(Cell::Json(json)) if !json.starts_with(['{', '[']) => Some(json.clone()),
            _ => self.nested(name),
        })
    }

    /// Where a field stands that is neither null nor empty.
    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(field, cell)| field == name && !cell.is_empty())
    }

    /// The text at a path of dots inside an object.
    fn nested(&self, path: &str) -> Option<String> {
        let (outer, inner) = path.split_once('.')?;
        let Some((_, Cell::Json(json))) = self.0.iter().find(|(field, _)| field == outer) else { return None };
        let object: Value = serde_json::from_str(json).ok()?;
        let value = inner.split('.').try_fold(&object, |value, key| value.get(key))?;
        match value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The names of the fields, for a message.
    fn names(&self) -> String {
        let mut names: Vec<&str> = self.0.iter().take(12).map(|(name, _)| name.as_str()).collect();
        if self.0.len() > names.len() {
            names.push("…");
        }
        names.join(", ")
    }
}

impl Cell {
    fn is_empty(&self) -> bool {
        match self {
            Cell::Text(text) => text.is_empty(),
            Cell::Bytes(bytes) => bytes.is_empty(),
            Cell::Json(json) => json == "null",
        }
    }

    fn into_json(self) -> String {
        match self {
            Cell::Text(text) => Value::String(text).to_string(),
            Cell::Bytes(bytes) => Value::String(String::from_utf8_lossy(&bytes).into_owned()).to_string(),
            Cell::Json(json) => json,
        }
    }
}

/// Says in the log which fields of a container's records are taken for what: by the first record, or by its columns.
pub(crate) fn log_fields(container: &str, fields: &[&str], settings: &Settings) {
    let first = |names: &[String]| {
        let is_there =
            |name: &&String| fields.iter().any(|field| field == name || name.split('.').next() == Some(*field));
        names.iter().find(is_there).map_or("none", String::as_str).to_owned()
    };
    tracing::info!(
        target: "read",
        container,
        html = first(&settings.html_fields),
        text = first(&settings.text_fields),
        url = first(&settings.url_fields),
        id = first(&settings.id_fields),
        "fields of records",
    );
}

/// Whether a field of a record is passed on with the document.
pub(crate) fn is_passed_on(name: &str, settings: &Settings) -> bool {
    settings.metadata_fields.iter().any(|field| field == "*" || field == name)
}

/// The charset that the user set for all inputs.
pub(crate) fn charset(settings: &Settings) -> Option<CharsetHint> {
    (!settings.charset.is_empty())
        .then(|| CharsetHint { label: settings.charset.clone(), origin: CharsetOrigin::Setting })
}

/// The document, failed or cut where it is over `read.max-bytes`.
pub(crate) fn within_limit(document: RawDocument, settings: &Settings) -> Loaded {
    let over = document.body.as_bytes().len() as u64 > settings.max_bytes;
    at_limit(document, over, settings)
}

/// The document, failed or cut if it was found to be over `read.max-bytes`.
pub(crate) fn at_limit(mut document: RawDocument, over: bool, settings: &Settings) -> Loaded {
    if !over {
        return Loaded::Document(document);
    }
    match settings.over_limit {
        OverLimit::Fail => Loaded::Failed { source: document.source, message: over_limit_message(settings) },
        OverLimit::Cut => {
            let limit = usize::try_from(settings.max_bytes).unwrap_or(usize::MAX);
            match &mut document.body {
                Body::Bytes(bytes) => bytes.truncate(limit),
                Body::Text(text) => {
                    let boundary = (0..=limit.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
                    text.truncate(boundary.unwrap_or(0));
                }
            }
            document.limits.push(LimitHit { limit: "read.max-bytes".into(), value: settings.max_bytes });
            Loaded::Document(document)
        }
    }
}

/// Says that a document is over the limit.
pub(crate) fn over_limit_message(settings: &Settings) -> String {
    format!("more than {} bytes (read.max-bytes)", settings.max_bytes)
}

/// A file name made of a record's id: letters, digits, dots, dashes and underscores stay. Where anything else had to go,
/// the offset keeps names apart.
pub(crate) fn file_name(id: &str, offset: Option<u64>) -> String {
    /// Names may be 255 bytes on most file systems; the offset and an extension must fit behind this.
    const LONGEST: usize = 200;
    let id = id.trim_start_matches('<').trim_end_matches('>');
    let id = id.strip_prefix("urn:uuid:").unwrap_or(id);
    let keeps = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_');
    let mut name: String = id.chars().map(|character| if keeps(character) { character } else { '_' }).collect();
    let mut exact = name == id && !name.starts_with('.');
    if name.starts_with('.') {
        name.replace_range(..1, "_");
    }
    if name.len() > LONGEST {
        let boundary = (0..=LONGEST).rev().find(|&at| name.is_char_boundary(at));
        name.truncate(boundary.unwrap_or(0));
        exact = false;
    }
    match offset {
        Some(offset) if !exact || name.is_empty() => format!("{name}-{offset}").trim_start_matches('-').to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_names_that_lead_nowhere() {
        assert_eq!(file_name("news-17.html", Some(5)), "news-17.html");
        assert_eq!(file_name("<urn:uuid:0c-1>", Some(5)), "0c-1");
        assert_eq!(file_name("../../etc/passwd", Some(5)), "_._.._etc_passwd-5");
        assert_eq!(file_name("https://site.example/a?b", Some(5)), "https___site.example_a_b-5");
        assert_eq!(file_name("", Some(5)), "5");
        assert!(file_name(&"é".repeat(400), Some(5)).len() < 220);
    }
}
