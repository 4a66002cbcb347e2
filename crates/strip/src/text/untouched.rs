//! Whether a page holds any furniture at all.
//!
//! The model is trained on web pages, and nearly all of those have furniture; a poem, a contract, source code or a log
//! look to it like the odd parts of such pages. So the scores decide only where something on the page says that there is
//! furniture: a rule, words that furniture is made of, or the shape of a menu before or after running text. Without
//! any of it the page comes back whole.

use super::features::View;
use crate::Hints;

/// The sum of the lexicon's weights below which a line's words are those of furniture: odds of twelve to one.
const FURNITURE: f32 = -2.5;

/// The same where words are not parted by spaces: characters are read there, of which verse has many that menus have too.
const FURNITURE_UNSPACED: f32 = -5.0;

/// Lines of such words that say there is furniture; one may be a story's own ("Contact", a chapter's name).
const FURNITURE_LINES: usize = 3;

/// Lines that rules drop that say there is furniture; a lone byline or stamp is no sign of more.
const RULED_LINES: usize = 2;

/// The score that such a line must stay below.
const DOUBTED: f32 = 0.35;

/// Lines of a menu that say there is furniture; a signature or a date and a place take up to three.
const MENU_LINES: usize = 4;

/// Share of lines that end as those of source code do, from which on a page is nothing else, and least lines of it: what
/// rules know of "tags" and "contact" is not said of its keys.
const CODE: f32 = 0.7;
const CODE_LINES: usize = 8;

/// Whether anything says that there is furniture on the page.
pub(super) fn has_furniture(view: &View, scores: &[f32], menus: &[usize], hints: &Hints) -> bool {
    if is_code(view) {
        return false;
    }
    let least = least_sum(view);
    hints.blocks.iter().filter(|hints| !hints.vetoed.is_empty() && !hints.kept).count() >= RULED_LINES
        || (0..view.len())
            .filter(|&at| view.lexical(at) < least && says_words(view, at) && scores[at] < DOUBTED)
            .count()
            >= FURNITURE_LINES
        || menus.iter().any(|lines| *lines >= MENU_LINES)
}

/// Whether most lines end with a bracket, a semicolon or a comma. Verse may do so too, and has no furniture either.
fn is_code(view: &View) -> bool {
    let ends = (0..view.len()).filter(|&at| matches!(view.line(at).last, '{' | '}' | '[' | ']' | ';' | ','));
    view.len() >= CODE_LINES && ends.count() as f32 >= CODE * view.len() as f32
}

/// Whether a line has words; a brace or a rule has none.
fn says_words(view: &View, at: usize) -> bool {
    view.line(at).letters > 0
}

/// The sum of the lexicon's weights below which a line of the page is furniture's.
fn least_sum(view: &View) -> f32 {
    // Their characters are read as words, and counted as half a word or less.
    let is_unspaced = |at: &usize| {
        let line = view.line(*at);
        line.letters > 0 && view.lines.words_of(line).len() as f32 >= 2.0 * line.words
    };
    match (0..view.len()).filter(is_unspaced).count() * 3 > view.len() {
        true => FURNITURE_UNSPACED,
        false => FURNITURE,
    }
}

#[cfg(test)]
mod tests {
    use dechaff_document::Block;

    use super::*;
    use crate::text::{features::Known, lexicon::Lexicon};

    fn furniture(text: &str) -> bool {
        let block = |line: &str| Block { text: line.to_owned(), ..Block::default() };
        let blocks: Vec<Block> = text.lines().map(block).collect();
        let lexicon = Lexicon::new(&super::super::lexicon::Weights::new(), std::iter::empty());
        let hints = Hints::none(blocks.len());
        let view = View::of(&blocks, &lexicon, &hints, Known::ALL);
        let menus = super::super::menu::lengths(&view);
        has_furniture(&view, &vec![0.1; blocks.len()], &menus, &hints)
    }

    const STORY: &str = "The ferry left at noon with nobody aboard but the captain and a goat that had paid.\n";

    #[test]
    fn a_menu_before_or_after_a_story_is_furniture() {
        assert!(furniture(&format!("Uno\nDue\nTre\nQuattro\n{}", STORY.repeat(3))));
        assert!(furniture(&format!("{}Uno\nDue\nTre\nQuattro\n", STORY.repeat(3))));
    }

    #[test]
    fn source_code_has_none_whatever_its_keys_are_called() {
        let entry = "  {\n    \"tags\": [],\n    \"contact\": null,\n    \"share\": true,\n  },\n";
        assert!(!furniture(&entry.repeat(4)));
    }

    #[test]
    fn a_story_with_a_title_or_verse_alone_is_not() {
        assert!(!furniture(&format!("Chapter one\nThe goat\n{}The end\n", STORY.repeat(3))));
        assert!(!furniture("Four gulls\none of them\ndisputed\nA rope\nthat holds\n"));
    }
}
