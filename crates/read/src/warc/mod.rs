//! WARC (ISO 28500, versions 1.0 and 1.1): plain, compressed record by record or as a whole, with gzip or Zstandard.
//!
//! fastwarc reads headers and decompresses; this module decides which records are inputs, and goes on behind damage:
//!
//! * a record whose `Content-Length` does not lead to the next record, a member that does not decompress, an archive
//!   that ends inside a record: each is one broken record with its place;
//! * reading goes on at the next record: at the next member or frame, else at the next line that begins a record,
//!   searched from the broken record's own content on.
//!
//! Time is linear in the length of the archive: no more bytes are read a second time than were read once.

mod frames;
mod http;

use fastwarc::warc::header::{HeaderEncoding, HeaderMap};
use memchr::memmem;

pub(crate) use frames::{Frames, Once};
pub(crate) use http::{Block, Kind};

use crate::{OverLimit, Place, Settings};

/// Longest header block, in bytes. Cookies and the like make long HTTP headers; 64 KiB is twice fastwarc's default.
pub(crate) const HEADER_LIMIT: usize = 64 << 10;

/// Bytes kept of a record that is over the limit: they tell what it is.
const HEAD: usize = 64 << 10;

/// A record of the archive.
pub(crate) struct Split {
    pub(crate) place: Place,
    pub(crate) id: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) what: What,
}

pub(crate) enum What {
    /// A record that may hold a page.
    Block(Box<Block>),
    Skipped(String),
    Failed(String),
}

/// The records of an archive.
pub(crate) struct Warc {
    frames: Frames,
    index: u64,
    /// Records of other kinds since this was last asked for.
    others: u64,
    /// Most bytes of a record that are kept.
    limit: u64,
    fail_over_limit: bool,
    /// Length of a plain file.
    plain_length: Option<u64>,
    /// Bytes that were read a second time to find the next record.
    looked_again: u64,
    /// Line ends that were last passed over.
    line_ends: Vec<u8>,
    pending: Option<Split>,
    ended: bool,
}

/// How reading a record's content ended.
enum End {
    /// All of it was there.
    Complete,
    /// The archive ended first.
    Archive,
    /// The next record's member began first.
    Member { missing: u64 },
}

impl Warc {
    /// Records from `place` on.
    pub(crate) fn new(mut frames: Frames, place: Option<Place>, settings: &Settings) -> Warc {
        if let Some(place) = place {
            // Damage on the way is met again by the first record.
            let _ = frames.go_to(place);
        }
        let file_length = frames.file_length();
        Warc {
            looked_again: 0,
            plain_length: file_length.filter(|_| frames.is_plain()),
            frames,
            index: place.map_or(0, |place| place.index),
            others: 0,
            limit: settings.max_bytes.saturating_add(HEADER_LIMIT as u64),
            fail_over_limit: settings.over_limit == OverLimit::Fail,
            line_ends: Vec::new(),
            pending: None,
            ended: false,
        }
    }

    /// Records passed over since this was last asked for, that hold no page by their kind.
    pub(crate) fn take_others(&mut self) -> u64 {
        std::mem::take(&mut self.others)
    }

    /// The next record that is an input, or broken.
    pub(crate) fn next(&mut self) -> Option<Split> {
        loop {
            if let Some(split) = self.pending.take() {
                return Some(split);
            }
            if self.ended {
                return None;
            }
            match self.skip_line_ends() {
                Err(error) => return self.damaged(&error),
                Ok(false) => {
                    self.ended = true;
                    return None;
                }
                Ok(true) => {}
            }
            if let Some(split) = self.record() {
                return Some(split);
            }
        }
    }

