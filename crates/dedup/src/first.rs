//! What was met first, over any number of documents in a bounded amount of memory: keys with the value each was first
//! entered with ([`KeyTable`]), and documents by their hash ([`FirstCopies`]).
//!
//! Keys are in memory up to a limit. Beyond it they go to disk in sorted runs, and a run is merged with the one before
//! it once it is half as large: there are never more runs than the logarithm of their number. Looking a key up reads
//! one block of each.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    io,
};

use crate::{Hash, Spill, scratch::ScratchFile};

/// 64-bit keys, each with the value that it was first entered with. Keys are taken to be hashes: evenly spread.
///
/// Memory: a slot of 17 bytes for a key with a value and of 9 for one without, so 20 to 40 bytes (10 to 20) with the
/// table's slack, up to the limit; and 8 bytes for each 256 keys on disk.
///
/// ```
/// use dechaff_dedup::{Spill, first::KeyTable};
/// let mut offsets = KeyTable::new(Spill::never());
/// assert_eq!(offsets.enter(17, 100)?, None);
/// assert_eq!(offsets.enter(17, 200)?, Some(100));
/// assert_eq!(offsets.get(17)?, Some(100));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct KeyTable<V = u64> {
    memory: HashMap<u64, V, BuildHasherDefault<KeyHasher>>,
    /// Keys that are held in memory at most.
    most: usize,
    runs: Vec<Run>,
    spill: Spill,
}

/// What a [`KeyTable`] keeps of a key.
pub trait Value: Copy {
    /// Bytes of an entry on disk.
    const BYTES: usize;

    /// An entry as it stands on disk.
    fn write(self, key: u64, to: &mut Vec<u8>);

    /// The value of an entry.
    fn read(entry: &[u8]) -> Self;
}

/// A sorted run on disk.
struct Run {
    file: ScratchFile,
    entries: u64,
    /// First key of every block.
    fences: Vec<u64>,
}

/// Entries of a block, which is read as a whole: 4 KiB of keys with values, a page of most file systems.
const BLOCK: usize = 256;

impl<V: Value> KeyTable<V> {
    /// An empty table that takes at most the memory of the spill.
    pub fn new(spill: Spill) -> KeyTable<V> {
        KeyTable { memory: HashMap::default(), most: most_entries(spill.limit), runs: Vec::new(), spill }
    }

    /// The value that a key was entered with.
    ///
    /// # Errors
    /// If a scratch file cannot be read.
    pub fn get(&self, key: u64) -> io::Result<Option<V>> {
        if let Some(value) = self.memory.get(&key) {
            return Ok(Some(*value));
        }
        for run in &self.runs {
            if let Some(value) = run.get(key)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Enters a key, unless it is there already: then the value that it was entered with.
    ///
    /// # Errors
    /// If a scratch file cannot be made, written or read.
    pub fn enter(&mut self, key: u64, value: V) -> io::Result<Option<V>> {
        let earlier = self.get(key)?;
        if earlier.is_none() {
            if self.memory.len() >= self.most {
                self.write_run()?;
            }
            self.memory.insert(key, value);
        }
        Ok(earlier)
    }

    /// Moves what is in memory to disk.
    fn write_run(&mut self) -> io::Result<()> {
        let mut entries: Vec<(u64, V)> = self.memory.drain().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        let mut writer = Writer::new(self.spill.file()?);
        entries.into_iter().try_for_each(|(key, value)| writer.add(key, value))?;
        let mut run = writer.finish()?;
        while let Some(before) = self.runs.pop_if(|before| before.entries <= 2 * run.entries) {
            run = merged::<V>(&before, &run, self.spill.file()?)?;
        }
        self.runs.push(run);
        Ok(())
    }
}

impl<V> fmt::Debug for KeyTable<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs: Vec<u64> = self.runs.iter().map(|run| run.entries).collect();
        f.debug_struct("KeyTable").field("memory", &self.memory.len()).field("runs", &runs).finish_non_exhaustive()
    }
}

impl Value for u64 {
    const BYTES: usize = 16;

    fn write(self, key: u64, to: &mut Vec<u8>) {
        to.extend_from_slice(&key.to_le_bytes());
        to.extend_from_slice(&self.to_le_bytes());
    }

    fn read(entry: &[u8]) -> u64 {
        number(&entry[8..])
    }
}

impl Value for () {
    const BYTES: usize = 8;

    fn write(self, key: u64, to: &mut Vec<u8>) {
        to.extend_from_slice(&key.to_le_bytes());
    }

    fn read(_: &[u8]) {}
}

