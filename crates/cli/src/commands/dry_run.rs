//! `dechaff clean --dry-run`: what would be done, a line an input on standard output, and in all on standard error.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use dechaff::Cleaner;
use dechaff::run::{Action, Job, Planned, plan};

use crate::exit::{Exit, Failure};

pub fn run(
    cleaner: &Cleaner,
    job: &Job,
    output: Option<&Path>,
    quiet: bool,
    stop: &AtomicBool,
) -> Result<Exit, Failure> {
    let mut out = BufWriter::new(std::io::stdout());
    let mut written = Ok(());
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let planned = plan(cleaner, job, output, stop, |planned| {
        *counts.entry(planned.action.name()).or_default() += 1;
        if written.is_ok() {
            written = writeln!(out, "{}", line(&planned));
            if written.is_err() {
                // Nobody reads on: there is no one to tell the rest.
                stop.store(true, Ordering::Relaxed);
            }
        }
    })?;
    written.and_then(|()| out.flush())?;
    if !quiet {
        let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        let what = if counts.is_empty() { "no inputs".to_owned() } else { counts.join(", ") };
        eprintln!("dechaff: dry run, nothing was written: {what}");
        if planned.done > 0 {
            eprintln!("dechaff: {} done before an interruption: the run would go on behind them", planned.done);
        }
        if planned.gone > 0 {
            let fate = if job.prune { "would be removed" } else { "would be left (--prune removes them)" };
            eprintln!("dechaff: {} outputs whose inputs are gone {fate}", planned.gone);
        }
    }
    Ok(if stop.load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Well })
}

/// `action<TAB>id<TAB>output, or why there is none`.
fn line(planned: &Planned) -> String {
    let why = match &planned.action {
        Action::Clean | Action::Unchanged => planned.output.as_deref().unwrap_or_default(),
        Action::Skip(why) | Action::Unsupported(why) | Action::Fail(why) => why,
    };
    format!("{}\t{}\t{why}", planned.action.name(), planned.id)
}
