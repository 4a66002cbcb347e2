//! Metadata from lines that judging took out of a plain text: a byline or a date that stands alone.
//!
//! Where a text has no tree, only the judging of its lines tells a byline below the story's headline from a name in a
//! menu, and that comes after the text has been cut into lines. So what it finds is handed back here.

use dechaff_document::{Found, Metadata, Origin};

use super::{
    author,
    date::{Order, written},
    visible::says_change,
};

/// Fills what is not known yet: authors from the first of `bylines` that names any, the dates of publication and of the
/// last change from the first of `stamps` that has one. Nothing that stands in `metadata` already is changed.
///
/// ```
/// use dechaff_document::Metadata;
/// let mut metadata = Metadata::default();
/// dechaff_segment::add_residue(&mut metadata, &["By Ana Reyes"], &["Updated 4 May 2021", "3 May 2021"]);
/// assert_eq!(metadata.authors[0].value, "Ana Reyes");
/// assert_eq!(metadata.published.unwrap().value, "2021-05-03");
/// assert_eq!(metadata.modified.unwrap().value, "2021-05-04");
/// ```
pub fn add_residue(metadata: &mut Metadata, bylines: &[&str], stamps: &[&str]) {
    let found = |value: String| Found::new(value, Origin::Text);
    if metadata.authors.is_empty() {
        let named = bylines.iter().map(|line| author::marked(line.trim())).find(|names| !names.is_empty());
        metadata.authors = named.unwrap_or_default().into_iter().map(found).collect();
    }
    for stamp in stamps {
        let field = if says_change(stamp) { &mut metadata.modified } else { &mut metadata.published };
        if field.is_none() {
            *field = written(stamp, Order::DayFirst).map(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_stays_and_labels_name_nobody() {
        let mut metadata =
            Metadata { published: Some(Found::new("2020-01-02", Origin::Record)), ..Metadata::default() };
        add_residue(
            &mut metadata,
            &["Posted by", "Ben Olsen"],
            &["Published on 3 May 2021", "2 hours ago", "Updated:"],
        );
        assert_eq!(metadata.authors, [Found::new("Ben Olsen", Origin::Text)]);
        assert_eq!(metadata.published.unwrap().value, "2020-01-02");
        assert_eq!(metadata.modified, None);
    }
}
