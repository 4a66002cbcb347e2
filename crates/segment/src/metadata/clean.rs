//! Values as they are shown: entities resolved, white space folded, length bounded.

use std::borrow::Cow;

/// Longest value kept of anything but a description, in bytes. Longer titles and names are whole paragraphs that some
/// template put in the wrong place.
pub(super) const LONGEST: usize = 500;

/// A value with entities resolved (pages escape twice: `&amp;amp;`, or escape inside JSON), markup cut out, control
/// characters and white space folded. `None` if nothing is left or it is longer than `limit` bytes of source allow.
pub(super) fn clean(value: &str, limit: usize) -> Option<String> {
    // A value far over the limit is not worth the walk.
    if value.len() > limit * 4 {
        return None;
    }
    let resolved = entities(value);
    let without = without_tags(&resolved);
    let mut out = String::with_capacity(without.len());
    for word in without.split(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}') {
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    let stands_for_nothing =
        matches!(out.as_str(), "null" | "undefined" | "none" | "None" | "NULL" | "-" | "[object Object]");
    let template = out.contains("{{") || out.contains("<%") || out.contains("%%");
    (!out.is_empty() && out.len() <= limit && !stands_for_nothing && !template).then_some(out)
}

/// Letters and digits in lower case, nothing between: for telling whether two names are the same.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Resolves the entities that occur in metadata. Others stay as they are.
pub(super) fn entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        // The longest name here has eight letters.
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((entity(&rest[1..end])?, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    // `&amp;#39;` needs a second look, and no more than that.
    match text.contains("&amp;") && out.contains('&') && out.len() < text.len() {
        true => Cow::Owned(entities(&out).into_owned()),
        false => Cow::Owned(out),
    }
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|&c| c != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "sbquo" => '‚',
        "ldquo" => '“',
        "rdquo" => '”',
        "bdquo" => '„',
        "laquo" => '«',
        "raquo" => '»',
        "hellip" => '…',
        "middot" => '·',
        "bull" => '•',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "euro" => '€',
        "pound" => '£',
        "deg" => '°',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "Eacute" => 'É',
        "egrave" => 'è',
        "ecirc" => 'ê',
        "agrave" => 'à',
        "aacute" => 'á',
        "acirc" => 'â',
        "atilde" => 'ã',
        "ccedil" => 'ç',
        "iacute" => 'í',
        "icirc" => 'î',
        "ntilde" => 'ñ',
        "oacute" => 'ó',
        "ocirc" => 'ô',
        "otilde" => 'õ',
        "uacute" => 'ú',
        "ucirc" => 'û',
        "ugrave" => 'ù',
        _ => return None,
    })
}

/// Cuts tags out of a value that holds markup. A `<` that begins no tag stays.
fn without_tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let inside = &rest[start + 1..];
        let tag = inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        // A tag without an end would make every later `<` search the rest again.
        let Some(end) = inside.find('>') else { break };
        out.push_str(&rest[..start]);
        match tag {
            true => {
                out.push(' ');
                rest = &inside[end + 1..];
            }
            false => {
                out.push('<');
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_resolved_and_folded() {
        assert_eq!(clean("  Tom &amp;amp; Jerry\n\t&#8211; it&#x27;s ", 100).unwrap(), "Tom & Jerry – it's");
        assert_eq!(clean("a <b>bold</b><br/>word, 3 < 4 > 2", 100).unwrap(), "a bold word, 3 < 4 > 2");
        assert_eq!(clean("AT&T & co; &unknown; &", 100).unwrap(), "AT&T & co; &unknown; &");
        for nothing in ["", " \u{feff}\n", "null", "{{ title }}", "[object Object]", "<br>"] {
            assert_eq!(clean(nothing, 100), None, "{nothing:?}");
        }
        assert_eq!(clean(&"x".repeat(101), 100), None);
    }

    #[test]
    fn many_open_brackets_take_linear_time() {
        let hostile = "<a".repeat(200_000) + &"&".repeat(200_000);
        assert!(clean(&hostile, 10_000_000).is_some());
    }
}
