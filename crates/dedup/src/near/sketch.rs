//! What is computed of one document alone: its shingles, and the band keys by which similar documents meet.
//!
//! The signature is a "fast similarity sketch" (Dahlgaard, Knudsen, Thorup: *Fast Similarity Sketching*, FOCS 2017):
//! one-permutation hashing in rounds. In a round every shingle is hashed to one bin and the least hash of a bin is
//! kept; bins that stay empty are filled by the next round, with other hashes. A bin of two documents agrees with
//! probability equal to their Jaccard similarity, for sets of any size, and a document of n shingles costs
//! O(n + k log k) for k bins instead of O(n k).
//!
//! Bands (Leskovec, Rajaraman, Ullman: *Mining of Massive Datasets*, ch. 3.4): with b bands of r bins two documents
//! of similarity s meet in at least one band with probability 1 − (1 − sʳ)ᵇ.

use crate::{
    Measure, Near,
    near::NearError,
    shingle::{PI, mix, shingles},
};

/// Chance that two documents of exactly the threshold's similarity meet in no band. Pairs above it are missed less
/// often still. The target of the project is a recall of 0.999.
const MISS: f64 = 0.001;
/// Most bands: 52 band keys of 8 bytes and what stands beside them (see [`super::NearIndex`]) stay below 0.5 KB.
const MAX_BANDS: u32 = 52;
/// Most bins of a signature. More bins allow longer bands, that is fewer candidates to verify, but each costs time;
/// beyond 256 the time saved is less than the time spent on texts of a page's length.
const MAX_BINS: u32 = 256;

/// Bands of a signature, and bins of a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bands {
    /// Number of bands.
    pub bands: u32,
    /// Bins a band.
    pub rows: u32,
}

impl Bands {
    /// The longest bands that still find a pair at the threshold with probability 0.999.
    ///
    /// ```
    /// use dechaff_dedup::near::Bands;
    /// assert_eq!(Bands::for_threshold(0.8), Bands { bands: 30, rows: 7 });
    /// assert_eq!(Bands::for_threshold(0.7), Bands { bands: 38, rows: 5 });
    /// ```
    pub fn for_threshold(threshold: f64) -> Bands {
        let bands = |rows: u32| (MISS.ln() / (1.0 - threshold.min(0.999).powi(rows as i32)).ln()).ceil() as u32;
        (1..=MAX_BINS)
            .map(|rows| Bands { bands: bands(rows), rows })
            .take_while(|it| it.bands <= MAX_BANDS && it.bands * it.rows <= MAX_BINS)
            .last()
            .unwrap_or(Bands { bands: MAX_BANDS, rows: 1 })
    }
}

/// Makes sketches. Pure: the same text gives the same sketch on every machine, so that any number of threads may
/// share one.
#[derive(Debug, Clone)]
pub struct Sketcher {
    shingle: usize,
    bands: Bands,
}

/// What is kept of a document to find its near copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// The distinct shingles, sorted; at least one.
    pub shingles: Vec<u64>,
    /// One key a band.
    pub bands: Vec<u64>,
}

impl Sketcher {
    /// # Errors
    /// If a setting is out of its range.
    pub fn new(settings: &Near) -> Result<Sketcher, NearError> {
        settings.check()?;
        Ok(Sketcher { shingle: settings.shingle as usize, bands: Bands::for_threshold(settings.threshold) })
    }

    /// The bands in use.
    pub fn bands(&self) -> Bands {
        self.bands
    }

    /// The sketch of a text; `None` where it is too short to have a shingle. Such a document is left to the exact
    /// hash.
    pub fn sketch<'a>(&self, text: impl Iterator<Item = &'a str>) -> Option<Sketch> {
        let shingles = shingles(text, self.shingle)?;
        let bands = band_keys(&shingles, self.bands);
        Some(Sketch { shingles, bands })
    }
}

/// How alike two sets of shingles are.
///
/// Jaccard: shared over all. Containment: shared over the smaller set, so that an excerpt is a copy of the whole.
pub(crate) fn similarity(a: &[u64], b: &[u64], measure: Measure) -> f64 {
    let shared = crate::shingle::shared(a, b);
    let of = match measure {
        Measure::Containment => a.len().min(b.len()),
        Measure::Jaccard | Measure::Off => a.len() + b.len() - shared,
    };
    shared as f64 / of as f64
}

