//! Formulas as text.
//!
//! Pages print a formula more than once: as MathML for readers' software, as boxes or an image for the eye, as TeX for
//! whoever copies it. One of them is enough; the TeX source, where the page has it, else the MathML on a line.

use html5ever::local_name;

use super::{
    attributes::Attribute,
    tree::{Element, NodeRef},
};

/// Nodes of a formula that are read. A formula over several lines has some hundreds.
const LOOK_AT: usize = 4096;

/// The formula that an element holds: `<math>` itself, or, in one of the elements that print it twice, the `<math>`
/// inside.
pub(super) fn formula(node: NodeRef<'_>, element: Element<'_>, wraps: bool) -> Option<String> {
    if *element.local() == local_name!("math") {
        return Some(text_of(node));
    }
    if !wraps && &**element.local() != "mjx-container" {
        return None;
    }
    node.descendants().take(LOOK_AT).find(|inner| inner.is(&local_name!("math"))).map(text_of)
}

fn text_of(math: NodeRef<'_>) -> String {
    let tex = math.descendants().take(LOOK_AT).find(|inner| {
        inner.element().is_some_and(|element| {
            *element.local() == local_name!("annotation")
                && element.attr(Attribute::Encoding).is_some_and(|kind| kind.to_ascii_lowercase().contains("tex"))
        })
    });
    if let Some(tex) = tex {
        let source: String = tex.descendants().filter_map(|inner| inner.text()).collect();
        return folded(&source);
    }
    if let Some(source) = math.element().and_then(|element| element.attr(Attribute::AltText)) {
        return folded(source);
    }
    let mut out = String::new();
    let mut room = LOOK_AT;
    line(math, &mut out, &mut room);
    folded(&out)
}

/// MathML on one line: `a_1`, `x^2`, `(a+b)/2`, `√x`. The tree builder bounds how deep elements nest.
fn line(node: NodeRef<'_>, out: &mut String, room: &mut usize) {
    if *room == 0 {
        return;
    }
    *room -= 1;
    if let Some(text) = node.text() {
        out.extend(text.split_whitespace());
        return;
    }
    let Some(element) = node.element() else { return };
    let parts: Vec<NodeRef<'_>> = node.children().filter(|child| child.is_element()).collect();
    let joins: &[&str] = match &**element.local() {
        "annotation" | "annotation-xml" => return,
        "msup" | "mover" => &["", "^"],
        "msub" | "munder" => &["", "_"],
        "msubsup" | "munderover" => &["", "_", "^"],
        "mfrac" => &["", "/"],
        "mroot" => &["√"],
        "msqrt" => {
            out.push('√');
            return inside(node, out, room, true);
        }
        "mtd" => {
            inside(node, out, room, false);
            return out.push(' ');
        }
        "mtr" => {
            inside(node, out, room, false);
            return out.push_str("; ");
        }
        "mtext" | "mspace" => {
            out.push(' ');
            inside(node, out, room, false);
            return out.push(' ');
        }
        _ => return inside(node, out, room, false),
    };
    for (place, part) in parts.iter().enumerate() {
        out.push_str(joins.get(place).unwrap_or(&""));
        grouped(*part, out, room);
    }
}

fn inside(node: NodeRef<'_>, out: &mut String, room: &mut usize, group: bool) {
    let start = out.len();
    for child in node.children() {
        line(child, out, room);
    }
    if group {
        bracket(out, start);
    }
}

fn grouped(node: NodeRef<'_>, out: &mut String, room: &mut usize) {
    let start = out.len();
    line(node, out, room);
    bracket(out, start);
}

/// Puts brackets around what was written since, if it is more than a name or number.
fn bracket(out: &mut String, start: usize) {
    if out[start..].chars().count() > 1 && !out[start..].chars().all(char::is_alphanumeric) {
        out.insert(start, '(');
        out.push(')');
    }
}

fn folded(text: &str) -> String {
    // Operators that are not seen: function application, invisible times, invisible separator.
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(['\u{2061}', '\u{2062}', '\u{2063}'], "")
}
