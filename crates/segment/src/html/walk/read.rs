//! What the walk reads of an element's attributes.

use dechaff_document::Attributes;
use html5ever::local_name;
use scraper::node::Element;

/// The attributes that the walk asks for, found in one pass.
#[derive(Default)]
pub(super) struct Read<'a> {
    pub(super) kept: Attributes<'a>,
    pub(super) hidden: bool,
    pub(super) aria_hidden: bool,
    pub(super) target: Option<&'a str>,
    pub(super) source: Option<&'a str>,
    pub(super) alternative: Option<&'a str>,
    pub(super) start: Option<&'a str>,
    pub(super) value: Option<&'a str>,
    pub(super) columns: Option<&'a str>,
    pub(super) rows: Option<&'a str>,
}

impl<'a> Read<'a> {
    pub(super) fn of(element: &'a Element) -> Read<'a> {
        let mut read = Read::default();
        for (name, value) in &element.attrs {
            let value: &str = value;
            match name.local {
                local_name!("class") => read.kept.class = value,
                local_name!("id") => read.kept.id = value,
                local_name!("role") => read.kept.role = value,
                local_name!("itemprop") => read.kept.property = value,
                local_name!("hidden") => read.hidden |= !value.eq_ignore_ascii_case("until-found"),
                local_name!("style") => read.hidden |= hides(value),
                local_name!("aria-hidden") => read.aria_hidden = value.eq_ignore_ascii_case("true"),
                local_name!("href") => read.target = Some(value),
                local_name!("src") => read.source = Some(value),
                local_name!("alt") => read.alternative = Some(value),
                local_name!("start") => read.start = Some(value),
                local_name!("value") => read.value = Some(value),
                local_name!("colspan") => read.columns = Some(value),
                local_name!("rowspan") => read.rows = Some(value),
                _ => {}
            }
        }
        read
    }

    pub(super) fn number(&self, attribute: Option<&str>) -> Option<u32> {
        attribute?.trim().parse().ok()
    }
}

/// Whether an inline style hides its element.
fn hides(style: &str) -> bool {
    style.split(';').any(|declaration| {
        declaration.split_once(':').is_some_and(|(property, value)| {
            let value = value.trim_start().as_bytes();
            let is = |word: &str| value.get(..word.len()).is_some_and(|v| v.eq_ignore_ascii_case(word.as_bytes()));
            match property.trim() {
                property if property.eq_ignore_ascii_case("display") => is("none"),
                property if property.eq_ignore_ascii_case("visibility") => is("hidden"),
                _ => false,
            }
        })
    })
}
