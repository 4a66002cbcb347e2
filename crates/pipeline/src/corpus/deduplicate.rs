//! `dechaff dedup`: documents compared as they are, without cleaning.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dechaff_dedup::near::Statistics;
use dechaff_dedup::{Exact, content_hash, raw_hash};
use dechaff_document::{Body, MediaType, RawDocument};
use dechaff_read::Loaded;
use dechaff_write::OutputDirectory;

use super::gather::Tools;
use super::{Evidence, Gathering, open_seen, scratch_in};
use crate::cleaner::Cleaner;
use crate::error::RunError;
use crate::job::Job;
use crate::reading::Reading;

/// Files in the output directory.
#[derive(Debug, Clone, Copy)]
pub struct DuplicateFiles;

impl DuplicateFiles {
    /// Ids of the documents that stay, one a line, in input order.
    pub const KEPT: &str = "kept.txt";
    /// `id<TAB>cluster` for every document; a document without copies is its own cluster.
    pub const CLUSTERS: &str = "clusters.tsv";
    /// One record a removal, see [`dechaff_dedup::settle`].
    pub const REMOVALS: &str = "duplicates.jsonl";
}

/// What `dechaff dedup` has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deduplicated {
    /// Documents with text.
    pub documents: u64,
    /// Documents without text: copies of nothing, and in no file.
    pub empty: u64,
    /// Inputs that could not be read, or are of no kind that is.
    pub unread: u64,
    /// Documents that stay.
    pub kept: u64,
    /// Clusters of two documents and more.
    pub clusters: u64,
    /// What was done to find near copies.
    pub near: Statistics,
}

/// Finds the duplicates among the inputs of a job and writes [`DuplicateFiles`]; `None` where it was stopped. Texts are
/// compared as they are; of HTML the text of all blocks.
///
/// # Errors
/// Inputs that cannot be named, an output that cannot be written.
pub fn deduplicate(
    cleaner: &Cleaner,
    job: &Job,
    output: &Path,
    stop: &AtomicBool,
) -> Result<Option<Deduplicated>, RunError> {
    let settings = &cleaner.settings().dedup;
    let directory = OutputDirectory::claim(output)?;
    let seen = job.seen.as_deref().map(|path| open_seen(path, settings)).transpose()?;
    let mut gathering = Gathering::new(settings, &scratch_in(Some(directory.state(""))))?;
    let tools = Tools::new(settings, seen.as_ref())?;
    let (empty, unread) = (AtomicU64::new(0), AtomicU64::new(0));
    let reading = Reading { cleaner, job, output: Some(directory.root()), stop };
    reading.each(
        |entry| match entry.load() {
            Loaded::Document(raw) => {
                let evidence = evidence(cleaner, raw, &tools).transpose();
                if matches!(evidence, Ok(None)) {
                    empty.fetch_add(1, Ordering::Relaxed);
                }
                evidence
            }
            Loaded::Skipped { .. } => Ok(None),
            Loaded::Unsupported { .. } | Loaded::Failed { .. } => {
                unread.fetch_add(1, Ordering::Relaxed);
                Ok(None)
            }
        },
        |evidence| gathering.add(evidence?),
    )?;
    if reading.stopped() {
        return Ok(None);
    }
    let (settlement, _) = gathering.settle(settings)?;
    let file = |name: &str| -> Result<(PathBuf, dechaff_write::AtomicFile), RunError> {
        let path = directory.root().join(name);
        let file =
            directory.create(Path::new(name)).map_err(|source| RunError::Output { path: path.clone(), source })?;
        Ok((path, file))
    };
    let sync = cleaner.settings().write.sync;
    let (kept_path, mut kept) = file(DuplicateFiles::KEPT)?;
    let (clusters_path, mut clusters) = file(DuplicateFiles::CLUSTERS)?;
    let (records_path, mut records) = file(DuplicateFiles::REMOVALS)?;
    let at = |path: PathBuf| move |source| RunError::Output { path, source };
    settlement
        .write_ids(BufWriter::new(&mut kept), BufWriter::new(&mut clusters))
        .map_err(at(directory.root().to_owned()))?;
    settlement.write_records(&mut records).map_err(at(records_path.clone()))?;
    kept.commit(sync).map_err(at(kept_path))?;
    clusters.commit(sync).map_err(at(clusters_path))?;
    records.commit(sync).map_err(at(records_path))?;
    if let Some(seen) = &seen {
        settlement.remember(seen)?;
    }
    let documents = u64::from(settlement.documents());
    Ok(Some(Deduplicated {
        documents,
        empty: empty.into_inner(),
        unread: unread.into_inner(),
        kept: documents - settlement.removed() as u64,
        clusters: settlement.clusters() as u64,
        near: settlement.statistics(),
    }))
}

/// The evidence of a document that was not cleaned; `None` where it has no text.
fn evidence(cleaner: &Cleaner, raw: RawDocument, tools: &Tools<'_>) -> Option<Result<Evidence, RunError>> {
    let settings = &cleaner.settings().dedup;
    let raw_sha256 = (settings.exact == Exact::Raw).then(|| raw_hash(raw.body.as_bytes()));
    let hash = |blocks: &[&str]| raw_sha256.unwrap_or_else(|| content_hash(blocks.iter().copied()));
    let plain = match (&raw.body, &raw.media) {
        (Body::Text(text), MediaType::Text) => Some(text.as_str()),
        (Body::Bytes(bytes), MediaType::Text) => std::str::from_utf8(bytes).ok(),
        (_, MediaType::Html) => None,
    };
    if let Some(text) = plain {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let date = date_in(&raw.fields);
        return (!lines.is_empty()).then(|| {
            let (id, text) = (&raw.source.id, || lines.iter().copied());
            Evidence::new(id, hash(&lines), text, date.as_deref(), &raw.fields, tools)
        });
    }
    let page = cleaner.segment(raw);
    let blocks: Vec<&str> = page.blocks.iter().map(|block| block.text.as_str()).collect();
    let date = page.metadata.modified.as_ref().or(page.metadata.published.as_ref()).map(|date| date.value.as_str());
    (!blocks.is_empty()).then(|| {
        let (id, text) = (&page.source.id, || blocks.iter().copied());
        Evidence::new(id, hash(&blocks), text, date, &page.fields, tools)
    })
}

/// The date of a record, from the fields that usually hold one.
fn date_in(fields: &[(String, String)]) -> Option<String> {
    let named = |name: &str| fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
    let (_, value) = ["modified", "date", "published", "timestamp"].into_iter().find_map(named)?;
    serde_json::from_str::<String>(value).ok()
}
