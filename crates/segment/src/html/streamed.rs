//! Content that React sends after the frame it belongs in.
//!
//! A server that streams leaves a hole where a part is not ready, with something to show meanwhile, and sends the part
//! later, in a hidden element at the end of the page, with a script that moves it into the hole:
//!
//! ```html
//! <main><!--$?--><template id="B:0"></template><p>Loading…</p><!--/$--></main>
//! <div hidden id="S:0"><h1>Tides</h1></div><script>$RC("B:0","S:0")</script>
//! ```
//!
//! Here the parts are moved as that script would. Holes inside parts are called `P:0` and have nothing to show meanwhile.
//! Names are those of React's server renderer (`ReactFizzConfigDOM.js`, since React 18), on which Next.js and others
//! stand.

use rustc_hash::FxHashMap;

use super::{
    attributes::Attribute,
    tree::{NodeId, NodeRef, Tree},
};

/// What comments say of a boundary, see [`mark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A boundary begins whose part comes later.
    Pending,
    /// A boundary begins that is complete or that the client renders.
    Begins,
    /// A boundary ends.
    Ends,
}

/// Bytes of the longest of these comments.
pub(super) const LONGEST_MARK: usize = 2;

/// Reads a comment.
pub(super) fn mark(comment: &str) -> Option<Mark> {
    match comment {
        "$?" | "$~" => Some(Mark::Pending),
        "$" | "$!" | "&" => Some(Mark::Begins),
        "/$" | "/&" => Some(Mark::Ends),
        _ => None,
    }
}

/// How often each node of a page may be looked at or moved, on average. A page of real parts needs less than one look a
/// node; one made to be slow, with boundaries that never end or parts inside parts, is left as it is from there on.
const LOOKS: usize = 4;

/// Moves the parts into their holes. Linear in the nodes of the page, and in the depth of each hole.
pub(super) fn place(tree: &mut Tree<'_>) {
    let mut looks = LOOKS * tree.len();
    let mut holes: FxHashMap<String, NodeId> = FxHashMap::default();
    let mut parts: Vec<(String, NodeId)> = Vec::new();
    for node in tree.root().descendants() {
        let Some(element) = node.element() else { continue };
        let Some((kind, number)) = element.attr(Attribute::Id).and_then(|id| id.split_once(':')) else { continue };
        match (kind, &**element.local()) {
            ("B" | "P", "template") => {
                holes.entry(number.to_owned()).or_insert(node.id());
            }
            ("S", _) => parts.push((number.to_owned(), node.id())),
            _ => {}
        }
    }
    for (number, part) in parts {
        if let Some(&hole) = holes.get(&number) {
            fill(tree, hole, part, &mut looks);
        }
    }
}

fn fill(tree: &mut Tree<'_>, hole: NodeId, part: NodeId, looks: &mut usize) {
    let place = tree.get(hole);
    // A hole that is gone with what stood around it takes nothing, and no part goes into itself.
    if place.parent().is_none() || place.and_ancestors().any(|outer| outer.id() == part) {
        return;
    }
    let is_boundary = place.previous_sibling().is_some_and(|before| mark_of(before) == Some(Mark::Pending));
    let meanwhile = if is_boundary { up_to_the_end(place, looks) } else { Vec::new() };
    let children = tree.get(part).children().take(*looks + 1).count();
    if meanwhile.contains(&part) || children > *looks {
        return;
    }
    *looks -= children;
    while let Some(child) = tree.first_child(part) {
        tree.insert_before(hole, child);
    }
    for gone in meanwhile.into_iter().chain([hole, part]) {
        tree.detach(gone);
    }
}

/// What stands after the hole up to the end of its boundary; nothing where that is not marked.
fn up_to_the_end(hole: NodeRef<'_>, looks: &mut usize) -> Vec<NodeId> {
    let mut depth = 1;
    let mut between = Vec::new();
    for node in hole.next_siblings().take(*looks) {
        *looks -= 1;
        match mark_of(node) {
            Some(Mark::Ends) => depth -= 1,
            Some(_) => depth += 1,
            None => {}
        }
        if depth == 0 {
            return between;
        }
        between.push(node.id());
    }
    Vec::new()
}

fn mark_of(node: NodeRef<'_>) -> Option<Mark> {
    node.comment().and_then(mark)
}

#[cfg(test)]
mod tests {
    use dechaff_document::Page;

    use crate::Settings;
    use crate::selectors::SelectorIndex;

    /// The texts that readers are shown.
    fn shown(body: &str) -> Vec<String> {
        let settings = Settings { max_depth: 256, max_attributes: 256, max_nodes: 2_000_000, max_blocks: 200_000 };
        let mut page = Page::default();
        crate::html::segment(&format!("<body>{body}"), &settings, &SelectorIndex::new(Vec::new()), &mut page);
        page.blocks.into_iter().filter(|block| !block.hidden).map(|block| block.text).collect()
    }

    #[test]
    fn parts_are_shown_where_they_belong() {
        let page = "<main><p>Before</p><!--$?--><template id=\"B:0\"></template><p>Loading</p><!--/$--><p>After</p></main>\
            <div hidden id=\"S:0\"><h1>Tides</h1><template id=\"P:1\"></template></div><script>$RC(\"B:0\",\"S:0\")</script>\
            <div hidden id=\"S:1\"><p>At noon</p></div>";
        assert_eq!(shown(page), ["Before", "Tides", "At noon", "After"]);
    }

    #[test]
    fn boundaries_inside_what_is_shown_meanwhile_go_with_it() {
        let page = "<!--$?--><template id=\"B:0\"></template><p>Loading</p><!--$--><p>Soon</p><!--/$--><p>Wait</p><!--/$-->\
            <p>After</p><div hidden id=\"S:0\"><p>Tides</p></div>";
        assert_eq!(shown(page), ["Tides", "After"]);
    }

    #[test]
    fn what_cannot_be_placed_stays_where_it_is() {
        // A part that never came, one that would go into itself, and one whose boundary has no end.
        assert_eq!(shown("<!--$?--><template id=\"B:0\"></template><p>Loading</p><!--/$-->"), ["Loading"]);
        let inside = "<!--$?--><div id=\"S:0\"><p>Tides</p><template id=\"B:0\"></template></div>";
        assert_eq!(shown(inside), ["Tides"]);
        let endless =
            "<!--$?--><template id=\"B:0\"></template><p>Loading</p><div hidden id=\"S:0\"><p>Tides</p></div>";
        assert_eq!(shown(endless), ["Tides", "Loading"]);
    }
}