    /// The record that begins here; `None` if it is of another kind.
    fn record(&mut self) -> Option<Split> {
        let place = self.place();
        if !self.at_record() {
            if self.frames.only_padding_follows() {
                self.ended = true;
                return None;
            }
            return self.failed(place, None, None, "no WARC record begins here".into());
        }
        let mut headers = HeaderMap::new(HeaderEncoding::Unicode);
        let frame = self.frames.frame();
        if let Err(error) = headers.parse_with_opts(&mut self.frames, true, HEADER_LIMIT, true) {
            if error.kind() == std::io::ErrorKind::InvalidData && self.frames.frame() == frame && self.at_hand() {
                return self.failed(place, None, None, format!("the record's header: {error}"));
            }
            return self.damaged(&error);
        }
        let get = |name: &str| headers.get(name).map(|value| value.into_owned()).filter(|value| !value.is_empty());
        let (id, url) = (get("WARC-Record-ID"), get("WARC-Target-URI"));
        let url = url.map(|url| url.trim_start_matches('<').trim_end_matches('>').to_owned());
        let content = self.frames.place();
        let length = get("Content-Length").and_then(|length| length.trim().parse::<u64>().ok());
        let Some(length) = length else {
            return self.failed(place, id, url, "the record has no Content-Length".into());
        };
        let kind = Kind::of(&headers);
        let keep = match kind {
            Kind::Other | Kind::Skipped(_) => 0,
            _ if length > self.limit && self.fail_over_limit => HEAD as u64,
            _ => self.limit.min(length),
        };
        // A plain file tells at once that a record cannot be as long as it says.
        let beyond = self.plain_length.is_some_and(|file| content.offset.saturating_add(length) > file);
        // What a record says of its length is believed up to a page's usual size.
        let mut bytes = Vec::with_capacity(usize::try_from(keep.min(length)).unwrap_or(0).min(1 << 20));
        let before = self.frames.position();
        let end = match beyond {
            true => Ok(End::Archive),
            false => self.content(length, keep, frame, &mut bytes),
        };
        let read = self.frames.position() - before;
        let mut next_is_damaged = None;
        let message = match end {
            Err(error) => return Some(self.damaged_at(place, id, url, &error)),
            Ok(End::Complete) => match self.skip_line_ends() {
                // An error behind the record's last byte is its own if it is in its member (the checksum), else it is
                // the next record's.
                Err(error) if self.frames.frame() == frame => {
                    return Some(self.damaged_at(place, id, url, &error));
                }
                Err(error) => {
                    next_is_damaged = Some(error);
                    None
                }
                Ok(more) if !more || self.at_record() => None,
                // The blank line is where it should be: what follows is no fault of this record.
                Ok(_) if self.line_ends.iter().filter(|byte| **byte == b'\n').count() >= 2 => None,
                Ok(_) => Some(format!("Content-Length {length} does not lead to the end of the record")),
            },
            Ok(End::Archive) => Some(format!("the archive ends before the record's {length} bytes")),
            Ok(End::Member { missing }) => {
                let message = format!("the record has {} bytes of {length}", length - missing);
                return Some(self.split(place, id, url, What::Failed(message)));
            }
        };
        if let Some(message) = message {
            let split = self.split(place, id, url, What::Failed(message));
            self.find_next(content, read, &bytes);
            return Some(split);
        }
        let what = match kind {
            Kind::Other => None,
            Kind::Skipped(why) => Some(What::Skipped(why)),
            kind => Some(What::Block(Box::new(Block::new(kind, &headers, bytes, length > keep)))),
        };
        let split = match what {
            Some(what) => Some(self.split(place, id, url, what)),
            None => {
                self.others += 1;
                self.index += 1;
                None
            }
        };
        if let Some(error) = next_is_damaged {
            self.pending = self.damaged(&error);
        }
        split
    }

    /// Reads a record's content, keeping its beginning.
    fn content(&mut self, length: u64, keep: u64, frame: u64, bytes: &mut Vec<u8>) -> std::io::Result<End> {
        let mut left = length;
        let mut current = frame;
        while left > 0 {
            let available = self.frames.fill()?.len();
            if available == 0 {
                return Ok(End::Archive);
            }
            if self.frames.frame() != current {
                current = self.frames.frame();
                if self.at_record() {
                    return Ok(End::Member { missing: left });
                }
            }
            let taken = available.min(usize::try_from(left).unwrap_or(usize::MAX));
            let room = usize::try_from(keep).unwrap_or(usize::MAX).saturating_sub(bytes.len());
            if room > 0 {
                let kept = &self.frames.fill()?[..taken.min(room)];
                bytes.extend_from_slice(kept);
            }
            self.frames.consume(taken);
            left -= taken as u64;
        }
        Ok(End::Complete)
    }

