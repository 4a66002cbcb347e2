//! One entry through read, segment and strip, to what settling needs: its row and its text.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use dechaff_dedup::{Exact, Hash, raw_hash};
use dechaff_document::{EmptyReason, JudgedPage, RawDocument, Source};
use dechaff_read::{Entry, Loaded};
use dechaff_write::{Dropped, Failure, Outcome, Record};
use serde::{Deserialize, Serialize};

use crate::cleaner::{Cleaner, hex, kept_hash};
use crate::corpus::Corpus;
use crate::run::{Previous, PreviousRow, Spot, key_of};

/// What became of an entry before anyone looked at the other documents.
#[derive(Debug)]
pub(crate) struct Processed {
    /// The row. Its outcome is `written` where there is text to write; settling may still make it a duplicate.
    pub record: Record,
    /// What names its copies, by the setting `dedup.exact`; `None` where copies are not looked for.
    pub key: Option<Hash>,
    /// Present where there is text to write.
    pub document: Option<Box<Document>>,
    /// What was dropped, as a line, where there is no document to write (`write.keep-dropped`).
    pub dropped: Vec<u8>,
    /// Where the row of an earlier run was taken over in place of cleaning the document.
    pub reused: Option<Box<Reused>>,
    /// A hash of what came with the document beside its bytes.
    pub came_with: u64,
    /// Where it came from.
    pub source: Source,
    /// Seconds in reading, segmenting and judging, rendering.
    pub seconds: [f64; 3],
}

/// A document with text to write.
#[derive(Debug)]
pub(crate) struct Document {
    /// The page and its verdicts.
    pub judged: JudgedPage,
    /// The kept text in the output's markup.
    pub text: String,
}

/// A document whose row was taken over.
#[derive(Debug)]
pub(crate) struct Reused {
    /// The document, should its text be needed after all.
    pub raw: RawDocument,
    /// Its line in the file of documents.
    pub documents: Option<Spot>,
    /// Its line in the file of what was dropped.
    pub dropped: Option<Spot>,
}

/// A document as far as it is known without the others: the page with its verdicts. What repeats on its site is among
/// the evidence already.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Judgement {
    /// Where it came from.
    pub source: Source,
    /// SHA-256 of its bytes, and how many they are; `None` where it could not be read.
    pub raw: Option<(Hash, u64)>,
    /// A hash of what came with the document beside its bytes, see [`came_with`].
    pub came_with: u64,
    /// The page, or what became of the input.
    #[serde(with = "page_or_outcome")]
    pub page: Result<JudgedPage, Outcome>,
    /// Hash of the kept text; `None` where nothing is kept.
    pub content: Option<Hash>,
    /// Seconds in reading, and in segmenting and judging.
    pub seconds: [f64; 2],
}

/// Loads and cleans an entry, or takes over the row of an earlier run where nothing changed. Never panics: a panic inside
/// becomes the document's own `failed` row.
pub(crate) fn process(cleaner: &Cleaner, entry: Entry, previous: &Previous, corpus: &Corpus) -> Processed {
    let started = Instant::now();
    match load(entry, started) {
        Ok(raw) => {
            let raw_sha256 = raw_hash(raw.body.as_bytes());
            match previous.row(&raw.source, &raw_sha256, came_with(&raw)) {
                Some(row) => reuse(cleaner, row, raw, [started.elapsed().as_secs_f64(), 0.0, 0.0]),
                None => finish(cleaner, judge(cleaner, raw, raw_sha256, started, corpus), corpus),
            }
        }
        Err(judgement) => finish(cleaner, *judgement, corpus),
    }
}

/// Loads and judges an entry. As [`process`], without what depends on the other documents.
pub(crate) fn judge_entry(cleaner: &Cleaner, entry: Entry, corpus: &Corpus) -> Judgement {
    let started = Instant::now();
    match load(entry, started) {
        Ok(raw) => {
            let raw_sha256 = raw_hash(raw.body.as_bytes());
            judge(cleaner, raw, raw_sha256, started, corpus)
        }
        Err(judgement) => *judgement,
    }
}

/// Cleans a document that was read, started at `started`.
pub(crate) fn clean(cleaner: &Cleaner, raw: RawDocument, started: Instant, corpus: &Corpus) -> Processed {
    let raw_sha256 = raw_hash(raw.body.as_bytes());
    finish(cleaner, judge(cleaner, raw, raw_sha256, started, corpus), corpus)
}

/// The document, or the judgement of what is none.
fn load(entry: Entry, started: Instant) -> Result<RawDocument, Box<Judgement>> {
    let source = entry.source.clone();
    let (source, outcome) = match guarded("read", || entry.load()) {
        Ok(Loaded::Document(raw)) => return Ok(raw),
        Ok(Loaded::Unsupported { source, what }) => (source, Outcome::Unsupported { what }),
        Ok(Loaded::Skipped { source, why }) => (source, Outcome::Skipped { why }),
        Ok(Loaded::Failed { source, message }) => (source, failed("read", message)),
        Err(outcome) => (source, outcome),
    };
    Err(Box::new(Judgement::without_page(source, outcome, started.elapsed().as_secs_f64())))
}

/// The row of an earlier run, whose outcome is settled anew.
fn reuse(cleaner: &Cleaner, row: PreviousRow, raw: RawDocument, seconds: [f64; 3]) -> Processed {
    let PreviousRow { record, documents, dropped } = row;
    let key = key_of(&record, cleaner.settings().dedup.exact);
    let (source, came_with) = (raw.source.clone(), came_with(&raw));
    let reused = Some(Box::new(Reused { raw, documents, dropped }));
    Processed { record, key, document: None, dropped: Vec::new(), source, reused, came_with, seconds }
}

