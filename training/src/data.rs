//! Reading the data directory: pages with gold text, and the same pages flattened to text.
//!
//! The layout is that of prepared WCXB data: `wcxb-dev/gold.jsonl` and `wcxb-dev/html/<id>.html.gz`,
//! `text-dev/<renderer>.jsonl.gz`.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::sites;

/// The renderers whose output `text-dev` holds.
pub const RENDERERS: [&str; 3] = ["inscriptis", "htmltext", "resiliparse"];

/// A page with its gold text.
#[derive(Debug, Clone, Deserialize)]
pub struct GoldPage {
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

/// Gold pages of `<data>/wcxb-dev`, in the file's order.
///
/// # Errors
/// Where the file is missing or not as described.
pub fn gold(data: &Path, part: Part) -> Result<Vec<GoldPage>> {
    gold_of(data, "wcxb-dev", part)
}

/// Pages of the set `<data>/<set>`, in the file's order.
///
/// # Errors
/// Where the file is missing or not as described.
pub fn gold_of(data: &Path, set: &str, part: Part) -> Result<Vec<GoldPage>> {
    let path = data.join(set).join("gold.jsonl");
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    let pages: Vec<GoldPage> = lines(BufReader::new(file)).with_context(|| path.display().to_string())?;
    Ok(pages.into_iter().filter(|page| sites::held_out(&page.site()) == (part == Part::HeldOut)).collect())
}

/// Pages of `<data>/text-dev/<renderer>.jsonl.gz`, in the file's order, of every site.
///
/// # Errors
/// Where the file is missing or not as described.
pub fn rendered(data: &Path, renderer: &str) -> Result<Vec<Rendered>> {
    let path = data.join(format!("text-dev/{renderer}.jsonl.gz"));
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    lines(BufReader::new(GzDecoder::new(file))).with_context(|| path.display().to_string())
}

/// The HTML of a gold page.
///
/// # Errors
/// Where the file is missing or not gzip.
pub fn html(data: &Path, id: &str) -> Result<Vec<u8>> {
    html_of(data, "wcxb-dev", id)
}

/// The HTML of a page of one of the sets.
///
/// # Errors
/// Where the file is missing or not gzip.
pub fn html_of(data: &Path, set: &str, id: &str) -> Result<Vec<u8>> {
    let path = data.join(set).join(format!("html/{id}.html.gz"));
    let mut bytes = Vec::new();
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    GzDecoder::new(file).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    Ok(bytes)
}

/// Texts by page, from a file of `{"id","text"}` a line.
///
/// # Errors
/// Where the file is missing or not as described.
pub fn predictions(path: &Path) -> Result<FxHashMap<String, String>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let texts: Vec<Rendered> = lines(BufReader::new(file)).with_context(|| path.display().to_string())?;
    Ok(texts.into_iter().map(|page| (page.id, page.text)).collect())
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
