//! Bytes to text: what the encoding is, who said so, and how much was lost.
//!
//! In this order: a byte order mark; the user's setting; bytes that are valid UTF-8 (no other encoding in use produces
//! them by chance); what the HTTP header or the record declares; what the page declares in a `<meta>` element or an
//! XML declaration; detection. A declaration of UTF-8 that the bytes disprove is passed over.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use dechaff_document::{Body, CharsetHint, CharsetOrigin, Encoding, EncodingOrigin};
use encoding_rs::{ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memchr;

/// Bytes handed to the detector, from shortly before the first that is not ASCII. The detector reads some 30 MB/s, less
/// than half of what the parser does, and is sure long before this.
const DETECTED_BYTES: usize = 16 * 1024;

/// Bytes at the start of a page that are searched for a declaration. The standard says 1024; pages put scripts first.
const DECLARATION_BYTES: usize = 4096;

/// The document's text, and how its bytes became text.
pub(crate) fn decode(body: Body, hint: Option<&CharsetHint>, html: bool) -> (String, Encoding) {
    let bytes = match body {
        Body::Text(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            return (text, named(UTF_8, EncodingOrigin::Decoded, 0));
        }
        Body::Bytes(bytes) => bytes,
    };
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(&bytes) {
        return decode_as(encoding, EncodingOrigin::Bom, bytes, mark);
    }
    let hinted = hint.and_then(|hint| encoding_rs::Encoding::for_label(hint.label.as_bytes()));
    if let (Some(encoding), Some(CharsetHint { origin: CharsetOrigin::Setting, .. })) = (hinted, hint) {
        return decode_as(encoding, EncodingOrigin::Setting, bytes, 0);
    }
    if let Some(encoding) = utf16_without_mark(&bytes) {
        return decode_as(encoding, EncodingOrigin::Detected, bytes, 0);
    }
    let escapes = memchr(0x1b, &bytes).is_some() && bytes.windows(2).any(|pair| pair == b"\x1b$" || pair == b"\x1b(");
    let bytes = match String::from_utf8(bytes) {
        Ok(text) if !escapes => return (text, named(UTF_8, EncodingOrigin::Valid, 0)),
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    };
    let origin = match hint.map(|hint| hint.origin) {
        Some(CharsetOrigin::Record) => EncodingOrigin::Record,
        _ => EncodingOrigin::Http,
    };
    let told = [hinted.map(|encoding| (encoding, origin)), if html { declaration(&bytes) } else { None }];
    for (encoding, origin) in told.into_iter().flatten() {
        if encoding != UTF_8 || mostly_utf8(&bytes) {
            return decode_as(encoding, origin, bytes, 0);
        }
    }
    let encoding = match mostly_utf8(&bytes) {
        true if !escapes => UTF_8,
        _ => detect(&bytes, escapes),
    };
    decode_as(encoding, EncodingOrigin::Detected, bytes, 0)
}

fn named(encoding: &'static encoding_rs::Encoding, origin: EncodingOrigin, replacements: u64) -> Encoding {
    Encoding { name: encoding.name().to_owned(), origin, replacements }
}

fn decode_as(
    encoding: &'static encoding_rs::Encoding,
    origin: EncodingOrigin,
    bytes: Vec<u8>,
    skip: usize,
) -> (String, Encoding) {
    let (text, errors) = encoding.decode_without_bom_handling(&bytes[skip..]);
    let mut replacements = 0;
    if errors {
        replacements = text.matches('\u{fffd}').count();
        if encoding == UTF_8 {
            let own = bytes.windows(3).filter(|window| *window == "\u{fffd}".as_bytes()).count();
            replacements = replacements.saturating_sub(own);
        }
    }
    (text.into_owned(), named(encoding, origin, replacements as u64))
}

/// UTF-16 that says so only by its zero bytes: at least half of the first kilobyte's characters are of one byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = &bytes[..bytes.len().min(1024) & !1];
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let enough = head.len() / 4;
    match () {
        () if head.len() < 4 => None,
        () if odd >= enough && even * 8 < odd => Some(UTF_16LE),
        () if even >= enough && odd * 8 < even => Some(UTF_16BE),
        () => None,
    }
}

/// Whether bytes are UTF-8 with a few broken places: at least nine of ten stretches that are not ASCII are valid.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 9 * bad
}

