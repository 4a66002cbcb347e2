//! Packs what `gbdt.py` grew into model files.
//!
//! usage: html-model MATRIX GROWN OUT
//!
//! Writes `OUT/html.bin` from all learned pages and `OUT/fold-<k>.bin` from those outside fold k, trees and lexicon
//! alike.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use dechaff_strip::html::Model;
use dechaff_training::{
    html::{NameStatistics, PageEntry, name_file},
    lightgbm, sites,
};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut argument = || arguments.next().context("usage: html-model MATRIX GROWN OUT");
    let (matrix, grown, out) = (argument()?, argument()?, argument()?);
    let pages: Vec<PageEntry> = serde_json::from_slice(&fs::read(matrix.join("pages.json"))?)?;
    let mut statistics = NameStatistics::default();
    for (page, shares) in pages.iter().zip(name_file(&matrix.join("names.bin"))?) {
        statistics.add(&page.site, &shares);
    }
    fs::create_dir_all(&out)?;
    let pack = |trees: &str, name: &str, fold: Option<u8>| -> Result<()> {
        let path = grown.join(trees);
        if !path.exists() {
            return Ok(());
        }
        let forest = lightgbm::forest(&fs::read_to_string(&path)?)?;
        let lexicon = statistics.lexicon(|site| Some(sites::fold(site)) != fold);
        let names = lexicon.len();
        let bytes = Model::new(lexicon, forest)?.to_bytes();
        println!("{name}: {} bytes, {names} names", bytes.len());
        fs::write(out.join(name), bytes)?;
        Ok(())
    };
    pack("all.txt", "html.bin", None)?;
    for fold in 0..sites::FOLDS {
        pack(&format!("fold-{fold}.txt"), &format!("fold-{fold}.bin"), Some(fold))?;
    }
    Ok(())
}
