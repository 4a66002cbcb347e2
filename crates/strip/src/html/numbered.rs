//! Keys as small numbers, so that what is counted for each stands in a list: a page asks every key several times.

use rustc_hash::FxHashMap;

/// For each of a list of keys its number, counted in the order in which keys first come.
#[derive(Debug, Default)]
pub(super) struct Numbered {
    /// The numbers.
    pub(super) of: Vec<u32>,
    /// How many keys there are.
    pub(super) keys: usize,
}

impl Numbered {
    /// Numbers keys. Linear in their number.
    pub(super) fn new(keys: impl ExactSizeIterator<Item = u64>) -> Numbered {
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        numbers.reserve(keys.len());
        let mut of = Vec::with_capacity(keys.len());
        for key in keys {
            let next = numbers.len() as u32;
            of.push(*numbers.entry(key).or_insert(next));
        }
        Numbered { of, keys: numbers.len() }
    }

    /// The number of the key at a place.
    pub(super) fn at(&self, place: usize) -> usize {
        self.of[place] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_as_they_come() {
        let numbered = Numbered::new([9, 4, 9, 7, 4].into_iter());
        assert_eq!((numbered.of, numbered.keys), (vec![0, 1, 0, 2, 1], 3));
    }
}
