//! What a page of plain text reports in sentences.
//!
//! Paragraphs make a story ([`Measured::story`](crate::rules::Measured::story)), and where they hold enough of the page
//! it is running text. A news item of two sentences among the menus of its site has no paragraph. That it is a report
//! all the same is measured here: for its title, its end, and the walls that it is not.

use super::BlockEvidence;

/// Words of a sentence that reports; dialogues and players say theirs in fewer.
const SENTENCE: u32 = 8;

/// Words of the sentences of a short report: the shortest news item has two. A wall says one beside its appeals.
const SHORT: u32 = 30;

/// Sentences of eight words or more that no rule drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// The block of the first of them.
    pub first: Option<usize>,
    /// Words of all of them.
    pub words: u32,
}

impl Report {
    /// What these blocks report, of which `reports` says which are sentences of the page's own.
    pub(crate) fn of(blocks: &[BlockEvidence], reports: impl Fn(usize) -> bool) -> Report {
        let mut report = Report::default();
        for (index, block) in blocks.iter().enumerate() {
            if block.words >= SENTENCE && block.veto.is_none() && reports(index) {
                report.first = report.first.or(Some(index));
                report.words += block.words;
            }
        }
        report
    }

    /// Whether it is a report, a short one at least.
    pub(crate) fn holds(&self) -> bool {
        self.words >= SHORT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_of_sentences_that_nothing_drops() {
        let block = |words: u32, veto: Option<u32>| BlockEvidence { words, veto, ..BlockEvidence::default() };
        let blocks = [block(4, None), block(20, Some(0)), block(7, None), block(19, None), block(11, None)];
        let all = Report::of(&blocks, |_| true);
        assert_eq!(all, Report { first: Some(3), words: 30 });
        assert!(all.holds());
        assert!(!Report::of(&blocks, |index| index != 4).holds());
        assert_eq!(Report::of(&blocks, |_| false), Report::default());
    }
}
