//! Makes the text model.
//!
//! ```text
//! text first  DATA LABELS WORK    lexicons, and the first pass's matrix
//! text second DATA LABELS WORK    the second pass's matrix, from the first pass's out-of-fold scores
//! text headline DATA LABELS WORK  the matrix of headlines, from the first pass's out-of-fold scores
//! text pack   WORK         model files: fold-<k>.bin and text.bin
//! text score  DATA LABELS WORK    every page through the model that did not see its site
//! text report DATA LABELS WORK    the same, importances and data, in Markdown
//! text rules  DATA LABELS  what every rule hits, rightly and wrongly
//! text dumps  LABELS WORK  the dumps, each by the model that did not see it
//! text held-out DATA WORK  the tenth of the sites that nothing was learned or tuned on
//! ```
//!
//! LABELS says which words of pages without gold text are content (see `hand.rs`); `WORK/rendered` holds what
//! `training/render.py` made of these pages. `training/train.sh` calls them in order, with `training/gbdt.py` in between.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use dechaff_strip::text::{
    Model,
    features::{FEATURES, View},
    headline, headline_rows,
    lexicon::Lexicon,
    neighbours, second_rows,
};
use dechaff_training::{
    lightgbm, matrix,
    matrix::MatrixWriter,
    sites::FOLDS,
    text::{Document, corpus, learn_lexicon, report, report::Judged, rules},
};

/// Renderings of each page that are learned from: which one it is changes from page to page. `TEXT_RENDERINGS` overrides
/// it; three take three times as long to learn.
const RENDERINGS: usize = 3;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["first", data, labels, work] => first(data.as_ref(), labels.as_ref(), work.as_ref()),
        ["second", data, labels, work] => second(data.as_ref(), labels.as_ref(), work.as_ref()),
        ["headline", data, labels, work] => headline(data.as_ref(), labels.as_ref(), work.as_ref()),
        ["pack", work] => pack(work.as_ref()),
        ["score", data, labels, work] => {
            print(&report::table(data.as_ref(), work.as_ref(), Judged::OutOfFold(labels.as_ref()))?)
        }
        ["held-out", data, work] => print(&report::table(data.as_ref(), work.as_ref(), Judged::HeldOut)?),
        ["dumps", labels, work] => print(&report::dumps(labels.as_ref(), work.as_ref())?),
        ["rules", data, labels] => print(&rules::table(data.as_ref(), labels.as_ref())?),
        ["report", data, labels, work] => print(&report::report(data.as_ref(), labels.as_ref(), work.as_ref())?),
        _ => bail!(
            "usage: text first|second|headline|score|report DATA LABELS WORK, text dumps LABELS WORK, text held-out DATA WORK, text rules DATA LABELS, text pack WORK"
        ),
    }
}

fn print(text: &str) -> Result<()> {
    print!("{text}");
    Ok(())
}

fn renderings() -> usize {
    env::var("TEXT_RENDERINGS").ok().and_then(|number| number.parse().ok()).unwrap_or(RENDERINGS)
}

fn first(data: &Path, labels: &Path, work: &Path) -> Result<()> {
    fs::create_dir_all(work)?;
    let documents = corpus(data, labels, &work.join("rendered"), renderings())?;
    let mut lexicons = Vec::new();
    for fold in (0..FOLDS).map(Some).chain([None]) {
        let lexicon = learn_lexicon(&documents, fold);
        fs::write(lexicon_path(work, fold), lexicon.to_bytes())?;
        lexicons.push(lexicon);
    }
    let mut rows = MatrixWriter::create(&work.join("first"), FEATURES)?;
    let scale = weight_scale(&documents);
    for document in &documents {
        let view = View::of(&document.blocks, &lexicons[usize::from(document.fold)], &document.hints, document.allowed);
        for (at, features) in view.rows().chunks(FEATURES.len()).enumerate() {
            rows.row(features, document.labels[at], document.weights[at] * scale, document.fold)?;
        }
    }
    println!("{} documents, {} lines, {} features", documents.len(), rows.finish()?, FEATURES.len());
    Ok(())
}

