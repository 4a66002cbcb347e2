//! Gathering what is needed of every document to settle which copies stay, and settling it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use dechaff_dedup::near::{Clusters, NearIndex, Sketch, Sketcher, Statistics};
use dechaff_dedup::paragraph::{ParagraphIndex, RepeatedParagraphs, paragraph_keys};
use dechaff_dedup::seen::{KeptDocument, Seen};
use dechaff_dedup::settle::{
    Candidate, Cluster, Match, ParagraphKind, ParagraphRemoval, Removal, settle, write_records,
};
use dechaff_dedup::{Exact, ExactIndex, Hash, Keep, Measure, Settings, Spill};
use dechaff_write::{Outcome, title_block};
use rayon::prelude::*;

use super::scratch;
use crate::cleaner::hex;
use crate::error::RunError;
use crate::process::Judgement;

/// What is needed of a document to compare it with the others.
pub(crate) struct Evidence {
    known: Known,
    sketch: Option<Sketch>,
    paragraphs: Vec<u64>,
}

/// What is kept of every document while the others are read.
struct Known {
    /// Place among all documents of the job.
    number: u64,
    id: Box<str>,
    hash: Hash,
    length: u64,
    date: Option<Box<str>>,
    field: Option<f64>,
    seen: Option<Box<Match>>,
}

/// What every thread needs to make evidence.
pub(crate) struct Tools<'a> {
    settings: &'a Settings,
    sketcher: Option<Sketcher>,
    seen: Option<&'a Seen>,
}

/// All documents of a job, as far as they are compared.
pub(crate) struct Gathering {
    /// Documents of the job so far, those without text included.
    passed: u64,
    exact: Option<ExactIndex>,
    copies: Vec<(u32, u32)>,
    near: NearIndex,
    paragraphs: ParagraphIndex,
    known: Vec<Known>,
    seen: Vec<u32>,
}

/// Which copies stay.
pub(crate) struct Settlement {
    known: Vec<Known>,
    clusters: Vec<Cluster>,
    removals: Vec<Removal>,
    paragraph_removals: Vec<ParagraphRemoval>,
    statistics: Statistics,
    /// Sketches, as long as they may have to be remembered.
    near: Option<Clusters>,
}

impl<'a> Tools<'a> {
    pub fn new(settings: &'a Settings, seen: Option<&'a Seen>) -> Result<Tools<'a>, RunError> {
        let near = settings.near.measure != Measure::Off;
        let sketcher = near.then(|| Sketcher::new(&settings.near)).transpose()?;
        Ok(Tools { settings, sketcher, seen })
    }
}

impl Evidence {
    /// Of a judged page: its kept text without the title. `None` where nothing is kept.
    pub fn of_judgement(judgement: &Judgement, tools: &Tools<'_>) -> Result<Option<Evidence>, RunError> {
        let (Ok(judged), Some(content)) = (&judgement.page, judgement.content) else { return Ok(None) };
        if judged.empty.is_some() {
            return Ok(None);
        }
        let title = title_block(judged);
        let kept = || judged.content().filter(|(index, _)| Some(*index) != title).map(|(_, block)| block.text.as_str());
        let hash = match (tools.settings.exact, judgement.raw) {
            (Exact::Raw, Some((sha256, _))) => sha256,
            _ => content,
        };
        let date = judged.page.metadata.modified.as_ref().or(judged.page.metadata.published.as_ref());
        let date = date.map(|found| found.value.as_str());
        Evidence::new(&judged.page.source.id, hash, kept, date, &judged.page.fields, tools).map(Some)
    }

