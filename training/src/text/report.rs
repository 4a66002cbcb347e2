//! Scoring the text model: every page through the model that did not see its site.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use dechaff_strip::{Hints, text::Model};

use super::page_of_text;
use crate::{
    data::{self, Part, RENDERERS},
    score::word_f1,
    sites,
};

/// Which pages are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The learned pages, each by the model of the folds that its site is not in (`fold-<k>.bin`).
    OutOfFold,
    /// The held-out tenth, by the model of all learned pages (`text.bin`).
    HeldOut,
}

/// Sums of F1, precision, recall; pages.
type Sums = [f64; 4];

/// Scores all renderings and prints word F1, precision and recall, overall and by type of page. Writes each page's
/// scores to `<work>/pages-<renderer>.tsv`.
///
/// # Errors
/// Where data or models are missing.
pub fn score(data: &Path, work: &Path, judged: Judged) -> Result<()> {
    let (part, names): (Part, Vec<String>) = match judged {
        Judged::OutOfFold => (Part::Learned, (0..sites::FOLDS).map(|fold| format!("fold-{fold}.bin")).collect()),
        Judged::HeldOut => (Part::HeldOut, vec!["text.bin".to_owned()]),
    };
    let models: Result<Vec<Model>> = names
        .iter()
        .map(|name| Ok(Model::from_bytes(&fs::read(work.join(name)).with_context(|| name.clone())?)?))
        .collect();
    let models = models?;
    let pages = data::gold(data, part)?;
    for renderer in RENDERERS {
        let texts: BTreeMap<String, String> =
            data::rendered(data, renderer)?.into_iter().map(|page| (page.id, page.text)).collect();
        let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
        let mut rows = String::new();
        for page in &pages {
            let model = &models[usize::from(sites::fold(&page.site())) % models.len()];
            let text = texts.get(&page.id).map(String::as_str).unwrap_or_default();
            let kept = keep(model, text);
            let (f1, precision, recall) = word_f1(&kept, page.text.as_deref().unwrap_or_default());
            for kind in ["all", page.kind.as_deref().unwrap_or("-")] {
                let sums = sums.entry(kind).or_default();
                for (sum, value) in sums.iter_mut().zip([f1, precision, recall, 1.0]) {
                    *sum += f64::from(value);
                }
            }
            rows += &format!(
                "{}\t{}\t{f1:.4}\t{precision:.4}\t{recall:.4}\n",
                page.id,
                page.kind.as_deref().unwrap_or("-")
            );
        }
        fs::write(work.join(format!("pages-{renderer}.tsv")), rows)?;
        let show = |(kind, sums): (&&str, &Sums)| {
            let [f1, precision, recall] = [0, 1, 2].map(|at| sums[at] / sums[3]);
            format!("{kind} {f1:.4} (P {precision:.3} R {recall:.3}, {})", sums[3])
        };
        println!("{renderer}: {}", sums.iter().map(show).collect::<Vec<_>>().join("; "));
    }
    Ok(())
}

/// The lines that the model alone keeps.
fn keep(model: &Model, text: &str) -> String {
    let page = page_of_text(text);
    let scores = model.scores(&page, &Hints::none(page.blocks.len()));
    let kept = page.blocks.iter().zip(&scores.scores).filter(|(_, score)| **score >= scores.cut);
    kept.map(|(block, _)| block.text.as_str()).collect::<Vec<_>>().join("\n")
}
