//! gzip and Zstandard streams, and reading within a limit.

use std::{
    borrow::Cow,
    io::{self, BufRead, Read},
};

use flate2::bufread::MultiGzDecoder;

use crate::signature::{Signature, signature};

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// The compression of a stream by its first bytes.
    pub(crate) fn of(head: &[u8]) -> Option<Compression> {
        match signature(head) {
            Some(Signature::Gzip) => Some(Compression::Gzip),
            Some(Signature::Zstd) => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// The decompressed stream. Several members or frames follow each other as one stream.
    pub(crate) fn decoder<'a>(self, reader: impl BufRead + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Compression::Gzip => Box::new(MultiGzDecoder::new(reader)),
            Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(reader)?),
        })
    }

    /// As [`Compression::decoder`], for a container: dumps that were compressed with `zstd --long=31` need a window of
    /// 2 GiB, which a document by itself is not granted.
    pub(crate) fn container_decoder(self, reader: impl BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        const LONGEST_WINDOW: u32 = 31;
        Ok(match self {
            Compression::Gzip => Box::new(MultiGzDecoder::new(reader)),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(reader)?;
                decoder.window_log_max(LONGEST_WINDOW)?;
                Box::new(decoder)
            }
        })
    }

    /// A file name without the ending that stands for this compression.
    pub(crate) fn plain_name(self, name: &str) -> &str {
        let endings: &[&str] = match self {
            Compression::Gzip => &[".gz", ".gzip"],
            Compression::Zstd => &[".zst", ".zstd"],
        };
        endings
            .iter()
            .find(|ending| {
                name.len() > ending.len()
                    && name.as_bytes()[name.len() - ending.len()..].eq_ignore_ascii_case(ending.as_bytes())
            })
            .map_or(name, |ending| &name[..name.len() - ending.len()])
    }
}

/// Bytes of a stream, up to a limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) bytes: Vec<u8>,
    /// The stream goes on behind the limit.
    pub(crate) over: bool,
}

/// Reads a stream up to `limit` bytes. What is allocated is what the stream gives, not what it announces.
pub(crate) fn read_limited(reader: impl Read, limit: u64) -> io::Result<Limited> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let over = bytes.len() as u64 > limit;
    bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(Limited { bytes, over })
}

/// The beginning of a stream as far as it can be had: at most `length` bytes, less at its end or at an error.
pub(crate) fn head(mut reader: impl Read, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match reader.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    bytes.truncate(filled);
    bytes
}

/// The decompressed beginning of a stream whose beginning is given.
pub(crate) fn decompressed_head(compressed: &[u8], length: usize) -> Cow<'_, [u8]> {
    match Compression::of(compressed).map(|compression| compression.decoder(compressed)) {
        Some(Ok(decoder)) => Cow::Owned(head(decoder, length)),
        Some(Err(_)) => Cow::Borrowed(&[]),
        None => Cow::Borrowed(compressed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_the_ending_of_their_compression_alone() {
        assert_eq!(Compression::Gzip.plain_name("a.html.GZ"), "a.html");
        assert_eq!(Compression::Zstd.plain_name("a.html.gz"), "a.html.gz");
        assert_eq!(Compression::Gzip.plain_name(".gz"), ".gz");
        assert_eq!(Compression::Gzip.plain_name("é.gz"), "é");
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let endless = io::repeat(b'x');
        assert_eq!(read_limited(endless, 3).unwrap(), Limited { bytes: b"xxx".to_vec(), over: true });
        assert_eq!(read_limited(&b"xxx"[..], 3).unwrap(), Limited { bytes: b"xxx".to_vec(), over: false });
    }
}
