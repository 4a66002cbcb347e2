//! Formats by their first bytes.

use memchr::memmem;

/// A format that is told by a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signature {
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard frame, or a skippable frame, as a dictionary comes in (RFC 8878).
    Zstd,
    /// zip, whatever it is used for.
    Zip,
    /// tar, POSIX or GNU.
    Tar,
    /// WARC (ISO 28500).
    Warc,
    /// ARC (Internet Archive, version 1).
    Arc,
    /// Apache Parquet.
    Parquet,
    /// A format that is not read, by name.
    Other(&'static str),
}

/// Signatures at the beginning of a file. Sources: the formats' specifications, by way of the list that `file` keeps.
const AT_START: &[(&[u8], Signature)] = &[
    (b"\x1f\x8b\x08", Signature::Gzip),
    (b"\x28\xb5\x2f\xfd", Signature::Zstd),
    (b"PK\x03\x04", Signature::Zip),
    (b"PK\x05\x06", Signature::Zip),
    (b"WARC/0.", Signature::Warc),
    (b"WARC/1.", Signature::Warc),
    (b"filedesc://", Signature::Arc),
    (b"PAR1", Signature::Parquet),
    (b"PARE", Signature::Other("encrypted Parquet")),
    (b"%PDF-", Signature::Other("PDF")),
    (b"%!PS", Signature::Other("PostScript")),
    (b"{\\rtf", Signature::Other("RTF")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Signature::Other("Microsoft Office document")),
    (b"AT&TFORM", Signature::Other("DjVu")),
    (b"BZh", Signature::Other("bzip2 archive")),
    (b"\xfd7zXZ\0", Signature::Other("xz archive")),
    (b"7z\xbc\xaf\x27\x1c", Signature::Other("7z archive")),
    (b"Rar!\x1a\x07", Signature::Other("RAR archive")),
    (b"\x04\x22\x4d\x18", Signature::Other("lz4 archive")),
    (b"\x1f\x9d", Signature::Other("compress archive")),
    (b"\x89PNG\r\n\x1a\n", Signature::Other("PNG image")),
    (b"\xff\xd8\xff", Signature::Other("JPEG image")),
    (b"GIF87a", Signature::Other("GIF image")),
    (b"GIF89a", Signature::Other("GIF image")),
    (b"II*\0", Signature::Other("TIFF image")),
    (b"MM\0*", Signature::Other("TIFF image")),
    (b"\0\0\x01\0", Signature::Other("icon")),
    (b"8BPS", Signature::Other("Photoshop image")),
    (b"\xff\x0a", Signature::Other("JPEG XL image")),
    (b"wOFF", Signature::Other("font")),
    (b"wOF2", Signature::Other("font")),
    (b"OTTO\0", Signature::Other("font")),
    (b"\0\x01\0\0\0", Signature::Other("font")),
    (b"ID3", Signature::Other("MP3 audio")),
    (b"OggS", Signature::Other("Ogg media")),
    (b"fLaC", Signature::Other("FLAC audio")),
    (b"FLV\x01", Signature::Other("Flash video")),
    (b"FWS", Signature::Other("Flash")),
    (b"CWS", Signature::Other("Flash")),
    (b"\x1a\x45\xdf\xa3", Signature::Other("Matroska or WebM video")),
    (b"\0\0\x01\xba", Signature::Other("MPEG video")),
    (b"\0\0\x01\xb3", Signature::Other("MPEG video")),
    (b"\x7fELF", Signature::Other("ELF program")),
    (b"\xfe\xed\xfa\xce", Signature::Other("Mach-O program")),
    (b"\xfe\xed\xfa\xcf", Signature::Other("Mach-O program")),
    (b"\xcf\xfa\xed\xfe", Signature::Other("Mach-O program")),
    (b"\xca\xfe\xba\xbe", Signature::Other("Java class")),
    (b"\0asm", Signature::Other("WebAssembly")),
    (b"SQLite format 3\0", Signature::Other("SQLite database")),
    (b"ARROW1\0\0", Signature::Other("Arrow file")),
    (b"Obj\x01", Signature::Other("Avro file")),
    (b"\x89HDF\r\n\x1a\n", Signature::Other("HDF5 file")),
    (b"bplist00", Signature::Other("property list")),
    (b"!<arch>\n", Signature::Other("ar archive")),
];

