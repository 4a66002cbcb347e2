//! One row of the manifest: what became of one input. Documented in `docs/manifest.md`, with a JSON Schema beside it.

use std::{collections::BTreeMap, io, sync::Arc};

use dechaff_document::{EmptyReason, Encoding, JudgedPage, Label, LimitHit, Metadata, PageKind, Source};
use serde::{Deserialize, Serialize};

use crate::{Settings, title};

/// One row of `manifest.jsonl`. Every input has exactly one. Values that are unknown are left out of the JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the row's layout, see [`Record::SCHEMA`].
    pub schema: u32,
    /// The document's id.
    pub id: String,
    /// The input as the user would name it.
    pub input: String,
    /// Byte offset of the record inside its container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The output file, relative to the output directory, with `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// URL of the page: the reader's, else the page's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What became of the input.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What it was segmented as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<PageKind>,
    /// How its bytes became text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Expected word F1 of what is kept, 0 to 1, in steps of 0.0001.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// SHA-256 of the input's bytes, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_sha256: Option<String>,
    /// SHA-256 of the kept text in its normal form, without the title, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_sha256: Option<String>,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Language, see [`language`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Bytes of the input as read.
    #[serde(default)]
    pub bytes_in: u64,
    /// Bytes of the text written (before compression; of JSONL and Parquet, the `text` field).
    #[serde(default)]
    pub bytes_out: u64,
    /// Words of the page's blocks, see [`word_count`].
    #[serde(default)]
    pub words_in: u64,
    /// Words of the blocks kept.
    #[serde(default)]
    pub words_out: u64,
    /// Blocks kept and dropped.
    #[serde(default)]
    pub blocks: BlockCounts,
    /// Ids of the rules that decided a verdict, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Arc<str>>,
    /// What a reader of the manifest should look at, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Limits that were hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitHit>,
    /// Version of dechaff.
    pub dechaff: Arc<str>,
    /// Hash of the configuration.
    pub configuration: Arc<str>,
}

/// What became of an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Its text was written.
    Written,
    /// Its text is that of a document that was written.
    Duplicate {
        /// Id of the one that was kept.
        duplicate_of: String,
        /// Estimated similarity of a near duplicate, 0 to 1; absent if the kept texts are equal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        similarity: Option<f64>,
    },
    /// It holds no content.
    Empty {
        /// What it is instead.
        why: EmptyReason,
    },
    /// It is not a kind of document that dechaff reads.
    Unsupported {
        /// What it is, for example `PDF`.
        what: String,
    },
    /// It was passed over on purpose.
    Skipped {
        /// Why, for example `symbolic link`.
        why: String,
    },
    /// Something went wrong.
    Failed {
        /// What, and where.
        error: Failure,
    },
}

impl Outcome {
    /// The word that stands in the manifest.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Written => "written",
            Outcome::Duplicate { .. } => "duplicate",
            Outcome::Empty { .. } => "empty",
            Outcome::Unsupported { .. } => "unsupported",
            Outcome::Skipped { .. } => "skipped",
            Outcome::Failed { .. } => "failed",
        }
    }
}

/// What went wrong, and in which stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// `read`, `segment`, `strip`, `dedup` or `write`.
    pub stage: String,
    /// What happened.
    pub message: String,
}

/// Blocks kept and dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BlockCounts {
    /// Blocks kept.
    pub kept: u64,
    /// Blocks dropped, by category.
    pub dropped: BTreeMap<String, u64>,
}

/// What a reader of the manifest should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// Very little is left of a page that held much (`write.warn-words`).
    LittleTextLeft,
    /// The judging is unsure of the page (`write.warn-confidence`).
    LowConfidence,
    /// Decoding had to put in replacement characters.
    ReplacementCharacters,
    /// A limit cut something.
    LimitHit,
}

/// What every row of a run has in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Version of dechaff.
    pub dechaff: Arc<str>,
    /// Hash of the configuration.
    pub configuration: Arc<str>,
}

impl Record {
    /// Version of the row's layout. It is raised when a field changes its meaning or goes; new fields do not raise it.
    pub const SCHEMA: u32 = 1;

