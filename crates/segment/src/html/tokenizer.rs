//! Markup to tokens, for html5ever's tree builder.
//!
//! html5ever's own tokenizer reads a character at a time, interns the name of every attribute and keeps all their
//! values: it takes most of the time that parsing takes, and compares each attribute of a tag with all before it. A
//! page is here in memory as a whole, so tokens are found with searches for single bytes, attributes that nobody reads are
//! passed over, and of the others it is told where they stand. The tree builder stays html5ever's. Both tokenizers give
//! the same tree: a test compares them on what is hardest to read.
//!
//! The states of the standard (WHATWG HTML, 13.2.5) are not written out one by one; each function says which of them it
//! stands for. Line ends are normalised and no byte order mark is left when the text comes here.

use std::ops::Range;

use html5ever::{
    LocalName, local_name,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSinkResult, states::RawKind},
};
use memchr::{memchr, memchr3};
use rustc_hash::FxHashMap;

use super::{attributes::AttributeNumber, references};

mod declarations;
mod raw;

use raw::{end_of_raw, end_of_script};

/// What takes the tokens.
pub(super) trait Tokens {
    /// Takes the token that begins at this byte of the text. No tag has attributes.
    fn token(&self, token: Token, at: usize) -> After;

    /// Takes a start tag and its attributes.
    fn start_tag(&self, tag: Tag, attributes: &[Written], at: usize) -> After;

    /// The number of an attribute as it is written, if it is read.
    fn attribute(&self, written: &str) -> Option<AttributeNumber>;

    /// Whether the text of the raw text element that was begun last is asked for.
    fn reads(&self, text: &str) -> bool;

    /// Whether the text of a comment that is so long is asked for.
    fn reads_comment(&self, length: usize) -> bool;

    /// Whether the innermost open element is not of HTML: `<![CDATA[` means something there.
    fn in_foreign_content(&self) -> bool;

    /// A tag had more attributes than are read.
    fn attributes_cut(&self);
}

/// An attribute of a start tag.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) name: AttributeNumber,
    /// Where its value stands.
    pub(super) value: Range<usize>,
    /// The value holds nothing to decode.
    pub(super) plain: bool,
}

/// What follows a token.
pub(super) enum After {
    /// Markup.
    Markup,
    /// The content of an element that holds no markup.
    Raw(RawKind),
    /// Text up to the end.
    Plaintext,
}

impl<Handle> From<TokenSinkResult<Handle>> for After {
    fn from(result: TokenSinkResult<Handle>) -> After {
        match result {
            TokenSinkResult::RawData(kind) => After::Raw(kind),
            TokenSinkResult::Plaintext => After::Plaintext,
            TokenSinkResult::Continue | TokenSinkResult::Script(_) | TokenSinkResult::EncodingIndicator(_) => {
                After::Markup
            }
        }
    }
}

/// Hands the tokens of `text` to `sink`, the end of the file as the last.
pub(super) fn tokenize(text: &str, max_attributes: usize, sink: &impl Tokens) {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        max_attributes,
        sink,
        names: FxHashMap::default(),
        short_names: [const { (0, local_name!("")) }; SHORT_NAMES],
        decoded: String::new(),
        attributes: Vec::new(),
        doctype_seen: false,
        noscript_end: 0,
        window: (0, StrTendril::new()),
    };
    let mut at = 0;
    while at < lexer.bytes.len() {
        at = match lexer.bytes[at] {
            b'<' => lexer.markup(at),
            _ => lexer.text(at),
        };
    }
    sink.token(Token::EOFToken, at);
}

/// Where something is found at or after `from`, or the end.
fn find(bytes: &[u8], from: usize, search: impl Fn(&[u8]) -> Option<usize>) -> usize {
    bytes.get(from..).and_then(search).map_or(bytes.len(), |offset| from + offset)
}

struct Lexer<'a, S> {
    text: &'a str,
    bytes: &'a [u8],
    max_attributes: usize,
    sink: &'a S,
    /// Names of tags, as written: interning one takes longer than reading the tag.
    names: FxHashMap<&'a [u8], LocalName>,
    /// The same of names of up to eight bytes, as nearly all are: each in the place that its bytes give, with these.
    short_names: [(u64, LocalName); SHORT_NAMES],
    /// Room for text whose character references are decoded.
    decoded: String,
    /// Those of the tag that is being read.
    attributes: Vec<Written>,
    doctype_seen: bool,
    /// Where the last `<noscript>` is closed.
    noscript_end: usize,
    /// A stretch of the text and where it begins: tokens are views of it, so that not each needs memory of its own.
    window: (usize, StrTendril),
}

/// Places for short names of tags, a power of two. A page has some forty names.
const SHORT_NAMES: usize = 128;

/// Bytes of a window. Copying it must not push what is read out of the processor's first cache.
const WINDOW: usize = 8 << 10;

