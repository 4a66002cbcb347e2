//! Columns of features that need no look at each line: means over windows, and values of lines nearby.
//!
//! Away from the ends of a page a window has one width, so what a column holds is a difference of two stretches of
//! running sums, which a compiler turns into a few vectors.

use std::ops::Range;

/// A feature of many lines.
pub(super) trait Column: Sized {
    /// Puts the values for some lines side by side.
    fn put(&self, lines: Range<usize>, out: &mut [f32]);

    /// The same where `is_known`, else `unknown`.
    fn or(self, unknown: f32, is_known: bool) -> Or<Self> {
        Or { column: is_known.then_some(self), unknown }
    }
}

/// The mean over the lines around, before or after a line.
pub(super) struct Window<'a> {
    /// Running sums, one longer than the page has lines.
    sums: &'a [f32],
    /// Lines before the line.
    back: usize,
    /// Whether it begins after the line.
    after: bool,
    /// Where it ends, in lines from the line.
    ahead: usize,
}

/// The mean over the lines within `reach` of a line.
pub(super) fn around(sums: &[f32], reach: usize) -> Window<'_> {
    Window { sums, back: reach, after: false, ahead: reach + 1 }
}

/// The mean over the `reach` lines before a line; 0 at the start of the page.
pub(super) fn before(sums: &[f32], reach: usize) -> Window<'_> {
    Window { sums, back: reach, after: false, ahead: 0 }
}

/// The mean over the `reach` lines after a line; 0 at the end of the page.
pub(super) fn after(sums: &[f32], reach: usize) -> Window<'_> {
    Window { sums, back: 0, after: true, ahead: reach + 1 }
}

impl Window<'_> {
    /// Its mean at any line.
    fn at(&self, at: usize) -> f32 {
        let from = (at + usize::from(self.after)).saturating_sub(self.back);
        let to = (at + self.ahead).min(self.sums.len() - 1);
        (self.sums[to] - self.sums[from]) / (to - from).max(1) as f32
    }
}

impl Column for Window<'_> {
    fn put(&self, lines: Range<usize>, out: &mut [f32]) {
        // Where the whole window is on the page.
        let start = lines.start.max(self.back).min(lines.end);
        let end = lines.end.min(self.sums.len().saturating_sub(self.ahead)).max(start);
        let out = &mut out[..lines.len()];
        for at in (lines.start..start).chain(end..lines.end) {
            out[at - lines.start] = self.at(at);
        }
        if start == end {
            return;
        }
        let skip = usize::from(self.after);
        let width = (self.back + self.ahead - skip) as f32;
        let (from, to) = (&self.sums[start + skip - self.back..], &self.sums[start + self.ahead..]);
        for ((out, from), to) in out[start - lines.start..end - lines.start].iter_mut().zip(from).zip(to) {
            *out = (to - from) / width;
        }
    }
}

/// The value of a line so many lines away, `beyond` outside the page.
pub(super) struct Beside<'a> {
    pub values: &'a [f32],
    pub offset: isize,
    pub beyond: f32,
}

impl Column for Beside<'_> {
    fn put(&self, lines: Range<usize>, out: &mut [f32]) {
        let out = &mut out[..lines.len()];
        let within = |at: usize| at.saturating_add_signed(self.offset).min(self.values.len());
        let found = &self.values[within(lines.start)..within(lines.end)];
        // Lines before the page's first come first, lines after its last come last.
        let lead = match self.offset < 0 {
            true => self.offset.unsigned_abs().saturating_sub(lines.start).min(out.len()),
            false => 0,
        };
        out.fill(self.beyond);
        out[lead..lead + found.len()].copy_from_slice(found);
    }
}

/// A column, or one value where it is not known.
pub(super) struct Or<C> {
    column: Option<C>,
    unknown: f32,
}

impl<C: Column> Column for Or<C> {
    fn put(&self, lines: Range<usize>, out: &mut [f32]) {
        match &self.column {
            Some(column) => column.put(lines, out),
            None => out[..lines.len()].fill(self.unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(column: impl Column, lines: Range<usize>) -> Vec<f32> {
        let mut out = vec![9.0; lines.len()];
        column.put(lines, &mut out);
        out
    }

    #[test]
    fn windows_end_where_the_page_does() {
        let sums = [0.0, 1.0, 3.0, 6.0, 10.0];
        assert_eq!(column(around(&sums, 1), 0..4), [1.5, 2.0, 3.0, 3.5]);
        assert_eq!(column(before(&sums, 2), 0..4), [0.0, 1.0, 1.5, 2.5]);
        assert_eq!(column(after(&sums, 2), 0..4), [2.5, 3.5, 4.0, 0.0]);
        assert_eq!(column(around(&sums, 9), 1..3), [2.5, 2.5]);
    }

    #[test]
    fn any_part_of_a_column_is_that_of_the_whole() {
        let sums: Vec<f32> = (0..=30).map(|n| (n * n) as f32).collect();
        for reach in [1, 4, 12, 40] {
            for window in [around, before, after] {
                let whole = column(window(&sums, reach), 0..30);
                let by_line: Vec<f32> = (0..30).map(|at| window(&sums, reach).at(at)).collect();
                assert_eq!(whole, by_line);
                for lines in [0..0, 0..7, 7..20, 20..30, 29..30, 30..30] {
                    assert_eq!(column(window(&sums, reach), lines.clone()), whole[lines]);
                }
            }
        }
    }

    #[test]
    fn lines_beside_are_found_or_beyond() {
        let beside = |offset, lines| column(Beside { values: &[1.0, 2.0, 3.0], offset, beyond: -2.0 }, lines);
        assert_eq!(beside(-1, 0..3), [-2.0, 1.0, 2.0]);
        assert_eq!(beside(1, 0..3), [2.0, 3.0, -2.0]);
        assert_eq!(beside(-2, 1..3), [-2.0, 1.0]);
        assert_eq!(beside(-9, 1..3), [-2.0, -2.0]);
        assert_eq!(beside(9, 0..2), [-2.0, -2.0]);
        assert_eq!(column(before(&[0.0, 1.0], 1).or(-20.0, false), 0..1), [-20.0]);
    }
}