    /// A row that says no more than where the input came from and what became of it.
    pub fn new(source: &Source, outcome: Outcome, stamp: &Stamp) -> Record {
        Record {
            schema: Record::SCHEMA,
            id: source.id.clone(),
            input: source.input.clone(),
            offset: source.offset,
            output: None,
            url: source.url.clone(),
            outcome,
            kind: None,
            encoding: None,
            confidence: None,
            raw_sha256: None,
            content_sha256: None,
            title: None,
            language: None,
            bytes_in: 0,
            bytes_out: 0,
            words_in: 0,
            words_out: 0,
            blocks: BlockCounts::default(),
            rules: Vec::new(),
            warnings: Vec::new(),
            limits: Vec::new(),
            dechaff: stamp.dechaff.clone(),
            configuration: stamp.configuration.clone(),
        }
    }

    /// A row of a page that was judged: all but output, hashes, and bytes in and out, which the page does not know.
    pub fn of_page(judged: &JudgedPage, outcome: Outcome, stamp: &Stamp, settings: &Settings) -> Record {
        let page = &judged.page;
        let mut record = Record::new(&page.source, outcome, stamp);
        record.url = record.url.or_else(|| page.metadata.url.as_ref().map(|url| url.value.clone()));
        record.kind = Some(page.kind);
        record.encoding = Some(page.encoding.clone());
        record.confidence = Some((f64::from(judged.confidence) * 1e4).round() / 1e4);
        record.title = title(judged).map(str::to_owned);
        record.language = language(&page.metadata);
        for (_, block, verdict) in judged.blocks() {
            let words = word_count(&block.text);
            record.words_in += words;
            match &verdict.label {
                Label::Content | Label::Comment => {
                    record.words_out += words;
                    record.blocks.kept += 1;
                }
                Label::Chrome(category) => match record.blocks.dropped.get_mut(category.as_str()) {
                    Some(count) => *count += 1,
                    None => drop(record.blocks.dropped.insert(category.as_str().to_owned(), 1)),
                },
            }
        }
        record.rules = judged.fired.clone();
        record.limits = page.limits.clone();
        record.warnings = warnings(judged, &record, settings);
        record
    }

    /// The row as one line of JSON with its line end.
    pub fn write_to(&self, out: &mut impl io::Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// The language of a page: the detected one where the detector is at least half sure, else the declared one (its
/// first part: `en` of `en-GB`), else the detected one all the same. Declarations come with a site's template and are
/// often wrong for the page; short texts mislead detectors.
pub fn language(metadata: &Metadata) -> Option<String> {
    let declared = metadata.language.as_ref().and_then(|found| {
        let primary = found.value.split(['-', '_']).next()?.trim().to_ascii_lowercase();
        (2..=3).contains(&primary.len()).then_some(primary)
    });
    match (&metadata.detected_language, declared) {
        (Some((detected, confidence)), _) if *confidence >= 500 => Some(detected.clone()),
        (_, Some(declared)) => Some(declared),
        (detected, None) => detected.as_ref().map(|(detected, _)| detected.clone()),
    }
}

/// Words of a text: runs of letters, digits and underscores.
///
/// ```
/// assert_eq!(dechaff_write::word_count("It's 9 o'clock."), 5);
/// ```
pub fn word_count(text: &str) -> u64 {
    if text.is_ascii() {
        return ascii_word_count(text.as_bytes());
    }
    let mut words = 0;
    let mut inside = false;
    for c in text.chars() {
        let in_word = c.is_alphanumeric() || c == '_';
        words += u64::from(in_word && !inside);
        inside = in_word;
    }
    words
}

/// [`word_count`] of ASCII, without a branch for each byte: a word begins where one of its bytes follows another.
fn ascii_word_count(bytes: &[u8]) -> u64 {
    let Some((first, rest)) = bytes.split_first() else { return 0 };
    let in_word = |byte: u8| ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'0') < 10) | (byte == b'_');
    let mut words = u64::from(in_word(*first));
    // No more begin among 255 bytes than a byte can count.
    for (before, here) in bytes.chunks(255).zip(rest.chunks(255)) {
        let begin = |count: u8, (before, here): (&u8, &u8)| count + u8::from(in_word(*here) & !in_word(*before));
        words += u64::from(before.iter().zip(here).fold(0, begin));
    }
    words
}

