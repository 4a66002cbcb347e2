//! Reading the data directory: pages with gold text, and the same pages flattened to text.
//!
//! The layout is that of prepared WCXB data: `wcxb-dev/gold.jsonl` and `wcxb-dev/html/<id>.html.gz`,
//! `text-dev/<renderer>.jsonl.gz`; `multilang-dev` and `forms` are laid out like the first (`pages.py` makes the last).

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, Result, bail};
use dechaff_document::{Body, MediaType, RawDocument, Source};
use dechaff_segment::Segmenter;
use encoding_rs::Encoding;
use flate2::read::GzDecoder;
use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::{
    hand::{self, HandLabel},
    sites,
};

/// The renderers whose output `text-dev` holds.
pub const RENDERERS: [&str; 3] = ["inscriptis", "htmltext", "resiliparse"];

/// A set of pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Set {
    /// Pages with gold texts.
    #[default]
    Wcxb,
    /// Pages in many languages with snippets.
    Multilang,
    /// Home pages, shops, lists and contact pages that Formasaurus comes with.
    Forms,
}

impl Set {
    /// The sets whose pages have labels made by hand in place of gold texts.
    pub const LABELLED: [Set; 2] = [Set::Multilang, Set::Forms];

    /// Its folder in the data directory.
    fn folder(self) -> &'static str {
        match self {
            Set::Wcxb => "wcxb-dev",
            Set::Multilang => "multilang-dev",
            Set::Forms => "forms",
        }
    }

    /// The name of its label file.
    pub fn labels(self) -> String {
        format!("{}.tsv", self.folder())
    }
}

/// A page with its gold text.
#[derive(Debug, Clone, Deserialize)]
pub struct GoldPage {
    /// Which set it is of.
    #[serde(skip)]
    pub set: Set,
    /// Its id.
    pub id: String,
    /// Its URL, where it is known.
    pub url: Option<String>,
    /// The main content that annotators agreed on.
    pub text: Option<String>,
    /// Article, forum, product, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Snippets that the main content holds.
    #[serde(default, rename = "with")]
    pub holds: Vec<String>,
    /// Snippets that it does not.
    #[serde(default, rename = "without")]
    pub lacks: Vec<String>,
}

impl GoldPage {
    /// The bytes of the page as read would hand them on.
    pub fn raw(&self, bytes: Vec<u8>) -> RawDocument {
        RawDocument {
            source: Source { id: self.id.clone(), url: self.url.clone(), ..Source::default() },
            media: MediaType::Html,
            charset: None,
            body: Body::Bytes(bytes),
            limits: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// The page's site; a page without URL is a site of its own.
    pub fn site(&self) -> String {
        self.url.as_deref().map_or_else(|| self.id.clone(), sites::site)
    }
}

/// A page as one renderer flattened it.
#[derive(Debug, Clone, Deserialize)]
pub struct Rendered {
    /// Id of the page.
    pub id: String,
    /// All its visible text.
    pub text: String,
}

/// Which pages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All but the held-out tenth of the sites: what models are made of.
    Learned,
    /// The held-out tenth alone: for the one report at the end.
    HeldOut,
}

/// Pages of a set, in the file's order.
///
/// # Errors
/// Where the file is missing or not as described.
pub fn gold(data: &Path, set: Set, part: Part) -> Result<Vec<GoldPage>> {
    let path = data.join(set.folder()).join("gold.jsonl");
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    let pages: Vec<GoldPage> = lines(BufReader::new(file)).with_context(|| path.display().to_string())?;
    let pages = pages.into_iter().map(|page| GoldPage { set, ..page });
    Ok(pages.filter(|page| sites::held_out(&page.site()) == (part == Part::HeldOut)).collect())
}

/// The pages that are learned from: those with gold text, then those of the sets `labelled` that the files in `labels` speak
/// of (see [`hand`]), with text and type from there.
///
/// # Errors
/// Where a file is missing or not as described, or a label is of none of these pages.
pub fn learned(data: &Path, labels: &Path, labelled: &[Set], segmenter: &Segmenter) -> Result<Vec<GoldPage>> {
    let mut pages = gold(data, Set::Wcxb, Part::Learned)?;
    for &set in labelled {
        let path = labels.join(set.labels());
        let mut labelled: FxHashMap<String, HandLabel> =
            hand::read(&path)?.into_iter().map(|label| (label.id.clone(), label)).collect();
        for mut page in gold(data, set, Part::Learned)? {
            if let Some(label) = labelled.remove(&page.id) {
                page.text = Some(label.text(&hand::page_words(&decoded(data, segmenter, &page)?))?);
                page.kind = Some(label.kind);
                pages.push(page);
            }
        }
        if let Some(id) = labelled.keys().min() {
            bail!("{}: page {id} is none of those that may be learned from", path.display());
        }
    }
    Ok(pages)
}

/// Pages of `<folder>/<renderer>.jsonl.gz`, in the file's order, of every site.
///
/// # Errors
/// Where the file is missing or not as described.
pub fn rendered(folder: &Path, renderer: &str) -> Result<Vec<Rendered>> {
    let path = folder.join(format!("{renderer}.jsonl.gz"));
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    lines(BufReader::new(GzDecoder::new(file))).with_context(|| path.display().to_string())
}

/// The HTML of a page.
///
/// # Errors
/// Where the file is missing or not gzip.
pub fn html(data: &Path, page: &GoldPage) -> Result<Vec<u8>> {
    let path = data.join(page.set.folder()).join(format!("html/{}.html.gz", page.id));
    let mut bytes = Vec::new();
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    GzDecoder::new(file).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    Ok(bytes)
}

/// The HTML of a page in the charset that segmenting settles on.
///
/// # Errors
/// Where the file is missing or not gzip.
pub fn decoded(data: &Path, segmenter: &Segmenter, page: &GoldPage) -> Result<String> {
    let bytes = html(data, page)?;
    let charset = segmenter.page(page.raw(bytes.clone())).encoding.name;
    let charset = Encoding::for_label(charset.as_bytes()).with_context(|| format!("charset {charset}"))?;
    Ok(charset.decode(&bytes).0.into_owned())
}

fn lines<T: for<'a> Deserialize<'a>>(reader: impl BufRead) -> Result<Vec<T>> {
    let mut values = Vec::new();
    for line in reader.lines() {
        let line = line?;
        if !line.trim().is_empty() {
            values.push(serde_json::from_str(&line)?);
        }
    }
    Ok(values)
}
