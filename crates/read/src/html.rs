//! Whether bytes are HTML, told from their beginning.

use std::borrow::Cow;

/// How much of a document is looked at, in bytes.
const LOOKED_AT: usize = 64 << 10;

/// What the markup at the beginning of a document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    /// It begins as an HTML document does: `<!doctype html`, `<html`, `<head`, `<body` (after a byte order mark,
    /// white space, comments and an XML declaration).
    Document,
    /// It begins as another XML document does; the root element, lower case.
    Xml(XmlRoot),
    /// It holds several tags of HTML, and an end tag among them.
    Fragment,
    /// It holds a tag or a character reference.
    Some,
    /// It holds no markup.
    None,
}

/// The kinds of XML that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum XmlRoot {
    /// `<svg`.
    Svg,
    /// `<rss`, `<feed`, `<rdf:RDF`.
    Feed,
    /// Any other element after an XML declaration.
    Other,
}

/// Tags that pages are made of; prose that talks of tags seldom has three of them and an end tag.
const TAGS: &[&[u8]] = &[
    b"a",
    b"article",
    b"aside",
    b"b",
    b"blockquote",
    b"br",
    b"button",
    b"center",
    b"dd",
    b"div",
    b"dl",
    b"dt",
    b"em",
    b"font",
    b"footer",
    b"form",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"header",
    b"hr",
    b"i",
    b"iframe",
    b"img",
    b"input",
    b"li",
    b"link",
    b"main",
    b"meta",
    b"nav",
    b"ol",
    b"option",
    b"p",
    b"pre",
    b"script",
    b"section",
    b"select",
    b"span",
    b"strong",
    b"style",
    b"table",
    b"tbody",
    b"td",
    b"th",
    b"thead",
    b"title",
    b"tr",
    b"ul",
];

/// What the markup of `bytes` says. Looks at the first 64 KiB.
pub(crate) fn markup(bytes: &[u8]) -> Markup {
    let view = ascii_view(&bytes[..bytes.len().min(LOOKED_AT)]);
    let start = skip_prologue(&view);
    let rest = &view[start.at..];
    for tag in ["<!doctype html", "<html", "<head", "<body"] {
        if begins_with_tag(rest, tag.as_bytes()) {
            return Markup::Document;
        }
    }
    if begins_with_tag(rest, b"<svg") || starts_ignoring_case(rest, b"<!doctype svg") {
        return Markup::Xml(XmlRoot::Svg);
    }
    if [&b"<rss"[..], b"<feed", b"<rdf:rdf"].iter().any(|tag| begins_with_tag(rest, tag)) {
        return Markup::Xml(XmlRoot::Feed);
    }
    if start.xml {
        return Markup::Xml(XmlRoot::Other);
    }
    count_tags(&view)
}

/// The bytes as far as they are ASCII: UTF-16 (by its byte order mark, or where every other byte of many units is NUL)
/// and UTF-32 (by its mark) are narrowed, other bytes stay.
pub(crate) fn ascii_view(bytes: &[u8]) -> Cow<'_, [u8]> {
    let narrowed = |from: usize, width: usize, low: usize| {
        Cow::Owned(
            bytes[from..]
                .chunks_exact(width)
                .map(|unit| {
                    let others = unit.iter().enumerate().all(|(place, &byte)| place == low || byte == 0);
                    if others { unit[low] } else { b'?' }
                })
                .collect(),
        )
    };
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => narrowed(4, 4, 0),
        [0, 0, 0xfe, 0xff, ..] => narrowed(4, 4, 3),
        [0xff, 0xfe, ..] => narrowed(2, 2, 0),
        [0xfe, 0xff, ..] => narrowed(2, 2, 1),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        _ => match utf16_without_mark(bytes) {
            Some(low) => narrowed(0, 2, low),
            None => Cow::Borrowed(bytes),
        },
    }
}

/// Whether bytes without a mark are UTF-16: the place of the low byte in a unit (0: little endian).
///
/// Every ASCII character gives a NUL at one parity and none at the other, and even text of another script has spaces
/// and line ends. So: NULs at one parity in at least a twentieth of the units (in every script that uses spaces they
/// are a tenth and more), and next to none at the other.
pub(crate) fn utf16_without_mark(bytes: &[u8]) -> Option<usize> {
    let sample = &bytes[..bytes.len().min(4096)];
    let units = sample.len() / 2;
    if units < 4 {
        return None;
    }
    let (mut even, mut odd) = (0, 0);
    for unit in sample.chunks_exact(2) {
        even += usize::from(unit[0] == 0);
        odd += usize::from(unit[1] == 0);
    }
    let few = units / 200;
    match (even, odd) {
        (even, odd) if odd * 20 >= units && even <= few => Some(0),
        (even, odd) if even * 20 >= units && odd <= few => Some(1),
        _ => None,
    }
}

