//! Names of authors out of the many things that stand in their place.

use super::{clean::folded, date::is_month};

/// Names kept of one page.
const MOST: usize = 20;
/// Longest name in characters. Longer ones are a sentence about the author.
const LONGEST: usize = 80;

/// Adds the names in a value to a list, each once.
pub(super) fn add(value: &str, names: &mut Vec<String>) {
    let value = without_lead(value);
    for part in parts(value) {
        let Some(name) = name(part) else { continue };
        let same = |other: &String| folded(other) == folded(&name);
        if names.len() < MOST && !names.iter().any(same) {
            names.push(name);
        }
    }
}

/// The names in a line of a page that says who wrote it (`By Ann Poe`, `Von Ann Poe und Ben Roe`), if it says so.
pub(super) fn byline(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let rest = without_lead(text);
    if rest.len() < text.trim().len() && text.chars().count() <= 150 {
        // What follows the names: a role, a separator, a date.
        let end = rest.find(['|', '•', '·', '—', '»', '(', '\n']).unwrap_or(rest.len());
        let candidate = before_date(&rest[..end]);
        // Posts are by accounts, in whatever case.
        let account = lead_length(text.trim(), "post") > 0 && !candidate.contains(' ');
        if capitalised(candidate) || account {
            add(candidate, &mut names);
        }
    }
    names
}

/// The names in a short text that a page marks as its byline: they may stand alone.
pub(super) fn marked(text: &str) -> Vec<String> {
    let found = byline(text);
    if !found.is_empty() {
        return found;
    }
    let mut names = Vec::new();
    let text = before_date(text);
    // The label needs no colon where the page's markup says what it is.
    let labels = ["author ", "autor ", "autorin ", "auteur ", "about ", "written by "];
    let label = labels.iter().find(|label| lead_length(text, label) > 0).map_or(0, |label| label.len());
    let text = text[label..].trim();
    // Words in lower case are no name, one word may be an account.
    let words = text.split_whitespace().count();
    let like_a_name = words == 1 || words <= 5 && capitalised(text);
    if text.len() <= 60 && like_a_name && !text.contains(['?', '!', ':', '|']) {
        add(text, &mut names);
    }
    names
}

/// A byline up to its date.
fn before_date(text: &str) -> &str {
    let Some(digit) = text.find(|c: char| c.is_ascii_digit()) else { return without_day(text.trim()) };
    let cut = text[..digit].trim_end_matches(|c: char| c.is_whitespace() || ",-–/.".contains(c));
    let cut = match cut.rsplit_once(' ') {
        Some((before, last)) if is_month(last.trim_matches('.')) => {
            before.trim_end_matches(|c: char| c.is_whitespace() || ",-–/".contains(c))
        }
        _ => cut,
    };
    without_day(cut)
}

/// A name without the day that follows it where the date was cut off: `ann on Friday`.
fn without_day(name: &str) -> &str {
    const DAYS: [&str; 9] = ["on", "at", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let mut name = name;
    while let Some((before, last)) = name.trim_end().rsplit_once(' ')
        && DAYS.contains(&last.trim_matches([',', '.']).to_lowercase().as_str())
    {
        name = before.trim_end_matches([' ', ',']);
    }
    name
}

/// What stands before a name in a byline, in lower case; where Latin and Cyrillic letters end, a space or colon follows.
const LEADS: [&str; 45] = [
    "by",
    "written by",
    "posted by",
    "published by",
    "story by",
    "text by",
    "words by",
    "article by",
    "post by",
    "this post was written by",
    "this article was written by",
    "author",
    "authors",
    "von",
    "text",
    "autor",
    "autorin",
    "autoren",
    "verfasst von",
    "geschrieben von",
    "par",
    "publié par",
    "écrit par",
    "auteur",
    "por",
    "escrito por",
    "publicado por",
    "autora",
    "autor/a",
    "di",
    "scritto da",
    "a cura di",
    "autore",
    "door",
    "geschreven door",
    "av",
    "af",
    "skrevet af",
    "автор",
    "авторы",
    "текст",
    "автори",
    "autor tekstu",
    "作者",
    "記者",
];

fn without_lead(text: &str) -> &str {
    let text = text.trim();
    let mut best = text;
    for lead in LEADS {
        let Some(head) = text.get(..lead_length(text, lead)) else { continue };
        if head.is_empty() {
            continue;
        }
        let rest = &text[head.len()..];
        let parted = rest.starts_with([':', ' ', '\u{a0}', '：', '丨']);
        // A lone `Text Smith` is a name; the words that also occur in other places want a colon.
        let wants_colon =
            matches!(lead, "text" | "текст" | "author" | "autor" | "auteur" | "autora" | "autore" | "автор");
        if parted && (!wants_colon || rest.trim_start().starts_with([':', '：'])) {
            let rest = rest.trim_start_matches([':', '：', '丨', ' ', '\u{a0}']);
            if rest.len() < best.len() {
                best = rest;
            }
        }
    }
    best
}

/// Bytes at the start of a text that are this lead in any case; 0 if it is not there.
fn lead_length(text: &str, lead: &str) -> usize {
    let mut wanted = lead.chars();
    let mut length = 0;
    for c in text.chars() {
        match wanted.next() {
            None => return length,
            Some(expected) if c.to_lowercase().eq(std::iter::once(expected)) => length += c.len_utf8(),
            Some(_) => return 0,
        }
    }
    if wanted.next().is_none() { length } else { 0 }
}

/// A value cut where one name ends and another begins.
fn parts(value: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = value.split([';', '|', '\n', '、', '，']).flat_map(|part| part.split(" / ")).collect();
    for and in [" and ", " And ", " AND ", " & ", " und ", " et ", " y ", " e ", " och ", " og ", " и ", " та "] {
        parts = parts.into_iter().flat_map(|part| at_and(part, and)).collect();
    }
    parts.into_iter().flat_map(at_commas).take(4 * MOST).collect()
}

/// Cuts at a word for "and" if names of two words or more stand on both sides: `Center for Drugs and Food` is one name.
fn at_and<'a>(part: &'a str, and: &str) -> Vec<&'a str> {
    let pieces: Vec<&str> = part.split(and).collect();
    let last_name = |piece: &&str| {
        // A list before the last "and": `Ann Poe, Ben Roe and Cid Doe`.
        piece.split(", ").all(|piece| (2..=5).contains(&piece.split_whitespace().count()) && capitalised(piece))
    };
    match pieces.iter().all(|piece| last_name(&piece.trim())) {
        true => pieces,
        false => vec![part],
    }
}

