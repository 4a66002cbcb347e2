//! Which bytes a line holds, and which of them an expression can do with: tells in a few steps of most lines that an
//! expression does not match them, before an automaton reads a byte.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A set of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(super) const ALL: ByteSet = ByteSet([u64::MAX; 4]);

    /// The bytes of a line.
    pub(super) fn of(line: &str) -> ByteSet {
        if !line.is_ascii() {
            return line.bytes().collect();
        }
        let (mut low, mut high) = (0, 0);
        for byte in line.bytes() {
            let bit = 1u64 << (byte & 63);
            let is_high = u64::from(byte >> 6);
            high |= bit & is_high.wrapping_neg();
            low |= bit & is_high.wrapping_sub(1);
        }
        ByteSet([low, high, 0, 0])
    }

    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn holds(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    pub(super) fn meets(&self, other: &ByteSet) -> bool {
        self.0.iter().zip(&other.0).any(|(own, other)| own & other != 0)
    }

    /// Whether all of them are in another set.
    fn is_within(&self, other: &ByteSet) -> bool {
        self.0.iter().zip(&other.0).all(|(own, other)| own & !other == 0)
    }

    fn is_ascii(&self) -> bool {
        self.0[2] | self.0[3] == 0
    }

    fn put(&mut self, other: &ByteSet) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
    }

    fn len(&self) -> u32 {
        self.0.iter().map(|bits| bits.count_ones()).sum()
    }

    /// The bytes of the characters of a class. Of what is beyond ASCII all that there are.
    fn of_class(class: &Class) -> ByteSet {
        let mut set = ByteSet::default();
        let ranges: Vec<(u32, u32)> = match class {
            Class::Unicode(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
            Class::Bytes(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
        };
        for (from, to) in ranges {
            (from..=to.min(0x7f)).for_each(|byte| set.insert(byte as u8));
            if to > 0x7f {
                set.put(&ByteSet([0, 0, u64::MAX, u64::MAX]));
            }
        }
        set
    }
}

impl FromIterator<u8> for ByteSet {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> ByteSet {
        let mut set = ByteSet::default();
        bytes.into_iter().for_each(|byte| set.insert(byte));
        set
    }
}

/// What the bytes of a line say of whether an expression matches it.
#[derive(Debug, Clone)]
pub(super) struct Bytes {
    /// A line with others is not matched.
    allowed: ByteSet,
    /// Sets of which a line must hold a byte each.
    needed: Vec<ByteSet>,
    /// It matches every line of so many characters of those that are allowed.
    any_of: Option<(usize, usize)>,
}

impl Bytes {
    /// What is known of an expression.
    pub(super) fn new(hir: &Hir) -> Bytes {
        let properties = hir.properties();
        let bound =
            properties.look_set_prefix().contains(Look::Start) && properties.look_set_suffix().contains(Look::End);
        let mut needed = needed(hir);
        needed.retain(|set| !set.meets(&COMMON));
        needed.sort_unstable_by_key(|set| set.len());
        needed.dedup();
        needed.truncate(MOST_NEEDED);
        let allowed = if bound { allowed(hir) } else { ByteSet::ALL };
        Bytes { allowed, needed, any_of: any_of(hir) }
    }

    /// Whether a line of these bytes is matched; `None` where an automaton must tell.
    #[inline]
    pub(super) fn tell(&self, bytes: &ByteSet, length: usize) -> Option<bool> {
        if !bytes.is_within(&self.allowed) || !self.needed.iter().all(|set| set.meets(bytes)) {
            return Some(false);
        }
        let (least, most) = self.any_of?;
        bytes.is_ascii().then_some((least..=most).contains(&length))
    }
}

/// Bytes that nearly every line holds: lower-case letters and the space.
const COMMON: ByteSet = ByteSet([1 << b' ', 0x07ff_fffe_0000_0000, 0, 0]);

/// Sets that are kept of an expression, those of few bytes first. The others hardly tell more.
const MOST_NEEDED: usize = 3;

/// All bytes that a match can have.
fn allowed(hir: &Hir) -> ByteSet {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => ByteSet::default(),
        HirKind::Literal(literal) => literal.0.iter().copied().collect(),
        HirKind::Class(class) => ByteSet::of_class(class),
        HirKind::Repetition(repetition) => allowed(&repetition.sub),
        HirKind::Capture(capture) => allowed(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(ByteSet::default(), |mut set, part| {
                set.put(&allowed(part));
                set
            })
        }
    }
}

