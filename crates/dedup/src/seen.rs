//! What earlier runs have kept: documents are compared with it, and what this run keeps is added at its end.
//!
//! The state is a [redb](https://docs.rs/redb) database that the caller opens. It is changed by one transaction a run:
//! after a crash it holds what it held before. It also serves as a reference set: fill it from B, then clean A with it,
//! and what A has in common with B goes.
//!
//! # Format, version 1
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | `format`, `exact`, `near` | `1`; `content` or `raw`; shingle length, bands and rows as `5/30/7` |
//! | `exact` | 32 bytes: SHA-256 of the kept text or of the bytes, as `meta.exact` says | number of a document |
//! | `documents` | number of a document, from 0 | its id |
//! | `bands` (multimap) | number of the band, key of the band | numbers of documents |
//! | `shingles` | number of a document | its shingles, ascending, 8 bytes each, little-endian |
//!
//! A document takes 40 bytes and its id, and for near copies 17 bytes a band and 8 a shingle, before redb's slack.

use std::collections::HashMap;

use redb::{
    Database, MultimapTableDefinition, ReadOnlyMultimapTable, ReadOnlyTable, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, TableDefinition,
};

use crate::{
    Exact, Hash, Measure, Settings,
    near::{Bands, Clusters, Sketch, similarity},
    settle::{Kind, Match},
};

const META: TableDefinition<&str, &str> = TableDefinition::new("meta");
const EXACT: TableDefinition<&[u8; 32], u64> = TableDefinition::new("exact");
const DOCUMENTS: TableDefinition<u64, &str> = TableDefinition::new("documents");
const BANDS: MultimapTableDefinition<(u8, u64), u64> = MultimapTableDefinition::new("bands");
const SHINGLES: TableDefinition<u64, &[u8]> = TableDefinition::new("shingles");

const FORMAT: &str = "1";

/// What can go wrong with the state of earlier runs.
#[derive(Debug, thiserror::Error)]
pub enum SeenError {
    /// The store could not be read or written.
    #[error("state of documents seen: {0}")]
    Store(#[source] Box<redb::Error>),
    /// The state was made with other settings, so that its documents cannot be compared with this run's.
    #[error(
        "the state of documents seen was made with other settings: {key} = {state}, this run has {run}. Set \
         dedup.{key} as it was (bands follow from dedup.near.threshold), or name a new state"
    )]
    Mismatch {
        /// What differs: `format`, `exact` or `near`.
        key: &'static str,
        /// As the state has it.
        state: String,
        /// As this run has it.
        run: String,
    },
}

impl<E: Into<redb::Error>> From<E> for SeenError {
    fn from(error: E) -> Self {
        SeenError::Store(Box::new(error.into()))
    }
}

/// The documents of earlier runs. What this run adds is seen by the next one only, so that the answers do not depend
/// on when they are asked; one serves all threads.
pub struct Seen {
    database: Database,
    settings: Settings,
    exact: ReadOnlyTable<&'static [u8; 32], u64>,
    documents: ReadOnlyTable<u64, &'static str>,
    bands: ReadOnlyMultimapTable<(u8, u64), u64>,
    shingles: ReadOnlyTable<u64, &'static [u8]>,
}

/// A document that a run keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDocument {
    /// Its number in the run's [`crate::near::NearIndex`].
    pub document: u32,
    /// Its id.
    pub id: String,
    /// Its hash, of the kind that `dedup.exact` asks for.
    pub hash: Hash,
}

impl Seen {
    /// Reads the state; an empty database is a new one.
    ///
    /// # Errors
    /// If the store cannot be read, or was made with other settings.
    pub fn new(database: Database, settings: &Settings) -> Result<Seen, SeenError> {
        let transaction = database.begin_write()?;
        {
            let mut meta = transaction.open_table(META)?;
            for (key, run) in meta_of(settings) {
                let state = meta.get(key)?.map(|value| value.value().to_owned());
                match state {
                    None => {
                        meta.insert(key, run.as_str())?;
                    }
                    Some(state) if state != run => return Err(SeenError::Mismatch { key, state, run }),
                    Some(_) => {}
                }
            }
            transaction.open_table(EXACT)?;
            transaction.open_table(DOCUMENTS)?;
            transaction.open_multimap_table(BANDS)?;
            transaction.open_table(SHINGLES)?;
        }
        transaction.commit()?;
        let snapshot = database.begin_read()?;
        Ok(Seen {
            exact: snapshot.open_table(EXACT)?,
            documents: snapshot.open_table(DOCUMENTS)?,
            bands: snapshot.open_multimap_table(BANDS)?,
            shingles: snapshot.open_table(SHINGLES)?,
            settings: settings.clone(),
            database,
        })
    }

