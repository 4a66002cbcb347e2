//! Which attributes are read at all: most of a page's attributes are for scripts, and are passed over as it is parsed.

use html5ever::LocalName;
use rustc_hash::FxHashMap;

/// Defines the attributes that the tree builder, the walk and the metadata ask for.
macro_rules! attributes {
    ($($name:ident $written:literal,)*) => {
        /// An attribute that the program asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Attribute {
            $($name,)*
        }

        /// The attributes as they are written, in the order of their numbers.
        const READ: &[&str] = &[$($written,)*];

        impl Attribute {
            const ALL: &[Attribute] = &[$(Attribute::$name,)*];
        }
    };
}

attributes! {
    Alt "alt",
    AltText "alttext",
    AriaHidden "aria-hidden",
    Charset "charset",
    Class "class",
    Color "color",
    ColumnSpan "colspan",
    Content "content",
    DataPage "data-page",
    DataPreloaded "data-preloaded",
    DateTime "datetime",
    Encoding "encoding",
    Face "face",
    Hidden "hidden",
    Href "href",
    HttpEquiv "http-equiv",
    Id "id",
    ItemProp "itemprop",
    ItemType "itemtype",
    Lang "lang",
    Name "name",
    Property "property",
    Rel "rel",
    Rev "rev",
    Reversed "reversed",
    Role "role",
    RowSpan "rowspan",
    ShadowRootMode "shadowrootmode",
    Size "size",
    Src "src",
    Start "start",
    Style "style",
    Type "type",
    Value "value",
}

impl Attribute {
    /// The number under which a tree holds it.
    pub(crate) fn number(self) -> AttributeNumber {
        AttributeNumber(self as u32)
    }
}

/// An attribute's name as a number: those of [`Attribute`] come first, then those that selectors ask for, then others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttributeNumber(u32);

impl AttributeNumber {
    /// One after all that are read, of another list of names.
    pub(super) fn other(read: &ReadAttributes, at: usize) -> AttributeNumber {
        AttributeNumber((read.names.len() + at) as u32)
    }

    /// The attribute that it stands for, if the program asks for it.
    pub(crate) fn known(self) -> Option<Attribute> {
        Attribute::ALL.get(self.0 as usize).copied()
    }
}

/// The attributes that are read: those the program asks for, and those that selectors ask for.
#[derive(Debug)]
pub(crate) struct ReadAttributes {
    names: Vec<LocalName>,
    numbers: FxHashMap<Box<[u8]>, AttributeNumber>,
    /// For each first byte of a name the lengths of names, as bits: most names are told by it not to be read.
    lengths: Box<[u32; 256]>,
    all: bool,
}

impl ReadAttributes {
    /// What the program and these selectors (as CSS) ask for.
    pub(crate) fn new<'a>(selectors: impl Iterator<Item = &'a str>) -> ReadAttributes {
        let mut read = ReadAttributes {
            names: Vec::new(),
            numbers: FxHashMap::default(),
            lengths: Box::new([0; 256]),
            all: false,
        };
        READ.iter().for_each(|name| read.add(name));
        for css in selectors {
            // A name may be written with escapes; who does so reads everything.
            read.all |= css.contains('\\');
            for condition in css.split('[').skip(1) {
                let end = condition.find(['=', ']', '~', '^', '$', '*']).unwrap_or(condition.len());
                // `|` parts a namespace from a name, and stands in `|=`.
                for name in condition[..end].split('|').map(str::trim).filter(|name| !name.is_empty()) {
                    read.add(&name.to_ascii_lowercase());
                }
            }
        }
        read
    }

    fn add(&mut self, name: &str) {
        if !self.numbers.contains_key(name.as_bytes()) {
            self.numbers.insert(name.as_bytes().into(), AttributeNumber(self.names.len() as u32));
            self.names.push(LocalName::from(name));
            self.lengths[usize::from(name.as_bytes()[0])] |= length_bit(name.len());
        }
    }

    /// Whether every attribute is read.
    pub(super) fn all(&self) -> bool {
        self.all
    }

    /// The number of an attribute as written, if it is among those that are asked for.
    pub(super) fn number(&self, written: &[u8]) -> Option<AttributeNumber> {
        let first = written.first()?;
        if self.lengths[usize::from(first.to_ascii_lowercase())] & length_bit(written.len()) == 0 {
            return None;
        }
        match self.numbers.get(written) {
            Some(&number) => Some(number),
            None if written.iter().any(u8::is_ascii_uppercase) => {
                self.numbers.get(written.to_ascii_lowercase().as_slice()).copied()
            }
            None => None,
        }
    }

    /// The name behind a number, or how far the number is beyond those that are asked for.
    pub(super) fn name(&self, number: AttributeNumber) -> Result<&LocalName, usize> {
        let at = number.0 as usize;
        self.names.get(at).ok_or_else(|| at - self.names.len())
    }
}

/// The bit of a length; all from 31 on share the last.
fn length_bit(length: usize) -> u32 {
    1 << length.min(31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_selectors_are_read_too() {
        let read = ReadAttributes::new(["a[data-kind='x'] > b", ":is(p[LANG|=en], [xlink|title])"].into_iter());
        for name in ["class", "CLASS", "data-kind", "lang", "title"] {
            assert!(read.number(name.as_bytes()).is_some(), "{name}");
        }
        assert!(read.number(b"data-other").is_none());
        assert!(ReadAttributes::new([r"[data\-x]"].into_iter()).all());
    }

    #[test]
    fn a_number_stands_for_its_name() {
        let read = ReadAttributes::new(["[data-kind]"].into_iter());
        for (attribute, name) in Attribute::ALL.iter().zip(READ) {
            let number = read.number(name.as_bytes()).unwrap();
            assert_eq!((number, number.known()), (attribute.number(), Some(*attribute)));
            assert_eq!(read.name(number).map(|name| &**name), Ok(*name));
        }
        let number = read.number(b"data-kind").unwrap();
        assert_eq!((number.known(), read.name(number).map(|name| &**name)), (None, Ok("data-kind")));
        assert_eq!(read.name(AttributeNumber::other(&read, 3)), Err(3));
    }
}