/// Cuts at commas if what stands between them are names of two words or more (`Ann Poe, Ben Roe`); `Poe, Ann` stays
/// together, and of `Ann Poe, Editor` the first part is the name.
fn at_commas(part: &str) -> Vec<&str> {
    let pieces: Vec<&str> = part.split(", ").collect();
    let words = |piece: &str| piece.split_whitespace().count();
    match pieces.len() {
        1 => pieces,
        _ if words(pieces[0]) >= 2 && pieces[1..].iter().any(|piece| is_role(piece)) => vec![pieces[0]],
        _ if pieces.iter().all(|piece| (2..=5).contains(&words(piece)) && capitalised(piece)) => pieces,
        2 if words(pieces[0]) == 1 && words(pieces[1]) <= 2 && capitalised(pieces[1]) => vec![part],
        _ if words(pieces[0]) >= 2 => vec![pieces[0]],
        _ => vec![part],
    }
}

/// Whether a piece of a byline is what an author does, and not another author.
fn is_role(piece: &str) -> bool {
    const ROLES: [&str; 28] = [
        "ceo",
        "cto",
        "cfo",
        "coo",
        "cmo",
        "vp",
        "svp",
        "evp",
        "editor",
        "director",
        "manager",
        "president",
        "founder",
        "co-founder",
        "cofounder",
        "head",
        "chief",
        "vice",
        "phd",
        "senior",
        "expert",
        "writer",
        "reporter",
        "analyst",
        "correspondent",
        "contributor",
        "professor",
        "specialist",
    ];
    piece.split_whitespace().any(|word| ROLES.contains(&word.trim_matches(['.', ',']).to_lowercase().as_str()))
}

/// Whether most words begin with a capital, or the script has none.
fn capitalised(text: &str) -> bool {
    let (mut upper, mut lower) = (0, 0);
    for first in text.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphabetic())) {
        match first.is_lowercase() {
            true => lower += 1,
            false => upper += 1,
        }
    }
    upper > lower
}

