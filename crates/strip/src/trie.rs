//! Phrases looked for at the places of a text where one may begin.
//!
//! An Aho-Corasick automaton steps at every byte, and with thousands of phrases hardly a step finds its state in the
//! processor's cache. Most phrases begin a word, and five of six bytes do not: at each place that is asked, the next
//! four bytes tell from a table of 8 KB whether any phrase begins so, and three of them where the trie is then walked
//! from: the first steps are those with many ways to go.

/// A set of phrases.
#[derive(Debug, Clone)]
pub(crate) struct Trie {
    /// One bit for each hash of four bytes with which a phrase may begin, see [`beginning`].
    beginnings: Box<[u64; BEGINNINGS / 64]>,
    /// For each hash of two bytes the third ones of phrases that have no fourth, see [`short`]; all of them where a phrase
    /// has no third.
    shorts: Box<[u32; SHORTS]>,
    /// One bit for each hash of as many of a phrase's first bytes as [`longer`] takes, asked before the trie is walked:
    /// many a word of everyday text begins as a phrase does, but few go on so.
    longer: Box<[u64; LONGER / 64]>,
    /// The node behind each first byte; 0 where none begins so.
    roots: Box<[u32; 256]>,
    /// Three bytes with which phrases begin, and the node of the third, by a hash of the bytes; node 0 where there is
    /// none. A quarter of the places is taken at most.
    thirds: Vec<(u32, u32)>,
    nodes: Vec<Node>,
}

/// A byte of one or more phrases. The children of a node stand side by side, sorted by byte.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    first_child: u32,
    children: u16,
    byte: u8,
    /// Number of the phrase that ends here, from 1; 0 where none does.
    phrase: u32,
}

/// Bits of the table of beginnings.
const BEGINNINGS: usize = 1 << 16;

/// Bits of the table of longer beginnings.
const LONGER: usize = 1 << 17;

/// Places of the table of short phrases. All tables together must leave room in the processor's first cache.
const SHORTS: usize = 1 << 9;

/// Place of four bytes in the table of beginnings.
#[inline]
fn beginning(four: u32) -> usize {
    (four.wrapping_mul(0x9e37_79b1) >> 16) as usize
}

/// Place of two bytes in the table of short phrases, and the bit of the third.
#[inline]
fn short(four: u32) -> (usize, u32) {
    (((four & 0xffff).wrapping_mul(0x9e37_79b1) >> 23) as usize, four >> 16 & 31)
}

/// Place of four, six or eight bytes, with zeros behind them, in the table of longer beginnings.
#[inline]
fn longer(bytes: u64) -> usize {
    (bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 47) as usize
}

/// The first six of eight bytes.
const SIX: u64 = 0xffff_ffff_ffff;

#[inline]
fn holds(bits: &[u64], place: usize) -> bool {
    bits[place / 64] >> (place % 64) & 1 != 0
}

/// Three bytes as a number.
fn key(first: u8, second: u8, third: u8) -> u32 {
    u32::from_le_bytes([first, second, third, 0])
}

/// Where the search for a key begins in a table of so many places, a power of two.
fn place(key: u32, places: usize) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> 12) as usize & (places - 1)
}

impl Default for Trie {
    fn default() -> Self {
        Trie {
            beginnings: Box::new([0; BEGINNINGS / 64]),
            longer: Box::new([0; LONGER / 64]),
            shorts: Box::new([0; SHORTS]),
            roots: Box::new([0; 256]),
            thirds: vec![(0, 0)],
            nodes: vec![Node::default()],
        }
    }
}

