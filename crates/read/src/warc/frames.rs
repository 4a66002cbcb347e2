//! A plain or compressed stream that knows where in its file it stands, and finds its way on behind damage.
//!
//! fastwarc's readers decompress; this adds the places: the gzip member or Zstandard frame that a byte comes from, and
//! how far inside it.

use std::{
    fs::File,
    io::{self, BufRead, Read, Seek, SeekFrom},
    path::PathBuf,
};

use fastwarc::stream_io::{
    bufread::TrackingBufReader,
    gzip::GzipReader,
    traits::{ReadSeek, WarcRead},
    zstd::ZstdReader,
};

use crate::{
    Place,
    compress::{Compression, head},
};

/// Bytes read at a time.
const BUFFER: usize = 256 << 10;

type Raw = Box<dyn ReadSeek>;

enum Inner {
    Plain(TrackingBufReader<Raw>),
    Gzip(Box<GzipReader<Raw>>),
    Zstd(Box<ZstdReader<Raw>>),
}

/// A stream of records.
pub(crate) struct Frames {
    inner: Inner,
    /// The file, if the stream can be entered anywhere.
    path: Option<PathBuf>,
    /// Bytes that were read and given back.
    front: Vec<u8>,
    front_at: usize,
    /// Bytes read so far, decompressed; front bytes that were given back do not count.
    position: u64,
    /// Where the current member or frame begins in the file.
    frame: u64,
    /// `position` at its first byte.
    base: u64,
}

impl Frames {
    pub(crate) fn new(raw: Raw, path: Option<PathBuf>, compression: Option<Compression>) -> Frames {
        let inner = match compression {
            None => Inner::Plain(TrackingBufReader::with_capacity(BUFFER, raw)),
            Some(Compression::Gzip) => Inner::Gzip(Box::new(GzipReader::with_capacity(raw, BUFFER))),
            Some(Compression::Zstd) => Inner::Zstd(Box::new(ZstdReader::with_capacity(raw, BUFFER))),
        };
        Frames { inner, path, front: Vec::new(), front_at: 0, position: 0, frame: 0, base: 0 }
    }

    /// Where the next byte comes from.
    pub(crate) fn place(&self) -> Place {
        match self.inner {
            Inner::Plain(_) => Place { offset: self.position, within: 0, index: 0 },
            _ => Place { offset: self.frame, within: self.position.saturating_sub(self.base), index: 0 },
        }
    }

    /// The beginning of the current member or frame; 0 in a plain stream.
    pub(crate) fn frame(&self) -> u64 {
        self.frame
    }

    /// Bytes at hand; none at the end of the stream.
    pub(crate) fn fill(&mut self) -> io::Result<&[u8]> {
        if self.front_at < self.front.len() {
            return Ok(&self.front[self.front_at..]);
        }
        let Frames { inner, frame, base, position, .. } = self;
        let reader: &mut dyn WarcRead = match inner {
            Inner::Plain(reader) => return reader.fill_buf(),
            Inner::Gzip(reader) => reader.as_mut(),
            Inner::Zstd(reader) => reader.as_mut(),
        };
        // A member whose last bytes were handed out before its end was seen gives an empty buffer once: what tells the
        // end of the stream is that no input is taken any more.
        let result = loop {
            let before = reader.inner_stream_position()?;
            match reader.fill_buf().map(<[u8]>::len) {
                Ok(0) if reader.inner_stream_position()? != before => {}
                Ok(_) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        // After an error too: it belongs to the member it occurred in.
        let now = reader.frame_start_position()?.unwrap_or(0);
        if now != *frame {
            *frame = now;
            *base = *position;
        }
        result.and_then(|()| reader.fill_buf())
    }

    /// Passes over bytes at hand.
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.position += bytes as u64;
        if self.front_at < self.front.len() {
            self.front_at += bytes;
            if self.front_at >= self.front.len() {
                self.front.clear();
                self.front_at = 0;
            }
            return;
        }
        match &mut self.inner {
            Inner::Plain(reader) => reader.consume(bytes),
            Inner::Gzip(reader) => reader.consume(bytes),
            Inner::Zstd(reader) => reader.consume(bytes),
        }
    }

    /// Gives back bytes that were just read: they come again.
    pub(crate) fn give_back(&mut self, bytes: &[u8]) {
        self.position -= bytes.len() as u64;
        let rest = self.front.split_off(self.front_at.min(self.front.len()));
        self.front = [bytes, &rest].concat();
        self.front_at = 0;
    }

    /// Bytes read so far, decompressed.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Whether the stream is not compressed.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.inner, Inner::Plain(_))
    }

    /// Length of the file, if it is one.
    pub(crate) fn file_length(&self) -> Option<u64> {
        self.path.as_ref().and_then(|path| path.metadata().ok()).map(|metadata| metadata.len())
    }

    /// Bytes that are read twice by going back to a place; `None` if there is no going back.
    pub(crate) fn cost_of_return(&self, place: Place) -> Option<u64> {
        self.path.as_ref()?;
        Some(if self.is_plain() { self.position.saturating_sub(place.offset) } else { place.within })
    }