    /// Number of documents of earlier runs.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn len(&self) -> Result<u64, SeenError> {
        Ok(self.documents.len()?)
    }

    /// Whether there are none.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_empty(&self) -> Result<bool, SeenError> {
        Ok(self.len()? == 0)
    }

    /// The earlier document with this hash. O(log n).
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn exact(&self, hash: &Hash) -> Result<Option<Match>, SeenError> {
        let Some(number) = self.exact.get(hash)? else { return Ok(None) };
        Ok(Some(Match { id: self.id(number.value())?, kind: Kind::Exact, similarity: 1.0 }))
    }

    /// The most similar earlier document, if one reaches the threshold; of equally similar ones that with the least id.
    /// Compares with at most `dedup.near.crowded` documents a band.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn near(&self, sketch: &Sketch) -> Result<Option<Match>, SeenError> {
        let mut candidates = Vec::new();
        for (band, &key) in (0u8..).zip(&sketch.bands) {
            for number in self.bands.get((band, key))?.take(self.settings.near.crowded as usize) {
                candidates.push(number?.value());
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        let mut best: Option<Match> = None;
        for number in candidates {
            let Some(bytes) = self.shingles.get(number)? else { continue };
            let set: Vec<u64> = bytes.value().as_chunks().0.iter().map(|&bytes| u64::from_le_bytes(bytes)).collect();
            let similarity = similarity(&sketch.shingles, &set, self.settings.near.measure);
            if similarity < self.settings.near.threshold {
                continue;
            }
            let id = self.id(number)?;
            if best.as_ref().is_none_or(|best| (similarity, &best.id) > (best.similarity, &id)) {
                best = Some(Match { id, kind: Kind::Near, similarity });
            }
        }
        Ok(best)
    }

    /// Adds what this run keeps, in one transaction. `clusters` are the run's, where near copies were looked for.
    ///
    /// # Errors
    /// If the store cannot be written, or a scratch file not read; nothing is added then.
    pub fn add(&self, kept: &[KeptDocument], clusters: Option<&Clusters>) -> Result<(), SeenError> {
        let transaction = self.database.begin_write()?;
        {
            let mut exact = transaction.open_table(EXACT)?;
            let mut documents = transaction.open_table(DOCUMENTS)?;
            let mut numbers = HashMap::with_capacity(kept.len());
            let next = documents.last()?.map_or(0, |(number, _)| number.value() + 1);
            for (number, document) in (next..).zip(kept) {
                documents.insert(number, document.id.as_str())?;
                numbers.insert(document.document, number);
            }
            // In order of key: redb fills its pages one after another then.
            let mut hashes: Vec<(&Hash, u64)> = kept.iter().map(|it| &it.hash).zip(next..).collect();
            hashes.sort_unstable();
            if self.settings.exact != Exact::Off {
                for (hash, number) in hashes {
                    // The document seen first keeps its place.
                    if exact.get(hash)?.is_none() {
                        exact.insert(hash, number)?;
                    }
                }
            }
            if let Some(clusters) = clusters {
                let mut shingles = transaction.open_table(SHINGLES)?;
                for (number, document) in (next..).zip(kept) {
                    if clusters.has_set(document.document) {
                        let set = clusters.set(document.document)?;
                        let bytes: Vec<u8> = set.iter().flat_map(|hash| hash.to_le_bytes()).collect();
                        shingles.insert(number, bytes.as_slice())?;
                    }
                }
                let mut bands = transaction.open_multimap_table(BANDS)?;
                clusters.each_band_key(|band, key, document| -> Result<(), SeenError> {
                    if let Some(&number) = numbers.get(&document) {
                        bands.insert((band, key), number)?;
                    }
                    Ok(())
                })?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn id(&self, number: u64) -> Result<String, SeenError> {
        Ok(self.documents.get(number)?.map(|id| id.value().to_owned()).unwrap_or_default())
    }
}

/// What the state must share with the run. Settings of what is switched off are not compared.
fn meta_of(settings: &Settings) -> Vec<(&'static str, String)> {
    let mut meta = vec![("format", FORMAT.to_owned())];
    match settings.exact {
        Exact::Content => meta.push(("exact", "content".to_owned())),
        Exact::Raw => meta.push(("exact", "raw".to_owned())),
        Exact::Off => {}
    }
    if settings.near.measure != Measure::Off {
        let Bands { bands, rows } = Bands::for_threshold(settings.near.threshold);
        meta.push(("near", format!("shingles of {}, {bands} bands of {rows}", settings.near.shingle)));
    }
    meta
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Spill, content_hash,
        near::{NearIndex, Sketcher},
        settings::tests::defaults,
    };

    const FERRY: &str = "The night ferry to Varnholm sails again from Monday after a month in the yard, the port said.";
    const FERRY_EDITED: &str =
        "The night ferry to Varnholm sails again from Monday after a month in the yard, the port authority said.";
    const SCHOOLS: &str = "Two schools in the upper valley will stay closed in March while their roofs are repaired.";

    fn settings() -> Settings {
        let mut settings = defaults();
        settings.near.measure = Measure::Jaccard;
        settings.near.threshold = 0.7;
        settings.near.shingle = 3;
        settings
    }

    fn memory() -> Database {
        Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap()
    }

    fn sketch(text: &str) -> Sketch {
        Sketcher::new(&settings().near).unwrap().sketch(std::iter::once(text)).unwrap()
    }

    fn hash(text: &str) -> Hash {
        content_hash(std::iter::once(text))
    }

    /// A state that has seen these documents in one run.
    fn seen(database: Database, spill: Spill, documents: &[(&str, &str)]) -> Seen {
        let seen = Seen::new(database, &settings()).unwrap();
        let mut index = NearIndex::new(&settings().near, spill).unwrap();
        let mut kept = Vec::new();
        for (number, (id, text)) in documents.iter().enumerate() {
            index.insert(number as u32, &sketch(text)).unwrap();
            kept.push(KeptDocument { document: number as u32, id: id.to_string(), hash: hash(text) });
        }
        let clusters = index.cluster().unwrap().run().unwrap();
        seen.add(&kept, Some(&clusters)).unwrap();
        Seen::new(seen.database, &settings()).unwrap()
    }

    #[test]
    fn copies_of_earlier_documents_are_found() {
        for spill in [Spill::never(), Spill { limit: 1, scratch: Box::new(tempfile::tempfile) }] {
            let seen = seen(memory(), spill, &[("a", SCHOOLS), ("b", FERRY)]);
            assert_eq!(seen.len().unwrap(), 2);
            assert_eq!(seen.exact(&hash(FERRY)).unwrap().map(|it| it.id), Some("b".to_owned()));
            assert_eq!(seen.exact(&hash(FERRY_EDITED)).unwrap(), None);
            let near = seen.near(&sketch(FERRY_EDITED)).unwrap().unwrap();
            assert_eq!((near.id.as_str(), near.kind), ("b", Kind::Near));
            assert!((0.7..1.0).contains(&near.similarity));
            let other = "The port of Varnholm has ordered a second crane for its new container terminal.";
            assert_eq!(seen.near(&sketch(other)).unwrap(), None);
        }
    }

    #[test]
    fn a_run_does_not_see_itself_and_adds_to_what_there_was() {
        let first = seen(memory(), Spill::never(), &[("a", FERRY)]);
        let index = NearIndex::new(&settings().near, Spill::never()).unwrap();
        let clusters = index.cluster().unwrap().run().unwrap();
        let kept = [KeptDocument { document: 0, id: "z".into(), hash: hash(SCHOOLS) }];
        first.add(&kept, Some(&clusters)).unwrap();
        assert_eq!(first.exact(&hash(SCHOOLS)).unwrap(), None);
        let second = Seen::new(first.database, &settings()).unwrap();
        assert_eq!(second.len().unwrap(), 2);
        assert_eq!(second.exact(&hash(SCHOOLS)).unwrap().map(|it| it.id), Some("z".to_owned()));
    }

    #[test]
    fn other_settings_are_refused() {
        let state = seen(memory(), Spill::never(), &[("a", FERRY)]);
        let mut other = settings();
        other.near.shingle = 5;
        let error = Seen::new(state.database, &other).err().unwrap();
        assert!(
            error.to_string().contains("near = shingles of 3, 38 bands of 5, this run has shingles of 5"),
            "{error}"
        );
    }
}
