//! Dates as pages write them, for machines and for readers, as ISO 8601.

use std::sync::LazyLock;

use jiff::{
    civil::{Date, Time},
    fmt::{rfc2822, temporal::Pieces},
    tz::Offset,
};
use rustc_hash::FxHashMap;

/// How a date of three numbers is read where it could be either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// 4/3 is the fourth of March: nearly everywhere.
    DayFirst,
    /// 4/3 is the third of April: the United States.
    MonthFirst,
}

impl Order {
    /// The order of a language as declared; bare English counts as American.
    pub(super) fn of_language(language: &str) -> Order {
        match language.to_ascii_lowercase().replace('_', "-").as_str() {
            "en" | "en-us" => Order::MonthFirst,
            _ => Order::DayFirst,
        }
    }
}

/// The date of an attribute or a field: ISO 8601 and its neighbours, RFC 2822, seconds since 1970, or any form that
/// readers are shown. Date alone, or date and time with the offset that was written.
pub(super) fn machine(value: &str, order: Order) -> Option<String> {
    let value = value.trim().trim_matches(['"', '\'']);
    if value.len() > 100 {
        return None;
    }
    numeric(value).or_else(|| iso(value)).or_else(|| mail(value)).or_else(|| written(value, order))
}

/// The first date in a short text, as a date alone.
pub(super) fn written(text: &str, order: Order) -> Option<String> {
    let tokens = tokens(text);
    (0..tokens.len()).find_map(|place| date_at(&tokens[place..], order)).map(|date| date.to_string())
}

/// A date in the path of a URL: `/2021/03/04/`, `/2021-03-04-`.
pub(super) fn in_url(url: &str) -> Option<String> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest).split(['?', '#']).next()?;
    let bytes = path.as_bytes();
    for start in path.match_indices('/').map(|(start, _)| start + 1) {
        let number = |from: usize, length: usize| {
            let digits = path.get(from..from + length)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i16>().ok()).flatten()
        };
        let (Some(year), Some(month), Some(day)) = (number(start, 4), number(start + 5, 2), number(start + 8, 2))
        else {
            continue;
        };
        let separator = |place: usize| bytes.get(start + place).copied();
        let closed = separator(10).is_none_or(|byte| !byte.is_ascii_digit());
        if closed && separator(4) == separator(7) && matches!(separator(4), Some(b'/' | b'-' | b'_')) {
            return valid(year, month, day).map(|date| date.to_string());
        }
    }
    None
}

/// `20210304`, `20210304102030`, seconds or milliseconds since 1970.
fn numeric(value: &str) -> Option<String> {
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| value[range].parse::<i16>().ok();
    match value.len() {
        8 => valid(part(0..4)?, part(4..6)?, part(6..8)?).map(|date| date.to_string()),
        14 => {
            let date = valid(part(0..4)?, part(4..6)?, part(6..8)?)?;
            let time = Time::new(part(8..10)? as i8, part(10..12)? as i8, part(12..14)? as i8, 0).ok()?;
            Some(shown(date, Some(time), None))
        }
        10 | 13 => {
            let number: i64 = value.parse().ok()?;
            let seconds = if value.len() == 13 { number / 1000 } else { number };
            let moment = jiff::Timestamp::from_second(seconds).ok()?;
            let moment = Offset::UTC.to_datetime(moment);
            let date = valid(moment.year(), moment.month().into(), moment.day().into())?;
            Some(shown(date, Some(moment.time()), Some(Offset::UTC)))
        }
        _ => None,
    }
}

fn iso(value: &str) -> Option<String> {
    // `2021-03-04T10:20:30 +0100` and `2021-03-04T10:20:30.000 Z` are common; the standard has no space there.
    let squeezed = match value.rsplit_once(' ') {
        Some((before, offset)) if before.contains(':') && offset.starts_with(['+', '-', 'Z']) => {
            format!("{before}{offset}")
        }
        _ => value.to_owned(),
    };
    let pieces = Pieces::parse(squeezed.trim_end_matches(" UTC").trim_end_matches(" GMT")).ok()?;
    let date = pieces.date();
    let date = valid(date.year(), date.month().into(), date.day().into())?;
    let named = squeezed.len() != squeezed.trim_end_matches(" UTC").trim_end_matches(" GMT").len();
    let offset = pieces.to_numeric_offset().or(named.then_some(Offset::UTC));
    Some(shown(date, pieces.time(), offset))
}

