//! JSON as pages write it: with comments, trailing commas, raw line ends in strings, cut off in the middle.
//!
//! The reader never fails. It keeps what it read up to the point where it can make no sense of the text, and it is
//! bounded in depth and in the number of values.

use std::borrow::Cow;

use memchr::memchr2;

/// A value of the text `'a`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    /// `null`, `true`, `false`, or a word that is no JSON.
    Word(&'a str),
    /// A number as written.
    Number(&'a str),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object, keys in order.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The value of a key of an object; its last one, as JSON has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(members) => members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A string, or a number as its text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            Json::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The items of an array, or the value itself as the only one.
    pub(crate) fn items(&self) -> &[Json<'a>] {
        match self {
            Json::List(items) => items,
            one => std::slice::from_ref(one),
        }
    }
}

/// Nesting beyond which values are left out. schema.org in use stays below 20.
const DEEPEST: usize = 48;
/// Values beyond which reading stops: product listings reach some thousands.
const MOST_VALUES: usize = 50_000;

/// Reads the first value of a text. `None` if there is none. Linear in its length.
pub(crate) fn parse(text: &str) -> Option<Json<'_>> {
    let mut reader = Reader { text, at: 0, values: 0, over: false };
    // Wrappers of other days: `<!--`, `//<![CDATA[`, an assignment in front of the object.
    reader.at = text.find(['{', '['])?;
    if text[reader.at..].starts_with("[CDATA[") {
        reader.at += "[CDATA[".len();
        reader.at += text[reader.at..].find(['{', '['])?;
    }
    reader.value(0)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
    /// Nothing sensible follows: unwind with what there is.
    over: bool,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Json<'a>> {
        self.space();
        self.values += 1;
        if self.values > MOST_VALUES || depth > DEEPEST {
            self.over = true;
            return None;
        }
        match self.peek()? {
            b'{' => Some(self.object(depth)),
            b'[' => Some(self.list(depth)),
            quote @ (b'"' | b'\'') => Some(Json::Text(self.string(quote))),
            b'-' | b'+' | b'.' | b'0'..=b'9' => {
                Some(Json::Number(self.run(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))))
            }
            byte if byte.is_ascii_alphabetic() || byte >= 0x80 || byte == b'_' || byte == b'$' => {
                Some(Json::Word(self.word()))
            }
            _ => None,
        }
    }

    fn object(&mut self, depth: usize) -> Json<'a> {
        self.at += 1;
        let mut members = Vec::new();
        while !self.over {
            self.space_and_commas();
            let key = match self.peek() {
                None | Some(b'}') => break,
                Some(quote @ (b'"' | b'\'')) => self.string(quote),
                Some(byte)
                    if byte.is_ascii_alphabetic() || byte >= 0x80 || byte == b'_' || byte == b'@' || byte == b'$' =>
                {
                    self.word().into()
                }
                Some(_) => {
                    self.over = true;
                    break;
                }
            };
            self.space();
            if self.peek() != Some(b':') {
                self.over = true;
                break;
            }
            self.at += 1;
            match self.value(depth + 1) {
                Some(value) => members.push((key, value)),
                // `"key": ,` or `"key": }`: the key has no value, and the object goes on.
                None => self.over |= !matches!(self.peek(), Some(b',' | b'}')),
            }
        }
        self.close(b'}');
        Json::Object(members)
    }

    fn list(&mut self, depth: usize) -> Json<'a> {
        self.at += 1;
        let mut items = Vec::new();
        while !self.over {
            self.space_and_commas();
            match self.peek() {
                None | Some(b']') => break,
                Some(_) => match self.value(depth + 1) {
                    Some(value) => items.push(value),
                    None => self.over = true,
                },
            }
        }
        self.close(b']');
        Json::List(items)
    }

    fn close(&mut self, bracket: u8) {
        match self.peek() {
            Some(byte) if byte == bracket && !self.over => self.at += 1,
            _ => self.over = true,
        }
    }

    /// A string in quotes. Line ends inside are kept, as browsers do not but authors expect; a quote that is not
    /// followed by one of `,:;}]/` belongs to the string (`"the "best" pie"`).
    fn string(&mut self, quote: u8) -> Cow<'a, str> {
        self.at += 1;
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut out = Vec::new();
        loop {
            let rest = &bytes[self.at..];
            let plain = memchr2(b'\\', quote, rest).unwrap_or(rest.len());
            let piece = self.at;
            self.at += plain;
            let end = match bytes.get(self.at) {
                None => true,
                Some(&byte) => {
                    self.at += 1;
                    byte == quote && self.string_ends()
                }
            };
            if end && piece == start {
                return Cow::Borrowed(&self.text[start..start + plain]);
            }
            out.extend_from_slice(&rest[..plain]);
            if end {
                break;
            }
            match rest[plain] {
                b'\\' => self.escape(&mut out),
                byte => out.push(byte),
            }
        }
        let text =
            String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Cow::Owned(text)
    }

    /// Whether a string ends with the quote that was just read.
    fn string_ends(&self) -> bool {
        let next = self.text.as_bytes()[self.at..].iter().copied().find(|byte| !byte.is_ascii_whitespace());
        matches!(next, None | Some(b',' | b':' | b'}' | b']' | b'/' | b';')) || self.line_ends()
    }

    /// Whether the line ends here: a string whose comma is missing ends with its line.
    fn line_ends(&self) -> bool {
        let ahead = self.text.as_bytes()[self.at..].iter();
        ahead.take_while(|byte| byte.is_ascii_whitespace()).any(|&byte| byte == b'\n')
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(&byte) = self.text.as_bytes().get(self.at) else { return };
        self.at += 1;
        match byte {
            b'n' | b'r' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'b' | b'f' => out.push(b' '),
            b'u' => {
                let first = self.hex();
                let c = match first {
                    Some(high @ 0xD800..=0xDBFF) if self.text[self.at..].starts_with("\\u") => {
                        self.at += 2;
                        match self.hex() {
                            Some(low @ 0xDC00..=0xDFFF) => {
                                char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
                            }
                            other => other.and_then(char::from_u32),
                        }
                    }
                    code => code.and_then(char::from_u32),
                };
                out.extend_from_slice(c.unwrap_or('\u{FFFD}').encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => out.push(byte),
        }
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(code)
    }

    fn word(&mut self) -> &'a str {
        self.run(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_@$-.".contains(&byte))
    }

    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|&byte| belongs(byte)) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn space_and_commas(&mut self) {
        self.space();
        while self.peek() == Some(b',') || self.peek() == Some(b';') {
            self.at += 1;
            self.space();
        }
    }

    /// White space, control characters and comments.
    fn space(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            let rest = &bytes[self.at..];
            if byte <= b' ' || byte == 0x7f {
                self.at += 1;
            } else if rest.starts_with("\u{feff}".as_bytes()) {
                self.at += 3;
            } else if rest.starts_with(b"//") {
                self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            } else if rest.starts_with(b"/*") {
                self.at = self.text[self.at..].find("*/").map_or(bytes.len(), |end| self.at + end + 2);
            } else {
                break;
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        parse(text)?.get("name")?.text().map(str::to_owned)
    }

    #[test]
    fn sound_json_is_read() {
        let value =
            parse(r#"{"a": [1, -2.5e3, true, null, "x\"\u00e9\ud83d\ude00\/"], "b": {"c": {}}, "b2": []}"#).unwrap();
        let Json::List(items) = value.get("a").unwrap() else { panic!() };
        assert_eq!(items[1], Json::Number("-2.5e3"));
        assert_eq!(items[2], Json::Word("true"));
        assert_eq!(items[4], Json::Text("x\"é😀/".into()));
        assert_eq!(value.get("b").unwrap().get("c"), Some(&Json::Object(vec![])));
    }

    #[test]
    fn broken_json_gives_what_it_holds() {
        let written = [
            "{\"x\": [1, 2, ], /* c */ \"name\": \"Ann\", }",
            "// data\n{\"x\": , \"name\": \"Ann\"}",
            "<!-- {\"name\": \"Ann\"} -->",
            "//<![CDATA[\n{\"name\": \"Ann\"}\n//]]>",
            "{name: 'Ann'}",
            "{\"name\": \"Ann\", \"text\": \"cut in the mid",
            "{\"name\": \"Ann\"; \"y\": 2}",
            "{\"text\": \"the \"best\" pie\", \"name\": \"Ann\"}",
            "{\"text\": \"no comma\"\n \"name\": \"Ann\"}",
            "{\"text\": \"raw\nline\u{1}\", \"name\": \"Ann\"}",
            "{\"u\": \"\\ud83d\\u00\", \"name\": \"Ann\"}",
        ];
        for text in written {
            assert_eq!(name(text).as_deref(), Some("Ann"), "{text}");
        }
        for text in ["", "not json", "{", "[", "{\"a\"", "{\"name\"", "]", "\"\\", "{\"\\u", "[[[[", "{:}", "{\"é"] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_texts_are_bounded() {
        let hostile = [
            "[".repeat(1_000_000),
            "{\"a\":".repeat(300_000),
            "[".to_owned() + &"1,".repeat(500_000),
            "[\"".to_owned() + &"\" x".repeat(300_000),
            "[\"".to_owned() + &format!("\"{}", " ".repeat(1_000)).repeat(1_000),
            "/*".repeat(500_000),
            "{".to_owned() + &"/*".repeat(500_000),
        ];
        for text in hostile {
            let _ = parse(&text);
        }
    }
}
