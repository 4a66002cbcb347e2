//! MHTML (RFC 2557): a page that a browser saved with all that belongs to it, as a message of many parts.

use dechaff_document::{Body, MediaType, RawDocument, Source};
use mail_parser::{HeaderValue, MessageParser, MessagePart, MimeHeaders, PartType};
use memchr::memmem;
use serde_json::Value;

use crate::{Loaded, Settings, record::within_limit};

/// Whether bytes begin as a saved page does: header lines, among them a multipart type and a MIME version.
pub(crate) fn is_mhtml(bytes: &[u8]) -> bool {
    /// Browsers put the headers first; 4 KiB hold them, long titles and addresses included.
    const LOOKED_AT: usize = 4 << 10;
    let head = bytes[..bytes.len().min(LOOKED_AT)].to_ascii_lowercase();
    let first = head.iter().take(64).position(|byte| *byte == b':');
    let is_header =
        first.is_some_and(|colon| head[..colon].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-'));
    is_header
        && memmem::find(&head, b"mime-version:").is_some()
        && [&b"multipart/related"[..], b"multipart/mixed", b"multipart/alternative"]
            .iter()
            .any(|kind| memmem::find(&head, kind).is_some())
}

/// The page itself: the part that `start` names, else the first of HTML, else the first of text.
pub(crate) fn load(bytes: &[u8], mut source: Source, settings: &Settings) -> Loaded {
    let Some(message) = MessageParser::default().parse(bytes) else {
        return Loaded::Failed { source, message: "MHTML: no message".into() };
    };
    let start = message.content_type().and_then(|kind| kind.attribute("start")).map(|id| id.trim_matches(['<', '>']));
    let is_text = |part: &&MessagePart<'_>| matches!(part.body, PartType::Html(_) | PartType::Text(_));
    let is_html = |part: &&MessagePart<'_>| matches!(part.body, PartType::Html(_));
    let named = start.and_then(|id| message.parts.iter().filter(is_text).find(|part| part.content_id() == Some(id)));
    let page = named.or_else(|| message.parts.iter().find(is_html)).or_else(|| message.parts.iter().find(is_text));
    let Some(page) = page else {
        return Loaded::Failed { source, message: "MHTML: no part of HTML or text".into() };
    };
    let (media, text) = match &page.body {
        PartType::Html(text) => (MediaType::Html, text),
        PartType::Text(text) => (MediaType::Text, text),
        _ => return Loaded::Failed { source, message: "MHTML: no part of HTML or text".into() },
    };
    let saved_from = || match message.header("Snapshot-Content-Location") {
        Some(HeaderValue::Text(url)) => Some(url.trim().to_owned()),
        _ => None,
    };
    if source.url.is_none() {
        source.url = saved_from().or_else(|| page.content_location().map(str::to_owned));
    }
    let fields =
        [("Subject", message.subject().map(str::to_owned)), ("Date", message.date().map(|date| date.to_rfc3339()))]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?).to_string())))
            .collect();
    let body = Body::Text(text.clone().into_owned());
    within_limit(RawDocument { source, media, charset: None, body, limits: Vec::new(), fields }, settings)
}