fn mail(value: &str) -> Option<String> {
    let moment = rfc2822::parse(value).ok()?;
    let date = valid(moment.year(), moment.month().into(), moment.day().into())?;
    Some(shown(date, Some(moment.time()), Some(moment.offset())))
}

/// A date that a page can have. Year 1 and the first of January 1970 are what empty database fields look like.
fn valid(year: i16, month: i16, day: i16) -> Option<Date> {
    if !(1900..=2100).contains(&year) || (year, month, day) == (1970, 1, 1) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn shown(date: Date, time: Option<Time>, offset: Option<Offset>) -> String {
    let Some(time) = time else { return date.to_string() };
    let mut out = format!("{date}T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    match offset.map(|offset| offset.seconds()) {
        None => {}
        Some(0) => out.push('Z'),
        Some(seconds) => {
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.abs() / 60;
            out.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
    }
    out
}

/// A piece of a text that may hold a date.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A number and how many digits it was written with.
    Number(i16, usize),
    /// A month.
    Month(i16),
    /// A word between day, month and year that means nothing: `de`, `of`, `th`, `年`.
    Filler,
    /// `/`, `-` or `.`.
    Separator(char),
    /// Anything else.
    Other,
}

use Token::{Filler, Month, Number, Separator};

/// The first tokens of a text; white space and commas stand for nothing.
fn tokens(text: &str) -> Vec<Token> {
    const MOST: usize = 80;
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next().filter(|_| tokens.len() < MOST) {
        let belongs: fn(char) -> bool = match c {
            _ if c.is_ascii_digit() => |c| c.is_ascii_digit(),
            _ if c.is_alphabetic() => |c| c.is_alphabetic() || c == '\u{301}',
            _ => |_| false,
        };
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len()).max(c.len_utf8());
        let (piece, after) = rest.split_at(length);
        rest = after;
        match c {
            _ if c.is_ascii_digit() => tokens.push(match piece.parse() {
                Ok(number) if length <= 4 => Number(number, length),
                _ => Token::Other,
            }),
            _ if c.is_alphabetic() => tokens.push(word(piece)),
            '/' | '-' | '.' | '\u{2010}' | '\u{2011}' | '\u{2013}' => {
                tokens.push(Separator(if c.is_ascii() { c } else { '-' }))
            }
            ',' | '،' | 'º' | 'ª' => {}
            _ if c.is_whitespace() => {}
            _ => tokens.push(Token::Other),
        }
    }
    tokens
}

/// The date that begins with the first of these tokens.
fn date_at(tokens: &[Token], order: Order) -> Option<Date> {
    match *tokens {
        // 2021-03-04, 2021/3/4, 2021. 3. 4., 2021年3月4日
        [Number(year, 4), Separator(one), Number(month, 1..=2), Separator(other), Number(day, 1..=2), ..]
            if one == other =>
        {
            valid(year, month, day)
        }
        [Number(year, 4), Filler, Number(month, 1..=2), Filler, Number(day, 1..=2), ..] => valid(year, month, day),
        // ngày 4 tháng 3 năm 2021, 4 de 3 de 2021
        [Number(day, 1..=2), Filler, Number(month, 1..=2), Filler, Number(year, 4), ..] => valid(year, month, day),
        // 4.3.2021, 4/3/21
        [Number(a, 1..=2), Separator(one), Number(b, 1..=2), Separator(other), Number(year, digits @ (2 | 4)), ..]
            if one == other =>
        {
            // Two digits of a year are only sure beside dots and slashes: 10-12-13 may be anything.
            let year = match digits {
                2 if one == '-' => return None,
                2 if year < 70 => 2000 + year,
                2 => 1900 + year,
                _ => year,
            };
            let day_first = one == '.' || order == Order::DayFirst;
            let (first, second) = if day_first { ((a, b), (b, a)) } else { ((b, a), (a, b)) };
            valid(year, first.1, first.0).or_else(|| valid(year, second.1, second.0))
        }
        [Number(_, 1..=2) | Number(_, 4) | Month(_), ..] => with_month(tokens),
        _ => None,
    }
}

