//! JSON Lines, and JSON arrays of objects.
//!
//! Splitting a file into records is done here, in the reader; parsing a record is left to the worker that loads it.

use std::{borrow::Cow, fmt, io::BufRead};

use serde::{Deserializer, de};
use serde_json::value::RawValue;

use crate::{
    Place,
    record::{Cell, Row},
};

/// A record split off its container, or what kept it from being split off.
pub(crate) struct Split {
    pub(crate) place: Place,
    pub(crate) record: Result<Vec<u8>, String>,
}

/// Records of JSON Lines: one a line. A broken line is one broken record.
pub(crate) struct Lines<R> {
    reader: R,
    place: Place,
    compressed: bool,
    /// Most bytes of one record.
    limit: usize,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    /// Records from `place` on, where `reader` already stands. `compressed` says that `reader` decompresses.
    pub(crate) fn new(reader: R, place: Place, compressed: bool, limit: usize) -> Self {
        Lines { reader, place, compressed, limit, ended: false }
    }

    /// The next line that is not blank.
    pub(crate) fn next(&mut self) -> Option<Split> {
        while !self.ended {
            let place = self.place;
            let mut line = Vec::new();
            let mut length = 0;
            let record = loop {
                let available = match self.reader.fill_buf() {
                    Ok(available) => available,
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    Err(error) => {
                        self.ended = true;
                        break Err(format!("the file cannot be read on from here: {error}"));
                    }
                };
                if available.is_empty() {
                    self.ended = true;
                    break Ok(line);
                }
                let end = memchr::memchr(b'\n', available);
                let taken = end.unwrap_or(available.len());
                if length + taken <= self.limit {
                    line.extend_from_slice(&available[..taken]);
                }
                length += taken;
                let consumed = taken + usize::from(end.is_some());
                self.reader.consume(consumed);
                self.place.pass(consumed, self.compressed);
                if end.is_some() {
                    break Ok(line);
                }
            };
            let record = match record {
                Ok(_) if length > self.limit => Err(format!("a record of {length} bytes")),
                Ok(line) if line.iter().all(|byte| byte.is_ascii_whitespace()) => continue,
                record => record,
            };
            self.place.index += 1;
            return Some(Split { place, record });
        }
        None
    }
}

/// Records of a JSON array of objects, or of objects one after the other, over as many lines as they like.
pub(crate) struct Values<R> {
    reader: R,
    place: Place,
    compressed: bool,
    limit: usize,
    ended: bool,
}

impl<R: BufRead> Values<R> {
    /// Records from `place` on, where `reader` already stands. `compressed` says that `reader` decompresses.
    pub(crate) fn new(reader: R, place: Place, compressed: bool, limit: usize) -> Self {
        Values { reader, place, compressed, limit, ended: false }
    }

    /// The next object. What stands between objects and is neither white space, comma nor bracket is a broken record
    /// up to the next object.
    pub(crate) fn next(&mut self) -> Option<Split> {
        let mut scan = Scan::default();
        let mut record = Vec::new();
        let mut place = self.place;
        let mut length = 0;
        while !self.ended {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.ended = true;
                    let message = format!("the file cannot be read on from here: {error}");
                    return Some(self.split(place, Err(message)));
                }
            };
            if available.is_empty() {
                self.ended = true;
                return match scan {
                    Scan::Between => None,
                    Scan::Stray => Some(self.split(place, Err("not a JSON object".into()))),
                    Scan::Inside { .. } => Some(self.split(place, Err("the file ends inside the record".into()))),
                };
            }
            let was_between = matches!(scan, Scan::Between);
            let step = scan.step(available);
            let taken = step.taken;
            if matches!(scan, Scan::Inside { .. }) {
                if length + taken <= self.limit {
                    record.extend_from_slice(&available[..taken]);
                }
                length += taken;
            }
            self.reader.consume(taken);
            self.place.pass(taken, self.compressed);
            if was_between && matches!(scan, Scan::Between) && !step.ended {
                place = self.place;
            }
            if step.ended {
                let result = match scan {
                    Scan::Stray => Err("not a JSON object".into()),
                    _ if length <= self.limit => Ok(record),
                    _ => Err(format!("a record of {length} bytes")),
                };
                return Some(self.split(place, result));
            }
        }
        None
    }

    fn split(&mut self, place: Place, record: Result<Vec<u8>, String>) -> Split {
        self.place.index += 1;
        Split { place, record }
    }
}

/// Where a scan for the end of an object stands.
#[derive(Default)]
enum Scan {
    #[default]
    Between,
    Stray,
    Inside {
        depth: usize,
        string: bool,
        escaped: bool,
    },
}

struct Step {
    taken: usize,
    ended: bool,
}