    /// Goes to a place: in a file by seeking to its frame, in a stream by reading up to it.
    pub(crate) fn go_to(&mut self, place: Place) -> io::Result<()> {
        if self.path.is_some() {
            if place.offset != 0 || self.position != 0 {
                self.seek_frame(place.offset)?;
            }
        } else {
            while self.place().offset < place.offset {
                let (frame, available) = (self.frame, self.fill()?.len());
                if available == 0 || (self.frame != frame && self.frame >= place.offset) {
                    break;
                }
                let taken = match self.inner {
                    Inner::Plain(_) => {
                        available.min(usize::try_from(place.offset - self.position).unwrap_or(available))
                    }
                    _ => available,
                };
                self.consume(taken);
            }
        }
        let mut left = place.within;
        while left > 0 {
            let taken = self.fill()?.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if taken == 0 {
                break;
            }
            self.consume(taken);
            left -= taken as u64;
        }
        Ok(())
    }

    fn seek_frame(&mut self, offset: u64) -> io::Result<()> {
        self.front.clear();
        self.front_at = 0;
        let start = SeekFrom::Start(offset);
        match &mut self.inner {
            Inner::Plain(reader) => {
                reader.seek(start)?;
                self.position = offset;
                return Ok(());
            }
            Inner::Gzip(reader) => reader.inner_seek(start)?,
            Inner::Zstd(reader) => {
                if reader.dictionary().is_none() && self.position == 0 {
                    // The dictionary comes first in the file and must have been met. Damage there is met again later.
                    let _ = reader.fill_buf();
                }
                reader.inner_seek(start)?
            }
        };
        self.frame = offset;
        self.base = self.position;
        Ok(())
    }

    /// Goes to the next member or frame behind the current one that begins with these bytes, decompressed. `false` if
    /// there is none, or no telling. Takes time in the length of the file at most.
    pub(crate) fn skip_damage(&mut self, beginning: &[u8]) -> io::Result<bool> {
        let Some(path) = &self.path else { return Ok(false) };
        let (magic, dictionary): (&[u8], _) = match &self.inner {
            Inner::Plain(_) => return Ok(false),
            Inner::Gzip(_) => (b"\x1f\x8b\x08", None),
            Inner::Zstd(reader) => (b"\x28\xb5\x2f\xfd", reader.dictionary().cloned()),
        };
        let mut file = File::open(path)?;
        let mut at = self.frame + 1;
        let mut bytes = Vec::new();
        loop {
            file.seek(SeekFrom::Start(at))?;
            bytes.clear();
            (&mut file).take(BUFFER as u64).read_to_end(&mut bytes)?;
            for found in memchr::memmem::find_iter(&bytes, magic) {
                let candidate = at + found as u64;
                file.seek(SeekFrom::Start(candidate))?;
                if begins_with(&file, magic, dictionary.as_deref(), beginning) {
                    self.seek_frame(candidate)?;
                    return Ok(true);
                }
            }
            if bytes.len() < BUFFER {
                return Ok(false);
            }
            // A signature may lie across the end of the buffer.
            at += (bytes.len() - magic.len() + 1) as u64;
        }
    }

    /// Whether nothing but NUL bytes follows in the file: padding that tapes and block devices leave.
    pub(crate) fn only_padding_follows(&self) -> bool {
        let check = || -> io::Result<bool> {
            let Some(path) = &self.path else { return Ok(false) };
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(self.place().offset))?;
            let mut buffer = vec![0; BUFFER];
            loop {
                let read = file.read(&mut buffer)?;
                if read == 0 || buffer[..read].iter().any(|byte| *byte != 0) {
                    return Ok(read == 0);
                }
            }
        };
        check().unwrap_or(false)
    }
}

/// Whether a member or frame at the file's cursor decompresses to this beginning.
fn begins_with(file: &File, magic: &[u8], dictionary: Option<&[u8]>, beginning: &[u8]) -> bool {
    let limited = io::BufReader::with_capacity(4 << 10, file);
    let start = match (magic[0], dictionary) {
        (0x1f, _) => head(flate2::bufread::GzDecoder::new(limited), beginning.len()),
        (_, Some(dictionary)) => match zstd::stream::read::Decoder::with_dictionary(limited, dictionary) {
            Ok(decoder) => head(decoder.single_frame(), beginning.len()),
            Err(_) => return false,
        },
        (_, None) => match zstd::stream::read::Decoder::with_buffer(limited) {
            Ok(decoder) => head(decoder.single_frame(), beginning.len()),
            Err(_) => return false,
        },
    };
    start == beginning
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill()?;
        let read = available.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Frames {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.fill()
    }

    fn consume(&mut self, bytes: usize) {
        Frames::consume(self, bytes);
    }
}

impl Seek for Frames {
    /// Says the position; there is no going anywhere this way.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Current(0) => Ok(self.position),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// A stream that can be read once, as fastwarc asks for it.
pub(crate) struct Once<R> {
    reader: R,
    position: u64,
}

impl<R> Once<R> {
    pub(crate) fn new(reader: R) -> Once<R> {
        Once { reader, position: 0 }
    }
}

impl<R: Read> Read for Once<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R> Seek for Once<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Current(0) => Ok(self.position),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}
