//! Lines of plain text that say everything twice: a caption beside its picture's description, a headline beside its link.

use dechaff_document::{Break, Category, JudgedPage, Label, PageKind, Reason, Verdict};

use crate::{evidence::Evidence, rules::doubled};

/// Cuts every kept line "X X" in two blocks, of which the second is a copy of the first. The text stays whole: what is
/// kept and what is dropped still make up the page. Only on pages of running text: a poem may repeat itself.
pub(crate) fn split(judged: &mut JudgedPage, evidence: &Evidence) {
    if judged.page.kind != PageKind::Text || !evidence.running_text {
        return;
    }
    let kept = |index: usize| judged.verdicts[index].label == Label::Content;
    let lines: Vec<(usize, usize)> = (0..judged.page.blocks.len())
        .filter(|&index| kept(index))
        .filter_map(|index| Some((index, doubled(&judged.page.blocks[index].text)?)))
        .collect();
    if lines.is_empty() {
        return;
    }
    let moved = |index: usize| index + lines.partition_point(|(line, _)| *line < index);
    for verdict in &mut judged.verdicts {
        if let Reason::CopyOf(of) = &mut verdict.reason {
            *of = moved(*of);
        }
    }
    let blocks = std::mem::take(&mut judged.page.blocks);
    let verdicts = std::mem::take(&mut judged.verdicts);
    let mut next = lines.iter().peekable();
    for (index, (mut block, verdict)) in blocks.into_iter().zip(verdicts).enumerate() {
        let Some(&&(_, second)) = next.peek().filter(|(line, _)| *line == index) else {
            judged.page.blocks.push(block);
            judged.verdicts.push(verdict);
            continue;
        };
        next.next();
        let mut copy = block.clone();
        copy.text = block.text.split_off(second);
        block.text.truncate(block.text.trim_end().len());
        copy.starts = Break::Space;
        copy.marks.clear();
        block.marks.clear();
        copy.span.start = (block.span.start + second).min(copy.span.end);
        block.span.end = copy.span.start;
        let title = matches!(verdict.reason, Reason::Title);
        let category = Category::new(if title { "duplicate-title" } else { "duplicate-caption" });
        let reason = Reason::CopyOf(judged.page.blocks.len());
        let copy_verdict = Verdict { label: Label::Chrome(category), reason, score: verdict.score };
        judged.page.blocks.extend([block, copy]);
        judged.verdicts.extend([verdict, copy_verdict]);
    }
}