    /// Of a text, whole.
    pub fn new<'t, I: Iterator<Item = &'t str>>(
        id: &str,
        hash: Hash,
        text: impl Fn() -> I,
        date: Option<&str>,
        fields: &[(String, String)],
        tools: &Tools<'_>,
    ) -> Result<Evidence, RunError> {
        let settings = tools.settings;
        let sketch = tools.sketcher.as_ref().and_then(|sketcher| sketcher.sketch(text()));
        let seen = match tools.seen {
            Some(seen) => match (settings.exact != Exact::Off).then(|| seen.exact(&hash)).transpose()?.flatten() {
                Some(found) => Some(found),
                None => sketch.as_ref().map(|sketch| seen.near(sketch)).transpose()?.flatten(),
            },
            None => None,
        };
        let field = match &settings.keep {
            Keep::Highest(name) | Keep::Lowest(name) => number_in(fields, name),
            Keep::First | Keep::Longest | Keep::Newest => None,
        };
        let known = Known {
            number: 0,
            id: id.into(),
            hash,
            length: text().map(|block| block.chars().count() as u64).sum(),
            date: date.map(Into::into),
            field,
            seen: seen.map(Box::new),
        };
        Ok(Evidence { known, sketch, paragraphs: paragraph_keys(&settings.paragraph, text()) })
    }
}

impl Gathering {
    pub fn new(
        settings: &Settings,
        make: &Arc<dyn Fn() -> io::Result<File> + Send + Sync>,
    ) -> Result<Gathering, RunError> {
        let spill = || Spill::new(settings.memory, scratch(make));
        Ok(Gathering {
            passed: 0,
            exact: (settings.exact != Exact::Off).then(ExactIndex::default),
            copies: Vec::new(),
            near: NearIndex::new(&settings.near, spill())?,
            paragraphs: ParagraphIndex::new(&settings.paragraph, spill()),
            known: Vec::new(),
            seen: Vec::new(),
        })
    }

    /// Enters the next document of the job; `None` for one that has no text to compare.
    pub fn add(&mut self, evidence: Option<Evidence>) -> Result<(), RunError> {
        let number = self.passed;
        self.passed += 1;
        let Some(Evidence { mut known, sketch, paragraphs }) = evidence else { return Ok(()) };
        let document = self.known.len() as u32;
        known.number = number;
        let copy_of = self.exact.as_mut().and_then(|index| index.insert(known.hash, u64::from(document)));
        match (copy_of, sketch) {
            (Some(first), _) => self.copies.push((first as u32, document)),
            (None, Some(sketch)) => self.near.insert(document, &sketch).map_err(scratch_error)?,
            (None, None) => {}
        }
        self.paragraphs.insert_keys(document, &paragraphs).map_err(scratch_error)?;
        if known.seen.is_some() {
            self.seen.push(document);
        }
        self.known.push(known);
        Ok(())
    }

    /// Finds the clusters, on all threads, and settles them.
    pub fn settle(self, settings: &Settings) -> Result<(Settlement, RepeatedParagraphs), RunError> {
        let Gathering { copies, near, paragraphs, known, seen, .. } = self;
        let mut clustering = near.cluster().map_err(scratch_error)?;
        clustering.join(&copies);
        while let Some(buckets) = clustering.next_buckets().map_err(scratch_error)? {
            let edges = buckets.par_iter().map(|bucket| clustering.edges(bucket)).collect::<io::Result<Vec<_>>>();
            edges.map_err(scratch_error)?.iter().for_each(|edges| clustering.join(edges));
        }
        let mut near = clustering.finish();
        let candidate = |document: u32| {
            let known = &known[document as usize];
            Candidate {
                id: known.id.to_string(),
                hash: known.hash,
                length: known.length,
                date: known.date.as_deref().map(str::to_owned),
                field: known.field,
                seen: known.seen.as_deref().cloned(),
            }
        };
        let (clusters, removals) = settle(&mut near, &settings.keep, &seen, candidate).map_err(scratch_error)?;
        let mut stays = vec![true; known.len()];
        removals.iter().for_each(|removal| stays[removal.document as usize] = false);
        let by_id = |a: u32, b: u32| {
            let key = |it: u32| (&known[it as usize].id, it);
            key(a).cmp(&key(b))
        };
        let repeated = paragraphs.finish(|document| stays[document as usize], by_id).map_err(scratch_error)?;
        let mut paragraph_removals: Vec<ParagraphRemoval> = repeated
            .removals()
            .iter()
            .map(|it| ParagraphRemoval {
                id: known[it.document as usize].id.to_string(),
                kind: ParagraphKind::Paragraph,
                hash: hex(&it.hash),
                documents: it.documents,
                kept: it.kept.map(|kept| known[kept as usize].id.to_string()),
            })
            .collect();
        paragraph_removals.sort_by(|a, b| (&a.id, &a.hash).cmp(&(&b.id, &b.hash)));
        let statistics = near.statistics();
        let near = Some(near);
        Ok((Settlement { known, clusters, removals, paragraph_removals, statistics, near }, repeated))
    }
}