impl Trie {
    /// A trie of these phrases, of which none is empty and each stands once.
    pub(crate) fn new<T: AsRef<[u8]>>(phrases: &[T]) -> Trie {
        let mut sorted: Vec<(&[u8], u32)> =
            phrases.iter().zip(1..).map(|(phrase, number)| (phrase.as_ref(), number)).collect();
        sorted.retain(|(phrase, _)| !phrase.is_empty());
        sorted.sort_unstable();
        let mut trie = Trie::default();
        for (phrase, _) in &sorted {
            match phrase[..] {
                [first] => (0..=255).for_each(|second| trie.shorts[short(key(first, second, 0)).0] = u32::MAX),
                [first, second] => trie.shorts[short(key(first, second, 0)).0] = u32::MAX,
                [first, second, third] => {
                    let (place, bit) = short(key(first, second, third));
                    trie.shorts[place] |= 1 << bit;
                }
                [first, second, third, fourth, ..] => {
                    let place = beginning(u32::from_le_bytes([first, second, third, fourth]));
                    trie.beginnings[place / 64] |= 1 << (place % 64);
                    let place = longer(match phrase.len() {
                        4 | 5 => u64::from(four(phrase)),
                        6 | 7 => eight(phrase) & SIX,
                        _ => eight(phrase),
                    });
                    trie.longer[place / 64] |= 1 << (place % 64);
                }
                [] => {}
            }
        }
        // Siblings come to stand side by side, and an only child behind its parent, mostly in the same line of the cache:
        // the node, its phrases, their next byte.
        let mut open = vec![(0usize, 0..sorted.len(), 0usize)];
        while let Some((parent, range, depth)) = open.pop() {
            let first_child = trie.nodes.len();
            let mut at = range.start;
            while at < range.end {
                let (phrase, number) = sorted[at];
                let Some(&byte) = phrase.get(depth) else {
                    trie.nodes[parent].phrase = number;
                    at += 1;
                    continue;
                };
                let end = at + sorted[at..range.end].partition_point(|(other, _)| other[depth] == byte);
                let node = trie.nodes.len();
                if depth == 0 {
                    trie.roots[usize::from(byte)] = node as u32;
                }
                trie.nodes.push(Node { byte, ..Node::default() });
                open.push((node, at..end, depth + 1));
                at = end;
            }
            trie.nodes[parent].first_child = first_child as u32;
            trie.nodes[parent].children = (trie.nodes.len() - first_child) as u16;
        }
        trie.index_thirds();
        trie
    }

    fn children(&self, node: &Node) -> std::ops::Range<usize> {
        let first = node.first_child as usize;
        first..first + usize::from(node.children)
    }

    fn index_thirds(&mut self) {
        let mut thirds = Vec::new();
        for root in self.roots.iter().filter(|root| **root != 0) {
            let first = self.nodes[*root as usize];
            for second in &self.nodes[self.children(&first)] {
                let key_of = |third: usize| key(first.byte, second.byte, self.nodes[third].byte);
                thirds.extend(self.children(second).map(|third| (key_of(third), third as u32)));
            }
        }
        let places = (4 * thirds.len()).next_power_of_two();
        self.thirds = vec![(0, 0); places];
        for (key, node) in thirds {
            let mut at = place(key, places);
            while self.thirds[at].1 != 0 {
                at = (at + 1) & (places - 1);
            }
            self.thirds[at] = (key, node);
        }
    }

    /// The node behind three bytes; 0 where no phrase begins so.
    fn third(&self, wanted: u32) -> u32 {
        let places = self.thirds.len();
        let mut at = place(wanted, places);
        loop {
            match self.thirds[at] {
                (_, 0) => return 0,
                (key, node) if key == wanted => return node,
                _ => at = (at + 1) & (places - 1),
            }
        }
    }

    /// Whether a phrase may begin with these bytes, or with fewer of them. (The first is the lowest; zeros stand for
    /// those behind the end of a text.)
    #[inline]
    pub(crate) fn may_begin(&self, four: u32) -> bool {
        let (place, third) = short(four);
        holds(&*self.beginnings, beginning(four)) | (self.shorts[place] >> third & 1 != 0)
    }

