//! LightGBM's text format, read into a [`Forest`].

use anyhow::{Context, Result, ensure};
use dechaff_strip::forest::{Forest, TreeNode};

/// The model in LightGBM's text format as a forest.
///
/// Understood are numerical splits without special treatment of missing values, which is what `training/gbdt.py` makes.
///
/// # Errors
/// Where the text is not such a model.
pub fn forest(text: &str) -> Result<Forest> {
    let head = text.split("\nTree=").next().unwrap_or_default();
    let features = head.lines().find_map(|line| line.strip_prefix("max_feature_idx="));
    let features: usize = features.context("max_feature_idx is missing")?.parse::<usize>()? + 1;
    let trees: Result<Vec<_>> = text.split("\nTree=").skip(1).map(tree).collect();
    Ok(Forest::new(features, &trees?)?)
}

fn tree(text: &str) -> Result<Vec<TreeNode>> {
    let values: Vec<f64> = list(text, "leaf_value")?;
    if values.len() == 1 {
        return Ok(vec![TreeNode::Leaf(values[0] as f32)]);
    }
    let features: Vec<usize> = list(text, "split_feature")?;
    let thresholds: Vec<f64> = list(text, "threshold")?;
    let kinds: Vec<u8> = list(text, "decision_type")?;
    let left: Vec<i64> = list(text, "left_child")?;
    let right: Vec<i64> = list(text, "right_child")?;
    let splits = values.len() - 1;
    ensure!([features.len(), thresholds.len(), kinds.len(), left.len(), right.len()].iter().all(|len| *len == splits));
    // Splits keep their numbers; leaf n follows them. Children of LightGBM are later splits, or leaves as !n.
    let place = |child: i64| if child >= 0 { child as usize } else { splits + !child as usize };
    let mut nodes = Vec::with_capacity(splits + values.len());
    for split in 0..splits {
        // Bit 0 says categorical, bits 2 and 3 how missing values go; bit 1 (the default side) then says nothing.
        ensure!(kinds[split] & 0b1101 == 0, "a split of kind {}", kinds[split]);
        nodes.push(TreeNode::Split {
            feature: features[split],
            threshold: round_down(thresholds[split]),
            left: place(left[split]),
            right: place(right[split]),
        });
    }
    nodes.extend(values.iter().map(|value| TreeNode::Leaf(*value as f32)));
    Ok(nodes)
}

/// The largest `f32` that is not above: rows of `f32` then fall on the same side as with the exact threshold.
fn round_down(threshold: f64) -> f32 {
    let near = threshold.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
    if f64::from(near) > threshold { near.next_down() } else { near }
}

fn list<T: std::str::FromStr>(text: &str, key: &str) -> Result<Vec<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let line = line.with_context(|| format!("{key} is missing"))?;
    line.split_ascii_whitespace().map(|value| value.parse().with_context(|| format!("{key}: {value}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_model_is_read() {
        let text = "tree\nversion=v4\nmax_feature_idx=2\n\nTree=0\nnum_leaves=3\nsplit_feature=2 0\nthreshold=0.1 5\n\
                    decision_type=2 2\nleft_child=1 -1\nright_child=-2 -3\nleaf_value=0.25 -0.5 1\n\nend of trees\n";
        let forest = forest(text).unwrap();
        let mut scores = Vec::new();
        forest.scores(&[5.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.2], &mut scores);
        let near = |a: f32, b: f32| (a - b).abs() < 1e-3;
        assert!(near(scores[0], 0.25) && near(scores[1], 1.0) && near(scores[2], -0.5), "{scores:?}");
    }

    #[test]
    fn thresholds_never_move_a_value_to_the_other_side() {
        let exact = 0.1f64;
        let rounded = round_down(exact);
        assert!(f64::from(rounded) <= exact && f64::from(rounded.next_up()) > exact);
    }
}
