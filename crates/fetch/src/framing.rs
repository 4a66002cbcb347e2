//! Where a response's header and body lie in the bytes that came over a connection.
//!
//! hyper decides what the response is; this only finds the extent of the same response in the recorded bytes, so that
//! the archive holds the message and nothing that came before or after it (interim responses, stray bytes).

use std::io::{self, BufRead};

use hyper::header::{self, HeaderMap};

/// How the end of a body is known.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// Transfer-Encoding: chunked.
    Chunked,
    /// Content-Length.
    Length(u64),
    /// The connection's end.
    UntilClose,
}

/// Start and length of the header block of the first response that is not interim (1xx); `None` if there is none.
pub(crate) fn final_head(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut start = 0;
    loop {
        let (length, status) = head(&bytes[start..])?;
        if !(100..200).contains(&status) || status == 101 {
            return Some((start, length));
        }
        start += length;
    }
}

/// How the body after these headers ends (RFC 9112, 6.3), for a response that hyper took.
pub(crate) fn body_kind(headers: &HeaderMap) -> BodyKind {
    let last_coding = headers.get_all(header::TRANSFER_ENCODING).iter().next_back();
    if let Some(coding) = last_coding {
        let coding = String::from_utf8_lossy(coding.as_bytes()).to_ascii_lowercase();
        return match coding.split(',').next_back().map(str::trim) {
            Some("chunked") => BodyKind::Chunked,
            _ => BodyKind::UntilClose,
        };
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    // `5, 5` is a repeated header joined by a proxy.
    match length.and_then(|value| value.split(',').next()?.trim().parse().ok()) {
        Some(length) => BodyKind::Length(length),
        None => BodyKind::UntilClose,
    }
}

/// Length of a chunked body with its last chunk and trailers; `None` if it is not whole.
pub(crate) fn chunked_length(mut body: impl BufRead) -> io::Result<Option<u64>> {
    let mut length = 0;
    let mut line = Vec::new();
    loop {
        length += match read_line(&mut body, &mut line)? {
            0 => return Ok(None),
            read => read,
        };
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let Some(size) = str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok()) else {
            return Ok(None);
        };
        if size == 0 {
            break;
        }
        let data_and_line_end = size.saturating_add(2);
        if io::copy(&mut io::Read::take(&mut body, data_and_line_end), &mut io::sink())? < data_and_line_end {
            return Ok(None);
        }
        length += data_and_line_end;
    }
    loop {
        length += match read_line(&mut body, &mut line)? {
            0 => return Ok(None),
            read => read,
        };
        if line.trim_ascii().is_empty() {
            return Ok(Some(length));
        }
    }
}

fn read_line(body: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    Ok(body.read_until(b'\n', line)? as u64)
}

fn head(bytes: &[u8]) -> Option<(usize, u16)> {
    let mut headers = vec![httparse::EMPTY_HEADER; 512];
    let mut response = httparse::Response::new(&mut headers);
    let mut config = httparse::ParserConfig::default();
    config
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true);
    match config.parse_response(&mut response, bytes) {
        Ok(httparse::Status::Complete(length)) => Some((length, response.code?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interim_responses_are_stepped_over() {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(final_head(format!("{interim}{interim}{head}hi").as_bytes()), Some((interim.len() * 2, head.len())));
        assert_eq!(final_head(interim.as_bytes()), None);
    }

    #[test]
    fn a_chunked_body_ends_after_its_trailers() {
        let body = "5;ext=1\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n";
        assert_eq!(chunked_length(format!("{body}stray").as_bytes()).unwrap(), Some(body.len() as u64));
        assert_eq!(chunked_length(&b"5\r\nhel"[..]).unwrap(), None);
        assert_eq!(chunked_length(&b"zz\r\n"[..]).unwrap(), None);
        assert_eq!(chunked_length(&b"ffffffffffffffff\r\nx"[..]).unwrap(), None);
    }
}