/// A hash of what a document brings along beside its bytes, and which can change its text or its row: URL, media type,
/// charset, fields of its record.
pub(crate) fn came_with(raw: &RawDocument) -> u64 {
    let hint = raw.charset.as_ref().map(|hint| (&hint.label, hint.origin));
    let hash = raw_hash(format!("{:?} {:?} {hint:?} {:?}", raw.source.url, raw.media, raw.fields).as_bytes());
    u64::from_le_bytes(hash[..8].try_into().expect("eight bytes"))
}

/// Segments and judges a document that was read, started at `started`.
fn judge(cleaner: &Cleaner, raw: RawDocument, raw_sha256: Hash, started: Instant, corpus: &Corpus) -> Judgement {
    let settings = cleaner.settings();
    let read = started.elapsed().as_secs_f64();
    let source = raw.source.clone();
    let bytes = raw.body.as_bytes().len() as u64;
    let came_with = came_with(&raw);
    let late =
        || settings.pipeline.max_seconds > 0.0 && started.elapsed().as_secs_f64() > settings.pipeline.max_seconds;
    let too_late =
        |stage| failed(stage, format!("took longer than pipeline.max-seconds = {}", settings.pipeline.max_seconds));
    let page = guarded("segment", || cleaner.segment(raw))
        .and_then(|page| if late() { Err(too_late("segment")) } else { Ok(page) })
        .and_then(|mut page| {
            guarded("strip", || {
                corpus.apply(&mut page);
                cleaner.judge_page(page)
            })
        })
        .and_then(|judged| if late() { Err(too_late("strip")) } else { Ok(judged) });
    // What is a copy of what does not depend on the paragraphs that go later.
    let (page, content) = match page.and_then(|judged| guarded("dedup", || (kept_hash(&judged), judged))) {
        Ok((content, judged)) => (Ok(judged), content),
        Err(outcome) => (Err(outcome), None),
    };
    let seconds = [read, started.elapsed().as_secs_f64() - read];
    Judgement { source, raw: Some((raw_sha256, bytes)), came_with, page, content, seconds }
}

/// Renders a judged document and writes its row. Whether it is a copy of another is settled later.
pub(crate) fn finish(cleaner: &Cleaner, judgement: Judgement, corpus: &Corpus) -> Processed {
    let started = Instant::now();
    let settings = cleaner.settings();
    let Judgement { source, raw, came_with, page, content, seconds: [read, judge] } = judgement;
    let result = page.and_then(|judged| {
        guarded("write", || {
            let judged = corpus.without_repeated(&judged).unwrap_or(judged);
            let text = if content.is_some() { cleaner.render(&judged) } else { String::new() };
            (judged, text)
        })
    });
    let mut dropped = Vec::new();
    let (mut record, key, document) = match (result, content) {
        (Err(outcome), _) => (Record::new(&source, outcome, cleaner.stamp()), None, None),
        (Ok((judged, text)), Some(content)) if judged.empty.is_none() && judged.content().next().is_some() => {
            let mut record = Record::of_page(&judged, Outcome::Written, cleaner.stamp(), &settings.write);
            record.content_sha256 = Some(hex(&content));
            record.bytes_out = text.len() as u64;
            let key = match settings.dedup.exact {
                Exact::Content => Some(content),
                Exact::Raw => raw.map(|(sha256, _)| sha256),
                Exact::Off => None,
            };
            (record, key, Some(Box::new(Document { judged, text })))
        }
        (Ok((judged, _)), _) => {
            let why = judged.empty.unwrap_or(match judged.page.blocks.is_empty() {
                true => EmptyReason::NoText,
                false => EmptyReason::AllChrome,
            });
            let outcome = Outcome::Empty { why };
            if settings.write.keep_dropped
                && let Some(found) = Dropped::whole(&judged, outcome.name())
            {
                found.write_to(&mut dropped).expect("writing to memory");
            }
            (Record::of_page(&judged, outcome, cleaner.stamp(), &settings.write), None, None)
        }
    };
    if let Some((sha256, bytes)) = raw {
        record.raw_sha256 = Some(hex(&sha256));
        record.bytes_in = bytes;
    }
    let seconds = [read, judge, started.elapsed().as_secs_f64()];
    Processed { record, key, document, dropped, reused: None, came_with, source, seconds }
}

impl Judgement {
    /// Of an input that is no page, or could not be read.
    pub fn without_page(source: Source, outcome: Outcome, seconds: f64) -> Judgement {
        Judgement { source, raw: None, came_with: 0, page: Err(outcome), content: None, seconds: [seconds, 0.0] }
    }
}

/// An outcome names its kind in a field of its own, which only formats that describe themselves can read: as JSON.
mod page_or_outcome {
    use dechaff_document::JudgedPage;
    use dechaff_write::Outcome;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    pub(super) fn serialize<S: Serializer>(
        page: &Result<JudgedPage, Outcome>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match page {
            Ok(page) => Ok(page),
            Err(outcome) => Err(serde_json::to_string(outcome).map_err(ser::Error::custom)?),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Result<JudgedPage, Outcome>, D::Error> {
        match Result::<JudgedPage, String>::deserialize(deserializer)? {
            Ok(page) => Ok(Ok(page)),
            Err(outcome) => serde_json::from_str(&outcome).map(Err).map_err(de::Error::custom),
        }
    }
}

fn failed(stage: &str, message: impl Into<String>) -> Outcome {
    Outcome::Failed { error: Failure { stage: stage.to_owned(), message: message.into() } }
}

/// Runs a step of one document; a panic becomes its outcome.
pub(crate) fn guarded<T>(stage: &'static str, step: impl FnOnce() -> T) -> Result<T, Outcome> {
    catch_unwind(AssertUnwindSafe(step)).map_err(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        failed(stage, format!("panic: {message}"))
    })
}