/// 4 March 2021, March 4th, 2021, 4. März 2021, 4 de marzo de 2021, 2021. március 4.
fn with_month(tokens: &[Token]) -> Option<Date> {
    let mut parts = tokens.iter().filter(|token| !matches!(token, Filler | Separator('.' | '-' | '/')));
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    // Only fillers and single separators may stand between the parts.
    let reach = tokens.iter().take(9).position(|token| std::ptr::eq(token, c))?;
    if reach > 6 {
        return None;
    }
    match (a, b, c) {
        (&Number(day, 1..=2), &Month(month), &Number(year, 4))
        | (&Month(month), &Number(day, 1..=2), &Number(year, 4))
        | (&Number(year, 4), &Month(month), &Number(day, 1..=2)) => valid(year, month, day),
        _ => None,
    }
}

fn word(piece: &str) -> Token {
    let lower = piece.to_lowercase();
    match month(&lower) {
        Some(number) => Month(number),
        None => match lower.as_str() {
            "de" | "del" | "of" | "the" | "st" | "nd" | "rd" | "th" | "er" | "le" | "den" | "d" | "e" | "o" | "a"
            | "г" | "року" | "р" | "年" | "月" | "日" | "년" | "월" | "일" | "ngày" | "tháng" | "năm" => {
                Filler
            }
            _ => Token::Other,
        },
    }
}

/// Whether a word is the name of a month.
pub(super) fn is_month(word: &str) -> bool {
    month(&word.to_lowercase()).is_some()
}

/// The number of a month by its name, in the forms that dates use, abbreviations included.
fn month(word: &str) -> Option<i16> {
    static NUMBERS: LazyLock<FxHashMap<&str, i16>> = LazyLock::new(|| {
        let numbered = MONTHS.iter().zip(1..);
        numbered.flat_map(|(names, number)| names.split(' ').map(move |name| (name, number))).collect()
    });
    NUMBERS.get(word).copied()
}

