//! What repeats across the pages of a site.
//!
//! Chrome repeats across a site's pages, content does not. For every site this module counts how many distinct pages
//! hold a block's text ([`fold`]ed) at a like place, and notes the count on the block; what it means is judged by
//! strip, with the other evidence.
//!
//! ```text
//! Page ─ digest ─▶ PageDigest ─ SiteCounter ─▶ Sites ─ apply ─▶ Page with Block::repeats
//!        (pure)                 (bottom-k sample of each site's pages; merged over threads)
//! ```
//!
//! The pages of a site are sampled by a hash of their ids: those with the least hashes are counted (a bottom-k
//! sample; Cohen, Kaplan: *Summarizing data using bottom-k sketches*, PODC 2007). So neither the order of pages nor
//! the number of threads changes a count, and [`SiteCounter::wants`] says before a page is read whether it is needed.
//! Pages whose text is the same, numbers aside, count once: a mirror must not turn its text into chrome.

mod count;
mod fold;
pub mod learned;
mod place;

pub use count::{PageDigest, SiteCounter, SiteRepeats, Sites};
pub use fold::fold;

use dechaff_document::Page;
use url::{Host, Url};

use crate::Site;

/// The site of a page: by host of its URL (the record's, else the one the page states; lower case, without `www.`),
/// by the folder it was read from, or by a field of its record. `None` where that is not known.
///
/// ```
/// use dechaff_dedup::{Site, repeats::site_of};
/// use dechaff_document::{Page, Source};
/// let url = Some("https://www.Varnholm.example/ferry".to_owned());
/// let page = Page { source: Source { url, ..Source::default() }, ..Page::default() };
/// assert_eq!(site_of(&page, &Site::Host).as_deref(), Some("varnholm.example"));
/// ```
pub fn site_of(page: &Page, site: &Site) -> Option<String> {
    match site {
        Site::Off => None,
        Site::Host => {
            let stated = page.metadata.url.as_ref().map(|url| url.value.as_str());
            host_of(page.source.url.as_deref().or(stated)?)
        }
        Site::Folder => folder_of(&page.source),
        Site::Field(name) => {
            let (_, value) = page.fields.iter().find(|(field, _)| field == name)?;
            let text = serde_json::from_str::<String>(value).unwrap_or_else(|_| value.trim().to_owned());
            Some(text).filter(|text| !text.is_empty() && text != "null")
        }
    }
}

/// The host of a URL, lower case, without `www.`.
pub fn host_of(url: &str) -> Option<String> {
    let url = Url::parse(url.trim()).ok()?;
    match url.host()? {
        Host::Domain(domain) => {
            let domain = domain.trim_end_matches('.');
            let bare = domain.strip_prefix("www.").filter(|bare| bare.contains('.')).unwrap_or(domain);
            Some(bare.to_owned()).filter(|bare| !bare.is_empty())
        }
        address => Some(address.to_string()),
    }
}

/// The folder a document lies in, below the input that was named; `.` for the input itself.
pub fn folder_of(source: &dechaff_document::Source) -> Option<String> {
    let folder = dechaff_document::display_path(source.relative.parent()?);
    Some(if folder.is_empty() { ".".to_owned() } else { folder })
}

#[cfg(test)]
mod tests {
    use dechaff_document::Source;

    use super::*;

    #[test]
    fn hosts_are_folded() {
        assert_eq!(host_of("https://WWW.Example.org:8443/a"), Some("example.org".into()));
        assert_eq!(host_of("http://www.com/"), Some("www.com".into()));
        assert_eq!(host_of("http://[::1]/"), Some("[::1]".into()));
        assert_eq!(host_of("https://bücher.example/"), Some("xn--bcher-kva.example".into()));
        assert_eq!(host_of("file:///pages/a.html"), None);
        assert_eq!(host_of("not a url"), None);
    }

    #[test]
    fn a_site_may_be_a_folder_or_a_field() {
        let source = Source { relative: "courier/2026/a.html".into(), ..Source::default() };
        let fields =
            vec![("outlet".to_owned(), "\"Varnholm Courier\"".to_owned()), ("section".to_owned(), "null".into())];
        let page = Page { source, fields, ..Page::default() };
        assert_eq!(site_of(&page, &Site::Folder).as_deref(), Some("courier/2026"));
        assert_eq!(site_of(&page, &Site::Field("outlet".into())).as_deref(), Some("Varnholm Courier"));
        assert_eq!(site_of(&page, &Site::Field("section".into())), None);
        assert_eq!(site_of(&page, &Site::Host), None);
        assert_eq!(site_of(&page, &Site::Off), None);
    }
}
