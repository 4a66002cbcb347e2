//! Which document of a cluster stays, and the record of every one that goes.
//!
//! The record file is JSONL, one line a removal, sorted by cluster and id:
//!
//! ```json
//! {"id":"b/2.html","kept":"a/1.html","cluster":"a/1.html","size":3,"kind":"near","similarity":0.9137}
//! {"id":"c/3.html","kind":"paragraph","hash":"9f86d081884c7d65","documents":17,"kept":"a/1.html"}
//! ```
//!
//! | field | says |
//! |---|---|
//! | `id` | the document that goes, or that loses a paragraph |
//! | `kept` | the document that stays in its place; of paragraphs: the one that keeps it, absent if none does |
//! | `cluster` | the least id of the cluster |
//! | `size` | documents of the cluster, the one that stays included |
//! | `kind` | `exact`, `near` or `paragraph` |
//! | `similarity` | of the removed to the kept document, by `dedup.near.measure`, 0 to 1; it may be below the threshold where a chain of copies joins them, and is absent where it was not measured |
//! | `hash`, `documents` | of paragraphs: the first 16 hexadecimal digits of the SHA-256 of the normalised text, and how many documents hold it |

use std::{
    cmp::{Ordering, Reverse},
    io::{self, Write},
};

use serde::Serialize;

use crate::{Hash, Keep, near::Clusters};

/// What the rule of [`Keep`] is asked about: a document of a cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Its content hash; equal hashes make exact copies.
    pub hash: Hash,
    /// Characters of kept text.
    pub length: u64,
    /// Its date, ISO 8601. Dates are compared as text: exact for dates, and for times of one time zone.
    pub date: Option<String>,
    /// The number in the field that the rule names.
    pub field: Option<f64>,
    /// The document of an earlier run that it is a copy of.
    pub seen: Option<Match>,
}

/// A document found elsewhere that this one is a copy of.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Its id.
    pub id: String,
    /// How it was found.
    pub kind: Kind,
    /// How similar it is, 0 to 1.
    pub similarity: f64,
}

/// By what evidence a document was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The same hash.
    Exact,
    /// Similar shingles.
    Near,
}

/// A cluster, settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// Its name: the least id of its documents.
    pub name: String,
    /// Its documents, ascending.
    pub documents: Vec<u32>,
    /// The one that stays; `None` where a document of an earlier run stands for all.
    pub kept: Option<u32>,
}

/// A document that goes. Serializes as a line of the record file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Removal {
    /// The caller's number of the document.
    #[serde(skip)]
    pub document: u32,
    /// Its id.
    pub id: String,
    /// Id of the document that stays.
    pub kept: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Documents of the cluster, the one that stays included.
    pub size: usize,
    /// By what evidence.
    pub kind: Kind,
    /// Similarity to the document that stays, rounded to four digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
}

/// A paragraph that goes. Serializes as a line of the record file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParagraphRemoval {
    /// Id of the document that loses it.
    pub id: String,
    /// Always `"paragraph"`.
    pub kind: ParagraphKind,
    /// First 16 hexadecimal digits of the SHA-256 of its normalised text.
    pub hash: String,
    /// Documents that hold it.
    pub documents: u32,
    /// Id of the document that keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

/// The `kind` of a [`ParagraphRemoval`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParagraphKind {
    /// A paragraph.
    #[default]
    Paragraph,
}

/// Settles every cluster: which document stays, and the removals, sorted by cluster and id.
///
/// `candidate` is asked once for every document of a cluster. `seen` names documents that copies of an earlier run's
/// were found for, ascending: they go even where they are alone.
///
/// # Errors
/// If a scratch file cannot be read.
pub fn settle(
    clusters: &mut Clusters,
    keep: &Keep,
    seen: &[u32],
    mut candidate: impl FnMut(u32) -> Candidate,
) -> io::Result<(Vec<Cluster>, Vec<Removal>)> {
    let mut groups = clusters.groups();
    let mut clustered: Vec<u32> = groups.iter().flatten().copied().collect();
    clustered.sort_unstable();
    groups.extend(seen.iter().filter(|it| clustered.binary_search(it).is_err()).map(|&it| vec![it]));
    let (mut settled, mut removals) = (Vec::new(), Vec::new());
    for documents in groups {
        let members: Vec<Candidate> = documents.iter().map(|&it| candidate(it)).collect();
        let name = members.iter().map(|it| &it.id).min().cloned().unwrap_or_default();
        let group = Group { clusters, documents: &documents, members: &members, name: &name };
        let best = (0..members.len()).min_by(|&a, &b| keep.compare(&members[a], &members[b])).unwrap_or_default();
        let reference = members.iter().filter_map(|it| it.seen.as_ref()).min_by(|a, b| a.id.cmp(&b.id));
        match reference {
            Some(reference) => {
                removals.extend((0..members.len()).map(|it| group.seen_before(it, reference)));
            }
            None => {
                for removed in (0..members.len()).filter(|&it| it != best) {
                    removals.push(group.replaced(removed, best)?);
                }
            }
        }
        let kept = if reference.is_some() { None } else { Some(documents[best]) };
        settled.push(Cluster { name, documents, kept });
    }
    removals.sort_unstable_by(|a, b| (&a.cluster, &a.id, a.document).cmp(&(&b.cluster, &b.id, b.document)));
    settled.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok((settled, removals))
}