    /// Goes to the next record behind one whose length is wrong: its content, `read` bytes of which the beginning was
    /// kept, may hold that record.
    fn find_next(&mut self, content: Place, read: u64, kept: &[u8]) {
        let next = |bytes: &[u8]| {
            memmem::find_iter(bytes, b"\nWARC/").map(|at| at + 1).find(|at| bytes[*at..].starts_with(b"WARC/1."))
        };
        if kept.len() as u64 == read {
            if let Some(at) = next(kept)
                && self.may_look_again((kept.len() - at) as u64)
            {
                let line_ends = std::mem::take(&mut self.line_ends);
                self.frames.give_back(&[&kept[at..], &line_ends].concat());
                return;
            }
        } else if let Some(cost) = self.frames.cost_of_return(content)
            && self.may_look_again(cost)
        {
            // Damage on the way is met by the search.
            let _ = self.frames.go_to(content);
        }
        self.find_record_line();
    }

    /// Whether so many bytes may be read a second time: no more in all than were read once, and a little.
    fn may_look_again(&mut self, bytes: u64) -> bool {
        const LITTLE: u64 = 64 << 20;
        let allowed = self.looked_again.saturating_add(bytes) <= self.frames.position().saturating_add(LITTLE);
        if allowed {
            self.looked_again += bytes;
        }
        allowed
    }

    /// Goes to the next line that begins a record, or to the end.
    fn find_record_line(&mut self) {
        let mut frame = self.frames.frame();
        let mut line_start = false;
        loop {
            let Ok(available) = self.frames.fill() else { return };
            if available.is_empty() {
                self.ended = true;
                return;
            }
            let (length, first) = (available.len(), memchr::memchr(b'\n', available));
            line_start |= self.frames.frame() != frame;
            frame = self.frames.frame();
            if line_start && self.at_record() {
                return;
            }
            let taken = first.map_or(length, |at| at + 1);
            line_start = first.is_some();
            self.frames.consume(taken);
        }
    }

    /// Passes over line ends between records; `false` at the end of the archive.
    fn skip_line_ends(&mut self) -> std::io::Result<bool> {
        /// Two line ends are due behind a record; more than these are not given back, ever.
        const REMEMBERED: usize = 1024;
        self.line_ends.clear();
        loop {
            let available = self.frames.fill()?;
            if available.is_empty() {
                return Ok(false);
            }
            let ends = available.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let more = ends < available.len();
            self.line_ends.extend_from_slice(&available[..ends.min(REMEMBERED)]);
            self.frames.consume(ends);
            if more {
                return Ok(true);
            }
        }
    }

    /// Whether a record begins at the bytes at hand (as far as there are enough of them to tell).
    fn at_record(&mut self) -> bool {
        const VERSION: &[u8] = b"WARC/";
        self.frames.fill().is_ok_and(|available| {
            !available.is_empty() && available.iter().zip(VERSION).all(|(byte, expected)| byte == expected)
        })
    }

    fn at_hand(&mut self) -> bool {
        self.frames.fill().is_ok()
    }

    fn place(&self) -> Place {
        Place { index: self.index, ..self.frames.place() }
    }

    fn split(&mut self, place: Place, id: Option<String>, url: Option<String>, what: What) -> Split {
        self.index += 1;
        Split { place, id, url, what }
    }

    /// A broken record; reading goes on at the next line that begins one.
    fn failed(&mut self, place: Place, id: Option<String>, url: Option<String>, message: String) -> Option<Split> {
        let split = self.split(place, id, url, What::Failed(message));
        // The line that was taken for a beginning is not looked at again.
        if let Ok(available) = self.frames.fill() {
            let one = available.len().min(1);
            self.frames.consume(one);
        }
        self.find_record_line();
        Some(split)
    }

    /// The stream cannot be read here: one broken record, or none where only padding follows.
    fn damaged(&mut self, error: &std::io::Error) -> Option<Split> {
        let place = self.place();
        if self.frames.only_padding_follows() {
            self.ended = true;
            return None;
        }
        Some(self.damaged_at(place, None, None, error))
    }

    fn damaged_at(&mut self, place: Place, id: Option<String>, url: Option<String>, error: &std::io::Error) -> Split {
        let mut message = error.to_string();
        if !matches!(self.frames.skip_damage(b"WARC/"), Ok(true)) {
            self.ended = true;
            message.push_str("; no record was found behind it");
        }
        self.split(place, id, url, What::Failed(message))
    }
}
