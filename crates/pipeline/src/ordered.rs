//! Work in parallel, settle in order.
//!
//! [`in_order`] is the only place where documents of a run meet threads. Items are taken from one iterator, worked on
//! by every thread of the current rayon pool, and handed on strictly in the order in which they were taken; so whatever
//! `settle` does (look for duplicates, append rows) cannot depend on timing, and the same bytes come out at any number
//! of threads.
//!
//! Memory is bounded by [`Window`]: no new item is taken while too much is in flight, which keeps one slow document
//! from piling up everything behind it.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Starts the threads that all work runs on; 0 takes one for each processor. Once for a process, before any work: without
/// it, rayon starts its own on first use.
///
/// # Errors
/// If the threads were started before, or the system has none left.
pub fn start_threads(threads: usize) -> Result<(), rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        // Hostile pages nest; the default of 2 MiB leaves little room for what still recurses.
        .stack_size(16 << 20)
        .thread_name(|number| format!("dechaff-{number}"))
        .build_global()
}

/// How much may be in flight: taken, but not settled yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Items in flight, at least 1.
    pub items: usize,
    /// Weight in flight, in the unit of the `weight` function (bytes, say). One item is always let through, however
    /// heavy it is.
    pub weight: u64,
}

/// What `settle` says of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Take no new items, drop what is in flight. Items settled so far stay settled.
    Stop,
}

/// Takes items from `items` until it ends, runs `work` on each in parallel, `settle` on each result in order, and
/// `finish` on what `settle` returned, in parallel again and in no order (writing a file, say).
///
/// `weight` is asked once for every item when it is taken. `settle` runs under a lock, on whichever thread has the next
/// result in line: keep it short. `stop` is asked before each item is taken.
///
/// Returns the number of items settled.
pub fn in_order<I, T, J>(
    items: impl Iterator<Item = I> + Send,
    window: Window,
    weight: impl Fn(&I) -> u64 + Sync,
    stop: impl Fn() -> bool + Sync,
    work: impl Fn(I) -> T + Sync,
    settle: impl FnMut(T) -> (J, Flow) + Send,
    finish: impl Fn(J) -> Flow + Sync,
) -> u64
where
    I: Send,
    T: Send,
    J: Send,
{
    let source = Mutex::new(items);
    let line = Line {
        state: Mutex::new(State { waiting: BTreeMap::new(), taken: 0, next: 0, weight: 0, stopped: false, settle }),
        moved: Condvar::new(),
    };
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads() {
            scope.spawn(|_| {
                while let Some((number, item, heavy)) = take(&source, &line, window, &weight, &stop) {
                    let result = work(item);
                    for job in line.put(number, result, heavy) {
                        if finish(job) == Flow::Stop {
                            line.stop();
                        }
                    }
                }
            });
        }
    });
    lock(&line.state).next
}

