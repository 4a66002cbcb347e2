//! Which hidden text a reader can bring to light.
//!
//! Much of the web is hidden in its source and shown by a script: whole pages before they are loaded, the tabs of a
//! product, the answers of a list of questions. The same attributes hide words for search engines, dialogues that are not
//! open and messages that are not sent.

use dechaff_document::{ElementId, Page};

use crate::scored::Scored;

/// Share of the words that the model takes for content from which hidden ones are text that a script shows, and not a
/// stray sentence. On the development split of WCXB: word F1 .9342 with all kept, .9343 at a tenth, .9340 at a fifth,
/// .9335 at two fifths, .9222 with none.
const SHARE: f32 = 0.1;

/// And how many they must be: a paragraph. A stray sentence is a tenth of a short page.
const WORDS: usize = 60;

/// Class tokens, or parts of them between hyphens, of what opens on a click.
const OPENS: [&str; 12] = [
    "tab",
    "tabs",
    "tabpanel",
    "pane",
    "panel",
    "accordion",
    "collapse",
    "collapsible",
    "toggle",
    "faq",
    "answer",
    "details",
];

/// For each block whether it may be shown though it is hidden. Empty where nothing is hidden.
pub(crate) fn revealed(scored: &Scored<'_>) -> Vec<bool> {
    let page = scored.page;
    if !page.blocks.iter().any(|block| block.hidden) {
        return Vec::new();
    }
    let (mut all, mut hidden) = (0, 0);
    for (_, block) in page.blocks.iter().enumerate().filter(|(index, _)| scored.likes(*index)) {
        let words = block.text.split_whitespace().count();
        all += words;
        hidden += if block.hidden { words } else { 0 };
    }
    if hidden >= WORDS && hidden as f32 >= SHARE * all as f32 {
        return vec![true; page.blocks.len()];
    }
    let mut found = vec![false; page.blocks.len()];
    let (mut done, mut skip) = (0, 0);
    let mut known = vec![None; page.outline.symbols()];
    for number in 0..page.outline.len() {
        let element = ElementId(number as u32);
        // The panel itself is hidden, or what stands in it.
        let mut opens = || page.outline.ancestors(element).take(3).any(|element| opens(page, element, &mut known));
        if page.outline.element(element).hidden && number >= skip && opens() {
            let range = page.outline.blocks_of(element, page.blocks.len());
            for shown in &mut found[range.start.max(done)..range.end.max(done)] {
                *shown = true;
            }
            done = done.max(range.end);
            skip = page.outline.element(element).end as usize;
        }
    }
    found
}

/// Whether an element is a panel that opens on a click, by its role or its names. `known` says of each name that was
/// asked whether it is that of such a panel.
fn opens(page: &Page, element: ElementId, known: &mut [Option<bool>]) -> bool {
    let outline = &page.outline;
    let mut is_known = |symbol: u32| {
        *known[symbol as usize]
            .get_or_insert_with(|| outline.name(symbol).split(['-', '_']).any(|part| OPENS.contains(&part)))
    };
    matches!(outline.role(element), "tabpanel" | "region")
        || outline.class_symbols(element).iter().any(|&symbol| is_known(symbol))
        || is_known(outline.id_symbol(element))
}
