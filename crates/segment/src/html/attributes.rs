//! Which attributes are read at all: most of a page's attributes are for scripts, and are passed over as it is parsed.

use html5ever::LocalName;
use rustc_hash::FxHashMap;

use super::tokenizer::interned;

/// Attributes that the tree builder, the walk and the metadata ask for. One that is missing here is never there.
const READ: [&str; 34] = [
    "alt",
    "alttext",
    "aria-hidden",
    "charset",
    "class",
    "color",
    "colspan",
    "content",
    "data-page",
    "data-preloaded",
    "datetime",
    "encoding",
    "face",
    "hidden",
    "href",
    "http-equiv",
    "id",
    "itemprop",
    "itemtype",
    "lang",
    "name",
    "property",
    "rel",
    "rev",
    "reversed",
    "role",
    "rowspan",
    "shadowrootmode",
    "size",
    "src",
    "start",
    "style",
    "type",
    "value",
];

/// The attributes that are read: those the program asks for, and those that selectors ask for.
#[derive(Debug)]
pub(crate) struct ReadAttributes {
    names: FxHashMap<Box<[u8]>, LocalName>,
    all: bool,
}

impl ReadAttributes {
    /// What the program and these selectors (as CSS) ask for.
    pub(crate) fn new<'a>(selectors: impl Iterator<Item = &'a str>) -> ReadAttributes {
        let mut read = ReadAttributes { names: FxHashMap::default(), all: false };
        for name in READ {
            read.names.insert(name.as_bytes().into(), LocalName::from(name));
        }
        for css in selectors {
            // A name may be written with escapes; who does so reads everything.
            read.all |= css.contains('\\');
            for condition in css.split('[').skip(1) {
                let end = condition.find(['=', ']', '~', '^', '$', '*']).unwrap_or(condition.len());
                // `|` parts a namespace from a name, and stands in `|=`.
                for name in condition[..end].split('|').map(str::trim).filter(|name| !name.is_empty()) {
                    let name = name.to_ascii_lowercase();
                    read.names.insert(name.as_bytes().into(), LocalName::from(name));
                }
            }
        }
        read
    }

    /// The name of an attribute as written, if it is read.
    pub(super) fn name(&self, written: &[u8]) -> Option<LocalName> {
        if self.all {
            return Some(interned(&String::from_utf8_lossy(written)));
        }
        match self.names.get(written) {
            Some(name) => Some(name.clone()),
            None if written.iter().any(u8::is_ascii_uppercase) => {
                self.names.get(written.to_ascii_lowercase().as_slice()).cloned()
            }
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_selectors_are_read_too() {
        let read = ReadAttributes::new(["a[data-kind='x'] > b", ":is(p[LANG|=en], [xlink|title])"].into_iter());
        for name in ["class", "CLASS", "data-kind", "lang", "title"] {
            assert!(read.name(name.as_bytes()).is_some(), "{name}");
        }
        assert!(read.name(b"data-other").is_none());
        assert!(ReadAttributes::new([r"[data\-x]"].into_iter()).name(b"anything").is_some());
    }

    #[test]
    fn what_the_program_asks_for_is_read() {
        let read = ReadAttributes::new(std::iter::empty());
        let sources = [
            include_str!("declared.rs"),
            include_str!("math.rs"),
            include_str!("tables.rs"),
            include_str!("tree.rs"),
            include_str!("unread.rs"),
            include_str!("unshown.rs"),
            include_str!("walk.rs"),
            include_str!("walk/read.rs"),
            include_str!("../metadata/gather.rs"),
        ];
        for call in sources.iter().flat_map(|source| source.split(".attr(\"").skip(1)) {
            let name = call.split('"').next().unwrap();
            assert!(read.name(name.as_bytes()).is_some(), "{name} is asked for but not read");
        }
    }
}
