//! One entry through read, segment and strip, to what settling needs: its row and its text.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use dechaff_dedup::{Exact, Hash, raw_hash};
use dechaff_document::{EmptyReason, JudgedPage, RawDocument, Source};
use dechaff_read::{Entry, Loaded};
use dechaff_write::{Dropped, Failure, Outcome, Record};

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

/// Loads and cleans an entry, or takes over the row of an earlier run where nothing changed. Never panics: a panic inside
/// becomes the document's own `failed` row.
pub(crate) fn process(cleaner: &Cleaner, entry: Entry, previous: &Previous, corpus: &Corpus) -> Processed {
    let started = Instant::now();
    let source = entry.source.clone();
    let loaded = guarded("read", || entry.load());
    let seconds = [started.elapsed().as_secs_f64(), 0.0, 0.0];
    let (source, outcome) = match loaded {
        Ok(Loaded::Document(raw)) => {
            let raw_sha256 = raw_hash(raw.body.as_bytes());
            return match previous.row(&raw.source, &raw_sha256, came_with(&raw)) {
                Some(row) => reuse(cleaner, row, raw, seconds),
                None => clean(cleaner, raw, started, corpus),
            };
        }
        Ok(Loaded::Unsupported { source, what }) => (source, Outcome::Unsupported { what }),
        Ok(Loaded::Skipped { source, why }) => (source, Outcome::Skipped { why }),
        Ok(Loaded::Failed { source, message }) => (source, failed("read", message)),
        Err(outcome) => (source, outcome),
    };
    let record = Record::new(&source, outcome, cleaner.stamp());
    Processed { record, key: None, document: None, dropped: Vec::new(), reused: None, came_with: 0, source, seconds }
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

/// Cleans a document that was read, started at `started`.
pub(crate) fn clean(cleaner: &Cleaner, raw: RawDocument, started: Instant, corpus: &Corpus) -> Processed {
    let settings = cleaner.settings();
    let read = started.elapsed().as_secs_f64();
    let source = raw.source.clone();
    let raw_sha256 = raw_hash(raw.body.as_bytes());
    let bytes_in = raw.body.as_bytes().len() as u64;
    let came_with = came_with(&raw);
    let late =
        || settings.pipeline.max_seconds > 0.0 && started.elapsed().as_secs_f64() > settings.pipeline.max_seconds;
    let too_late =
        |stage| failed(stage, format!("took longer than pipeline.max-seconds = {}", settings.pipeline.max_seconds));
    let mut seconds = [read, 0.0, 0.0];
    let result = guarded("segment", || cleaner.segment(raw))
        .and_then(|page| if late() { Err(too_late("segment")) } else { Ok(page) })
        .and_then(|mut page| {
            guarded("strip", || {
                corpus.apply(&mut page);
                cleaner.judge_page(page)
            })
        })
        .and_then(|judged| if late() { Err(too_late("strip")) } else { Ok(judged) });
    seconds[1] = started.elapsed().as_secs_f64() - read;
    let result = result.and_then(|judged| {
        guarded("write", || {
            // What is a copy of what does not depend on the paragraphs that go.
            let content = kept_hash(&judged);
            let judged = corpus.without_repeated(&judged).unwrap_or(judged);
            let text = if content.is_some() { cleaner.render(&judged) } else { String::new() };
            (judged, content, text)
        })
    });
    seconds[2] = started.elapsed().as_secs_f64() - seconds[1] - read;
    let mut dropped = Vec::new();
    let (mut record, key, document) = match result {
        Err(outcome) => (Record::new(&source, outcome, cleaner.stamp()), None, None),
        Ok((judged, Some(content), text)) if judged.empty.is_none() && judged.content().next().is_some() => {
            let mut record = Record::of_page(&judged, Outcome::Written, cleaner.stamp(), &settings.write);
            record.content_sha256 = Some(hex(&content));
            record.bytes_out = text.len() as u64;
            let key = match settings.dedup.exact {
                Exact::Content => Some(content),
                Exact::Raw => Some(raw_sha256),
                Exact::Off => None,
            };
            (record, key, Some(Box::new(Document { judged, text })))
        }
        Ok((judged, ..)) => {
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
    record.raw_sha256 = Some(hex(&raw_sha256));
    record.bytes_in = bytes_in;
    Processed { record, key, document, dropped, reused: None, came_with, source, seconds }
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
