//! What the walk reads of an element's attributes.

use dechaff_document::Attributes;

use super::super::{attributes::Attribute, tree::Element};

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
    pub(super) fn of(element: Element<'a>) -> Read<'a> {
        let mut read = Read::default();
        for (name, _, value) in element.attributes() {
            match name.known() {
                Some(Attribute::Class) => read.kept.class = value,
                Some(Attribute::Id) => read.kept.id = value,
                Some(Attribute::Role) => read.kept.role = value,
                Some(Attribute::ItemProp) => read.kept.property = value,
                Some(Attribute::Hidden) => read.hidden |= !value.eq_ignore_ascii_case("until-found"),
                Some(Attribute::Style) => read.hidden |= hides(value),
                Some(Attribute::AriaHidden) => read.aria_hidden = value.eq_ignore_ascii_case("true"),
                Some(Attribute::Href) => read.target = Some(value),
                Some(Attribute::Src) => read.source = Some(value),
                Some(Attribute::Alt) => read.alternative = Some(value),
                Some(Attribute::Start) => read.start = Some(value),
                Some(Attribute::Value) => read.value = Some(value),
                Some(Attribute::ColumnSpan) => read.columns = Some(value),
                Some(Attribute::RowSpan) => read.rows = Some(value),
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
