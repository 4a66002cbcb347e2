//! Bytes to text.

use dechaff_document::{Body, CharsetHint, Encoding};

/// The document's text, and how its bytes became text.
pub(crate) fn decode(body: Body, hint: Option<&CharsetHint>, html: bool) -> (String, Encoding) {
    let _ = (hint, html);
    (String::from_utf8_lossy(body.as_bytes()).into_owned(), Encoding::default())
}
