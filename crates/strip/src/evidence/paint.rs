//! Writing overlapping ranges to blocks in time linear in blocks and ranges.

use crate::{CategorySet, rules::Hit};

/// Gives every block to the first range that covers it.
pub(super) struct Paint {
    /// For each block the next one at or after it that no range has taken (with paths halved as they are walked).
    next: Vec<u32>,
}

impl Paint {
    pub(super) fn new(blocks: usize) -> Self {
        Paint { next: (0..=blocks as u32).collect() }
    }

    /// The narrowest hits first, among equals the first rule; `put` gets each block once.
    pub(super) fn all(mut self, hits: &mut [&Hit], mut put: impl FnMut(usize, u32)) {
        hits.sort_by_key(|hit| (hit.blocks.end - hit.blocks.start, hit.rule, hit.blocks.start));
        for hit in hits {
            let mut block = self.free(hit.blocks.start);
            while block < hit.blocks.end {
                put(block as usize, hit.rule);
                self.next[block as usize] = block + 1;
                block = self.free(block + 1);
            }
        }
    }

    fn free(&mut self, mut block: u32) -> u32 {
        while self.next[block as usize] != block {
            let after = self.next[self.next[block as usize] as usize];
            self.next[block as usize] = after;
            block = after;
        }
        block
    }
}

/// For every block the categories of all hits that cover it.
pub(super) fn sets(blocks: usize, hits: &[&Hit], category: impl Fn(&Hit) -> CategorySet) -> Vec<CategorySet> {
    let mut events: Vec<(u32, bool, u32)> = Vec::with_capacity(hits.len() * 2);
    for hit in hits {
        let bit = category(hit).0.trailing_zeros();
        events.push((hit.blocks.start, true, bit));
        events.push((hit.blocks.end, false, bit));
    }
    events.sort_unstable();
    let mut open = [0u32; 33];
    let mut sets = vec![CategorySet::EMPTY; blocks];
    let mut next = 0;
    let mut set = CategorySet::EMPTY;
    for (block, out) in sets.iter_mut().enumerate() {
        while next < events.len() && events[next].0 as usize <= block {
            let (_, opens, bit) = events[next];
            let count = &mut open[bit as usize];
            *count = if opens { *count + 1 } else { count.saturating_sub(1) };
            set.0 = if *count > 0 { set.0 | 1 << (bit % 32) } else { set.0 & !(1 << (bit % 32)) };
            next += 1;
        }
        *out = set;
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Range32;

    fn hit(rule: u32, start: u32, end: u32) -> Hit {
        Hit { rule, trigger: start as usize, blocks: Range32 { start, end } }
    }

    #[test]
    fn the_narrowest_hit_names_a_block() {
        let hits = [hit(0, 0, 5), hit(1, 2, 3), hit(2, 4, 6)];
        let mut named = vec![None; 6];
        Paint::new(6).all(&mut hits.iter().collect::<Vec<_>>(), |block, rule| named[block] = Some(rule));
        assert_eq!(named, [Some(0), Some(0), Some(1), Some(0), Some(2), Some(2)]);
    }

    #[test]
    fn sets_hold_all_that_cover() {
        let hits = [hit(1, 0, 2), hit(2, 1, 3)];
        let sets = sets(4, &hits.iter().collect::<Vec<_>>(), |hit| CategorySet::of_number(hit.rule as u8));
        assert_eq!(sets.iter().map(|set| set.0).collect::<Vec<_>>(), [2, 6, 4, 0]);
    }
}