/// The encoding that the page declares, as the standard's prescan reads it.
fn declaration(bytes: &[u8]) -> Option<(&'static encoding_rs::Encoding, EncodingOrigin)> {
    let head = bytes[..bytes.len().min(DECLARATION_BYTES)].to_ascii_lowercase();
    let xml =
        head.starts_with(b"<?xml").then(|| find(&head, b"encoding", 0)).flatten().map(|at| at + b"encoding".len());
    let mut meta = None;
    let mut from = 0;
    while let Some(at) = find(&head, b"<meta", from) {
        let end = head[at..].iter().position(|&byte| byte == b'>').map_or(head.len(), |length| at + length);
        meta = find(&head[..end], b"charset", at).map(|at| at + b"charset".len());
        if meta.is_some() {
            break;
        }
        from = end;
    }
    [meta, xml].into_iter().flatten().find_map(|at| {
        let rest = head[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
        let end = rest.iter().position(|byte| b"\"'>; \t\r\n/?".contains(byte)).unwrap_or(rest.len());
        let encoding = encoding_rs::Encoding::for_label(&rest[..end])?;
        // A page that could be read up to here is not UTF-16, and x-user-defined means windows-1252 (WHATWG).
        let encoding = match encoding.name() {
            "UTF-16LE" | "UTF-16BE" => UTF_8,
            "x-user-defined" => WINDOWS_1252,
            _ => encoding,
        };
        Some((encoding, EncodingOrigin::Meta))
    })
}

fn find(bytes: &[u8], what: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(what.len()).position(|window| window == what).map(|at| from + at)
}

fn detect(bytes: &[u8], escapes: bool) -> &'static encoding_rs::Encoding {
    if escapes && !bytes.iter().any(|&byte| byte >= 0x80) {
        return ISO_2022_JP;
    }
    let first = bytes.iter().position(|&byte| byte >= 0x80).unwrap_or(0);
    let start = first.saturating_sub(256);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    // A page's first letters may stand far from each other in ASCII markup: lines of pure ASCII tell nothing.
    let mut fed = 0;
    for line in bytes[start..].split_inclusive(|&byte| byte == b'\n') {
        if line.is_ascii() {
            continue;
        }
        let line = &line[..line.len().min(DETECTED_BYTES)];
        detector.feed(line, false);
        fed += line.len();
        if fed >= DETECTED_BYTES {
            break;
        }
    }
    detector.feed(b"", true);
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(bytes: &[u8], label: Option<&str>) -> (String, Encoding) {
        let hint = label.map(|label| CharsetHint { label: label.into(), origin: CharsetOrigin::Http });
        decode(Body::Bytes(bytes.to_vec()), hint.as_ref(), true)
    }

    #[test]
    fn a_byte_order_mark_wins() {
        let (text, encoding) = html(b"\xff\xfeh\0i\0", Some("utf-8"));
        assert_eq!((text.as_str(), encoding.name.as_str(), encoding.origin), ("hi", "UTF-16LE", EncodingOrigin::Bom));
    }

    #[test]
    fn valid_utf8_is_recognised_before_any_declaration() {
        let (text, encoding) = html("<meta charset=windows-1251>Größe".as_bytes(), Some("iso-8859-2"));
        assert!(text.ends_with("Größe"));
        assert_eq!(encoding.origin, EncodingOrigin::Valid);
    }

    #[test]
    fn the_header_comes_before_the_page_and_the_page_before_the_detector() {
        let page = b"<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>\xcf\xf0\xe8\xe2\xe5\xf2";
        let (text, encoding) = html(page, None);
        assert!(text.ends_with("Привет"), "{text}");
        assert_eq!((encoding.name.as_str(), encoding.origin), ("windows-1251", EncodingOrigin::Meta));
        let (_, encoding) = html(page, Some("koi8-r"));
        assert_eq!((encoding.name.as_str(), encoding.origin), ("KOI8-R", EncodingOrigin::Http));
    }

    #[test]
    fn an_undeclared_page_is_detected_from_the_part_that_tells() {
        let mut page = vec![b' '; 300_000];
        let (words, ..) = encoding_rs::WINDOWS_1251.encode("\nСегодня утром на площади открылась ярмарка мёда.\n");
        page.extend_from_slice(&words);
        let (text, encoding) = html(&page, None);
        assert!(text.contains("ярмарка мёда"));
        assert_eq!((encoding.name.as_str(), encoding.origin), ("windows-1251", EncodingOrigin::Detected));
    }

    #[test]
    fn a_broken_byte_in_utf8_is_replaced_and_counted() {
        let mut page = "Über die Straße fährt häufig für längere Zeit ein öder Zug.".repeat(3).into_bytes();
        page.push(0xff);
        let (text, encoding) = html(&page, Some("utf-8"));
        assert!(text.starts_with("Über"));
        assert_eq!((encoding.name.as_str(), encoding.replacements), ("UTF-8", 1));
    }

    #[test]
    fn utf8_that_the_bytes_disprove_is_passed_over() {
        let (text, encoding) = html(b"<meta charset=utf-8>caf\xe9 cr\xe8me br\xfbl\xe9e", Some("utf-8"));
        assert!(text.ends_with("café crème brûlée"), "{text}");
        assert_eq!(encoding.origin, EncodingOrigin::Detected);
    }

    #[test]
    fn utf16_without_a_mark_is_seen() {
        let bytes: Vec<u8> = "<p>Tea</p>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(html(&bytes, None).0, "<p>Tea</p>");
    }

    #[test]
    fn text_that_a_record_held_is_not_decoded_again() {
        let (text, encoding) = decode(Body::Text("\u{feff}ä".into()), None, true);
        assert_eq!((text.as_str(), encoding.origin), ("ä", EncodingOrigin::Decoded));
    }
}