/// The format of a file by its first bytes (512 and more tell all of them), if a signature tells it.
pub(crate) fn signature(head: &[u8]) -> Option<Signature> {
    if let Some((_, found)) = AT_START.iter().find(|(magic, _)| head.starts_with(magic)) {
        return match found {
            // A letter sequence alone would catch words: these formats go on in a way that text does not.
            Signature::Other("MP3 audio" | "Flash" | "bzip2 archive") if !goes_on_binary(head) => None,
            found => Some(*found),
        };
    }
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    // A skippable Zstandard frame: 0x184D2A5?, little endian.
    if at(1, b"\x2a\x4d\x18") && head[0] & 0xf0 == 0x50 {
        return Some(Signature::Zstd);
    }
    if at(257, b"ustar\0") || at(257, b"ustar  \0") {
        return Some(Signature::Tar);
    }
    if at(0, b"RIFF") && head.len() > 12 {
        return Some(Signature::Other(match &head[8..12] {
            b"WEBP" => "WebP image",
            b"WAVE" => "WAVE audio",
            b"AVI " => "AVI video",
            _ => return None,
        }));
    }
    if at(4, b"ftyp") && head[0] == 0 {
        return Some(Signature::Other(if at(8, b"avif") || at(8, b"heic") { "HEIF image" } else { "MP4 media" }));
    }
    if at(0, b"MZ") && memmem::find(&head[..head.len().min(512)], b"PE\0\0").is_some() {
        return Some(Signature::Other("Windows program"));
    }
    if at(0, b"BM") && at(6, b"\0\0\0\0") {
        return Some(Signature::Other("BMP image"));
    }
    None
}

/// What a zip file is used for, by its first members; `None` for a plain archive.
///
/// Office formats state it in their first members' names (OPC, ISO 29500-2), EPUB and OpenDocument in an uncompressed
/// first member `mimetype`.
pub(crate) fn zip_use(head: &[u8]) -> Option<&'static str> {
    let first_name = head.get(30..)?;
    if first_name.starts_with(b"mimetypeapplication/epub+zip") {
        return Some("EPUB");
    }
    if first_name.starts_with(b"mimetypeapplication/vnd.oasis.opendocument") {
        return Some("OpenDocument");
    }
    if [&b"[Content_Types].xml"[..], b"_rels/", b"word/", b"xl/", b"ppt/", b"docProps/"]
        .iter()
        .any(|name| first_name.starts_with(name))
    {
        let has = |name: &[u8]| memmem::find(head, name).is_some();
        return Some(match () {
            () if has(b"word/") => "DOCX",
            () if has(b"xl/") => "XLSX",
            () if has(b"ppt/") => "PPTX",
            () => "Office Open XML",
        });
    }
    if first_name.starts_with(b"META-INF/") {
        return Some("Java archive");
    }
    None
}

fn goes_on_binary(head: &[u8]) -> bool {
    head.iter().take(64).any(|&byte| byte < 0x09 || (0x0e..0x1b).contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_begin_like_a_format_are_text() {
        assert_eq!(signature(b"ID3 tags are explained on this page."), None);
        assert_eq!(signature(b"BZh is how bzip2 files begin."), None);
        assert_eq!(signature(b"ID3\x04\0\0\0\0\x01"), Some(Signature::Other("MP3 audio")));
        assert_eq!(signature(b"BMW sold fewer cars."), None);
        assert_eq!(signature(b"MZ means something else here."), None);
    }

    #[test]
    fn office_formats_and_books_are_told_from_plain_archives() {
        let zip = |name: &[u8]| [&b"PK\x03\x04"[..], &[0; 26], name].concat();
        assert_eq!(zip_use(&zip(b"mimetypeapplication/epub+zip")), Some("EPUB"));
        assert_eq!(zip_use(&zip(b"[Content_Types].xml...word/document.xml")), Some("DOCX"));
        assert_eq!(zip_use(&zip(b"pages/one.html")), None);
    }
}
