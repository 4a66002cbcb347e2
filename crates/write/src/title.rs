//! Whether the kept text holds the page's title already, and where.

use dechaff_document::{BlockKind, JudgedPage};

/// How many kept blocks may stand before a title in the text: a kicker, a date, a byline, an image's caption.
/// Further down, equal words are a section's heading and not the title.
const LOOK_AT: usize = 5;

/// The kept block that is the page's title, if one of the first few is.
///
/// A block is the title if it has the same words (case, punctuation and white space apart), or if it is a heading that
/// holds the title or is held by it and the shorter has at least three fifths of the longer (site names and kickers
/// are joined to titles in many ways; a heading of half the title is a section's).
pub fn title_block(judged: &JudgedPage) -> Option<usize> {
    let title = judged.page.metadata.title.as_ref()?;
    let title = folded(&title.value);
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
    use crate::format::tests::page;
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
}