/// The most entries of a table within so many bytes: a table of 2^k slots holds seven eighths of them, takes 17 bytes a
/// slot, and 16 more for each entry while these are sorted.
fn most_entries(limit: u64) -> usize {
    let slots = (limit / 32).clamp(16, 1 << 40);
    let slots = if slots.is_power_of_two() { slots } else { slots.next_power_of_two() / 2 };
    usize::try_from(slots / 8 * 7).unwrap_or(usize::MAX)
}

impl Run {
    fn get<V: Value>(&self, key: u64) -> io::Result<Option<V>> {
        let Some(block) = self.fences.partition_point(|first| *first <= key).checked_sub(1) else { return Ok(None) };
        let first = (block * BLOCK) as u64;
        let entries = (self.entries - first).min(BLOCK as u64) as usize;
        let mut bytes = vec![0; entries * V::BYTES];
        self.file.read(&mut bytes, first * V::BYTES as u64)?;
        let (mut low, mut high) = (0, entries);
        while low < high {
            let middle = (low + high) / 2;
            let entry = &bytes[middle * V::BYTES..][..V::BYTES];
            match number(entry).cmp(&key) {
                std::cmp::Ordering::Equal => return Ok(Some(V::read(entry))),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }
}

/// Writes a run, entries in order of their keys.
struct Writer {
    file: ScratchFile,
    entries: u64,
    fences: Vec<u64>,
    entry: Vec<u8>,
}

impl Writer {
    fn new(file: ScratchFile) -> Writer {
        Writer { file, entries: 0, fences: Vec::new(), entry: Vec::new() }
    }

    fn add<V: Value>(&mut self, key: u64, value: V) -> io::Result<()> {
        if self.entries.is_multiple_of(BLOCK as u64) {
            self.fences.push(key);
        }
        self.entries += 1;
        self.entry.clear();
        value.write(key, &mut self.entry);
        self.file.append(&self.entry)
    }

    fn finish(mut self) -> io::Result<Run> {
        self.file.flush()?;
        Ok(Run { file: self.file, entries: self.entries, fences: self.fences })
    }
}

/// Reads a run from its beginning.
struct Cursor<'a> {
    run: &'a Run,
    read: u64,
    bytes: Vec<u8>,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Entries read at a time.
    const READ: u64 = 4096;

    fn new(run: &'a Run) -> Cursor<'a> {
        Cursor { run, read: 0, bytes: Vec::new(), at: 0 }
    }

    fn peek<V: Value>(&mut self) -> io::Result<Option<(u64, V)>> {
        if self.at == self.bytes.len() {
            let entries = (self.run.entries - self.read).min(Cursor::READ);
            if entries == 0 {
                return Ok(None);
            }
            self.bytes.resize(entries as usize * V::BYTES, 0);
            self.run.file.read(&mut self.bytes, self.read * V::BYTES as u64)?;
            self.read += entries;
            self.at = 0;
        }
        let entry = &self.bytes[self.at..][..V::BYTES];
        Ok(Some((number(entry), V::read(entry))))
    }

    fn pass<V: Value>(&mut self) {
        self.at += V::BYTES;
    }
}

/// Two runs as one. No key is in both.
fn merged<V: Value>(one: &Run, other: &Run, file: ScratchFile) -> io::Result<Run> {
    let (mut one, mut other) = (Cursor::new(one), Cursor::new(other));
    let mut writer = Writer::new(file);
    loop {
        let (next, from) = match (one.peek::<V>()?, other.peek::<V>()?) {
            (None, None) => return writer.finish(),
            (Some(a), Some(b)) if b.0 < a.0 => (b, &mut other),
            (Some(a), _) => (a, &mut one),
            (None, Some(b)) => (b, &mut other),
        };
        from.pass::<V>();
        writer.add(next.0, next.1)?;
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The first document of every hash, with its id: [`crate::ExactIndex`] for any number of documents.
///
/// Hashes and ids stand in a scratch file (36 bytes and the id a document); in memory is a [`KeyTable`] of the first
/// eight bytes of the hashes. A hash is compared as a whole before a document is called a copy.
///
/// ```
/// use dechaff_dedup::{Spill, first::FirstCopies, raw_hash};
/// let files = || Spill { limit: 1 << 20, scratch: Box::new(tempfile::tempfile) };
/// let mut copies = FirstCopies::new(files(), files());
/// assert_eq!(copies.first(&raw_hash(b"a"), "one")?, None);
/// assert_eq!(copies.first(&raw_hash(b"b"), "two")?, None);
/// assert_eq!(copies.first(&raw_hash(b"a"), "three")?.as_deref(), Some("one"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct FirstCopies {
    keys: KeyTable<u64>,
    file: Option<ScratchFile>,
    files: Spill,
}

impl FirstCopies {
    /// None yet. `keys` bounds the memory for keys and holds what exceeds it; `ids` makes the file of hashes and ids.
    pub fn new(keys: Spill, ids: Spill) -> FirstCopies {
        FirstCopies { keys: KeyTable::new(keys), file: None, files: ids }
    }

    /// The id of the first document with this hash; enters this one if there is none.
    ///
    /// # Errors
    /// If a scratch file cannot be made, written or read.
    pub fn first(&mut self, hash: &Hash, id: &str) -> io::Result<Option<String>> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(self.files.file()?),
        };
        let mut key = number(hash);
        while let Some(at) = self.keys.enter(key, file.length())? {
            let mut head = [0; HEAD];
            file.read(&mut head, at)?;
            if head.first_chunk() == Some(hash) {
                let length = u32::from_le_bytes(*head.last_chunk().expect("a head ends with four bytes"));
                let mut id = vec![0; length as usize];
                file.read(&mut id, at + HEAD as u64)?;
                return String::from_utf8(id).map(Some).map_err(io::Error::other);
            }
            // Another document's hash begins alike: the next key is as good, as long as both ask in the same order.
            key = key.wrapping_add(1);
        }
        let length = u32::try_from(id.len()).map_err(io::Error::other)?;
        file.append(&[hash.as_slice(), &length.to_le_bytes(), id.as_bytes()].concat())?;
        Ok(None)
    }
}

/// Hash and length of the id.
const HEAD: usize = 36;

impl fmt::Debug for FirstCopies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstCopies").field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// Keys are hashes already.
#[derive(Debug, Clone, Default)]
pub struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw_hash;

