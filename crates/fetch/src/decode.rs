//! Undoes a response's content coding while it comes, to bound its size and to read sitemaps and feeds.
//!
//! The archive keeps the body as transferred; nothing decoded here is written.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// RFC 9110 sets no bound on stacked codings; real ones have one, and each costs memory.
const MAX_CODINGS: usize = 3;
/// RFC 9659 bounds the window of `zstd` as a content coding to 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Takes a body as transferred and counts, and if asked keeps, what it decodes to.
pub(crate) struct Decoder {
    /// `None` once the coding turned out broken: the rest is not looked at.
    stages: Option<Box<dyn Write + Send>>,
    end: Arc<Mutex<End>>,
}

/// More came out than the limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

struct End {
    left: u64,
    kept: Option<Vec<u8>>,
    exceeded: bool,
}

impl Decoder {
    /// `content_encoding` is the header's value, empty for none. An unknown coding is counted as it is.
    pub(crate) fn new(content_encoding: &str, limit: u64, keep: bool) -> Self {
        let end = Arc::new(Mutex::new(End { left: limit, kept: keep.then(Vec::new), exceeded: false }));
        let mut stages: Box<dyn Write + Send> = Box::new(Sink(end.clone()));
        // Listed in the order applied, so the first listed is undone last and built first.
        for coding in content_encoding.split(',').take(MAX_CODINGS) {
            stages = match coding.trim().to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(Between::new(stages, limit, &end))),
                "deflate" => Box::new(Deflate::Unknown(Some(Between::new(stages, limit, &end)))),
                "br" => Box::new(DecompressorWriter::new(Between::new(stages, limit, &end), 16 * 1024)),
                "zstd" => match zstd_decoder(Between::new(stages, limit, &end)) {
                    Ok(decoder) => Box::new(decoder),
                    Err(_) => Box::new(io::sink()),
                },
                _ => stages,
            };
        }
        Self { stages: Some(stages), end }
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        let Some(stages) = &mut self.stages else { return Ok(()) };
        if stages.write_all(bytes).is_err() {
            self.stages = None;
        }
        self.verdict()
    }

    /// Ends the body; returns what was kept.
    pub(crate) fn finish(mut self) -> Result<Option<Vec<u8>>, TooLarge> {
        if let Some(mut stages) = self.stages.take() {
            // A body that is cut short has been decoded as far as it goes.
            let _ = stages.flush();
        }
        self.verdict()?;
        Ok(lock(&self.end).kept.take())
    }

    fn verdict(&self) -> Result<(), TooLarge> {
        if lock(&self.end).exceeded { Err(TooLarge) } else { Ok(()) }
    }
}

fn lock(end: &Mutex<End>) -> std::sync::MutexGuard<'_, End> {
    end.lock().unwrap_or_else(PoisonError::into_inner)
}

fn zstd_decoder<W: Write>(out: W) -> io::Result<zstd::stream::write::Decoder<'static, W>> {
    let mut decoder = zstd::stream::write::Decoder::new(out)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

/// The end of the row: counts and keeps.
struct Sink(Arc<Mutex<End>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut end = lock(&self.0);
        if bytes.len() as u64 > end.left {
            end.exceeded = true;
            return Err(io::Error::other("longer than the limit"));
        }
        end.left -= bytes.len() as u64;
        if let Some(kept) = &mut end.kept {
            kept.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bounds what one coding passes to the next: a bomb inside a coding that decodes to little is a bomb too.
struct Between {
    next: Box<dyn Write + Send>,
    left: u64,
    end: Arc<Mutex<End>>,
}

impl Between {
    fn new(next: Box<dyn Write + Send>, limit: u64, end: &Arc<Mutex<End>>) -> Self {
        Self { next, left: limit, end: end.clone() }
    }
}

impl Write for Between {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            lock(&self.end).exceeded = true;
            return Err(io::Error::other("longer than the limit"));
        }
        self.left -= bytes.len() as u64;
        self.next.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next.flush()
    }
}

/// `deflate` means zlib (RFC 9110, 8.4.1.2), but some servers send bare deflate; the first byte tells: zlib's low
/// four bits are 8, which no bare deflate stream begins with in practice.
enum Deflate {
    Unknown(Option<Between>),
    Zlib(ZlibDecoder<Between>),
    Bare(DeflateDecoder<Between>),
}

impl Write for Deflate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let (Self::Unknown(next), Some(first)) = (&mut *self, bytes.first())
            && let Some(next) = next.take()
        {
            *self = match first & 0x0f {
                8 => Self::Zlib(ZlibDecoder::new(next)),
                _ => Self::Bare(DeflateDecoder::new(next)),
            };
        }
        match self {
            Self::Unknown(_) => Ok(bytes.len()),
            Self::Zlib(decoder) => decoder.write(bytes),
            Self::Bare(decoder) => decoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Unknown(_) => Ok(()),
            Self::Zlib(decoder) => decoder.flush(),
            Self::Bare(decoder) => decoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(coding: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, TooLarge> {
        let mut decoder = Decoder::new(coding, limit, true);
        for piece in body.chunks(7) {
            decoder.push(piece)?;
        }
        Ok(decoder.finish()?.unwrap())
    }

    #[test]
    fn every_coding_is_undone() {
        let text = b"the same words again and again, the same words again and again";
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(text).unwrap();
        let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        bare.write_all(text).unwrap();
        let zstd = zstd::encode_all(&text[..], 3).unwrap();
        assert_eq!(decode("", text, 1000).unwrap(), text);
        assert_eq!(decode("gzip", &gzip(text), 1000).unwrap(), text);
        assert_eq!(decode("Deflate", &zlib.finish().unwrap(), 1000).unwrap(), text);
        assert_eq!(decode("deflate", &bare.finish().unwrap(), 1000).unwrap(), text);
        assert_eq!(decode("zstd", &zstd, 1000).unwrap(), text);
        assert_eq!(decode("zstd, gzip", &gzip(&zstd), 1000).unwrap(), text);
        // Written by the reference encoder.
        let brotli = [
            0x1b, 0x3d, 0x00, 0x60, 0x24, 0x41, 0x58, 0xe8, 0x7a, 0x90, 0x43, 0x16, 0xe1, 0x06, 0x6c, 0xc0, 0x79, 0x60,
            0x65, 0xe3, 0x2e, 0x91, 0x2a, 0x3f, 0x42, 0xf8, 0x59, 0x00,
        ];
        assert_eq!(decode("br", &brotli, 1000).unwrap(), text);
    }

    #[test]
    fn a_bomb_is_cut_at_the_limit() {
        let bomb = gzip(&vec![0; 4 << 20]);
        assert!(bomb.len() < 8192);
        assert_eq!(decode("gzip", &bomb, 1 << 20), Err(TooLarge));
        assert_eq!(decode("gzip", &bomb, 4 << 20).unwrap().len(), 4 << 20);
        // The outer coding decodes to little, what it holds to much; and the other way round.
        assert_eq!(decode("gzip, gzip", &gzip(&bomb), 1 << 20), Err(TooLarge));
    }

    #[test]
    fn a_broken_coding_is_not_an_error() {
        assert_eq!(decode("gzip", b"this is no gzip stream at all", 1000).unwrap(), b"");
        let whole = gzip(b"cut short");
        assert!(decode("gzip", &whole[..whole.len() - 4], 1000).is_ok());
    }
}
