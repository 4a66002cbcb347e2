//! A text without what changes from page to page: case, punctuation, numbers, dates.

/// Words of a text in lower case, joined by spaces; every number, and every date with the names of its month and day,
/// is `0`. A text without a word is left as it is, trimmed.
///
/// Names of months and days are known in English, German, French, Spanish, Italian, Portuguese, Dutch, Polish,
/// Russian and Ukrainian, and only count next to a number: "May" in "You may go" stays.
///
/// ```
/// use dechaff_dedup::repeats::fold;
/// assert_eq!(fold("© 2026 Varnholm Courier"), "0 varnholm courier");
/// assert_eq!(fold("Published Monday, 2 March 2026, 14:05"), "published 0");
/// assert_eq!(fold("Publicado el 3 de marzo de 2026"), "publicado el 0");
/// assert_eq!(fold("You may go"), "you may go");
/// assert_eq!(fold(" *** "), "***");
/// ```
pub fn fold(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && !unicode_normalization::char::is_combining_mark(c))
        .filter(|word| !word.is_empty())
        .map(|word| if word.starts_with(char::is_numeric) { NUMBER } else { word })
        .collect();
    if words.is_empty() {
        return text.trim().to_owned();
    }
    if words.contains(&NUMBER) {
        // A name is next to a number, or to a name that is: once in each direction reaches all of them.
        for at in 1..words.len() {
            fold_name(&mut words, at, at - 1);
        }
        for at in (0..words.len() - 1).rev() {
            fold_name(&mut words, at, at + 1);
        }
    }
    let mut folded = String::with_capacity(lower.len());
    for (at, word) in words.iter().enumerate() {
        let link = LINKS.contains(word) && at > 0 && words[at - 1] == NUMBER && words.get(at + 1) == Some(&NUMBER);
        let again = *word == NUMBER && (folded == NUMBER || folded.ends_with(" 0"));
        if !link && !again {
            if !folded.is_empty() {
                folded.push(' ');
            }
            folded.push_str(word);
        }
    }
    folded
}

const NUMBER: &str = "0";

/// Words between the parts of a date.
const LINKS: [&str; 4] = ["de", "del", "do", "of"];

/// Folds the name at `at` if what stands beside it, behind a link if there is one, is a number.
fn fold_name(words: &mut [&str], at: usize, beside: usize) {
    let beyond = if beside > at { beside.checked_add(1) } else { beside.checked_sub(1) };
    let number = match words[beside] {
        NUMBER => true,
        link if LINKS.contains(&link) => beyond.and_then(|it| words.get(it)) == Some(&NUMBER),
        _ => false,
    };
    if number && NAMES.binary_search(&words[at]).is_ok() {
        words[at] = NUMBER;
    }
}

/// Months, days and marks of time, sorted.
#[rustfmt::skip]
const NAMES: [&str; 239] = [
    "abr", "abril", "ago", "agosto", "am", "août", "apr", "april", "aprile", "aug", "august", "augustus", "avr",
    "avril", "cest", "cet", "czerwca", "czwartek", "dec", "december", "dez", "dezember", "dezembro", "di", "dic",
    "dicembre", "diciembre", "dienstag", "dimanche", "dinsdag", "domenica", "domingo", "donderdag", "donnerstag",
    "décembre", "edt", "ene", "enero", "est", "feb", "febbraio", "febrero", "februar", "februari", "february",
    "fevereiro", "fr", "freitag", "fri", "friday", "févr", "février", "gennaio", "giovedì", "giugno", "gmt",
    "grudnia", "jan", "janeiro", "januar", "januari", "january", "janv", "janvier", "jeudi", "jueves", "juil",
    "juillet", "juin", "jul", "julho", "juli", "julio", "july", "jun", "june", "junho", "juni", "junio", "jänner",
    "kwietnia", "lipca", "listopada", "luglio", "lundi", "lunedì", "lunes", "lutego", "maandag", "maart", "maggio",
    "mai", "maio", "maja", "mar", "marca", "march", "mardi", "mars", "martedì", "martes", "marzo", "março", "may",
    "mayo", "mei", "mercoledì", "mercredi", "mi", "mittwoch", "miércoles", "mo", "mon", "monday", "montag", "mär",
    "märz", "nd", "niedziela", "nov", "november", "novembre", "novembro", "noviembre", "oct", "october", "octobre",
    "octubre", "okt", "oktober", "ottobre", "outubro", "października", "pdt", "piątek", "pm", "poniedziałek", "pst",
    "rd", "sa", "sabato", "samedi", "samstag", "sat", "saturday", "sep", "sept", "september", "septembre",
    "septiembre", "setembro", "setiembre", "settembre", "sierpnia", "so", "sobota", "sonnabend", "sonntag", "st",
    "stycznia", "sun", "sunday", "sábado", "th", "thu", "thur", "thurs", "thursday", "tue", "tues", "tuesday", "uhr",
    "utc", "vendredi", "venerdì", "viernes", "vrijdag", "wed", "wednesday", "woensdag", "września", "wtorek",
    "zaterdag", "zondag", "środa", "авг", "августа", "апр", "апреля", "березня", "вересня", "воскресенье", "вторник",
    "вівторок", "г", "года", "грудня", "дек", "декабря", "жовтня", "июл", "июля", "июн", "июня", "квітня", "липня",
    "листопада", "лютого", "мар", "марта", "мая", "неділя", "ноя", "ноября", "окт", "октября", "пʼятниця",
    "понедельник", "понеділок", "пятница", "р", "року", "сен", "сент", "сентября", "середа", "серпня", "среда",
    "суббота", "субота", "січня", "травня", "фев", "февраля", "червня", "четвер", "четверг", "янв", "января",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn dates_are_one_number_in_many_languages() {
        for date in [
            "3. März 2026, 14:05 Uhr",
            "mardi 3 mars 2026",
            "martes, 3 de marzo de 2026",
            "3 марта 2026 года",
            "вівторок, 3 березня 2026 р.",
            "Tue, Mar 3rd, 2026 at".trim_end_matches(" at"),
            "2026-03-03T14:05",
        ] {
            assert_eq!(fold(date), "0", "{date}");
        }
    }

    #[test]
    fn words_that_are_no_dates_stay() {
        assert_eq!(fold("March for science"), "march for science");
        assert_eq!(fold("12 comments · 3 shares"), "0 comments 0 shares");
        assert_eq!(fold("Part of 2"), "part of 0");
        assert_eq!(fold(""), "");
        assert_eq!(fold("de 0 de"), "de 0 de");
    }
}