fn warnings(judged: &JudgedPage, record: &Record, settings: &Settings) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if record.words_out < settings.warn_words && record.words_in >= settings.warn_words.saturating_mul(10) {
        warnings.push(Warning::LittleTextLeft);
    }
    if judged.confidence < settings.warn_confidence {
        warnings.push(Warning::LowConfidence);
    }
    if judged.page.encoding.replacements > 0 {
        warnings.push(Warning::ReplacementCharacters);
    }
    if !judged.page.limits.is_empty() {
        warnings.push(Warning::LimitHit);
    }
    warnings
}

#[cfg(test)]
mod tests {
    use dechaff_document::{Found, Origin};
    use serde_json::Value;

    use super::*;
    use crate::{format::tests::page, settings::defaults};

    #[test]
    fn words_of_ascii_are_counted_as_those_of_any_text() {
        let text = "a_1 -- Zz[`{@9 '_' x ".repeat(40);
        for start in 0..30 {
            let ascii = &text[start..];
            assert_eq!(word_count(&format!("{ascii} é")), word_count(ascii) + 1, "{ascii}");
        }
        assert_eq!(word_count(""), 0);
    }

    fn stamp() -> Stamp {
        Stamp { dechaff: "0.1.0".into(), configuration: "c0ffee".into() }
    }

    /// A row of every outcome, and one with every field set.
    fn rows() -> Vec<Record> {
        let source = Source { id: "a/b.html".into(), input: "in/a/b.html".into(), ..Source::default() };
        let outcomes = [
            Outcome::Duplicate { duplicate_of: "a/a.html".into(), similarity: Some(0.93) },
            Outcome::Duplicate { duplicate_of: "a/a.html".into(), similarity: None },
            Outcome::Empty { why: EmptyReason::AllChrome },
            Outcome::Unsupported { what: "PDF".into() },
            Outcome::Skipped { why: "symbolic link".into() },
            Outcome::Failed { error: Failure { stage: "read".into(), message: "permission denied".into() } },
        ];
        let mut rows: Vec<Record> =
            outcomes.into_iter().map(|outcome| Record::new(&source, outcome, &stamp())).collect();
        let mut judged = page(&format!("- p {}\n- p Home\n+ p It rained.", "menu ".repeat(300)));
        judged.confidence = 0.123456;
        judged.fired = vec!["nav.menu".into()];
        judged.page.source = source;
        judged.page.encoding = Encoding { name: "UTF-8".into(), replacements: 2, ..Encoding::default() };
        judged.page.limits = vec![LimitHit { limit: "segment.max-depth".into(), value: 500 }];
        judged.page.metadata.title = Some(Found::new("Rain", Origin::JsonLd));
        judged.page.metadata.url = Some(Found::new("https://example.org/rain", Origin::Link));
        judged.page.metadata.detected_language = Some(("en".into(), 990));
        let mut full = Record::of_page(&judged, Outcome::Written, &stamp(), &defaults());
        full.offset = Some(12);
        full.output = Some("a/b.txt".into());
        full.raw_sha256 = Some("0".repeat(64));
        full.content_sha256 = Some("f".repeat(64));
        rows.push(full);
        rows
    }

    #[test]
    fn a_row_tells_what_became_of_a_page() {
        let row = rows().pop().unwrap();
        assert_eq!((row.words_in, row.words_out, row.blocks.kept), (303, 2, 1));
        assert_eq!(row.blocks.dropped["other"], 2);
        assert_eq!(row.confidence, Some(0.1235));
        assert_eq!(row.url.as_deref(), Some("https://example.org/rain"));
        let all = [Warning::LittleTextLeft, Warning::LowConfidence, Warning::ReplacementCharacters, Warning::LimitHit];
        assert_eq!(row.warnings, all);
    }