/// One key for the whole set: equal sets have equal keys.
pub(crate) fn set_key(shingles: &[u64]) -> u64 {
    shingles.iter().fold(PI[3] ^ shingles.len() as u64, |key, &shingle| mix(key ^ shingle, PI[1]))
}

fn band_keys(shingles: &[u64], bands: Bands) -> Vec<u64> {
    let signature = signature(shingles, (bands.bands * bands.rows) as usize);
    signature
        .chunks(bands.rows as usize)
        .map(|rows| rows.iter().fold(PI[0], |key, &value| mix(key ^ value, PI[3])))
        .collect()
}

/// The least hash of every bin, in the first round that reaches the bin. `shingles` is sorted and not empty.
fn signature(shingles: &[u64], bins: usize) -> Vec<u64> {
    let bin_of = |hash: u64| ((u128::from(hash) * bins as u128) >> 64) as usize;
    let mut values = vec![u64::MAX; bins];
    // Round 0 uses the shingles' own hashes, which are uniform. They are sorted, so the first of a bin is its least.
    let mut last = usize::MAX;
    let mut empty = bins;
    for &hash in shingles {
        let bin = bin_of(hash);
        if bin != last {
            values[bin] = hash;
            last = bin;
            empty -= 1;
        }
    }
    let mut filled: Vec<bool> = values.iter().map(|&value| value != u64::MAX).collect();
    let mut reached = Vec::new();
    let mut round = 1u64;
    while empty > 0 {
        // From round `bins` on every round fills one bin of its own, so that the loop ends for any set.
        let forced = (round as usize).checked_sub(bins);
        let salt = mix(round ^ PI[2], PI[1]);
        for &shingle in shingles {
            let hash = mix(shingle ^ salt, PI[0] ^ salt);
            let bin = forced.unwrap_or_else(|| bin_of(hash));
            if !filled[bin] {
                if values[bin] == u64::MAX {
                    reached.push(bin);
                }
                // The mark of an empty bin must not be a value.
                values[bin] = values[bin].min(hash).min(u64::MAX - 1);
            }
        }
        empty -= reached.len();
        for bin in reached.drain(..) {
            filled[bin] = true;
        }
        round += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(range: std::ops::Range<u64>) -> Vec<u64> {
        let mut set: Vec<u64> = range.map(|n| crate::shingle::finish(n + 1)).collect();
        set.sort_unstable();
        set
    }

    #[test]
    fn bands_find_the_threshold_with_the_chance_stated() {
        for threshold in [0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 1.0] {
            let Bands { bands, rows } = Bands::for_threshold(threshold);
            let missed = (1.0 - f64::min(threshold, 0.999).powi(rows as i32)).powi(bands as i32);
            assert!(missed <= MISS, "{threshold}: {bands} bands of {rows} miss {missed}");
            assert!(bands <= MAX_BANDS && bands * rows <= MAX_BINS);
        }
    }

    #[test]
    fn bins_agree_as_often_as_the_sets_are_alike() {
        // 200 pairs of sets with similarity 0.6 and 250 bins each: 50,000 bins, standard error 0.0022 at most (bins of
        // one signature are negatively correlated). Small sets matter most: they need many rounds.
        for size in [8u64, 40, 400] {
            let mut agree = 0;
            for pair in 0..200 {
                let start = pair << 20;
                let (a, b) = (set(start..start + size), set(start + size / 4..start + size / 4 + size));
                let (a, b) = (signature(&a, 250), signature(&b, 250));
                agree += a.iter().zip(&b).filter(|(x, y)| x == y).count();
            }
            let share = agree as f64 / 50_000.0;
            // Small sets sample few distinct elements: their spread is that of the sets, not of the bins.
            let slack = if size == 8 { 0.03 } else { 0.01 };
            assert!((share - 0.6).abs() < slack, "{size}: {share}");
        }
    }

    #[test]
    fn a_single_shingle_fills_every_bin() {
        assert!(signature(&[7], 256).iter().all(|&value| value != u64::MAX));
    }

    #[test]
    fn measures_differ_in_what_they_divide_by() {
        let (excerpt, whole) = (set(0..50), set(0..200));
        assert_eq!(similarity(&excerpt, &whole, Measure::Jaccard), 0.25);
        assert_eq!(similarity(&excerpt, &whole, Measure::Containment), 1.0);
    }
}