/// A name made fit to be shown; `None` for accounts, addresses and what only fills the field.
fn name(part: &str) -> Option<String> {
    let part =
        part.trim().trim_matches([',', ';', ':', '|', '-', '–', '—', '"', '“', '”', '(', '[', ']', '•', '·', '*']);
    let part = if part.contains('(') { part } else { part.trim_end_matches(')') };
    // `photos: Ann Poe`, as credits name who did what.
    let part = part.split_once(": ").filter(|(label, _)| !label.contains(' ')).map_or(part, |(_, name)| name);
    let mut words: Vec<&str> = part.split_whitespace().collect();
    words.retain(|word| !word.contains('@') && !word.starts_with('#'));
    let joined = words.join(" ");
    let joined = joined.trim_end_matches(" -").trim_end_matches('.').trim();
    let letters = joined.chars().filter(|c| c.is_alphabetic()).count();
    let digits = joined.chars().filter(char::is_ascii_digit).count();
    let address =
        ["http", "www.", "://", ".com/", ".php", "facebook.com", "[at]"].iter().any(|mark| joined.contains(mark));
    // `From Some Magazine` is where it was taken from.
    let origin = joined.starts_with("From ") || joined.starts_with("Get ") || is_month(joined);
    let lead =
        origin || LEADS.contains(&joined.to_lowercase().as_str()) || joined.starts_with(|c: char| c.is_ascii_digit());
    if lead || letters < 2 || digits > letters || address || joined.chars().count() > LONGEST || words.len() > 10 {
        return None;
    }
    let account = matches!(
        joined.to_lowercase().as_str(),
        "admin"
            | "administrator"
            | "root"
            | "user"
            | "webmaster"
            | "wordpress"
            | "author"
            | "authors"
            | "autor"
            | "editor"
            | "unknown"
            | "anonymous"
            | "null"
            | "undefined"
            | "none"
            | "default"
            | "n/a"
            | "test"
            | "staff"
            | "super user"
            | "the author"
            | "guest"
            | "superuser"
            | "contributor"
            | "redacteur"
            | "автор"
            | "администратор"
    );
    if account {
        return None;
    }
    // `Poe, Ann` as libraries write it.
    Some(match joined.split_once(", ") {
        Some((family, given)) if !family.contains(' ') && !given.contains(',') => format!("{given} {family}"),
        _ => joined.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(value: &str) -> Vec<String> {
        let mut names = Vec::new();
        add(value, &mut names);
        names
    }

    #[test]
    fn names_are_told_from_what_surrounds_them() {
        assert_eq!(names("By Ann Poe and Ben Roe"), ["Ann Poe", "Ben Roe"]);
        assert_eq!(names("Ann Poe, Ben Roe, ANN POE"), ["Ann Poe", "Ben Roe"]);
        assert_eq!(names("Poe, Ann; Roe, Ben"), ["Ann Poe", "Ben Roe"]);
        assert_eq!(names("Ann Poe, senior editor"), ["Ann Poe"]);
        assert_eq!(names("Von Anna Müller"), ["Anna Müller"]);
        assert_eq!(names("Center for Rivers and Rain"), ["Center for Rivers and Rain"]);
        assert_eq!(names("Ann Poe, Ben Roe and Cid Doe"), ["Ann Poe", "Ben Roe", "Cid Doe"]);
        assert_eq!(names("Автор: Анна Петрова"), ["Анна Петрова"]);
        assert_eq!(names("Byron Bay"), ["Byron Bay"]);
        assert_eq!(names("Ann Poe, CEO of Some Firm"), ["Ann Poe"]);
        assert_eq!(names("content: Some Firm, design: Ann Poe"), ["Some Firm", "Ann Poe"]);
        assert_eq!(names("Some Firm (Some Research)"), ["Some Firm (Some Research)"]);
        assert_eq!(names("(Ann Poe)"), ["Ann Poe"]);
        assert_eq!(names("Ann Poe, From Some Magazine"), ["Ann Poe"]);
        assert!(names("Feb").is_empty());
        assert_eq!(names("Ann Poe ann@example.org"), ["Ann Poe"]);
        for nobody in ["admin", "https://example.org/ann", "12345", "", "By", "@ann", "x"] {
            assert!(names(nobody).is_empty(), "{nobody}");
        }
    }

    #[test]
    fn bylines_are_lines_that_say_so() {
        assert_eq!(byline("By Ann Poe | 4 March 2021"), ["Ann Poe"]);
        assert_eq!(byline("von Anna Müller und Ben Roe, 04.03.2021"), ["Anna Müller", "Ben Roe"]);
        assert_eq!(byline("Autor: Ana Ruiz"), ["Ana Ruiz"]);
        assert_eq!(byline("By Ann Poe - Mar 4, 2021"), ["Ann Poe"]);
        assert_eq!(marked("Author Ann Poe"), ["Ann Poe"]);
        assert_eq!(marked("Ann Poe, March 4, 2021"), ["Ann Poe"]);
        assert_eq!(marked("ann on Friday December 19, 2025 @03:00AM"), ["ann"]);
        assert_eq!(byline("Posted by Ann Poe on Friday"), ["Ann Poe"]);
        assert_eq!(byline("Post by rainmaker » Sat 4 May 2024"), ["rainmaker"]);
        assert_eq!(byline("Posted by rainmaker on Friday December 19, 2025"), ["rainmaker"]);
        assert_eq!(marked("By Ann Poe, Home and Garden Expert"), ["Ann Poe"]);
        assert_eq!(byline("This post was written by Ann Poe."), ["Ann Poe"]);
        assert_eq!(marked("Authors: Ann Poe, Ben Roe, Cid Doe"), ["Ann Poe", "Ben Roe", "Cid Doe"]);
        assert!(marked("Written By").is_empty());
        assert!(marked("billed annually").is_empty());
        assert!(marked("Get in touch").is_empty());
        for other in
            ["By the way, it rained", "Ann Poe", "by clicking you agree", "Par conséquent il pleut", "Text size"]
        {
            assert!(byline(other).is_empty(), "{other}");
        }
    }
}