impl Scan {
    /// Takes bytes up to the next change: the beginning or the end of a record, or all.
    fn step(&mut self, bytes: &[u8]) -> Step {
        let open = |byte: &u8| *byte == b'{';
        match self {
            Scan::Between => {
                let skipped =
                    |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'[' | b']' | b',' | 0xef | 0xbb | 0xbf);
                let taken = bytes.iter().take_while(|byte| skipped(byte)).count();
                if taken == 0 {
                    if open(&bytes[0]) {
                        *self = Scan::Inside { depth: 0, string: false, escaped: false };
                    } else {
                        *self = Scan::Stray;
                    }
                }
                match self {
                    Scan::Inside { .. } => self.step(bytes),
                    _ => Step { taken, ended: false },
                }
            }
            Scan::Stray => {
                let taken = bytes.iter().position(open);
                Step { taken: taken.unwrap_or(bytes.len()), ended: taken.is_some() }
            }
            Scan::Inside { depth, string, escaped } => {
                let mut at = 0;
                while at < bytes.len() {
                    if *escaped {
                        *escaped = false;
                        at += 1;
                    } else if *string {
                        at += memchr::memchr2(b'"', b'\\', &bytes[at..]).unwrap_or(bytes.len() - at);
                        match bytes.get(at) {
                            Some(b'"') => *string = false,
                            Some(_) => *escaped = true,
                            None => break,
                        }
                        at += 1;
                    } else {
                        match bytes[at] {
                            b'"' => *string = true,
                            b'{' | b'[' => *depth += 1,
                            b'}' | b']' => *depth = depth.saturating_sub(1),
                            _ => {}
                        }
                        at += 1;
                        if *depth == 0 {
                            return Step { taken: at, ended: true };
                        }
                    }
                }
                Step { taken: bytes.len(), ended: false }
            }
        }
    }
}

/// Parses a record: an object, its fields in their order.
///
/// Bytes that are not UTF-8, and halves of surrogate pairs (`\ud83d` alone), become replacement characters.
pub(crate) fn parse(record: &[u8]) -> Result<Row, String> {
    let text = lossy(record);
    let text = text.trim_start_matches('\u{feff}').trim();
    if !text.starts_with('{') {
        return Err("not a JSON object".into());
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let fields = deserializer.deserialize_map(Fields).map_err(|error| format!("JSON: {error}"))?;
    deserializer.end().map_err(|error| format!("JSON: {error}"))?;
    fields.into_iter().map(|(name, value)| Ok((name.into_owned(), cell(value)?))).collect::<Result<_, _>>().map(Row)
}

fn cell(value: &RawValue) -> Result<Cell, String> {
    if !value.get().starts_with('"') {
        return Ok(Cell::Json(value.get().to_owned()));
    }
    serde_json::from_str::<Lossy>(value.get()).map(|text| Cell::Text(text.0)).map_err(|error| format!("JSON: {error}"))
}

/// Text that is checked in one go where it is UTF-8, and only else in pieces.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

struct Fields;

impl<'de> de::Visitor<'de> for Fields {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((Lossy(name), value)) = map.next_entry::<Lossy, &'de RawValue>()? {
            fields.push((Cow::Owned(name), value));
        }
        Ok(fields)
    }
}

/// A string whose lone surrogates were replaced.
struct Lossy(String);

impl<'de> de::Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl de::Visitor<'_> for Bytes {
            type Value = Lossy;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Lossy, E> {
                Ok(Lossy(text.to_owned()))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Lossy, E> {
                Ok(Lossy(lossy(bytes).into_owned()))
            }
        }
        // serde_json lets lone surrogates through where bytes are asked for.
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn values(text: &str, buffer: usize) -> Vec<(u64, Result<String, String>)> {
        let mut values = Values::new(BufReader::with_capacity(buffer, text.as_bytes()), Place::default(), false, 40);
        std::iter::from_fn(|| values.next())
            .map(|split| (split.place.offset, split.record.map(|bytes| String::from_utf8(bytes).unwrap())))
            .collect()
    }

    #[test]
    fn an_array_is_split_whatever_the_buffer() {
        let text = "[\n {\"a\": \"}{\\\"\"},\n {\"b\": [{}, 1]} ]\n";
        let expected = vec![(3, Ok("{\"a\": \"}{\\\"\"}".to_owned())), (19, Ok("{\"b\": [{}, 1]}".to_owned()))];
        for buffer in [1, 2, 3, 7, 100] {
            assert_eq!(values(text, buffer), expected, "{buffer}");
        }
    }

    #[test]
    fn broken_records_do_not_take_the_next_with_them() {
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(50));
        let text = format!("[{long}, 7, {{}}, {{\"cut");
        for buffer in [1, 5, 100] {
            let found = values(&text, buffer);
            assert_eq!(found.len(), 4, "{found:?}");
            assert_eq!(found[0].1, Err("a record of 59 bytes".into()));
            assert_eq!(found[1], (62, Err("not a JSON object".into())));
            assert_eq!(found[2], (65, Ok("{}".into())));
            assert_eq!(found[3].1, Err("the file ends inside the record".into()));
        }
    }

    #[test]
    fn lines_keep_their_offsets() {
        let text = "{}\n\n  \r\n{\"a\":1}";
        let mut lines = Lines::new(text.as_bytes(), Place::default(), false, 40);
        let found: Vec<_> = std::iter::from_fn(|| lines.next()).map(|split| split.place).collect();
        assert_eq!(found, [Place { offset: 0, within: 0, index: 0 }, Place { offset: 8, within: 0, index: 1 }]);
    }

    #[test]
    fn fields_keep_their_order_and_odd_strings_are_read() {
        let row = parse(b"{\"b\": \"x\\ud83d y\", \"a\": {\"c\": [1, 2]}, \"n\": null}").unwrap();
        assert_eq!(row.0[0], ("b".into(), Cell::Text("x\u{fffd}\u{fffd}\u{fffd} y".into())));
        assert_eq!(row.0[1], ("a".into(), Cell::Json("{\"c\": [1, 2]}".into())));
        assert!(parse(b"{\"a\": 1").is_err());
        assert!(parse(b"[1]").is_err());
        assert_eq!(parse(b"{\"a\": \"\xe9\"}").unwrap().0[0].1, Cell::Text("\u{fffd}".into()));
    }
}