fn second(data: &Path, labels: &Path, work: &Path) -> Result<()> {
    let documents = corpus(data, labels, &work.join("rendered"), renderings())?;
    let lexicons: Result<Vec<Lexicon>> = (0..FOLDS).map(|fold| read_lexicon(work, Some(fold))).collect();
    let lexicons = lexicons?;
    let scores = matrix::read_f32(&work.join("first/out-of-fold.f32"))?;
    let names = [FEATURES, neighbours::FEATURES].concat();
    let mut rows = MatrixWriter::create(&work.join("second"), &names)?;
    let scale = weight_scale(&documents);
    let mut start = 0;
    for document in &documents {
        let view = View::of(&document.blocks, &lexicons[usize::from(document.fold)], &document.hints, document.allowed);
        let end = start + view.len();
        let scores = scores.get(start..end).context("the first pass's scores are of another corpus")?;
        for (at, features) in second_rows(&view, scores).chunks(names.len()).enumerate() {
            rows.row(features, document.labels[at], document.weights[at] * scale, document.fold)?;
        }
        start = end;
    }
    println!("{} lines, {} features", rows.finish()?, names.len());
    Ok(())
}

fn headline(data: &Path, labels: &Path, work: &Path) -> Result<()> {
    let documents = corpus(data, labels, &work.join("rendered"), renderings())?;
    let lexicons: Result<Vec<Lexicon>> = (0..FOLDS).map(|fold| read_lexicon(work, Some(fold))).collect();
    let lexicons = lexicons?;
    let scores = matrix::read_f32(&work.join("first/out-of-fold.f32"))?;
    let names = [FEATURES, neighbours::FEATURES, headline::FEATURES].concat();
    let mut rows = MatrixWriter::create(&work.join("headline"), &names)?;
    let (mut start, mut pages) = (0, 0);
    for document in &documents {
        let own = start..start + document.blocks.len();
        start = own.end;
        let Some(headlines) = document.headlines() else { continue };
        pages += 1;
        let view = View::of(&document.blocks, &lexicons[usize::from(document.fold)], &document.hints, document.allowed);
        let scores = scores.get(own).context("the first pass's scores are of another corpus")?;
        for (features, is_headline) in headline_rows(&view, scores).chunks(names.len()).zip(headlines) {
            rows.row(features, f32::from(u8::from(is_headline)), document.weight, document.fold)?;
        }
    }
    println!("{pages} documents with a headline, {} lines, {} features", rows.finish()?, names.len());
    Ok(())
}

/// Makes the mean weight 1: LightGBM's regularisation is in units of weight.
fn weight_scale(documents: &[Document]) -> f32 {
    let weights: f64 = documents.iter().flat_map(|document| &document.weights).map(|weight| f64::from(*weight)).sum();
    let lines: usize = documents.iter().map(|document| document.weights.len()).sum();
    (lines as f64 / weights) as f32
}

fn pack(work: &Path) -> Result<()> {
    for fold in (0..FOLDS).map(Some).chain([None]) {
        let name = fold.map_or("all.txt".to_owned(), |fold| format!("fold-{fold}.txt"));
        let forest = |pass: &str| -> Result<_> {
            let path = work.join(pass).join(&name);
            lightgbm::forest(&fs::read_to_string(&path).with_context(|| path.display().to_string())?)
        };
        if fold.is_none() && !work.join("first/all.txt").exists() {
            continue;
        }
        let model = Model::new(read_lexicon(work, fold)?, forest("first")?, forest("second")?, forest("headline")?)?;
        let bytes = model.to_bytes();
        let path = work.join(fold.map_or("text.bin".to_owned(), |fold| format!("fold-{fold}.bin")));
        println!("{}: {} bytes", path.display(), bytes.len());
        fs::write(path, bytes)?;
    }
    Ok(())
}

fn lexicon_path(work: &Path, fold: Option<u8>) -> PathBuf {
    work.join(fold.map_or("lexicon-all.bin".to_owned(), |fold| format!("lexicon-{fold}.bin")))
}

fn read_lexicon(work: &Path, fold: Option<u8>) -> Result<Lexicon> {
    Lexicon::from_bytes(&fs::read(lexicon_path(work, fold))?).context("not a lexicon")
}