/// Sets of which any match holds a byte each.
fn needed(hir: &Hir) -> Vec<ByteSet> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(literal) => literal.0.iter().map(|byte| [*byte].into_iter().collect()).collect(),
        HirKind::Class(class) => vec![ByteSet::of_class(class)],
        HirKind::Repetition(repetition) if repetition.min == 0 => Vec::new(),
        HirKind::Repetition(repetition) => needed(&repetition.sub),
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(needed).collect(),
        HirKind::Alternation(branches) => {
            // Of each branch the set that fewest lines meet.
            let rarest = |branch: &Hir| needed(branch).into_iter().min_by_key(|set| (set.meets(&COMMON), set.len()));
            let mut all = ByteSet::default();
            for branch in branches {
                match rarest(branch) {
                    Some(set) => all.put(&set),
                    None => return Vec::new(),
                }
            }
            vec![all]
        }
    }
}

/// How many characters an expression of nothing but one class, from the start of a line to its end, asks for.
fn any_of(hir: &Hir) -> Option<(usize, usize)> {
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let [start, repetition, end] = parts.as_slice() else { return None };
    let is_bound = *start.kind() == HirKind::Look(Look::Start) && *end.kind() == HirKind::Look(Look::End);
    let HirKind::Repetition(repetition) = repetition.kind() else { return None };
    let is_class = matches!(repetition.sub.kind(), HirKind::Class(_));
    let most = repetition.max.map_or(usize::MAX, |most| most as usize);
    (is_bound && is_class).then_some((repetition.min as usize, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(expression: &str, line: &str) -> Option<bool> {
        Bytes::new(&regex_syntax::parse(expression).unwrap()).tell(&ByteSet::of(line), line.len())
    }

    #[test]
    fn bytes_of_a_line_are_all_of_them() {
        for line in ["", "tide at 9:40", "\0@\u{7f}?~", "Flut um neun – früh"] {
            assert_eq!(ByteSet::of(line), line.bytes().collect(), "{line}");
        }
    }

    #[test]
    fn what_lacks_a_byte_or_has_another_is_not_matched() {
        let expression = "^[a-zà-ü ]{3,30}( at)? ([0-9]{1,2}:[0-9]{2}|[0-9]+ ?%)$";
        assert_eq!(told(expression, "tide at 9:40"), None);
        assert_eq!(told(expression, "tide at nine"), Some(false));
        assert_eq!(told(expression, "tide at 9:40!"), Some(false));
        assert_eq!(told(expression, "marée à 9:40"), None);
        // It need not be the whole line, and letters stand in nearly all.
        assert_eq!((told("tide [0-9]", "high tide 9!"), told("tide", "low")), (None, None));
        assert_eq!(told("(tide|[0-9])!|noon", "low"), None);
        assert_eq!((told("([0-9]|!)+", "low"), told("([0-9]|!)*", "low")), (Some(false), None));
    }

    #[test]
    fn what_is_one_class_is_told_by_bytes_alone() {
        let expression = "^[^0-9,]{3,8}$";
        assert_eq!((told(expression, "low tide"), told(expression, "low, tide")), (Some(true), Some(false)));
        assert_eq!((told(expression, "lo"), told(expression, "very low tide")), (Some(false), Some(false)));
        // Characters beyond ASCII are counted by the automaton.
        assert_eq!((told(expression, "marée"), told("^[^0-9]{3,8}", "low")), (None, None));
    }
}
