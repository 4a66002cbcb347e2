//! Where in its inputs a reader stands, so that a run can go on there.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};

/// The place of an entry among all inputs. [`crate::open_at`] goes on at it: the entry comes first again.
///
/// Positions are ordered as the reader gives the entries. They hold for the same inputs in the same order; files that
/// were added or removed meanwhile do not disturb them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// Which input, from 0.
    pub input: usize,
    /// Byte offset of the line in a list of files; 0 for other inputs.
    pub line: u64,
    /// Path below the input, as the system's own bytes; empty for an input that is a file.
    #[serde(with = "path_text")]
    pub path: Vec<u8>,
    /// The record inside its container; `None` for a file of its own.
    pub record: Option<Place>,
    /// What had been passed over before this entry.
    pub passed: Counts,
}

impl Position {
    /// Whether both are the place of the same entry, whatever had been passed over before it.
    pub fn is_same_place(&self, other: &Position) -> bool {
        (self.input, self.line, &self.path, self.record) == (other.input, other.line, &other.path, other.record)
    }

    /// Which of two entries of the same inputs a reader gives first.
    pub fn in_reading_order(&self, other: &Position) -> Ordering {
        fn names(position: &Position) -> impl Iterator<Item = &[u8]> {
            // Directories are walked level by level, so names are compared and not whole paths.
            position.path.split(|byte| *byte == b'/' || (cfg!(windows) && *byte == b'\\'))
        }
        let record = |position: &Position| position.record.map(|place| (place.index, place.offset, place.within));
        (self.input, self.line)
            .cmp(&(other.input, other.line))
            .then_with(|| names(self).cmp(names(other)))
            .then_with(|| record(self).cmp(&record(other)))
    }
}

/// The place of a record inside its container: where reading of the file can begin, and how far to read from there.
///
/// A plain container is entered at the record itself (`within` is 0), one that is compressed record by record at the
/// record's gzip member or Zstandard frame (likewise), one that is compressed as a whole at its beginning (`offset`
/// is 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Byte offset in the file.
    pub offset: u64,
    /// Bytes to pass over from there, decompressed.
    pub within: u64,
    /// Number of the record, from 0.
    pub index: u64,
}

impl Place {
    /// One number for ids and messages: the offset in the file where the record can be entered there, else the offset
    /// in the decompressed stream.
    pub fn number(&self) -> u64 {
        if self.offset == 0 { self.within } else { self.offset }
    }

    /// Moves on by bytes that were read.
    pub(crate) fn pass(&mut self, bytes: usize, compressed: bool) {
        let moved = if compressed { &mut self.within } else { &mut self.offset };
        *moved += bytes as u64;
    }
}

impl fmt::Display for Place {
    /// `offset`, or `offset+within` for one of several records in a member or frame.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place { offset: 0, within, .. } => write!(formatter, "{within}"),
            Place { offset, within: 0, .. } => write!(formatter, "{offset}"),
            Place { offset, within, .. } => write!(formatter, "{offset}+{within}"),
        }
    }
}

/// What was passed over without an entry of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Hidden files and directories (a directory counts once).
    pub hidden: u64,
    /// Files and directories left out by `read.include` and `read.exclude` (a directory counts once).
    pub excluded: u64,
    /// Records of archives that hold no page by their kind: requests, metadata and the like.
    pub other_records: u64,
}

/// Paths are text wherever they can be; else a list of bytes.
mod path_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Path<'a> {
        Text(std::borrow::Cow<'a, str>),
        Bytes(std::borrow::Cow<'a, [u8]>),
    }

    pub(super) fn serialize<S: Serializer>(path: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(path) {
            Ok(text) => Path::Text(text.into()),
            Err(_) => Path::Bytes(path.into()),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Ok(match Path::deserialize(deserializer)? {
            Path::Text(text) => text.into_owned().into_bytes(),
            Path::Bytes(bytes) => bytes.into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_ordered_as_directories_are_walked() {
        let at = |path: &str, index| Position {
            path: path.as_bytes().to_vec(),
            record: Some(Place { index, ..Place::default() }),
            ..Position::default()
        };
        let order = [at("a/b", 0), at("a/b", 1), at("a/c", 0), at("a.b", 0), at("b", 0)];
        for pair in order.windows(2) {
            assert_eq!(pair[0].in_reading_order(&pair[1]), Ordering::Less, "{pair:?}");
        }
    }

    #[test]
    fn a_position_survives_a_journal() {
        for path in [&b"a/b.html"[..], b"caf\xe9.html"] {
            let position = Position {
                input: 2,
                path: path.to_vec(),
                record: Some(Place { offset: 70, within: 2, index: 3 }),
                ..Position::default()
            };
            let written = serde_json::to_string(&position).unwrap();
            assert_eq!(serde_json::from_str::<Position>(&written).unwrap(), position);
        }
    }
}