/// English, German, French, Spanish, Portuguese, Italian, Dutch, Scandinavian, Finnish, Polish, Czech, Slovak, Romanian,
/// Hungarian, Turkish, Indonesian, Greek, Russian, Ukrainian, Bulgarian. Croatian stays out: its `listopad` is October,
/// where the Polish one is November.
const MONTHS: [&str; 12] = [
    "january jan januar jänner jän janvier janv enero ene janeiro gennaio gen januari tammikuuta tammikuu stycznia styczeń sty ledna leden januára január ianuarie ian január jan ocak oca ιανουαρίου ιαν января янв январь січня січ януари",
    "february feb februar feber février fevrier févr fevr fév febrero fevereiro fev febbraio februari helmikuuta helmikuu lutego luty lut února únor února februára február februarie febr şubat şub pebruari φεβρουαρίου φεβ февраля фев февр февраль лютого лют февруари",
    "march mar märz maerz mär mrz mars marzo março marco maart mrt maaliskuuta maaliskuu marca marzec března březen marec martie március márc mart maret μαρτίου μαρ марта мар март березня бер",
    "april apr avril avr abril abr aprile huhtikuuta huhtikuu kwietnia kwiecień kwi dubna duben apríla apríl aprilie április ápr nisan nis απριλίου απρ апреля апр апрель квітня квіт априла април",
    "may mai mayo maio mag maggio mei maj toukokuuta toukokuu maja května květen mája máj május mayıs μαΐου μαϊου μάι мая май травня трав",
    "june jun juni juin junio junho jun giugno giu kesäkuuta kesäkuu czerwca czerwiec cze června červen júna jún iunie iun június jún haziran haz ιουνίου ιουν июня июн июнь червня черв юни",
    "july jul juli juillet juil julio julho luglio lug heinäkuuta heinäkuu lipca lipiec lip července červenec júla júl iulie iul július júl temmuz tem ιουλίου ιουλ июля июл июль липня лип юли",
    "august aug août aout agosto ago augustus augusti elokuuta elokuu sierpnia sierpień sie srpna srpen augusta augusztus ağustos ağu agustus agt αυγούστου αυγ августа авг август серпня серп",
    "september sep sept septembre septiembre setiembre setembro set settembre syyskuuta syyskuu września wrzesień wrz září septembra septembrie szeptember szept eylül eyl σεπτεμβρίου σεπ сентября сен сент сентябрь вересня вер септември",
    "october oct oktober okt octobre octubre outubro out ottobre ott lokakuuta lokakuu października październik paź října říjen októbra október octombrie ekim eki οκτωβρίου οκτ октября окт октябрь жовтня жовт октомври",
    "november nov novembre noviembre novembro marraskuuta marraskuu listopada listopad lis listopadu novembra noiembrie noi kasım kas nopember νοεμβρίου νοε ноября ноя нояб ноябрь листопада лист ноември",
    "december dec dezember dez décembre decembre déc diciembre dic dezembro dicembre desember des joulukuuta joulukuu grudnia grudzień gru prosince prosinec decembra decembrie aralık ara δεκεμβρίου δεκ декабря дек декабрь грудня груд декември",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_for_machines() {
        let told = |value| machine(value, Order::MonthFirst);
        for (value, expected) in [
            ("2021-03-04", "2021-03-04"),
            ("2021-03-04T10:20:30+01:00", "2021-03-04T10:20:30+01:00"),
            ("2021-03-04T10:20:30.123Z", "2021-03-04T10:20:30Z"),
            ("2021-03-04 10:20", "2021-03-04T10:20:00"),
            ("2021-03-04T10:20:30+0530", "2021-03-04T10:20:30+05:30"),
            ("2021-03-04T10:20:30 -0800", "2021-03-04T10:20:30-08:00"),
            ("2021-03-04 10:20:30 UTC", "2021-03-04T10:20:30Z"),
            ("Thu, 04 Mar 2021 10:20:30 GMT", "2021-03-04T10:20:30Z"),
            ("Thu, 4 Mar 2021 10:20:30 +0100", "2021-03-04T10:20:30+01:00"),
            ("1614853230", "2021-03-04T10:20:30Z"),
            ("1614853230000", "2021-03-04T10:20:30Z"),
            ("20210304", "2021-03-04"),
            ("20210304102030", "2021-03-04T10:20:30"),
            (" \"2021-03-04\" ", "2021-03-04"),
            ("2021/03/04", "2021-03-04"),
            ("Mar 4, 2021", "2021-03-04"),
        ] {
            assert_eq!(told(value).as_deref(), Some(expected), "{value}");
        }
        for value in
            ["", "0001-01-01T00:00:00Z", "1970-01-01", "2021-02-30", "soon", "20219999", "99999999999999", "٢٠٢١-٠٣-٠٤"]
        {
            assert_eq!(told(value), None, "{value}");
        }
    }

    #[test]
    fn forms_for_readers() {
        for text in [
            "4 March 2021",
            "Thursday, March 4th, 2021 at 5 pm",
            "Posted on the 4th of March, 2021",
            "Veröffentlicht am 4. März 2021 um 12 Uhr",
            "04.03.2021, 10:20",
            "le 4 mars 2021 à 10h20",
            "4 de marzo de 2021",
            "4 de março de 2021",
            "4 marzo 2021",
            "4 maart 2021",
            "4 марта 2021 г.",
            "4 березня 2021 року",
            "4 marca 2021",
            "4. března 2021",
            "2021. március 4.",
            "4 Mart 2021",
            "den 4 mars 2021",
            "2021年3月4日",
            "2021년 3월 4일",
            "ngày 4 tháng 3 năm 2021",
            "04/03/2021",
            "4.3.21",
            "Updated: 2021-03-04 by Ann",
            "4-mar-2021",
        ] {
            assert_eq!(written(text, Order::DayFirst).as_deref(), Some("2021-03-04"), "{text}");
        }
        assert_eq!(written("03/04/2021", Order::MonthFirst).as_deref(), Some("2021-03-04"));
        assert_eq!(written("25/12/2021", Order::MonthFirst).as_deref(), Some("2021-12-25"));
        for text in ["call 555-04-2021", "version 1.2.3", "may we", "10-12-13", "March 2021", "chapter 4 of 2021"] {
            assert_eq!(written(text, Order::DayFirst), None, "{text}");
        }
    }

    #[test]
    fn dates_in_urls() {
        assert_eq!(in_url("https://example.org/2021/03/04/rain").as_deref(), Some("2021-03-04"));
        assert_eq!(in_url("https://example.org/news/2021-03-04-rain.html").as_deref(), Some("2021-03-04"));
        for url in
            ["https://example.org/2021/03/rain", "https://example.org/a/2021/13/04/", "https://example.org/é2021/03/0"]
        {
            assert_eq!(in_url(url), None, "{url}");
        }
    }
}