/// Writes records as JSONL.
///
/// # Errors
/// If the writer fails.
pub fn write_records<T: Serialize>(records: &[T], mut to: impl Write) -> io::Result<()> {
    for record in records {
        serde_json::to_writer(&mut to, record)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

impl Keep {
    /// Orders two copies: the lesser stays.
    pub fn compare(&self, a: &Candidate, b: &Candidate) -> Ordering {
        let by_rule = match self {
            Keep::First => Ordering::Equal,
            Keep::Longest => b.length.cmp(&a.length),
            // A document without a date or field loses against one that has it.
            Keep::Newest => Reverse(&a.date).cmp(&Reverse(&b.date)),
            Keep::Highest(_) => missing_last(a.field, b.field, |a, b| b.total_cmp(a)),
            Keep::Lowest(_) => missing_last(a.field, b.field, f64::total_cmp),
        };
        by_rule.then_with(|| a.id.cmp(&b.id))
    }
}

/// A cluster while it is settled.
struct Group<'a> {
    clusters: &'a Clusters,
    documents: &'a [u32],
    members: &'a [Candidate],
    name: &'a str,
}

impl Group<'_> {
    fn replaced(&self, removed: usize, kept: usize) -> io::Result<Removal> {
        let (gone, stays) = (&self.members[removed], &self.members[kept]);
        let (kind, similarity) = match gone.hash == stays.hash {
            true => (Kind::Exact, Some(1.0)),
            false => {
                let similarity = self.clusters.similarity(self.with_set(removed), self.with_set(kept))?;
                (Kind::Near, similarity.map(rounded))
            }
        };
        Ok(self.removal(removed, stays.id.clone(), self.members.len(), kind, similarity))
    }

    fn seen_before(&self, removed: usize, reference: &Match) -> Removal {
        // A member with a match of its own names that one; the others go with the cluster, unmeasured.
        let (kept, kind, similarity) = match &self.members[removed].seen {
            Some(own) => (own.id.clone(), own.kind, Some(rounded(own.similarity))),
            None => (reference.id.clone(), Kind::Near, None),
        };
        self.removal(removed, kept, self.members.len() + 1, kind, similarity)
    }

    fn removal(&self, removed: usize, kept: String, size: usize, kind: Kind, similarity: Option<f64>) -> Removal {
        let (document, id) = (self.documents[removed], self.members[removed].id.clone());
        Removal { document, id, kept, cluster: self.name.to_owned(), size, kind, similarity }
    }

    /// The document whose shingles stand for this member: exact copies are sketched once.
    fn with_set(&self, member: usize) -> u32 {
        let own = self.documents[member];
        if self.clusters.has_set(own) {
            return own;
        }
        let twin = (0..self.members.len())
            .filter(|&it| self.members[it].hash == self.members[member].hash)
            .map(|it| self.documents[it])
            .find(|&it| self.clusters.has_set(it));
        twin.unwrap_or(own)
    }
}

fn missing_last(a: Option<f64>, b: Option<f64>, compare: impl Fn(&f64, &f64) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(&a, &b),
        _ => b.is_some().cmp(&a.is_some()),
    }
}