    /// Calls back with the number of every phrase that stands in `text` at `start`, and where it ends, shorter ones
    /// first.
    #[inline]
    pub(crate) fn at(&self, text: &[u8], start: usize, found: impl FnMut(usize, usize)) {
        let four = four(text.get(start..).unwrap_or_default());
        if self.may_begin(four) {
            self.walk(text, start, four, found);
        }
    }

    /// As [`Trie::at`], where a phrase may begin with the four bytes that stand there.
    pub(crate) fn walk(&self, text: &[u8], start: usize, four: u32, mut found: impl FnMut(usize, usize)) {
        let [first, ..] = four.to_le_bytes();
        let (shorts, third) = short(four);
        let eight = eight(&text[start..]);
        let goes_on = holds(&*self.longer, longer(u64::from(four)))
            | holds(&*self.longer, longer(eight & SIX))
            | holds(&*self.longer, longer(eight));
        if !goes_on && self.shorts[shorts] >> third & 1 == 0 {
            return;
        }
        // A phrase of one or two bytes ends before the node of the third.
        let whole = text.len() >= start + 3 && self.shorts[shorts] != u32::MAX;
        let (begin, mut end) = match whole {
            true => (self.third(four & 0xff_ffff), start + 2),
            false => (self.roots[usize::from(first)], start),
        };
        if begin == 0 {
            return;
        }
        let mut node = &self.nodes[begin as usize];
        while end < text.len() && text[end] == node.byte {
            end += 1;
            if node.phrase > 0 {
                found(node.phrase as usize - 1, end);
            }
            let children = &self.nodes[self.children(node)];
            let Some(&next) = text.get(end) else { break };
            let Some(child) = children.iter().find(|child| child.byte >= next) else { break };
            node = child;
        }
    }
}

/// The first four bytes as a number, the first the lowest; zeros behind the end.
#[inline]
pub(crate) fn four(bytes: &[u8]) -> u32 {
    let bytes = match bytes.first_chunk::<4>() {
        Some(bytes) => *bytes,
        None => std::array::from_fn(|place| bytes.get(place).copied().unwrap_or(0)),
    };
    u32::from_le_bytes(bytes)
}

/// The first eight bytes as a number, as [`four`] gives the first four.
#[inline]
fn eight(bytes: &[u8]) -> u64 {
    let bytes = match bytes.first_chunk::<8>() {
        Some(bytes) => *bytes,
        None => std::array::from_fn(|place| bytes.get(place).copied().unwrap_or(0)),
    };
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_phrases_that_stand_at_a_place_are_found() {
        let phrases = ["a", "an", "and", "android", "be", "б", "был", "|"];
        let trie = Trie::new(&phrases);
        let at = |text: &str, start| {
            let mut found = Vec::new();
            trie.at(text.as_bytes(), start, |phrase, end| found.push((phrases[phrase], end)));
            found
        };
        assert_eq!(at("x and b", 2), [("a", 3), ("an", 4), ("and", 5)]);
        assert_eq!(at("an", 0), [("a", 1), ("an", 2)]);
        assert_eq!(at("a|", 1), [("|", 2)]);
        assert_eq!(at("был", 0), [("б", 2), ("был", 6)]);
        assert_eq!(at("b", 0), []);
        assert_eq!(at("", 0), []);
        assert_eq!(at("\0b", 0), []);
        let trie = Trie::new(&["read", "read more", "rear", "reap", "fall", "rün"]);
        let ends = |text: &str| {
            let mut found = Vec::new();
            trie.at(text.as_bytes(), 0, |phrase, end| found.push((phrase, end)));
            found
        };
        assert_eq!(ends("read more"), [(0, 4), (1, 9)]);
        assert_eq!((ends("reap"), ends("fall"), ends("rün")), (vec![(3, 4)], vec![(4, 4)], vec![(5, 4)]));
        assert_eq!((ends("rea"), ends("re"), ends("roar"), ends("rüm")), (vec![], vec![], vec![], vec![]));
        Trie::new::<&str>(&[]).at(b"any", 0, |_, _| panic!("no phrase stands there"));
    }
}
