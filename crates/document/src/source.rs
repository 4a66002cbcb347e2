//! Where a document came from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where a document came from, and the id it keeps through the whole run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Source {
    /// Stable id: the record's own id, the WARC-Record-ID, archive path and offset, or the input path.
    /// The same input gives the same id in every run.
    pub id: String,
    /// What the user would recognise the input by: the path as found (see [`display_path`]), `-` for standard
    /// input, or a URL.
    pub input: String,
    /// Path below the input that was named, the place of the document in a mirrored output tree.
    /// With several inputs it starts with the input's own name.
    #[serde(with = "system_path")]
    pub relative: PathBuf,
    /// Byte offset of the record inside its container; `None` for a document that is a file of its own.
    pub offset: Option<u64>,
    /// The URL the reader knows (WARC-Target-URI, the record's `url` field, `--url-map`).
    /// What the page says of itself is found later, see [`crate::Metadata::url`].
    pub url: Option<String>,
}

/// Paths that need not be UTF-8.
mod system_path {
    use std::{
        ffi::OsString,
        path::{Path, PathBuf},
    };

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        OsString::deserialize(deserializer).map(PathBuf::from)
    }
}

/// A path as text: valid UTF-8 as it is, every other byte as `%XX`.
///
/// Unlike with [`Path::display`], names that are not UTF-8 stay distinct (a `%` in such a name is escaped too). Only a
/// name that spells an escape out, as `caf%E9`, prints like the bytes that it stands for.
///
/// ```
/// use std::path::Path;
/// assert_eq!(dechaff_document::display_path(Path::new("a/b.html")), "a/b.html");
/// ```
pub fn display_path(path: &Path) -> String {
    match path.to_str() {
        Some(text) => text.to_owned(),
        None => escape_bytes(path.as_os_str().as_encoded_bytes()),
    }
}

fn escape_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        out.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_stay_distinct() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        let show = |bytes: &[u8]| display_path(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(show(b"caf\xe9.html"), "caf%E9.html");
        assert_ne!(show(b"\xe9.txt"), show(b"\xe8.txt"));
        assert_eq!(show(b"100%\xff"), "100%25%FF");
    }
}
