//! Where to cut a page's scores.

/// The lowest cut that a page can get. Below it a line is more likely wrong than the expected F1 knows, since scores
/// near zero are the least certain ones.
const LOWEST: f32 = 0.15;

/// The highest cut that is looked for.
const HIGHEST: f32 = 0.6;

/// The highest cut that a page gets in the end: a line about which the model can't decide stays. At .40 the dumps lose 1,035
/// lines of stories in place of 1,251 and leave 3,374 of chrome in place of 3,065, out of fold; word F1 there is .0007 less, on
/// two unseen writers' dumps .002, on text-dev's renderings 0 to .0008.
pub(super) const HIGHEST_IN_USE: f32 = 0.45;

/// Odds by which a probability is lowered before F1 is expected from it. Whether a page's annotator wanted a part of it is
/// one question for many lines, so that errors come together and the plug-in rule cuts too low: lowered by this, word F1
/// out of fold is .0009 higher (-.2 as logit gives .0008, -.3 .0010, -.45 .0004, and .2 loses .0018).
const DOUBT: f32 = 1.284;

/// The cut that gives the highest expected F1 of words, and that F1.
///
/// Lines sorted by score, the best prefix is the one that maximises 2 Σ p·n over its lines / (Σ n over its lines + Σ p·n
/// over all), for a line's probability p and its words n: the plug-in rule for F-measures (Ye et al. 2012, "Optimizing
/// F-measures: a tale of two approaches"). The cut is held between [`LOWEST`] and [`HIGHEST`].
pub(crate) fn expected_f1_cut(scores: &[f32], words: &[f32]) -> (f32, f32) {
    let mut order: Vec<(f32, f32)> = scores.iter().copied().zip(words.iter().copied()).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let lowered = |score: f32| score / (score + (1.0 - score) * DOUBT);
    let all: f64 = order.iter().map(|(score, words)| f64::from(lowered(*score) * words)).sum();
    let (mut hits, mut chosen) = (0.0f64, 0.0f64);
    let (mut best, mut cut) = (0.0f64, HIGHEST);
    for (score, words) in order {
        hits += f64::from(lowered(score) * words);
        chosen += f64::from(words);
        let f1 = 2.0 * hits / (chosen + all).max(1e-9);
        if f1 > best {
            (best, cut) = (f1, score);
        }
    }
    (cut.clamp(LOWEST, HIGHEST), best as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_is_where_the_expected_f1_is_highest() {
        let (cut, f1) = expected_f1_cut(&[0.9, 0.05, 0.8, 0.1], &[50.0, 40.0, 50.0, 40.0]);
        assert_eq!(cut, 0.6);
        assert!(f1 > 0.85);
        let (cut, _) = expected_f1_cut(&[0.45, 0.3, 0.02], &[50.0, 50.0, 50.0]);
        assert_eq!(cut, 0.3);
        assert_eq!(expected_f1_cut(&[], &[]), (HIGHEST, 0.0));
    }
}
