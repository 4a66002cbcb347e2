//! The title of a page, without the site's name.

use dechaff_document::{Found, Origin};

use super::{
    clean::folded,
    facts::{Facts, Field},
};

/// The title, by the witnesses in the order of their trust.
///
/// A heading of the first level that the title element or og:title holds as well is what readers see as the title, and
/// never carries the site's name; it must be their beginning, a part of theirs between separators, or more than a third
/// of it without the site's name (`Data science` is not the title of `Free data science courses for students`; of the
/// development pages, one half took too many headings of shops away). Without one, og:title, JSON-LD and the like are
/// asked, and the title element last; the site's name is cut off each of them.
pub(super) fn settle(facts: &Facts, site: Option<&str>, host: Option<&str>) -> Option<Found> {
    if let Some(given) = facts.from(Field::Title, Origin::Record).next() {
        return Some(given.clone());
    }
    let declared: Vec<Declared> = [Origin::TitleElement, Origin::OpenGraph, Origin::JsonLd, Origin::TwitterCard]
        .iter()
        .flat_map(|&origin| facts.from(Field::Title, origin).take(1))
        .map(|found| Declared::of(&found.value, site, host))
        .collect();
    let confirmed = facts.from(Field::Title, Origin::Heading).filter(|heading| {
        let own = folded(&heading.value);
        let site_name = site.is_some_and(|site| folded(site) == own);
        // A heading of one short word (`News`) stands in many titles by chance.
        let length = own.chars().count();
        let tells = length >= 8 || declared.iter().any(|title| title.whole == own);
        let own_part = |title: &Declared| {
            title.whole.starts_with(&own) || title.parts.contains(&own) || 3 * length > title.without_site
        };
        !site_name && tells && declared.iter().any(|title| title.whole.contains(&own) && own_part(title))
    });
    let confirmed: Vec<&Found> = confirmed.collect();
    // A masthead is a heading on many pages and ends the title element; the page's own title begins it.
    let begins = |heading: &&&Found| declared.iter().any(|title| title.whole.starts_with(&folded(&heading.value)));
    if let Some(heading) = confirmed.iter().find(begins).or(confirmed.first()) {
        return Some((*heading).clone());
    }
    let order = [
        Origin::OpenGraph,
        Origin::JsonLd,
        Origin::TwitterCard,
        Origin::DublinCore,
        Origin::Meta,
        Origin::Microdata,
        Origin::TitleElement,
        Origin::Heading,
        Origin::Text,
    ];
    order.iter().find_map(|&origin| {
        facts.from(Field::Title, origin).find_map(|found| {
            let value = without_site(&found.value, site, host);
            let only_site = site.is_some_and(|site| folded(site) == folded(value)) && origin != Origin::TitleElement;
            (!value.is_empty() && !only_site).then(|| Found::new(value, origin))
        })
    })
}

/// A title that the page states, folded.
struct Declared {
    whole: String,
    /// What stands between separators.
    parts: Vec<String>,
    /// Characters without the site's name.
    without_site: usize,
}

impl Declared {
    fn of(title: &str, site: Option<&str>, host: Option<&str>) -> Declared {
        let mut parts = vec![title];
        for separator in SEPARATORS {
            parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
        }
        Declared {
            whole: folded(title),
            parts: parts.into_iter().map(folded).collect(),
            without_site: folded(without_site(title, site, host)).chars().count(),
        }
    }
}

/// What stands between a title and the site's name. Those after the first five are punctuation of titles as well.
const SEPARATORS: [&str; 12] = [" | ", " · ", " • ", " » ", " :: ", " « ", " ‹ ", " › ", " - ", " – ", " — ", " / "];
const SURE_SEPARATORS: usize = 8;

