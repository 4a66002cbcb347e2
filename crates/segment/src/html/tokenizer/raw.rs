//! Where elements end that hold no markup: scripts, style sheets, titles.

use memchr::{memchr, memchr2, memmem};

use super::{find, is_space};

/// Where the end tag of a raw text element begins, or the end of the text.
pub(super) fn end_of_raw(bytes: &[u8], from: usize, name: &[u8]) -> usize {
    let mut at = from;
    loop {
        let open = find(bytes, at, |rest| memmem::find(rest, b"</"));
        if open == bytes.len() || is_tag(&bytes[open + 2..], name) {
            return open;
        }
        at = open + 2;
    }
}

/// Whether a text goes on with this tag name and what may follow one.
fn is_tag(rest: &[u8], name: &[u8]) -> bool {
    rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        && rest.get(name.len()).is_some_and(|&byte| is_space(byte) || matches!(byte, b'/' | b'>'))
}

/// Where the end tag of a script begins, or the end of the text. After `<!--` a script may hold another, with its own
/// end tag (script data escaped and double escaped states).
pub(super) fn end_of_script(bytes: &[u8], from: usize) -> usize {
    #[derive(PartialEq)]
    enum Escape {
        No,
        Comment,
        Script,
    }
    let mut escape = Escape::No;
    let mut at = from;
    while at < bytes.len() {
        let next = match escape {
            Escape::No => memchr(b'<', &bytes[at..]),
            _ => memchr2(b'<', b'-', &bytes[at..]),
        };
        let Some(next) = next else { return bytes.len() };
        at += next;
        let rest = &bytes[at..];
        match rest[0] {
            b'-' => {
                if rest.starts_with(b"-->") {
                    escape = Escape::No;
                    at += 3;
                } else {
                    at += 1;
                }
            }
            _ if rest.starts_with(b"</") && is_tag(&rest[2..], b"script") => match escape {
                Escape::Script => {
                    escape = Escape::Comment;
                    at += 8;
                }
                _ => return at,
            },
            _ if escape == Escape::No && rest.starts_with(b"<!--") => {
                escape = Escape::Comment;
                // The dashes may be those that end it.
                at += 2;
            }
            _ if escape == Escape::Comment && is_tag(&rest[1..], b"script") => {
                escape = Escape::Script;
                at += 7;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}
