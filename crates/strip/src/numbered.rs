//! Keys as small numbers, so that what is counted for each stands in a list: a page asks every key several times.

/// Gives keys numbers, counted in the order in which keys first come.
///
/// Keys are hashes or come in few kinds, so a table with places that are tried one after another does: half of them are
/// empty, and what is compared stands in a list beside it.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// For a place in the table the number of its key and one, 0 where it is empty. Powers of two.
    places: Vec<u32>,
    keys: Vec<u64>,
}

impl Numbers {
    /// No keys yet, and places for so many.
    pub(crate) fn with_capacity(keys: usize) -> Numbers {
        Numbers { places: vec![0; (2 * keys).next_power_of_two().max(2)], keys: Vec::with_capacity(keys) }
    }

    /// The number of a key.
    #[inline]
    pub(crate) fn of(&mut self, key: u64) -> u32 {
        let place = self.place(key);
        match self.places[place] {
            0 => self.push(key, place),
            next => next - 1,
        }
    }

    /// The keys by their numbers.
    pub(crate) fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// Where a key stands, or the empty place where it belongs.
    #[inline]
    fn place(&self, key: u64) -> usize {
        let most = self.places.len() - 1;
        let mut place = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & most;
        loop {
            match self.places[place & most] {
                0 => return place & most,
                next if self.keys[next as usize - 1] == key => return place & most,
                _ => place += 1,
            }
        }
    }

    #[cold]
    fn push(&mut self, key: u64, place: usize) -> u32 {
        self.keys.push(key);
        let next = self.keys.len() as u32;
        self.places[place] = next;
        if self.keys.len() * 2 > self.places.len() {
            self.places = vec![0; self.places.len() * 2];
            for number in 0..self.keys.len() {
                let place = self.place(self.keys[number]);
                self.places[place] = number as u32 + 1;
            }
        }
        next - 1
    }
}

/// For each of a list of keys its number.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    /// The numbers.
    pub(crate) of: Vec<u32>,
    /// How many keys there are.
    pub(crate) keys: usize,
}

impl Numbered {
    /// Numbers keys. Linear in their number.
    pub(crate) fn new(keys: impl ExactSizeIterator<Item = u64>) -> Numbered {
        let mut numbers = Numbers::with_capacity(keys.len());
        let of = keys.map(|key| numbers.of(key)).collect();
        Numbered { of, keys: numbers.keys.len() }
    }

    /// The number of the key at a place.
    pub(crate) fn at(&self, place: usize) -> usize {
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

    #[test]
    fn a_table_grows_and_keeps_its_numbers() {
        let mut numbers = Numbers::with_capacity(0);
        // Keys that differ in their upper bits alone, and such as are alike in them.
        let keys: Vec<u64> = (0..3000).map(|n| if n % 2 == 0 { n << 40 } else { n }).collect();
        for round in 0..2 {
            for (number, key) in keys.iter().enumerate() {
                assert_eq!(numbers.of(*key), number as u32, "{round}");
            }
        }
        assert_eq!(numbers.keys(), keys);
    }
}
