//! zip archives of pages.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::PathBuf,
};

use zip::{
    ZipArchive,
    read::{ZipFile, read_zipfile_from_stream},
    result::{ZipError, ZipResult},
};

use crate::{
    OverLimit, Place, Settings,
    compress::read_limited,
    tar::{HEAD, Member, What},
};

/// The members of an archive.
pub(crate) struct Zip {
    source: Source,
    index: u64,
    /// Members to pass over.
    skip: u64,
    limit: u64,
    fail_over_limit: bool,
    ended: bool,
}

enum Source {
    /// By the directory at its end.
    Directory(ZipArchive<BufReader<File>>),
    /// A stream, or an archive whose directory is damaged: member by member from the beginning.
    Members { stream: Box<dyn Read + Send>, damage: Option<ZipError> },
}

impl Zip {
    /// Opens a file.
    pub(crate) fn open(file: File, place: Option<Place>, settings: &Settings) -> io::Result<Zip> {
        let copy = file.try_clone()?;
        let source = match ZipArchive::new(BufReader::new(file)) {
            Ok(archive) => Source::Directory(archive),
            Err(damage) => {
                let mut stream = BufReader::new(copy);
                stream.rewind()?;
                Source::Members { stream: Box::new(stream), damage: Some(damage) }
            }
        };
        Ok(Zip::new(source, place, settings))
    }

    /// Opens a stream that can be read once.
    pub(crate) fn in_stream(stream: Box<dyn Read + Send>, place: Option<Place>, settings: &Settings) -> Zip {
        Zip::new(Source::Members { stream, damage: None }, place, settings)
    }

    fn new(source: Source, place: Option<Place>, settings: &Settings) -> Zip {
        let start = place.map_or(0, |place| place.index);
        let (index, skip) = match source {
            Source::Directory(_) => (start, 0),
            Source::Members { .. } => (0, start),
        };
        let fail_over_limit = settings.over_limit == OverLimit::Fail;
        Zip { source, index, skip, limit: settings.max_bytes, fail_over_limit, ended: false }
    }

    /// The next member that is no directory.
    pub(crate) fn next(&mut self) -> Option<Member> {
        while !self.ended {
            let (limit, fail) = (self.limit, self.fail_over_limit);
            let place = Place { offset: 0, within: self.index, index: self.index };
            let found = match &mut self.source {
                Source::Directory(archive) => {
                    let index = usize::try_from(self.index).ok().filter(|index| *index < archive.len())?;
                    let opened = archive.by_index(index).map(|file| member(file, place, limit, fail));
                    Ok(Some(opened.unwrap_or_else(|error| {
                        let name = archive.name_for_index(index).and_then(Result::ok).unwrap_or_default();
                        let what = What::Failed(error.to_string());
                        Some(Member { place, path: PathBuf::from(name.into_owned()), what })
                    })))
                }
                Source::Members { stream, .. } => next_in_stream(stream, place, limit, fail),
            };
            self.index += 1;
            let member = match found {
                Ok(Some(member)) => member,
                Ok(None) => {
                    self.ended = true;
                    let Source::Members { damage: Some(error), .. } = &self.source else { return None };
                    Some(Member {
                        place,
                        path: PathBuf::new(),
                        what: What::Failed(format!("the archive's directory: {error}")),
                    })
                }
                Err(error) => {
                    self.ended = true;
                    let what = What::Failed(format!("the archive cannot be read on from here: {error}"));
                    Some(Member { place, path: PathBuf::new(), what })
                }
            };
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            if member.is_some() {
                return member;
            }
        }
        None
    }
}

/// The next member of a stream: `None` at the end, `Some(None)` for a directory.
fn next_in_stream(
    stream: &mut Box<dyn Read + Send>,
    place: Place,
    limit: u64,
    fail: bool,
) -> ZipResult<Option<Option<Member>>> {
    Ok(read_zipfile_from_stream(stream)?.map(|file| member(file, place, limit, fail)))
}

fn member(mut file: ZipFile<'_, impl Read>, place: Place, limit: u64, fail: bool) -> Option<Member> {
    if file.is_dir() {
        return None;
    }
    let path = match file.name() {
        Ok(name) => PathBuf::from(name.into_owned()),
        Err(_) => PathBuf::from(String::from_utf8_lossy(file.name_raw()).into_owned()),
    };
    let place = Place { offset: file.header_start(), within: 0, ..place };
    let what = if file.is_symlink() {
        What::Skipped("link".into())
    } else {
        let over = file.size() > limit && fail;
        match read_limited(&mut file, if over { HEAD } else { limit }) {
            Ok(read) => What::File(read),
            Err(error) => What::Failed(error.to_string()),
        }
    };
    Some(Member { place, path, what })
}
