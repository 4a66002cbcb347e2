//! What the names that authors give to elements say: classes, ids and roles, in groups.
//!
//! Names are words in a language of their own (`sidebar-widget`, `post__content`), much the same the world over. A
//! name is looked at once per page, however many elements bear it.

use std::sync::LazyLock;

use dechaff_document::Outline;
use rustc_hash::FxHashMap;

use crate::trie::Trie;

/// Groups of name parts. A part is found anywhere in a name; one that begins or ends with `^` or `$` must stand at a
/// boundary there: beside no letter.
const GROUPS: &[(&str, &[&str])] = &[
    ("comment", &["comment", "disqus", "reply", "replies", "respond"]),
    ("share", &["share", "social", "follow", "tweet", "facebook", "addto", "sharing"]),
    (
        "related",
        &[
            "relat",
            "recommend",
            "similar",
            "also",
            "popular",
            "trending",
            "latest",
            "recirc",
            "suggest",
            "^next",
            "more-",
        ],
    ),
    ("sidebar", &["sidebar", "side-", "-side", "^rail$", "widget", "aside", "secondary", "complement"]),
    ("cookie", &["cookie", "consent", "gdpr", "onetrust", "^cmp", "privacy", "notice"]),
    ("promo", &["promo", "^ad$", "^ads$", "advert", "sponsor", "banner", "outbrain", "taboola", "dfp", "announce"]),
    ("nav", &["nav", "menu", "dropdown"]),
    ("crumb", &["crumb"]),
    ("contents", &["^toc$", "contents", "on-this-page", "scrollspy"]),
    ("pager", &["pagin", "pager", "page-num"]),
    ("footer", &["foot", "copyright", "colophon", "bottom"]),
    ("header", &["header", "masthead", "topbar", "top-"]),
    ("author", &["author", "byline", "^bio$", "avatar", "profile", "user"]),
    ("meta", &["meta", "date", "time", "publish"]),
    ("tags", &["tag", "categor", "label", "topic"]),
    ("content", &["content"]),
    ("article", &["article", "story", "news"]),
    ("post", &["post", "entry", "blog"]),
    ("body", &["body", "text", "prose", "markdown", "rich", "copy", "rte", "wysiwyg", "typography", "paragraph"]),
    ("main", &["main", "primary"]),
    ("product", &["product", "sku", "pdp"]),
    ("price", &["price", "cart", "buy", "qty", "stock", "ship", "checkout"]),
    ("review", &["review", "rating", "testimonial", "star"]),
    ("description", &["desc", "detail", "spec", "feature", "summary", "overview", "about", "info", "intro"]),
    ("card", &["card", "tile", "teaser", "result"]),
    ("list", &["grid", "list", "item", "row", "col"]),
    ("hero", &["hero", "jumbo", "headline", "title", "heading"]),
    (
        "modal",
        &["modal", "popup", "dialog", "overlay", "drawer", "tooltip", "toast", "offcanvas", "lightbox", "flyout"],
    ),
    ("form", &["form", "search", "login", "signin", "signup", "subscri", "newsletter", "regist", "input"]),
    ("filter", &["filter", "facet", "sort", "refine"]),
    ("hidden", &["hidden", "sr-only", "visually", "screen-reader", "^hide", "offscreen", "invisible", "d-none"]),
    ("caption", &["caption", "figure", "image", "gallery", "photo", "media", "video", "credit"]),
    ("slider", &["slide", "carousel", "swiper", "slick"]),
    ("forum", &["message", "thread", "discussion", "question", "answer", "bbcode", "cooked", "bbp", "forum"]),
    ("signature", &["signature", "karma", "vote", "like"]),
    ("code", &["code", "highlight", "snippet"]),
    ("accordion", &["faq", "accordion", "tab-pane", "tabpanel", "toggle", "collaps"]),
    ("button", &["btn", "button", "cta"]),
    ("reference", &["reference", "footnote", "citation", "biblio", "endnote"]),
    ("wrap", &["wrap", "container", "section", "inner", "block", "module", "component"]),
    ("skip", &["skip", "print", "noprint", "edit"]),
    ("brand", &["logo", "brand", "lang", "locale", "currency", "country"]),
    ("store", &["store", "location", "address", "contact", "phone"]),
    ("table", &["table", "spec"]),
];

/// Number of groups.
pub(super) const COUNT: usize = 44;

/// Names of the groups, in the order of their bits.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().map(|(name, _)| *name)
}

struct Part {
    group: u8,
    starts: bool,
    ends: bool,
}

/// The texts of the parts, and what each is a part of.
static PARTS: LazyLock<(Trie, Vec<Vec<Part>>)> = LazyLock::new(|| {
    assert_eq!(GROUPS.len(), COUNT);
    let mut parts: FxHashMap<&str, Vec<Part>> = FxHashMap::default();
    for (group, (_, names)) in GROUPS.iter().enumerate() {
        for name in *names {
            let (starts, ends) = (name.starts_with('^'), name.ends_with('$'));
            let text = name.trim_start_matches('^').trim_end_matches('$');
            parts.entry(text).or_default().push(Part { group: group as u8, starts, ends });
        }
    }
    let (texts, parts): (Vec<&str>, Vec<Vec<Part>>) = parts.into_iter().unzip();
    (Trie::new(&texts), parts)
});

/// The groups that a lower-case name belongs to, as bits.
pub(super) fn groups(name: &str) -> u64 {
    /// Utility frameworks make names of any length; what tells stands in front.
    const LONGEST: usize = 80;
    let (texts, parts) = &*PARTS;
    let bytes = &name.as_bytes()[..name.len().min(LONGEST)];
    let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let mut bits = 0;
    for start in 0..bytes.len() {
        texts.at(bytes, start, |text, end| {
            for part in &parts[text] {
                let before = part.starts && letter(start.checked_sub(1).and_then(|at| bytes.get(at)));
                let after = part.ends && letter(bytes.get(end));
                if !before && !after {
                    bits |= 1 << part.group;
                }
            }
        });
    }
    bits
}

/// The groups of every symbol of a page. Symbols that are tags cost little: there are few of them.
pub(super) fn groups_of_symbols(outline: &Outline) -> Vec<u64> {
    (0..outline.symbols() as u32).map(|symbol| groups(outline.name(symbol))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Vec<&'static str> {
        let bits = groups(name);
        names().enumerate().filter(|(group, _)| bits >> group & 1 == 1).map(|(_, name)| name).collect()
    }

    #[test]
    fn parts_are_found_anywhere_and_bounded_ones_at_boundaries() {
        assert_eq!(named("site-sidebar__widget"), ["sidebar"]);
        assert_eq!(named("post_comments"), ["comment", "post"]);
        assert_eq!(named("top-ad"), ["promo", "header"]);
        assert_eq!(named("download"), Vec::<&str>::new());
    }
}
