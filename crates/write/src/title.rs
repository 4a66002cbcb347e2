//! The title of a judged page, and whether the kept text holds it already.

use dechaff_document::{BlockKind, Break, JudgedPage, Origin, PageKind};

/// How many kept blocks may stand before a title in the text: a kicker, a date, a byline, an image's caption.
/// Further down, equal words are a section's heading and not the title.
const LOOK_AT: usize = 5;

/// Longest first line of a plain text that is taken for its title, in bytes and in words. Of headlines that newspapers
/// write hardly one is longer.
const LONGEST_HEADLINE: (usize, usize) = (240, 30);
/// Words that a plain text must hold for its first line to be a title: a note of two lines has none.
const LEAST_TEXT: u64 = 50;

/// The title of a page: what its metadata says; of a plain text without any, its first kept line where that reads like
/// a headline.
///
/// What the first lines of a plain text mark as a title counts only if they are kept: a title is never put back on top
/// of a text from which it was dropped.
pub fn title(judged: &JudgedPage) -> Option<&str> {
    let found = judged.page.metadata.title.as_ref().filter(|found| !found.value.trim().is_empty());
    match (judged.page.kind, found) {
        (PageKind::Html, found) => found.map(|found| found.value.trim()),
        (PageKind::Text, Some(found)) if found.origin != Origin::Text => Some(found.value.trim()),
        (PageKind::Text, Some(found)) if block_of(judged, &found.value).is_some() => Some(found.value.trim()),
        (PageKind::Text, _) => headline(judged),
    }
}

/// The kept block that is the page's title (see [`title`]), if one of the first few is.
///
/// A block is the title if it has the same words (case, punctuation and white space apart), or if it is a heading that
/// holds the title or is held by it and the shorter has at least three fifths of the longer (site names and kickers
/// are joined to titles in many ways; a heading of half the title is a section's).
pub fn title_block(judged: &JudgedPage) -> Option<usize> {
    block_of(judged, title(judged)?)
}

/// The first kept line of a plain text, if it stands alone, ends without the end of a sentence and much text follows.
fn headline(judged: &JudgedPage) -> Option<&str> {
    let mut content = judged.content();
    let (_, first) = content.next()?;
    let (_, second) = content.next()?;
    let line = first.text.trim();
    let (bytes, words) = LONGEST_HEADLINE;
    let ends = line.ends_with(['.', ',', ';', ':', '。', '…', '-', '|']) || line.contains('\n');
    let one_word = line.split_whitespace().nth(1).is_none() && line.is_ascii();
    let alone = second.starts != Break::Space && (second.starts != Break::Line || second.text.len() > line.len());
    if line.len() > bytes || line.split_whitespace().count() > words || ends || one_word || !alone {
        return None;
    }
    let mut text = 0;
    let enough = judged.content().skip(1).any(|(_, block)| {
        text += crate::word_count(&block.text) + block.text.chars().filter(|c| !c.is_ascii()).count() as u64 / 4;
        text >= LEAST_TEXT
    });
    enough.then_some(line)
}

fn block_of(judged: &JudgedPage, title: &str) -> Option<usize> {
    let title = folded(title);
    if title.is_empty() {
        return None;
    }
    let found = judged.content().take(LOOK_AT).find(|(_, block)| {
        // A paragraph much longer than the title cannot equal it: leave the folding.
        if block.text.len() > 4 * title.len() + 64 {
            return false;
        }
        let text = folded(&block.text);
        text == title || (matches!(block.kind, BlockKind::Heading(_)) && one_holds_the_other(&text, &title))
    });
    found.map(|(index, _)| index)
}

/// Whether one text begins or ends with the other, and the shorter has three fifths of the longer.
fn one_holds_the_other(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.len() * 5 >= long.len() * 3 && (long.starts_with(short) || long.ends_with(short))
}

/// Letters and digits in lower case, one space between words.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::{page, text_page};
    use dechaff_document::{Found, Origin};

    fn titled(title: &str, page: &JudgedPage) -> Option<usize> {
        let mut page = page.clone();
        page.page.metadata.title = Some(Found::new(title, Origin::TitleElement));
        title_block(&page)
    }

    #[test]
    fn a_title_is_found_among_the_first_kept_blocks() {
        let judged = page("- p Home\n+ p 3 May\n+ h1 Rain, at last!\n+ p It rained.");
        assert_eq!(titled("Rain at last", &judged), Some(2));
        assert_eq!(titled("Rain at last \u{2013} The Daily", &judged), None);
        assert_eq!(titled("Rain at last (video)", &judged), Some(2));
        assert_eq!(titled("Rain", &judged), None);
        assert_eq!(titled("", &judged), None);
        let dropped = page("- h1 Rain at last\n+ p It rained.");
        assert_eq!(titled("Rain at last", &dropped), None);
        let paragraph = page("+ p Rain at last week's fair\n+ p It rained.");
        assert_eq!(titled("Rain at last", &paragraph), None);
    }

    #[test]
    fn a_plain_text_has_its_first_line_for_a_title_if_it_reads_like_one() {
        let text = "It rained all night and the street was a river. ".repeat(8);
        let found =
            |first: &str| title(&text_page(&format!("-Skip to content\n{first}\n\n{text}\n"))).map(str::to_owned);
        assert_eq!(found("Rain at last").as_deref(), Some("Rain at last"));
        assert_eq!(found("Has it rained?").as_deref(), Some("Has it rained?"));
        for none in ["It rained.", "Contents:", "Weather", &text] {
            assert_eq!(found(none), None, "{none}");
        }
        assert_eq!(title(&text_page("Rain at last\n\nShort note\n")), None);
        // A marked title that was dropped is not put back.
        let mut judged = text_page(&format!("-# Site name\n\n{text}"));
        judged.page.metadata.title = Some(Found::new("Site name", Origin::Text));
        assert_eq!((title(&judged), title_block(&judged)), (None, None));
        let mut judged = text_page(&format!("Rain at last\n\n{text}"));
        assert_eq!(title_block(&judged), Some(0));
        judged.page.metadata.title = Some(Found::new("Other title", Origin::Record));
        assert_eq!(title(&judged), Some("Other title"));
    }
}
