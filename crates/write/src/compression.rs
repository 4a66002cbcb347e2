//! Compression of output files.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// How output files are compressed. Both give the same bytes for the same input in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), level 6, without a time stamp.
    Gzip,
    /// Zstandard (RFC 8878), level 3, one frame a file: many readers stop at the end of the first.
    Zstd,
}

impl Compression {
    /// What follows the format's extension in a file name.
    pub fn suffix(self) -> &'static str {
        match self {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        }
    }

    /// The compression that a file name asks for by its last extension.
    ///
    /// ```
    /// use dechaff_write::Compression;
    /// assert_eq!(Compression::of_name("out.jsonl.gz"), Compression::Gzip);
    /// assert_eq!(Compression::of_name("out.jsonl"), Compression::None);
    /// ```
    pub fn of_name(name: &str) -> Compression {
        match name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
            Some("gz") => Compression::Gzip,
            Some("zst" | "zstd") => Compression::Zstd,
            _ => Compression::None,
        }
    }

    /// The bytes, compressed.
    pub fn compress(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut compressor = Compressor::new(Vec::new(), self)?;
        compressor.write_all(bytes)?;
        compressor.finish()
    }
}

/// A writer that compresses. [`Compressor::finish`] must be called, or the file is cut short.
pub enum Compressor<W: Write> {
    /// Passes bytes through.
    None(W),
    /// Writes gzip.
    Gzip(flate2::write::GzEncoder<W>),
    /// Writes Zstandard.
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    /// A compressor in front of `inner`.
    pub fn new(inner: W, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Compressor::None(inner),
            Compression::Gzip => Compressor::Gzip(flate2::write::GzEncoder::new(inner, flate2::Compression::new(6))),
            Compression::Zstd => Compressor::Zstd(zstd::Encoder::new(inner, 3)?),
        })
    }

    /// Ends the stream and gives the inner writer back.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Compressor::None(inner) => Ok(inner),
            Compressor::Gzip(encoder) => encoder.finish(),
            Compressor::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Compressor::None(inner) => inner.write(bytes),
            Compressor::Gzip(encoder) => encoder.write(bytes),
            Compressor::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Compressor::None(inner) => inner.flush(),
            Compressor::Gzip(encoder) => encoder.flush(),
            Compressor::Zstd(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_was_compressed_comes_back_and_the_bytes_do_not_vary() {
        let text = "the same line again\n".repeat(500);
        let gzip = Compression::Gzip.compress(text.as_bytes()).unwrap();
        let zstd = Compression::Zstd.compress(text.as_bytes()).unwrap();
        assert!(gzip.len() < text.len() / 10 && zstd.len() < text.len() / 10);
        assert_eq!(gzip, Compression::Gzip.compress(text.as_bytes()).unwrap());
        let mut back = String::new();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
        assert_eq!(zstd::decode_all(&zstd[..]).unwrap(), text.as_bytes());
    }
}
