//! The thread that writes: digests, compression, the archive and, after it, the journal. One thread, so that the
//! archive's order is the journal's order.

use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;

use crate::archive::{Archive, Profile, Revisit, StoredExchange};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::journal::{Done, Journal, Line, Validators};
use crate::target::Target;

/// An entry, and who wants to know that it is written.
pub(crate) struct Message {
    pub(crate) entry: Entry,
    pub(crate) written: Option<oneshot::Sender<()>>,
}

/// What is handed to the writer.
pub(crate) enum Entry {
    /// An exchange to archive.
    Exchange(Box<Settled>),
    /// A line for the journal alone.
    Line(Line),
}

/// A URL that is settled by a response.
pub(crate) struct Settled {
    pub(crate) target: Target,
    pub(crate) exchange: Exchange,
    pub(crate) done: Done,
    /// The response that a refresh asked with.
    pub(crate) earlier: Option<Validators>,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    pub(crate) exchanges: u64,
    pub(crate) revisits: u64,
}

/// Writes until the channel closes.
///
/// # Errors
/// If the archive or the journal cannot be written; what was written before is whole.
pub(crate) fn write(
    archive: &mut Archive,
    journal: &mut Journal,
    mut messages: Receiver<Message>,
) -> Result<Written, Error> {
    let mut written = Written::default();
    while let Some(message) = messages.blocking_recv() {
        match message.entry {
            Entry::Line(line) => journal.write(&line)?,
            Entry::Exchange(settled) => {
                let done = append(archive, *settled)?;
                written.exchanges += 1;
                written.revisits += u64::from(done.revisit == Some(true));
                journal.write(&Line::Done(Box::new(done)))?;
            }
        }
        if let Some(written) = message.written {
            // Nobody waits any more when the run was broken off.
            let _ = written.send(());
        }
    }
    archive.sync().map_err(|error| Error::Archive { path: archive.path().to_owned(), error })?;
    journal.sync()?;
    Ok(written)
}

fn append(archive: &mut Archive, settled: Settled) -> Result<Done, Error> {
    let Settled { target, mut exchange, mut done, earlier } = settled;
    let path = archive.path().to_owned();
    let failed = |error| Error::Archive { path: path.clone(), error };
    let header = |exchange: &Exchange, name| exchange.header(name);
    let etag = header(&exchange, hyper::header::ETAG);
    let last_modified = header(&exchange, hyper::header::LAST_MODIFIED);
    let (status, is_whole) = (exchange.status, exchange.cut.is_none());

    let mut stored = StoredExchange::new(&target, &mut exchange).map_err(failed)?;
    let profile = match &earlier {
        Some(_) if status == 304 => Some(Profile::ServerNotModified),
        Some(earlier) if is_whole && status == 200 && earlier.payload_digest == stored.payload_digest => {
            Some(Profile::IdenticalPayloadDigest)
        }
        _ => None,
    };
    let revisit = earlier.as_ref().zip(profile).map(|(earlier, profile)| Revisit {
        profile,
        refers_to: earlier.record_id.clone(),
        refers_to_date: earlier.date.clone(),
    });
    let place = archive.append_exchange(&mut stored, revisit.as_ref()).map_err(failed)?;

    done.offset = Some(place.offset);
    done.length = Some(place.length);
    done.revisit = revisit.is_some().then_some(true);
    done.validators = match earlier.filter(|_| revisit.is_some()) {
        // A revisit refers to the response that holds the body, also the next time.
        Some(earlier) => Some(Validators {
            etag: etag.or(earlier.etag),
            last_modified: last_modified.or(earlier.last_modified),
            ..earlier
        }),
        // Only a whole 200 is worth asking about again.
        None if status == 200 && is_whole => Some(Validators {
            etag,
            last_modified,
            payload_digest: stored.payload_digest.clone(),
            record_id: stored.record_id.clone(),
            date: stored.date.clone(),
        }),
        None => None,
    };
    Ok(done)
}
