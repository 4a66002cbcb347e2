//! What begins with `<!`: comments, CDATA sections, document types; and what only looks like it.

use html5ever::{
    tendril::StrTendril,
    tokenizer::{BufferQueue, Doctype, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
};
use memchr::{memchr, memmem};

use super::{Lexer, Tokens, find};

impl<S: Tokens> Lexer<'_, S> {
    /// What begins with `<!` (markup declaration open state).
    pub(super) fn declaration(&mut self, open: usize) -> usize {
        let rest = &self.bytes[open + 2..];
        if rest.starts_with(b"--") {
            return self.comment(open);
        }
        if rest.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(b"doctype")) {
            let end = find(self.bytes, open, |rest| memchr(b'>', rest));
            let end = (end + 1).min(self.bytes.len());
            // The tree builder heeds the first alone.
            if !std::mem::replace(&mut self.doctype_seen, true)
                && let Some(doctype) = doctype(self.view(open, end))
            {
                self.sink.token(Token::DoctypeToken(doctype), open);
            }
            return end;
        }
        if rest.starts_with(b"[CDATA[") && self.sink.in_foreign_content() {
            let from = open + 9;
            let end = find(self.bytes, from, |rest| memmem::find(rest, b"]]>"));
            if end > from {
                // The tree builder replaces zeros in foreign content itself.
                self.cdata(from, end);
            }
            return (end + 3).min(self.bytes.len());
        }
        self.bogus_comment(open, open + 2)
    }

    fn cdata(&mut self, from: usize, to: usize) {
        let mut start = from;
        while start < to {
            let zero = find(&self.bytes[..to], start, |rest| memchr(0, rest));
            if zero > start {
                let characters = self.view(start, zero);
                self.sink.token(Token::CharacterTokens(characters), start);
            }
            if zero < to {
                self.sink.token(Token::NullCharacterToken, zero);
            }
            start = zero + 1;
        }
    }

    /// A comment (comment start state and those after it): it ends with `-->` or `--!>`, or at once with `>` or `->`.
    fn comment(&mut self, open: usize) -> usize {
        let from = open + 4;
        let length = self.bytes.len();
        let (end, after) = if self.bytes[from..].starts_with(b">") {
            (from, from + 1)
        } else if self.bytes[from..].starts_with(b"->") {
            (from, from + 2)
        } else {
            let mut at = from;
            loop {
                let dashes = find(self.bytes, at, |rest| memmem::find(rest, b"--"));
                match self.bytes.get(dashes + 2..).unwrap_or_default() {
                    [b'>', ..] => break (dashes, dashes + 3),
                    [b'!', b'>', ..] => break (dashes, dashes + 4),
                    [] => {
                        // The text ends in it; dashes that would have ended it are not part of it.
                        let rest = &self.bytes[from..];
                        let dashes = [&b"--!"[..], b"--", b"-"].into_iter().find(|dashes| rest.ends_with(dashes));
                        break (length - dashes.map_or(0, <[u8]>::len), length);
                    }
                    _ => at = dashes + 1,
                }
            }
        };
        self.comment_token(from, end, open);
        after
    }

    /// What is no markup but begins as such: a comment up to the next `>` (bogus comment state).
    pub(super) fn bogus_comment(&mut self, open: usize, from: usize) -> usize {
        let end = find(self.bytes, from, |rest| memchr(b'>', rest));
        self.comment_token(from, end, open);
        (end + 1).min(self.bytes.len())
    }

    fn comment_token(&mut self, from: usize, to: usize, open: usize) {
        let text = match self.sink.reads_comment(to - from) {
            true => self.replaced(from, to),
            false => StrTendril::new(),
        };
        self.sink.token(Token::CommentToken(text), open);
    }
}

/// Reads a document type: rare and intricate, so html5ever does it.
fn doctype(written: StrTendril) -> Option<Doctype> {
    #[derive(Default)]
    struct First(std::cell::RefCell<Option<Doctype>>);
    impl TokenSink for First {
        type Handle = ();
        fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
            if let Token::DoctypeToken(doctype) = token {
                self.0.borrow_mut().get_or_insert(doctype);
            }
            TokenSinkResult::Continue
        }
    }
    let tokenizer = Tokenizer::new(First::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(written);
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}