impl<'a, S: Tokens> Lexer<'a, S> {
    fn view(&mut self, from: usize, to: usize) -> StrTendril {
        /// Up to so many bytes a tendril holds itself.
        const INLINE: usize = 8;
        if !(INLINE + 1..=WINDOW / 4).contains(&(to - from)) {
            return StrTendril::from_slice(&self.text[from..to]);
        }
        let (start, window) = &self.window;
        if from < *start || to > start + window.len() {
            let end = self.text.floor_char_boundary(from + WINDOW);
            self.window = (from, StrTendril::from_slice(&self.text[from..end]));
        }
        let (start, window) = &self.window;
        window.subtendril((from - start) as u32, (to - from) as u32)
    }

    /// Text between tags (data state). Gives where it ends.
    fn text(&mut self, from: usize) -> usize {
        // One search for what ends it and for what must be decoded: most texts are short and hold nothing of that.
        let first = find(self.bytes, from, |rest| memchr3(b'<', b'&', 0, rest));
        if self.bytes.get(first).is_none_or(|&byte| byte == b'<') {
            let characters = self.view(from, first);
            self.sink.token(Token::CharacterTokens(characters), from);
            return first;
        }
        let to = find(self.bytes, first, |rest| memchr(b'<', rest));
        // A zero is a token of its own: the tree builder leaves it out in most places.
        let mut start = from;
        loop {
            let zero = find(&self.bytes[..to], start, |rest| memchr(0, rest));
            if zero > start {
                let characters = self.characters(start, zero);
                self.sink.token(Token::CharacterTokens(characters), start);
            }
            if zero == to {
                return to;
            }
            self.sink.token(Token::NullCharacterToken, zero);
            start = zero + 1;
        }
    }

    /// A stretch of text, its character references decoded, zeros replaced.
    fn characters(&mut self, from: usize, to: usize) -> StrTendril {
        if references::is_plain(&self.bytes[from..to]) {
            return self.view(from, to);
        }
        self.decoded.clear();
        references::decode(&self.text[from..to], false, &mut self.decoded);
        StrTendril::from_slice(&self.decoded)
    }

    /// What begins with `<` (tag open state). Gives where to go on.
    fn markup(&mut self, open: usize) -> usize {
        match self.bytes.get(open + 1) {
            Some(letter) if letter.is_ascii_alphabetic() => self.start_tag(open),
            Some(b'/') => match self.bytes.get(open + 2) {
                Some(letter) if letter.is_ascii_alphabetic() => self.end_tag(open),
                Some(b'>') => open + 3,
                Some(_) => self.bogus_comment(open, open + 2),
                None => self.literally(open, open + 2),
            },
            Some(b'!') => self.declaration(open),
            Some(b'?') => self.bogus_comment(open, open + 1),
            _ => self.literally(open, open + 1),
        }
    }

    /// Text that looked like markup.
    fn literally(&mut self, from: usize, to: usize) -> usize {
        let characters = self.view(from, to);
        self.sink.token(Token::CharacterTokens(characters), from);
        to
    }

    fn end_tag(&mut self, open: usize) -> usize {
        let Some((name, at)) = self.tag_name(open + 2) else { return self.bytes.len() };
        let Some((self_closing, end)) = self.attributes(at, false) else { return self.bytes.len() };
        let tag = Tag { kind: TagKind::EndTag, name, self_closing, attrs: Vec::new(), had_duplicate_attributes: false };
        self.sink.token(Token::TagToken(tag), open);
        end
    }

    fn start_tag(&mut self, open: usize) -> usize {
        let Some((name, at)) = self.tag_name(open + 1) else { return self.bytes.len() };
        let written = &self.bytes[open + 1..at];
        let Some((self_closing, end)) = self.attributes(at, true) else { return self.bytes.len() };
        if name == local_name!("noscript") && end > self.noscript_end {
            self.noscript_end = end_of_raw(self.bytes, end, b"noscript");
        }
        let attrs = Vec::new();
        let tag = Tag { kind: TagKind::StartTag, name, self_closing, attrs, had_duplicate_attributes: false };
        match self.sink.start_tag(tag, &self.attributes, open) {
            After::Markup => end,
            After::Raw(kind) => self.raw(kind, written, end),
            After::Plaintext => {
                let text = self.replaced(end, self.bytes.len());
                self.sink.token(Token::CharacterTokens(text), end);
                self.bytes.len()
            }
        }
    }

