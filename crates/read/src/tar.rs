//! tar archives of pages: POSIX (ustar, pax) and GNU.
//!
//! The tar crate reads headers and extensions; going from header to header is done here, so that reading can begin at
//! any member and go on behind damage.

use std::{
    io::{self, BufRead, Read},
    path::PathBuf,
};

use tar::{Header, PaxExtensions};

use crate::{
    OverLimit, Place, Settings,
    compress::{Limited, read_limited},
    walk,
};

/// Everything in an archive stands in blocks of this many bytes.
const BLOCK: usize = 512;

/// Bytes kept of a member that is over the limit: they tell what it is.
pub(crate) const HEAD: u64 = 64 << 10;

/// Longest name or set of extensions, in bytes; they are read into memory.
const LONGEST_EXTENSION: u64 = 1 << 20;

/// A member of an archive.
pub(crate) struct Member {
    pub(crate) place: Place,
    pub(crate) path: PathBuf,
    pub(crate) what: What,
}

pub(crate) enum What {
    File(Limited),
    Skipped(String),
    Failed(String),
}

/// The members of an archive.
pub(crate) struct Tar<R> {
    stream: R,
    place: Place,
    compressed: bool,
    limit: u64,
    fail_over_limit: bool,
    ended: bool,
}

/// What extension headers say of the member behind them.
#[derive(Default)]
struct Extensions {
    path: Option<Vec<u8>>,
    size: Option<u64>,
}

/// Whether bytes begin with a valid header, of whatever kind of tar.
pub(crate) fn is_tar(beginning: &[u8]) -> bool {
    beginning.len() >= BLOCK && is_header(Header::from_byte_slice(&beginning[..BLOCK]))
}

impl<R: BufRead> Tar<R> {
    /// Members from `place` on, where `stream` already stands.
    pub(crate) fn new(stream: R, place: Place, compressed: bool, settings: &Settings) -> Tar<R> {
        Tar {
            stream,
            place,
            compressed,
            limit: settings.max_bytes,
            fail_over_limit: settings.over_limit == OverLimit::Fail,
            ended: false,
        }
    }