/// [`in_order`] where settling and finishing may fail: the first failure stops it and is returned.
///
/// # Errors
/// What `settle` or `finish` returned first.
pub fn in_order_until_failure<I, T, J, E>(
    items: impl Iterator<Item = I> + Send,
    window: Window,
    weight: impl Fn(&I) -> u64 + Sync,
    stop: impl Fn() -> bool + Sync,
    work: impl Fn(I) -> T + Sync,
    mut settle: impl FnMut(T) -> Result<J, E> + Send,
    finish: impl Fn(J) -> Result<(), E> + Sync,
) -> Result<(), E>
where
    I: Send,
    T: Send,
    J: Send,
    E: Send,
{
    let failure = Mutex::new(None);
    let stop_with = |error| {
        lock(&failure).get_or_insert(error);
        Flow::Stop
    };
    in_order(
        items,
        window,
        weight,
        stop,
        work,
        |result| match settle(result) {
            Ok(job) => (Some(job), Flow::Continue),
            Err(error) => (None, stop_with(error)),
        },
        |job| match job.map_or(Ok(()), &finish) {
            Ok(()) => Flow::Continue,
            Err(error) => stop_with(error),
        },
    );
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Results waiting for their turn, and the account of what is in flight.
struct Line<T, S> {
    state: Mutex<State<T, S>>,
    moved: Condvar,
}

struct State<T, S> {
    waiting: BTreeMap<u64, (T, u64)>,
    taken: u64,
    next: u64,
    weight: u64,
    stopped: bool,
    settle: S,
}

/// The next item, once there is room for it. The source is held while waiting, so items are numbered as they come.
fn take<I, T, S>(
    source: &Mutex<impl Iterator<Item = I>>,
    line: &Line<T, S>,
    window: Window,
    weight: &impl Fn(&I) -> u64,
    stop: &impl Fn() -> bool,
) -> Option<(u64, I, u64)> {
    let mut source = lock(source);
    let mut state = lock(&line.state);
    loop {
        if state.stopped || stop() {
            state.stopped = true;
            return None;
        }
        let flying = state.taken - state.next;
        if flying == 0 || (flying < window.items as u64 && state.weight < window.weight) {
            break;
        }
        state = line.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    // The source may read and decompress for a while; results must not wait for that.
    drop(state);
    let item = source.next()?;
    let heavy = weight(&item);
    let mut state = lock(&line.state);
    let number = state.taken;
    state.taken += 1;
    state.weight += heavy;
    Some((number, item, heavy))
}

impl<T, S> Line<T, S> {
    /// Puts a result in line and settles every result whose turn has come.
    fn put<J>(&self, number: u64, result: T, heavy: u64) -> Vec<J>
    where
        S: FnMut(T) -> (J, Flow),
    {
        let mut state = lock(&self.state);
        state.waiting.insert(number, (result, heavy));
        let mut jobs = Vec::new();
        let next = state.next;
        while let Some((result, heavy)) = state.waiting.remove(&(next + jobs.len() as u64)) {
            if state.stopped {
                break;
            }
            let (job, flow) = (state.settle)(result);
            jobs.push(job);
            state.weight -= heavy;
            if flow == Flow::Stop {
                state.stopped = true;
            }
        }
        state.next += jobs.len() as u64;
        self.moved.notify_all();
        jobs
    }

    fn stop(&self) {
        lock(&self.state).stopped = true;
        self.moved.notify_all();
    }
}

/// A lock that a panic elsewhere does not take from us: work is caught per document, so poison means a bug in settling,
/// and that panic already travels up through the scope.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(threads: usize, window: Window) -> Vec<u64> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut seen = Vec::new();
        pool.install(|| {
            in_order(
                0..500u64,
                window,
                |&item| item % 7,
                || false,
                |item| {
                    // The first items take longest, so results arrive out of order.
                    std::thread::sleep(std::time::Duration::from_micros(500 - item));
                    item * item
                },
                |square| {
                    seen.push(square);
                    ((), Flow::Continue)
                },
                |()| Flow::Continue,
            )
        });
        seen
    }

    #[test]
    fn results_are_settled_in_the_order_they_were_taken() {
        let expected: Vec<u64> = (0..500).map(|item| item * item).collect();
        for threads in [1, 2, 7] {
            for window in [Window { items: 1, weight: 1 }, Window { items: 64, weight: 40 }] {
                assert_eq!(squares(threads, window), expected, "{threads} threads, {window:?}");
            }
        }
    }

    #[test]
    fn a_stop_while_settling_settles_nothing_more() {
        let mut seen = Vec::new();
        let settled = in_order(
            0..1000u32,
            Window { items: 32, weight: u64::MAX },
            |_| 1,
            || false,
            |item| item,
            |item| {
                seen.push(item);
                ((), if item == 10 { Flow::Stop } else { Flow::Continue })
            },
            |()| Flow::Continue,
        );
        assert_eq!(settled, 11);
        assert_eq!(seen, (0..=10).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_failure_ends_it_and_is_returned() {
        let mut seen = Vec::new();
        let result = in_order_until_failure(
            0..1000u32,
            Window { items: 32, weight: u64::MAX },
            |_| 1,
            || false,
            |item| item,
            |item| {
                seen.push(item);
                if item == 10 { Err(item) } else { Ok(()) }
            },
            |()| Ok(()),
        );
        assert_eq!(result, Err(10));
        assert_eq!(seen, (0..=10).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_in_flight_never_exceeds_the_window() {
        use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
        let flying = AtomicI64::new(0);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
        pool.install(|| {
            in_order(
                0..200u32,
                Window { items: 3, weight: u64::MAX },
                |_| 1,
                || false,
                |_| assert!(flying.fetch_add(1, SeqCst) < 3),
                |()| (flying.fetch_sub(1, SeqCst), Flow::Continue),
                |_| Flow::Continue,
            )
        });
        assert_eq!(flying.load(SeqCst), 0);
    }
}