impl Settlement {
    /// Id of a document.
    pub fn id(&self, document: u32) -> &str {
        &self.known[document as usize].id
    }

    /// Number of documents compared.
    pub fn documents(&self) -> u32 {
        self.known.len() as u32
    }

    /// Documents that go.
    pub fn removed(&self) -> usize {
        self.removals.len()
    }

    /// Clusters.
    pub fn clusters(&self) -> usize {
        self.clusters.len()
    }

    /// Lets go of the sketches: nothing of this settlement is to be remembered.
    pub fn forget_sketches(&mut self) {
        self.near = None;
    }

    /// What was done to find near copies.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// What becomes of the documents that go, by their place among all of the job.
    pub fn outcomes(&self) -> HashMap<u64, (String, Outcome)> {
        let outcome = |removal: &Removal| {
            let similarity = removal.similarity.filter(|_| removal.kind == dechaff_dedup::settle::Kind::Near);
            let outcome = Outcome::Duplicate { duplicate_of: removal.kept.clone(), similarity };
            (self.known[removal.document as usize].number, (removal.id.clone(), outcome))
        };
        self.removals.iter().map(outcome).collect()
    }

    /// One line a removal, see [`dechaff_dedup::settle`].
    pub fn write_records(&self, mut to: impl Write) -> io::Result<()> {
        let mut out = io::BufWriter::new(&mut to);
        write_records(&self.removals, &mut out)?;
        write_records(&self.paragraph_removals, &mut out)?;
        out.flush()
    }

    /// Ids of the documents that stay, in input order, and `id<TAB>cluster` for every document.
    pub fn write_ids(&self, mut kept: impl Write, mut clusters: impl Write) -> io::Result<()> {
        let mut cluster_of: HashMap<u32, &str> = HashMap::new();
        let mut goes = vec![false; self.known.len()];
        for cluster in &self.clusters {
            cluster_of.extend(cluster.documents.iter().map(|&document| (document, cluster.name.as_str())));
        }
        self.removals.iter().for_each(|removal| goes[removal.document as usize] = true);
        for (document, known) in (0u32..).zip(&self.known) {
            if !goes[document as usize] {
                writeln!(kept, "{}", known.id)?;
            }
            writeln!(clusters, "{}\t{}", known.id, cluster_of.get(&document).copied().unwrap_or(&known.id))?;
        }
        kept.flush()?;
        clusters.flush()
    }

    /// Adds what stays to the state of documents seen.
    pub fn remember(&self, seen: &Seen) -> Result<(), RunError> {
        let mut goes = vec![false; self.known.len()];
        self.removals.iter().for_each(|removal| goes[removal.document as usize] = true);
        let stays = (0u32..).zip(&self.known).filter(|(document, _)| !goes[*document as usize]);
        let kept: Vec<KeptDocument> = stays
            .map(|(document, known)| KeptDocument { document, id: known.id.to_string(), hash: known.hash })
            .collect();
        Ok(seen.add(&kept, self.near.as_ref())?)
    }
}

/// The number in a field of a record, be it written as a number or as text.
fn number_in(fields: &[(String, String)], name: &str) -> Option<f64> {
    let (_, value) = fields.iter().find(|(field, _)| field == name)?;
    let number = value.trim().trim_matches('"').parse().ok()?;
    Some(number).filter(|number: &f64| number.is_finite())
}

pub(crate) fn scratch_error(source: io::Error) -> RunError {
    RunError::Output { path: "scratch file".into(), source }
}
