//! Keeps what goes over a connection, byte for byte, while hyper reads and writes through it.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use hyper::rt::ReadBufCursor;
use tempfile::SpooledTempFile;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What went over a connection since the last [`Recording::restart`].
#[derive(Debug)]
pub(crate) struct Recording {
    /// The request as sent.
    pub(crate) sent: Vec<u8>,
    /// Everything received; on disk beyond the memory limit.
    pub(crate) received: SpooledTempFile,
    /// Length of `received`.
    pub(crate) length: u64,
    /// More came than `limit`; the rest was not read.
    pub(crate) exceeded: bool,
    limit: u64,
    memory: usize,
}

/// A recording that the connection's task and the exchange share.
#[derive(Debug, Clone)]
pub(crate) struct SharedRecording(Arc<Mutex<Recording>>);

/// A stream that records.
#[derive(Debug)]
pub(crate) struct Recorder<S> {
    stream: S,
    recording: SharedRecording,
}

impl SharedRecording {
    /// Records up to `limit` received bytes, in memory up to `memory` bytes.
    pub(crate) fn new(limit: u64, memory: usize) -> Self {
        Self(Arc::new(Mutex::new(Recording::new(limit, memory))))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over what was recorded and begins anew, with a new limit.
    pub(crate) fn restart(&self, limit: u64) -> Recording {
        let mut current = self.lock();
        let memory = current.memory;
        std::mem::replace(&mut *current, Recording::new(limit, memory))
    }
}

impl Recording {
    fn new(limit: u64, memory: usize) -> Self {
        let received = SpooledTempFile::new(memory);
        Self { sent: Vec::new(), received, length: 0, exceeded: false, limit, memory }
    }

    /// Sets how many bytes may be received in all.
    pub(crate) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    fn receive(&mut self, bytes: &[u8]) -> io::Result<()> {
        let left = self.limit.saturating_sub(self.length);
        let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.received.write_all(&bytes[..taken])?;
        self.length += taken as u64;
        if taken < bytes.len() {
            self.exceeded = true;
            return Err(io::Error::other("the response is longer than the limit"));
        }
        Ok(())
    }
}

impl<S> Recorder<S> {
    pub(crate) fn new(stream: S, recording: SharedRecording) -> Self {
        Self { stream, recording }
    }
}

impl<S: AsyncRead + Unpin> hyper::rt::Read for Recorder<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut piece = [0; 16 * 1024];
        let length = piece.len().min(buffer.remaining());
        let mut piece = ReadBuf::new(&mut piece[..length]);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut piece))?;
        self.recording.lock().receive(piece.filled())?;
        buffer.put_slice(piece.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> hyper::rt::Write for Recorder<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.recording.lock().sent.extend_from_slice(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
