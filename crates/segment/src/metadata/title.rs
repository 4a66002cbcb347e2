//! The title of a page, without the name of its site.

use dechaff_document::{BlockKind, Found, Origin, Page};

/// What a page offers as its title.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Offers<'a> {
    /// `og:title`.
    pub(crate) open_graph: Option<&'a str>,
    /// The `<title>` element.
    pub(crate) element: Option<&'a str>,
    /// `og:site_name`.
    pub(crate) site: Option<&'a str>,
}

/// What stands between a title and a site's name.
const SEPARATORS: [&str; 11] = [" | ", " - ", " – ", " — ", " :: ", " · ", " » ", " « ", " • ", " / ", " ~ "];

/// The page's title: a first-level heading that the head confirms, else `og:title`, else `<title>` without its site,
/// else the only first-level heading.
pub(crate) fn find(offers: Offers<'_>, page: &Page) -> Option<Found> {
    let headings: Vec<&str> = page
        .blocks
        .iter()
        .filter(|block| block.kind == BlockKind::Heading(1) && !block.hidden)
        .map(|block| block.text.as_str())
        .collect();
    let open_graph = offers.open_graph.map(fold).filter(|title| !title.is_empty());
    let element = offers.element.map(fold).filter(|title| !title.is_empty());
    let site = offers.site.map(fold).unwrap_or_default();
    let confirmed = headings.iter().find(|heading| {
        let heading = key(heading);
        let said = |title: &Option<String>| title.as_ref().is_some_and(|title| key(title).contains(&heading));
        !heading.is_empty() && heading != key(&site) && (said(&open_graph) || said(&element))
    });
    if let Some(heading) = confirmed {
        return Some(Found::new(fold(heading), Origin::Heading));
    }
    let titles =
        [open_graph.map(|title| (title, Origin::OpenGraph)), element.map(|title| (title, Origin::TitleElement))];
    for (title, origin) in titles.into_iter().flatten() {
        let title = without_site(&title, &site);
        if key(title) != key(&site) {
            return Some(Found::new(title, origin));
        }
    }
    match headings[..] {
        [only] => Some(Found::new(fold(only), Origin::Heading)),
        _ => None,
    }
}

/// Cuts the site's name off either end. Without a known name the last of several parts goes if it has at most four
/// words, as names of sites do.
fn without_site<'a>(title: &'a str, site: &str) -> &'a str {
    let site = key(site);
    let cuts = SEPARATORS.iter().filter_map(|separator| title.rfind(separator).map(|at| (at, *separator)));
    if let Some((at, separator)) = cuts.max_by_key(|&(at, _)| at) {
        let (title, last) = (&title[..at], &title[at + separator.len()..]);
        // A hyphen may belong to the title itself, the other marks hardly ever do.
        let hyphen = separator == " - ";
        let shorter = last.chars().count() < title.chars().count();
        let short = last.split_whitespace().count() <= 4 && (!hyphen || shorter);
        let names_site = match site.is_empty() {
            true => short,
            false => key(last) == site || short && (key(last).contains(&site) || site.contains(&key(last))),
        };
        if names_site {
            return title.trim();
        }
    }
    let cuts = SEPARATORS.iter().filter_map(|separator| title.find(separator).map(|at| (at, separator.len())));
    if let Some((at, length)) = cuts.min_by_key(|&(at, _)| at)
        && !site.is_empty()
        && key(&title[..at]) == site
    {
        return title[at + length..].trim();
    }
    title
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters and digits alone, lower case: what two spellings of one title share.
fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dechaff_document::Block;

    fn page(headings: &[&str]) -> Page {
        let block = |text: &&str| Block { text: text.to_string(), kind: BlockKind::Heading(1), ..Block::default() };
        Page { blocks: headings.iter().map(block).collect(), ..Page::default() }
    }

    fn title(offers: Offers<'_>, headings: &[&str]) -> Option<String> {
        find(offers, &page(headings)).map(|found| found.value)
    }

    #[test]
    fn a_heading_that_the_head_confirms_is_the_title() {
        let offers = Offers { element: Some("Bees return – The Daily Hive"), ..Offers::default() };
        assert_eq!(title(offers, &["The Daily Hive", "Bees return"]).as_deref(), Some("The Daily Hive"));
        let offers = Offers { site: Some("The Daily Hive"), ..offers };
        assert_eq!(title(offers, &["The Daily Hive", "Bees return"]).as_deref(), Some("Bees return"));
    }

    #[test]
    fn the_name_of_the_site_goes() {
        let of = |element, site| title(Offers { element: Some(element), site, open_graph: None }, &[]);
        assert_eq!(of("Bees return | The Daily Hive", None).as_deref(), Some("Bees return"));
        assert_eq!(of("The Daily Hive - Bees return", Some("The Daily Hive")).as_deref(), Some("Bees return"));
        assert_eq!(of("Well-kept bees", None).as_deref(), Some("Well-kept bees"));
        assert_eq!(of("Home", Some("Home")), None);
    }
}
