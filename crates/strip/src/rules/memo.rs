//! What the rules look for in short lines, remembered from page to page.
//!
//! Two of five lines of a corpus stood there before ("Share", "Read more", names and dates), nearly all of them short,
//! and which rules a line makes look depends on the line alone. A table of fixed size for each thread, in which a line
//! takes the place of another: three of ten lines of flattened pages are found there. What is remembered is what would
//! be found anew, so nothing depends on which thread met which line.

use std::{cell::RefCell, hash::Hasher};

use rustc_hash::FxHasher;

/// Lines that a thread remembers: half a megabyte. Four times as many find one in thirty lines more.
const SLOTS: usize = 1 << 13;

/// Bytes of the longest line that is remembered. Longer ones hardly come twice.
const LONGEST: usize = 46;

/// Rules of a line at most.
const MOST_RULES: usize = 8;

/// A line and its rules. As large as a line of the processor's cache.
#[derive(Debug, Clone, Copy)]
struct Slot {
    length: u8,
    rules: u8,
    text: [u8; LONGEST],
    numbers: [u16; MOST_RULES],
}

/// A thread's memory of lines.
#[derive(Debug)]
pub(super) struct Memo {
    /// The set of rules that it is of.
    set: u64,
    slots: Vec<Slot>,
}

thread_local! {
    static MEMO: RefCell<Memo> = const { RefCell::new(Memo { set: 0, slots: Vec::new() }) };
}

/// Hands out the thread's memory of lines for the set of rules with this number.
pub(super) fn with_memo<T>(set: u64, work: impl FnOnce(&mut Memo) -> T) -> T {
    MEMO.with_borrow_mut(|memo| {
        if memo.set != set || memo.slots.is_empty() {
            memo.set = set;
            memo.slots.clear();
            memo.slots.resize(SLOTS, Slot { length: 0, rules: 0, text: [0; LONGEST], numbers: [0; MOST_RULES] });
        }
        work(memo)
    })
}

impl Memo {
    /// The numbers of the rules that look at a line, if it is remembered.
    pub(super) fn rules(&self, line: &str) -> Option<&[u16]> {
        let slot = &self.slots[place(line)?];
        let found = slot.text[..usize::from(slot.length)] == *line.as_bytes();
        found.then(|| &slot.numbers[..usize::from(slot.rules)])
    }

    /// Remembers the rules of a line, where they are few and the line is short.
    pub(super) fn put(&mut self, line: &str, rules: &[u32]) {
        let Some(place) = place(line).filter(|_| rules.len() <= MOST_RULES) else { return };
        let slot = &mut self.slots[place];
        for (number, rule) in slot.numbers.iter_mut().zip(rules) {
            match u16::try_from(*rule) {
                Ok(rule) => *number = rule,
                Err(_) => {
                    slot.length = 0;
                    return;
                }
            }
        }
        slot.length = line.len() as u8;
        slot.rules = rules.len() as u8;
        slot.text[..line.len()].copy_from_slice(line.as_bytes());
    }
}

/// Where a line is remembered, if it is short enough. An empty line is none.
fn place(line: &str) -> Option<usize> {
    if line.is_empty() || line.len() > LONGEST {
        return None;
    }
    let mut hasher = FxHasher::default();
    hasher.write(line.as_bytes());
    Some(hasher.finish() as usize % SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_line_is_remembered_with_its_rules_until_another_takes_its_place() {
        with_memo(1, |memo| {
            assert_eq!(memo.rules("read more"), None);
            memo.put("read more", &[3, 7]);
            memo.put("noon", &[]);
            assert_eq!((memo.rules("read more"), memo.rules("noon")), (Some(&[3, 7][..]), Some(&[][..])));
            let other = (0..).map(|n| format!("line {n}")).find(|line| place(line) == place("read more")).unwrap();
            assert_eq!(memo.rules(&other), None);
            memo.put(&other, &[1]);
            assert_eq!((memo.rules("read more"), memo.rules(&other)), (None, Some(&[1][..])));
        });
        with_memo(2, |memo| assert_eq!(memo.rules("noon"), None));
    }

    #[test]
    fn what_does_not_fit_is_not_remembered() {
        with_memo(3, |memo| {
            for (line, rules) in [("", &[1][..]), (&"x".repeat(47), &[1]), ("a", &[0; 9]), ("b", &[1 << 16])] {
                memo.put(line, rules);
                assert_eq!(memo.rules(line), None, "{line}");
            }
        });
    }
}