struct Start {
    at: usize,
    xml: bool,
}

/// Skips white space, comments, processing instructions; says whether an XML declaration was among them.
fn skip_prologue(view: &[u8]) -> Start {
    let mut start = Start { at: 0, xml: false };
    loop {
        let rest = &view[start.at..];
        let white = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0).count();
        let rest = &rest[white..];
        start.at += white;
        let (skip_from, end): (usize, &[u8]) = match rest {
            _ if rest.starts_with(b"<!--") => (4, b"-->"),
            _ if rest.starts_with(b"<?") => {
                start.xml |= starts_ignoring_case(rest, b"<?xml");
                (2, b">")
            }
            _ => return start,
        };
        match memchr::memmem::find(&rest[skip_from..], end) {
            Some(found) => start.at += skip_from + found + end.len(),
            None => return start,
        }
    }
}

fn starts_ignoring_case(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn begins_with_tag(bytes: &[u8], tag: &[u8]) -> bool {
    starts_ignoring_case(bytes, tag) && bytes.get(tag.len()).is_none_or(|&next| !next.is_ascii_alphanumeric())
}

fn count_tags(view: &[u8]) -> Markup {
    let (mut tags, mut ends, mut any) = (0, 0, false);
    for open in memchr::memchr_iter(b'<', view) {
        let rest = &view[open + 1..];
        let end = rest.first() == Some(&b'/');
        let name = &rest[usize::from(end)..];
        let length = name.iter().take(16).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if length == 0 || !name[0].is_ascii_alphabetic() {
            continue;
        }
        any = true;
        let mut lower = [0; 16];
        lower[..length].copy_from_slice(&name[..length]);
        lower.make_ascii_lowercase();
        if TAGS.binary_search(&&lower[..length]).is_ok() {
            tags += usize::from(!end);
            ends += usize::from(end);
            if tags >= 3 && ends >= 1 {
                return Markup::Fragment;
            }
        }
    }
    if any || holds_character_reference(view) { Markup::Some } else { Markup::None }
}

fn holds_character_reference(view: &[u8]) -> bool {
    memchr::memchr_iter(b'&', view).any(|at| {
        let rest = &view[at + 1..];
        let name = rest.iter().take(12).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
        name >= 2 && rest.get(name) == Some(&b';')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, mark: bool, little: bool) -> Vec<u8> {
        let mark = mark.then_some(0xfeff);
        let units = mark.into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    }

    #[test]
    fn tags_are_sorted_for_the_search() {
        assert!(TAGS.is_sorted());
    }

    #[test]
    fn documents_are_told_by_their_beginning() {
        for page in [
            "<!DOCTYPE html><p>x",
            "\u{feff}\n <!-- saved --> <HTML lang=de>",
            "<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN'><html>",
            "<body class=x>",
        ] {
            assert_eq!(markup(page.as_bytes()), Markup::Document, "{page}");
        }
        assert_eq!(markup(b"<?xml version='1.0'?><note/>"), Markup::Xml(XmlRoot::Other));
        assert_eq!(markup(b"<svg viewBox='0 0 1 1'>"), Markup::Xml(XmlRoot::Svg));
        assert_eq!(markup(b"<?xml version='1.0'?><rss><channel/></rss>"), Markup::Xml(XmlRoot::Feed));
        assert_eq!(markup(b"<header>"), Markup::Some);
    }

    #[test]
    fn documents_in_utf_16_are_told_with_and_without_a_mark() {
        for little in [true, false] {
            for mark in [true, false] {
                assert_eq!(markup(&utf16("<!doctype html><title>Ведомости</title>", mark, little)), Markup::Document);
            }
        }
    }

    #[test]
    fn utf_16_of_another_script_is_told_by_its_spaces() {
        let text = "Снег идёт третий день, и дороги закрыты до утра пятницы. ".repeat(4);
        assert_eq!(utf16_without_mark(&utf16(&text, false, true)), Some(0));
        assert_eq!(utf16_without_mark(&utf16(&text, false, false)), Some(1));
        assert_eq!(utf16_without_mark(text.as_bytes()), None);
    }

    #[test]
    fn prose_with_a_tag_is_no_fragment() {
        assert_eq!(markup(b"Use the <p> element for paragraphs."), Markup::Some);
        assert_eq!(markup(b"a < b, and AT&T; fish &amp; chips"), Markup::Some);
        assert_eq!(markup(b"a < b and c > d & e"), Markup::None);
        assert_eq!(markup(b"<div><p>One.</p><p>Two.</p></div>"), Markup::Fragment);
    }
}