    #[test]
    fn rows_come_back_from_their_json() {
        for row in rows() {
            let mut line = Vec::new();
            row.write_to(&mut line).unwrap();
            assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
            assert_eq!(serde_json::from_slice::<Record>(&line).unwrap(), row);
        }
    }

    #[test]
    fn rows_obey_the_published_schema() {
        let schema: Value = serde_json::from_str(include_str!("../../../docs/manifest.schema.json")).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for row in rows() {
            let value = serde_json::to_value(&row).unwrap();
            seen.extend(value.as_object().unwrap().keys().cloned());
            if let Err(message) = check(&schema, &value) {
                panic!("{message}\n{value:#}");
            }
        }
        let listed: std::collections::BTreeSet<String> =
            schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(seen, listed, "fields of the rows and of the schema");
        let mut wrong = serde_json::to_value(&rows()[0]).unwrap();
        wrong["outcome"] = "lost".into();
        assert!(check(&schema, &wrong).is_err());
        wrong["outcome"] = "failed".into();
        assert!(check(&schema, &wrong).is_err(), "a failed row must say its error");
    }

    /// The part of JSON Schema that the manifest's schema uses.
    fn check(schema: &Value, value: &Value) -> Result<(), String> {
        for (keyword, wanted) in schema.as_object().unwrap() {
            let holds = match keyword.as_str() {
                "type" => match wanted.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_u64(),
                    "number" => value.is_number(),
                    other => return Err(format!("type {other} is not known to this check")),
                },
                "enum" => wanted.as_array().unwrap().contains(value),
                "const" => wanted == value,
                "minimum" => value.as_f64() >= wanted.as_f64(),
                "maximum" => value.as_f64() <= wanted.as_f64(),
                "minLength" => value.as_str().map(str::len) >= wanted.as_u64().map(|length| length as usize),
                "maxLength" => value.as_str().map(str::len) <= wanted.as_u64().map(|length| length as usize),
                "required" => wanted.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
                "additionalProperties" => match wanted {
                    Value::Bool(false) => {
                        let listed = schema["properties"].as_object().unwrap();
                        value.as_object().unwrap().keys().all(|key| listed.contains_key(key))
                    }
                    each => value.as_object().unwrap().values().try_for_each(|value| check(each, value)).is_ok(),
                },
                "properties" => {
                    for (key, schema) in wanted.as_object().unwrap() {
                        if let Some(value) = value.get(key) {
                            check(schema, value).map_err(|message| format!("{key}: {message}"))?;
                        }
                    }
                    true
                }
                "items" => value.as_array().unwrap().iter().try_for_each(|item| check(wanted, item)).is_ok(),
                "allOf" => wanted.as_array().unwrap().iter().try_for_each(|each| check(each, value)).is_ok(),
                "if" => check(wanted, value).is_err() || check(&schema["then"], value).is_ok(),
                "then" | "description" | "title" | "$schema" | "$id" => true,
                other => return Err(format!("keyword {other} is not known to this check")),
            };
            if !holds {
                return Err(format!("{value} breaks {keyword} {wanted}"));
            }
        }
        Ok(())
    }

    #[test]
    fn the_surer_witness_tells_the_language() {
        let told = |declared: Option<&str>, detected: Option<(&str, u16)>| {
            language(&Metadata {
                language: declared.map(|value| Found::new(value, Origin::LangAttribute)),
                detected_language: detected.map(|(code, confidence)| (code.to_owned(), confidence)),
                ..Metadata::default()
            })
        };
        assert_eq!(told(Some("en-GB"), None).as_deref(), Some("en"));
        assert_eq!(told(Some("en"), Some(("uk", 990))).as_deref(), Some("uk"));
        assert_eq!(told(Some("de"), Some(("nl", 120))).as_deref(), Some("de"));
        assert_eq!(told(Some("{{lang}}"), Some(("nl", 120))).as_deref(), Some("nl"));
        assert_eq!(told(None, None), None);
    }
}
