//! What an element does to the text around it.

use html5ever::{LocalName, local_name};

/// How an element takes part in the flow of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Begins and ends blocks. Every element that is not known as inline, custom elements included.
    Block,
    /// Runs inside a line; where one ends and another begins there is a gap, as between two links of a menu.
    Inline,
    /// Runs inside a word: no gap.
    Formatting,
    /// `<br>`.
    LineBreak,
    /// `<img>`.
    Image,
    /// Not read: no text for readers.
    Skipped,
}

/// The flow of an element by its name.
pub(super) fn flow(name: &LocalName) -> Flow {
    match *name {
        local_name!("b")
        | local_name!("i")
        | local_name!("em")
        | local_name!("strong")
        | local_name!("code")
        | local_name!("sub")
        | local_name!("sup")
        | local_name!("u")
        | local_name!("font")
        | local_name!("ruby")
        | local_name!("rb")
        | local_name!("rt")
        | local_name!("rtc")
        | local_name!("rp")
        | local_name!("wbr") => Flow::Formatting,
        local_name!("a")
        | local_name!("abbr")
        | local_name!("acronym")
        | local_name!("bdi")
        | local_name!("bdo")
        | local_name!("big")
        | local_name!("cite")
        | local_name!("data")
        | local_name!("del")
        | local_name!("dfn")
        | local_name!("ins")
        | local_name!("kbd")
        | local_name!("mark")
        | local_name!("q")
        | local_name!("s")
        | local_name!("samp")
        | local_name!("small")
        | local_name!("span")
        | local_name!("strike")
        | local_name!("time")
        | local_name!("tt")
        | local_name!("var")
        | local_name!("picture")
        | local_name!("source")
        | local_name!("nobr")
        | local_name!("output")
        | local_name!("meter")
        | local_name!("progress")
        | local_name!("track")
        | local_name!("math")
        | local_name!("semantics")
        | local_name!("mi")
        | local_name!("mo")
        | local_name!("mn")
        | local_name!("mtext")
        | local_name!("mrow")
        | local_name!("msup")
        | local_name!("msub")
        | local_name!("msubsup")
        | local_name!("mfrac")
        | local_name!("msqrt")
        | local_name!("munder")
        | local_name!("mover")
        | local_name!("munderover")
        | local_name!("mstyle")
        | local_name!("mspace")
        | local_name!("input")
        | local_name!("link")
        | local_name!("meta")
        | local_name!("param")
        | local_name!("area") => Flow::Inline,
        local_name!("br") => Flow::LineBreak,
        local_name!("img") => Flow::Image,
        local_name!("script")
        | local_name!("style")
        | local_name!("template")
        | local_name!("svg")
        | local_name!("head")
        | local_name!("title")
        | local_name!("iframe")
        | local_name!("noframes")
        | local_name!("noembed")
        | local_name!("canvas")
        | local_name!("audio")
        | local_name!("video")
        | local_name!("object")
        | local_name!("embed")
        | local_name!("map")
        | local_name!("datalist")
        // The TeX source beside a formula: the formula itself is read.
        | local_name!("annotation")
        | local_name!("annotation-xml") => Flow::Skipped,
        _ => Flow::Block,
    }
}

/// Level of a heading element.
pub(super) fn heading_level(name: &LocalName) -> Option<u8> {
    match *name {
        local_name!("h1") => Some(1),
        local_name!("h2") => Some(2),
        local_name!("h3") => Some(3),
        local_name!("h4") => Some(4),
        local_name!("h5") => Some(5),
        local_name!("h6") => Some(6),
        _ => None,
    }
}