    /// The next member that is no directory.
    pub(crate) fn next(&mut self) -> Option<Member> {
        let mut place = self.place;
        let mut extensions = Extensions::default();
        while !self.ended {
            let header = match self.header() {
                Ok(Some(header)) => header,
                Ok(None) => {
                    self.ended = true;
                    return None;
                }
                Err(error) => {
                    // Damage is met once; the next valid header is searched, a block at a time.
                    self.find_header();
                    return Some(self.member(place, PathBuf::new(), What::Failed(error.to_string())));
                }
            };
            if header.as_bytes().iter().all(|byte| *byte == 0) {
                place = self.place;
                continue;
            }
            let path = extensions.path.clone().unwrap_or_else(|| header.path_bytes().into_owned());
            let path = walk::path(&path);
            let Some(size) = extensions.size.or_else(|| header.entry_size().ok()) else {
                self.find_header();
                return Some(self.member(place, path, What::Failed("the member's size cannot be read".into())));
            };
            let kind = header.entry_type();
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
                match self.read(size, LONGEST_EXTENSION) {
                    Ok(read) if kind.is_gnu_longname() => {
                        let end = read.bytes.iter().position(|byte| *byte == 0).unwrap_or(read.bytes.len());
                        extensions.path = Some(read.bytes[..end].to_vec());
                    }
                    Ok(read) => extensions.read_pax(&read.bytes),
                    Err(error) => return Some(self.cut(place, path, &error)),
                }
                continue;
            }
            let keep = match () {
                () if !(kind.is_file() || kind.is_contiguous()) => 0,
                () if size > self.limit && self.fail_over_limit => HEAD,
                () => self.limit,
            };
            let read = match self.read(size, keep) {
                Ok(read) => read,
                Err(error) => return Some(self.cut(place, path, &error)),
            };
            let what = match () {
                () if kind.is_file() || kind.is_contiguous() => What::File(read),
                () if kind.is_symlink() || kind.is_hard_link() => What::Skipped("link".into()),
                () if kind.is_gnu_sparse() => What::Skipped("sparse file".into()),
                () if kind.is_character_special() || kind.is_block_special() || kind.is_fifo() => {
                    What::Skipped("neither a file nor a directory".into())
                }
                // Directories, long link names, settings for all members.
                () => {
                    if !kind.is_gnu_longlink() {
                        extensions = Extensions::default();
                        place = self.place;
                    }
                    continue;
                }
            };
            return Some(self.member(place, path, what));
        }
        None
    }

    /// The next block as a header; `None` at the end of the stream.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut header = Header::new_old();
        let mut filled = 0;
        while filled < BLOCK {
            match self.stream.read(&mut header.as_mut_bytes()[filled..])? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(io::Error::other("the archive ends inside a header")),
                read => filled += read,
            }
        }
        self.place.pass(BLOCK, self.compressed);
        if header.as_bytes().iter().all(|byte| *byte == 0) || is_header(&header) {
            Ok(Some(header))
        } else {
            Err(io::Error::other("no tar header begins here"))
        }
    }

    /// Reads a member's content, keeping its beginning, up to the next header.
    fn read(&mut self, size: u64, keep: u64) -> io::Result<Limited> {
        let mut content = (&mut self.stream).take(size);
        let mut kept = read_limited(&mut content, keep.min(size))?;
        kept.over = size > keep;
        io::copy(&mut content, &mut io::sink())?;
        let missing = content.limit();
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        let skipped = io::copy(&mut (&mut self.stream).take(padding), &mut io::sink())?;
        self.place.pass(usize::try_from(size - missing + skipped).unwrap_or(usize::MAX), self.compressed);
        if missing > 0 {
            return Err(io::Error::other(format!("the archive ends {missing} bytes before the member does")));
        }
        Ok(kept)
    }

    /// Goes on to the next block that is a header, or to the end.
    fn find_header(&mut self) {
        let mut block = [0; BLOCK];
        loop {
            let found = self.stream.fill_buf().map(|available| match available {
                [] => None,
                _ if available.len() < BLOCK => Some(false),
                _ => Some(is_header(Header::from_byte_slice(&available[..BLOCK]))),
            });
            match found {
                Ok(Some(true)) => return,
                // A block that lies across two buffers is not looked at; buffers hold whole blocks.
                Ok(Some(false)) if self.stream.read_exact(&mut block).is_ok() => {
                    self.place.pass(BLOCK, self.compressed);
                }
                _ => {
                    self.ended = true;
                    return;
                }
            }
        }
    }

    fn cut(&mut self, place: Place, path: PathBuf, error: &io::Error) -> Member {
        self.ended = true;
        self.member(place, path, What::Failed(error.to_string()))
    }

    fn member(&mut self, place: Place, path: PathBuf, what: What) -> Member {
        self.place.index += 1;
        Member { place, path, what }
    }
}

impl Extensions {
    fn read_pax(&mut self, bytes: &[u8]) {
        for extension in PaxExtensions::new(bytes).flatten() {
            match extension.key_bytes() {
                b"path" => self.path = Some(extension.value_bytes().to_vec()),
                b"size" => self.size = extension.value().ok().and_then(|size| size.parse().ok()),
                _ => {}
            }
        }
    }
}

/// Whether the checksum of a header holds: the sum of its bytes, its own field taken as spaces.
fn is_header(header: &Header) -> bool {
    const FIELD: std::ops::Range<usize> = 148..156;
    let bytes = header.as_bytes();
    let sum = |from: usize, to: usize| bytes[from..to].iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let expected = sum(0, FIELD.start) + sum(FIELD.end, BLOCK) + 8 * u32::from(b' ');
    header.cksum().is_ok_and(|found| found == expected)
}
