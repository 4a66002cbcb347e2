//! What was found on a page, before it is settled which of it to believe.

use dechaff_document::{Found, Origin};

use super::clean::{LONGEST, clean};

/// A field of [`dechaff_document::Metadata`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Author,
    Published,
    Modified,
    Site,
    Description,
    Language,
    Url,
    Tag,
    Licence,
    Image,
    PageType,
}

/// Values with their origins, in the order they were found.
#[derive(Debug, Default)]
pub(super) struct Facts(Vec<(Field, Found)>);

/// Facts kept of one page. Pages in use have some dozens; more is an attack or a list of tags.
const MOST_FACTS: usize = 600;

impl Facts {
    /// Notes a value, cleaned; one that is nothing after cleaning is left out.
    pub(super) fn add(&mut self, field: Field, origin: Origin, value: &str) {
        let limit = match field {
            Field::Description | Field::Url | Field::Image => 4 * LONGEST,
            _ => LONGEST,
        };
        if self.0.len() < MOST_FACTS
            && let Some(value) = clean(value, limit)
        {
            self.0.push((field, Found { value, origin }));
        }
    }

    /// The values of a field, in the order they were found.
    pub(super) fn of(&self, field: Field) -> impl Iterator<Item = &Found> {
        self.0.iter().filter(move |(of, _)| *of == field).map(|(_, found)| found)
    }

    /// The values of a field and an origin.
    pub(super) fn from(&self, field: Field, origin: Origin) -> impl Iterator<Item = &Found> {
        self.of(field).filter(move |found| found.origin == origin)
    }

    /// The first value that is made something of, asking the origins in this order.
    pub(super) fn first(
        &self,
        field: Field,
        order: &[Origin],
        accept: impl Fn(&str) -> Option<String>,
    ) -> Option<Found> {
        order.iter().find_map(|&origin| {
            self.from(field, origin).find_map(|found| Some(Found { value: accept(&found.value)?, origin }))
        })
    }
}