/// Four digits: what a reader uses, and the same on every machine.
fn rounded(similarity: f64) -> f64 {
    (similarity * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Measure, Near, Spill, content_hash,
        near::{NearIndex, Sketcher},
    };

    const FERRY: &str = "The night ferry to Varnholm sails again from Monday after a month in the yard, the port said.";
    const FERRY_EDITED: &str =
        "The night ferry to Varnholm sails again from Monday after a month in the yard, the port authority said.";
    const SCHOOLS: &str = "Two schools in the upper valley will stay closed in March while their roofs are repaired.";

    /// Clusters the texts, given in this order, and settles them. Documents are (id, text, date, field).
    fn settled(keep: &Keep, documents: &[(&str, &str, &str, f64)], seen: &[(u32, &str)]) -> Vec<Removal> {
        let near = Near { measure: Measure::Jaccard, threshold: 0.7, shingle: 3, crowded: 256 };
        let sketcher = Sketcher::new(&near).unwrap();
        let mut index = NearIndex::new(&near, Spill::never()).unwrap();
        let mut exact = crate::ExactIndex::default();
        let (mut copies, mut candidates) = (Vec::new(), Vec::new());
        for (number, &(id, text, date, field)) in documents.iter().enumerate() {
            let hash = content_hash(std::iter::once(text));
            match exact.insert(hash, number as u64) {
                Some(first) => copies.push((first as u32, number as u32)),
                None => index.insert(number as u32, &sketcher.sketch(std::iter::once(text)).unwrap()).unwrap(),
            }
            candidates.push(Candidate {
                id: id.to_owned(),
                hash,
                length: text.len() as u64,
                date: Some(date.to_owned()).filter(|date| !date.is_empty()),
                field: Some(field).filter(|field| !field.is_nan()),
                seen: None,
            });
        }
        for &(number, id) in seen {
            candidates[number as usize].seen = Some(Match { id: id.to_owned(), kind: Kind::Near, similarity: 0.91 });
        }
        let seen: Vec<u32> = seen.iter().map(|it| it.0).collect();
        let mut clustering = index.cluster().unwrap();
        clustering.join(&copies);
        let mut clusters = clustering.run().unwrap();
        settle(&mut clusters, keep, &seen, |number| candidates[number as usize].clone()).unwrap().1
    }

    const WIRE: [(&str, &str, &str, f64); 4] = [
        ("d", FERRY_EDITED, "2026-03-02", 3.0),
        ("b", FERRY, "", f64::NAN),
        ("x", SCHOOLS, "2026-01-01", 1.0),
        ("c", FERRY, "2026-03-01", 2.0),
    ];

    fn kept(keep: &Keep) -> String {
        let removals = settled(keep, &WIRE, &[]);
        assert_eq!(removals.len(), 2);
        removals[0].kept.clone()
    }

    #[test]
    fn the_rule_says_which_copy_stays() {
        assert_eq!(kept(&Keep::First), "b");
        assert_eq!(kept(&Keep::Longest), "d");
        assert_eq!(kept(&Keep::Newest), "d");
        assert_eq!(kept(&Keep::Highest("score".into())), "d");
        assert_eq!(kept(&Keep::Lowest("score".into())), "c", "a document without the field loses");
    }

    #[test]
    fn a_record_says_what_was_removed_and_why() {
        let mut out = Vec::new();
        write_records(&settled(&Keep::First, &WIRE, &[]), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"id\":\"c\",\"kept\":\"b\",\"cluster\":\"b\",\"size\":3,\"kind\":\"exact\",\"similarity\":1.0}\n\
             {\"id\":\"d\",\"kept\":\"b\",\"cluster\":\"b\",\"size\":3,\"kind\":\"near\",\"similarity\":0.8333}\n"
        );
    }

    #[test]
    fn the_order_of_input_does_not_matter() {
        let records = |documents: &[_]| {
            let mut removals = settled(&Keep::First, documents, &[]);
            removals.iter_mut().for_each(|removal| removal.document = 0);
            removals
        };
        let mut reversed = WIRE;
        reversed.reverse();
        assert_eq!(records(&WIRE), records(&reversed));
    }

    #[test]
    fn a_document_of_an_earlier_run_wins() {
        let removals = settled(&Keep::Longest, &WIRE, &[(1, "old/7"), (2, "old/9")]);
        let brief: Vec<_> = removals.iter().map(|it| (it.id.as_str(), it.kept.as_str(), it.similarity)).collect();
        assert_eq!(
            brief,
            [("b", "old/7", Some(0.91)), ("c", "old/7", None), ("d", "old/7", None), ("x", "old/9", Some(0.91))]
        );
    }
}