/// A title without the name of the site at its end or its beginning.
///
/// A part is the site's name if it equals the name or the host's, case and punctuation aside. Where neither is known
/// to match, the part behind the last `|`, `»` or the like goes if it is shorter than what is left; behind a dash, only
/// if it has at most four words and what is left has twice as many.
pub(super) fn without_site<'a>(title: &'a str, site: Option<&str>, host: Option<&str>) -> &'a str {
    let mut title = title.trim();
    let site = site.map(folded).filter(|site| !site.is_empty());
    let names_site = |part: &str| {
        let part = folded(part);
        let named = site.as_ref().is_some_and(|site| part == *site || (part.len() > 3 && site.contains(&part)));
        let hosted = host.is_some_and(|host| part == folded(host) || (part.len() > 3 && host_label(host) == part));
        !part.is_empty() && (named || hosted)
    };
    // Names come in rows: `Title - Section - Site`. Three cuts are enough for any of them.
    for cut in 0..3 {
        let last = last_separator(title);
        if let Some((place, separator)) = last
            && names_site(&title[place + separator.len()..])
        {
            title = title[..place].trim_end();
            continue;
        }
        let first = SEPARATORS.iter().filter_map(|separator| Some((title.find(separator)?, *separator))).min();
        if let Some((place, separator)) = first
            && names_site(&title[..place])
        {
            title = title[place + separator.len()..].trim_start();
            continue;
        }
        let Some((place, separator)) = last.filter(|_| cut == 0) else { break };
        let (before, after) = (&title[..place], &title[place + separator.len()..]);
        let words = |text: &str| text.split_whitespace().count();
        let sure = SEPARATORS[..SURE_SEPARATORS].contains(&separator);
        let shorter = after.chars().count() < before.chars().count();
        if (sure && shorter) || (words(after) <= 4 && words(before) >= 2 * words(after) && words(before) >= 4) {
            title = before.trim_end();
        }
        break;
    }
    title
}

fn last_separator(title: &str) -> Option<(usize, &'static str)> {
    SEPARATORS.iter().filter_map(|separator| Some((title.rfind(separator)?, *separator))).max()
}

/// The telling part of a host: `example` of `www.example.co.uk`.
fn host_label(host: &str) -> String {
    let host = host.trim_start_matches("www.");
    let labels = host.split('.').filter(|label| !label.is_empty());
    folded(labels.max_by_key(|label| label.len()).unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_site_is_cut_off() {
        let cut = |title: &'static str| without_site(title, Some("The Daily Rain"), Some("www.dailyrain.example"));
        assert_eq!(cut("Ten ways to stay dry - The Daily Rain"), "Ten ways to stay dry");
        assert_eq!(cut("The Daily Rain: today"), "The Daily Rain: today");
        assert_eq!(cut("The Daily Rain | Ten ways to stay dry"), "Ten ways to stay dry");
        assert_eq!(cut("Stay dry - Weather - DAILY RAIN"), "Stay dry - Weather");
        assert_eq!(cut("Stay dry | dailyrain"), "Stay dry");
        assert_eq!(cut("The Daily Rain"), "The Daily Rain");
        let unknown = |title: &'static str| without_site(title, None, None);
        assert_eq!(unknown("Ten ways to stay dry | Somewhere"), "Ten ways to stay dry");
        assert_eq!(unknown("Ten ways to stay dry in May - Some Paper"), "Ten ways to stay dry in May");
        assert_eq!(unknown("Rain – a history"), "Rain – a history");
        assert_eq!(unknown("Mercury - planet of extremes and surprises"), "Mercury - planet of extremes and surprises");
    }

    #[test]
    fn a_heading_that_is_a_small_part_of_the_title_is_not_the_title() {
        let mut facts = Facts::default();
        facts.add(Field::Title, Origin::TitleElement, "Free data science courses for students | Some School");
        facts.add(Field::Title, Origin::Heading, "Data science");
        let title = settle(&facts, Some("Some School"), None).unwrap();
        assert_eq!(title.value, "Free data science courses for students");
    }

    #[test]
    fn the_heading_that_the_declared_title_holds_is_the_title() {
        let mut facts = Facts::default();
        facts.add(Field::Title, Origin::TitleElement, "Ten ways to stay dry – Weather – Some Paper");
        facts.add(Field::Title, Origin::Heading, "Some Paper");
        facts.add(Field::Title, Origin::Heading, "Ten Ways to Stay Dry");
        let title = settle(&facts, Some("Some Paper"), None).unwrap();
        assert_eq!((title.value.as_str(), title.origin), ("Ten Ways to Stay Dry", Origin::Heading));
        let mut facts = Facts::default();
        facts.add(Field::Title, Origin::TitleElement, "Bees return – The Daily Hive");
        facts.add(Field::Title, Origin::Heading, "The Daily Hive");
        facts.add(Field::Title, Origin::Heading, "Bees return");
        assert_eq!(settle(&facts, None, None).unwrap().value, "Bees return");
        let mut facts = Facts::default();
        facts.add(Field::Title, Origin::Heading, "Welcome to all of our readers");
        facts.add(Field::Title, Origin::JsonLd, "Ten ways to stay dry");
        assert_eq!(settle(&facts, None, None).unwrap().origin, Origin::JsonLd);
        assert_eq!(settle(&Facts::default(), None, None), None);
    }
}