    fn on_disk(limit: u64) -> Spill {
        Spill { limit, scratch: Box::new(tempfile::tempfile) }
    }

    #[test]
    fn the_first_value_of_a_key_is_found_wherever_it_went() {
        // 14 keys fit in memory, so that there are runs of every size and merges of them.
        let mut table = KeyTable::new(on_disk(1));
        let mut plain = HashMap::new();
        for number in 0..5000u64 {
            let key = u64::from_le_bytes(raw_hash(&(number % 3100).to_le_bytes())[..8].try_into().unwrap());
            let earlier = plain.get(&key).copied();
            plain.entry(key).or_insert(number);
            assert_eq!(table.enter(key, number).unwrap(), earlier, "{number}");
        }
        assert!(plain.iter().all(|(key, value)| table.get(*key).unwrap() == Some(*value)));
        assert_eq!((table.get(0).unwrap(), table.get(u64::MAX).unwrap()), (None, None));
        assert!((2..=9).contains(&table.runs.len()), "{table:?}");
    }

    #[test]
    fn keys_without_values_are_a_set() {
        let mut names = KeyTable::new(on_disk(1));
        assert!((0..1000u64).rev().all(|key| names.enter(key, ()).unwrap().is_none()));
        assert!((0..1000u64).all(|key| names.enter(key, ()).unwrap().is_some()));
    }

    #[test]
    fn memory_is_bounded_by_the_limit() {
        for limit in [1 << 20, 5 << 20, 1 << 30] {
            let most = most_entries(limit) as u64;
            assert!(most * 8 / 7 * 17 + most * 16 <= limit, "{limit}");
            assert!(most * 128 > limit, "{limit}");
        }
    }

    #[test]
    fn copies_are_told_by_the_whole_hash() {
        let mut copies = FirstCopies::new(on_disk(1), on_disk(1));
        let like = |last: u8| {
            let mut hash = raw_hash(b"page");
            hash[31] = last;
            hash
        };
        assert_eq!(copies.first(&like(1), "one").unwrap(), None);
        assert_eq!(copies.first(&like(2), "two").unwrap(), None);
        assert_eq!(copies.first(&like(1), "three").unwrap().as_deref(), Some("one"));
        assert_eq!(copies.first(&like(2), "four").unwrap().as_deref(), Some("two"));
        // Enough of them that the file is written and read in turns.
        let long = "x".repeat(900);
        for round in 0..2 {
            for number in 0..3000u64 {
                let found = copies.first(&raw_hash(&number.to_le_bytes()), &format!("{long}{number}")).unwrap();
                assert_eq!(found, (round == 1).then(|| format!("{long}{number}")));
            }
        }
    }
}