    /// The name of a tag and where it ends (tag name state); none if the text ends in it.
    fn tag_name(&mut self, from: usize) -> Option<(LocalName, usize)> {
        let rest = &self.bytes[from..];
        let length = rest.iter().position(|&byte| matches!(byte, b'>' | b' ' | b'\n' | b'\t' | b'\x0c' | b'/'))?;
        let written = &rest[..length];
        let to = from + length;
        // A name that holds a zero is none of these: zeros stand behind short ones.
        let bytes = written.iter().rev().fold(0u64, |bytes, &byte| bytes << 8 | u64::from(byte));
        if length > 8 || written.contains(&0) {
            let name = self.names.entry(written).or_insert_with(|| interned(&self.text[from..to])).clone();
            return Some((name, to));
        }
        let place = bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SHORT_NAMES.ilog2());
        let (known, name) = &mut self.short_names[place as usize % SHORT_NAMES];
        if *known != bytes {
            (*known, *name) = (bytes, interned(&self.text[from..to]));
        }
        Some((name.clone(), to))
    }

    /// The attributes of a tag (before attribute name state and those after it): whether the tag closes itself, and
    /// where it ends. None if the text ends before the tag does: such a tag is no token.
    fn attributes(&mut self, from: usize, keep: bool) -> Option<(bool, usize)> {
        self.attributes.clear();
        let bytes = self.bytes;
        let mut seen = 0;
        let mut at = from;
        loop {
            let before = at;
            while is_space(*bytes.get(at)?) || bytes[at] == b'/' {
                at += 1;
            }
            if bytes[at] == b'>' {
                return Some((at > before && bytes[at - 1] == b'/', at + 1));
            }
            let name_start = at;
            // A name may begin with `=`.
            at += 1;
            while !matches!(*bytes.get(at)?, b'=' | b'>' | b'/' | b' ' | b'\n' | b'\t' | b'\x0c') {
                at += 1;
            }
            let name_end = at;
            // A value follows where the next that is no white space is `=`.
            let mut next = at;
            while is_space(*bytes.get(next)?) {
                next += 1;
            }
            let (mut value_start, mut value_end, mut plain) = (at, at, true);
            if bytes[next] == b'=' {
                at = next + 1;
                while is_space(*bytes.get(at)?) {
                    at += 1;
                }
                match bytes[at] {
                    quote @ (b'"' | b'\'') => {
                        value_start = at + 1;
                        value_end = value_start + memchr3(quote, b'&', 0, &bytes[value_start..])?;
                        if bytes[value_end] != quote {
                            plain = false;
                            value_end += memchr(quote, &bytes[value_end..])?;
                        }
                        at = value_end + 1;
                    }
                    b'>' => (value_start, value_end) = (at, at),
                    _ => {
                        value_start = at;
                        while !matches!(*bytes.get(at)?, b'>' | b' ' | b'\n' | b'\t' | b'\x0c') {
                            at += 1;
                        }
                        value_end = at;
                        plain = references::is_plain(&bytes[value_start..value_end]);
                    }
                }
            }
            seen += 1;
            if !keep {
                continue;
            }
            if seen > self.max_attributes {
                self.sink.attributes_cut();
                continue;
            }
            if let Some(name) = self.sink.attribute(&self.text[name_start..name_end])
                // Of attributes of one name the first counts.
                && !self.attributes.iter().any(|attribute| attribute.name == name)
            {
                self.attributes.push(Written { name, value: value_start..value_end, plain });
            }
        }
    }

    /// The content of an element that holds no markup, up to its end tag (RCDATA, RAWTEXT and script data states).
    ///
    /// Inside `<noscript>` it ends there at the latest. That is not the standard for a reader without scripts, but what
    /// browsers show: to them all of `<noscript>` is one text, so nobody sees that `<noscript><iframe src=… /></noscript>`
    /// has no end tag, and the page goes on. Many pages count their visitors that way.
    fn raw(&mut self, kind: RawKind, name: &[u8], from: usize) -> usize {
        let inside = from <= self.noscript_end && self.noscript_end < self.bytes.len();
        let bytes = if inside { &self.bytes[..self.noscript_end] } else { self.bytes };
        let end = match kind {
            RawKind::ScriptData | RawKind::ScriptDataEscaped(_) => end_of_script(bytes, from),
            RawKind::Rcdata | RawKind::Rawtext => end_of_raw(bytes, from, name),
        };
        if end > from && self.sink.reads(&self.text[from..end]) {
            let text = match kind {
                RawKind::Rcdata => self.characters(from, end),
                _ => self.replaced(from, end),
            };
            self.sink.token(Token::CharacterTokens(text), from);
        }
        if inside && end == self.noscript_end {
            let name = interned(&String::from_utf8_lossy(name));
            let attrs = Vec::new();
            let tag = Tag { kind: TagKind::EndTag, name, self_closing: false, attrs, had_duplicate_attributes: false };
            self.sink.token(Token::TagToken(tag), end);
        }
        end
    }

    /// Text as it is, but for zeros.
    fn replaced(&mut self, from: usize, to: usize) -> StrTendril {
        match memchr(0, &self.bytes[from..to]) {
            None => self.view(from, to),
            Some(_) => StrTendril::from_slice(&self.text[from..to].replace('\0', "\u{fffd}")),
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\x0c')
}

/// A name of a tag or an attribute: ASCII letters are small, zeros replaced.
pub(super) fn interned(written: &str) -> LocalName {
    match written.bytes().any(|byte| byte.is_ascii_uppercase() || byte == 0) {
        true => LocalName::from(written.to_ascii_lowercase().replace('\0', "\u{fffd}")),
        false => LocalName::from(written),
    }
}

#[cfg(test)]
mod tests;
