//! The matrix that goes to `training/gbdt.py`: a directory of raw little-endian arrays.
//!
//! | file | holds |
//! |---|---|
//! | `matrix.json` | `rows`, and `features`: their names in the order of the columns |
//! | `features.f32` | rows one after another |
//! | `labels.f32` | share of the block that is content, 0 to 1 |
//! | `weights.f32` | weight of the row |
//! | `folds.u8` | fold of the row's site |
//! | `variants.u8` | optional: 1 where the row is of a variant of a page, which counts in no figure |

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Result, ensure};
use serde_json::json;

/// Writes rows as they come.
#[derive(Debug)]
pub struct MatrixWriter {
    names: Vec<String>,
    rows: usize,
    features: BufWriter<File>,
    labels: BufWriter<File>,
    weights: BufWriter<File>,
    folds: BufWriter<File>,
    head: std::path::PathBuf,
}

impl MatrixWriter {
    /// Creates the directory and its files.
    ///
    /// # Errors
    /// Where they can't be written.
    pub fn create(directory: &Path, names: &[&str]) -> Result<Self> {
        fs::create_dir_all(directory)?;
        let file = |name: &str| File::create(directory.join(name)).map(BufWriter::new);
        Ok(MatrixWriter {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            rows: 0,
            features: file("features.f32")?,
            labels: file("labels.f32")?,
            weights: file("weights.f32")?,
            folds: file("folds.u8")?,
            head: directory.join("matrix.json"),
        })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Where the row has another number of features, or the disk is full.
    pub fn row(&mut self, features: &[f32], label: f32, weight: f32, fold: u8) -> Result<()> {
        ensure!(features.len() == self.names.len(), "a row of {} features, not {}", features.len(), self.names.len());
        for value in features {
            self.features.write_all(&value.to_le_bytes())?;
        }
        self.labels.write_all(&label.to_le_bytes())?;
        self.weights.write_all(&weight.to_le_bytes())?;
        self.folds.write_all(&[fold])?;
        self.rows += 1;
        Ok(())
    }

    /// Rows written so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Writes the head; the number of rows.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn finish(mut self) -> Result<usize> {
        for file in [&mut self.features, &mut self.labels, &mut self.weights, &mut self.folds] {
            file.flush()?;
        }
        fs::write(&self.head, json!({"rows": self.rows, "features": self.names}).to_string())?;
        Ok(self.rows)
    }
}

/// Reads an array of numbers that the driver wrote (`out-of-fold.f32`).
///
/// # Errors
/// Where the file is missing.
pub fn read_f32(path: &Path) -> Result<Vec<f32>> {
    let bytes = fs::read(path)?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}
