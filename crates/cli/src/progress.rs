//! The progress bar on standard error: files, MB/s, what became of them, time left. Only where a person looks.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dechaff::run::{Progress, Summary};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that follows the figures of a run on a thread of its own.
pub struct Bar {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// Shows a bar, if standard error is a terminal and `quiet` is not set.
    pub fn follow(progress: Arc<Progress>, quiet: bool) -> Bar {
        let done = Arc::new(AtomicBool::new(false));
        let thread = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let done = Arc::clone(&done);
            std::thread::spawn(move || draw(&progress, &done))
        });
        Bar { done, thread }
    }

    /// Takes the bar away.
    pub fn finish(mut self) {
        self.done.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // The drawing thread does not panic; if it did, the run is none the worse.
            let _ = thread.join();
        }
    }
}

fn draw(progress: &Progress, done: &AtomicBool) {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let known = "{bar:24} {pos}/{len} files  {msg}  {eta} left";
    let unknown = "{spinner} {pos} documents  {msg}  {elapsed}";
    let style = |template| ProgressStyle::with_template(template).expect("a constant template");
    bar.set_style(style(unknown));
    let started = Instant::now();
    while !done.load(Relaxed) {
        let files = progress.files.load(Relaxed);
        // Records of a container are not counted beforehand, so no end is known.
        if files > 0 && progress.containers.load(Relaxed) == 0 && bar.length() != Some(files) {
            bar.set_length(files);
            bar.set_style(style(known));
        }
        bar.set_position(progress.done.load(Relaxed));
        let rate = progress.bytes.load(Relaxed) as f64 / started.elapsed().as_secs_f64().max(0.001);
        bar.set_message(format!(
            "{}/s  {} kept, {} duplicate, {} failed",
            HumanBytes(rate as u64),
            progress.written.load(Relaxed),
            progress.duplicates.load(Relaxed),
            progress.failed.load(Relaxed),
        ));
        std::thread::sleep(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}

/// What a run did, in a few lines for standard error.
pub fn tell(summary: &Summary) {
    let outcomes: Vec<String> = summary.outcomes.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let what = if outcomes.is_empty() { "no inputs".to_owned() } else { outcomes.join(", ") };
    eprintln!(
        "dechaff: {what}; {} read, {} of text written",
        HumanBytes(summary.bytes_in),
        HumanBytes(summary.bytes_out)
    );
    let asides = [
        (summary.reused, "unchanged since the last run"),
        (summary.resumed, "done before an interruption"),
        (summary.replaced, "outputs of an earlier run removed: their inputs are written elsewhere now, or not at all"),
        (summary.pruned, "outputs removed whose inputs are gone"),
        (summary.orphaned, "outputs left whose inputs are gone (--prune removes them)"),
        (summary.passed.hidden, "hidden files or directories passed over (--hidden takes them)"),
        (summary.passed.excluded, "files or directories left out by --include and --exclude"),
    ];
    for (count, what) in asides.into_iter().filter(|(count, _)| *count > 0) {
        eprintln!("dechaff: {count} {what}");
    }
    for (input, message) in &summary.failures {
        eprintln!("dechaff: failed: {input}: {message}");
    }
    let more = summary.outcome("failed").saturating_sub(summary.failures.len() as u64);
    if more > 0 {
        eprintln!("dechaff: {more} more failed, see the manifest");
    }
    if summary.interrupted {
        eprintln!("dechaff: interrupted after {} documents; the same command goes on there", summary.documents());
    }
}
