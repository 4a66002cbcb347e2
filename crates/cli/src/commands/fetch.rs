//! `dechaff fetch`: URLs into a WARC file; and what `dechaff clean https://…` fetches first.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dechaff::config::Layer;
use dechaff::fetch::{self, Error, HostState, Mode, Plan, Progress, Seed, Settings, Summary, TemporaryArchive};
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::arguments::{Fetch, SettingsArguments};
use crate::configuration::{self, list};
use crate::exit::{Exit, Failure};

/// Runs the command. `stop` ends it in good order.
pub fn run(arguments: Fetch, quiet: bool, stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let layers = SettingsArguments {
        config: arguments.config.clone(),
        set: arguments.set.clone(),
        ..SettingsArguments::default()
    };
    let settings = configuration::load(&layers, &flags(&arguments))?.settings.fetch;
    let plan = Plan {
        mode: match (arguments.refresh, arguments.retry_failed) {
            (true, _) => Mode::Refresh,
            (false, true) => Mode::RetryFailed,
            (false, false) => Mode::Resume,
        },
        ..Plan::new(Seed::read(&arguments.inputs, &settings).map_err(failure)?, arguments.output)
    };
    let bar = Bar::new(quiet);
    let result = fetch::fetch(plan, &settings, &mut |progress| bar.show(progress, stop));
    bar.finish();
    let summary = result.map_err(failure)?;
    if !quiet {
        tell(&summary);
    }
    Ok(exit(&summary))
}

/// Fetches URLs into an archive that goes when the value is dropped; its `summary` says what came. What could not be
/// fetched is told on standard error.
pub fn into_temporary(
    urls: &[String],
    settings: &Settings,
    quiet: bool,
    stop: &Arc<AtomicBool>,
) -> Result<TemporaryArchive, Failure> {
    let seeds = urls.iter().map(|url| Seed::new(url)).collect();
    let bar = Bar::new(quiet);
    let result = fetch::fetch_temporary(seeds, settings, &mut |progress| bar.show(progress, stop));
    bar.finish();
    let archive = result.map_err(failure)?;
    if !quiet && archive.summary.failed() > 0 {
        tell(&archive.summary);
    }
    Ok(archive)
}

/// 0 if every URL has an answer in the archive, whatever its status.
pub fn exit(summary: &Summary) -> Exit {
    match summary {
        Summary { interrupted: true, .. } => Exit::Interrupted,
        summary if summary.failed() > 0 => Exit::SomeFailed,
        _ => Exit::Well,
    }
}

fn flags(arguments: &Fetch) -> Vec<Layer> {
    let mut layers = Vec::new();
    if let Some(contact) = &arguments.contact {
        layers.push(Layer::value("--contact", "fetch.contact", contact));
    }
    if !arguments.allow_address.is_empty() {
        layers.push(Layer::value("--allow-address", "fetch.allow-addresses", &list(&arguments.allow_address)));
    }
    layers
}

fn failure(error: Error) -> Failure {
    let message = error.to_string();
    match error {
        Error::Seeds { .. } => Failure::input(message),
        Error::Settings(_) => Failure::usage(message),
        Error::Archive { .. }
        | Error::InUse { .. }
        | Error::Damaged { .. }
        | Error::Journal { .. }
        | Error::System(_) => Failure::output(message),
    }
}

fn tell(summary: &Summary) {
    for line in summary.to_string().lines() {
        eprintln!("dechaff: {line}");
    }
    if summary.interrupted {
        eprintln!("dechaff: interrupted; the same command goes on there");
    }
}

/// The progress on standard error, where a person looks: totals, and the hosts with the most left to do.
struct Bar(ProgressBar);

impl Bar {
    fn new(quiet: bool) -> Bar {
        let bar = match quiet || !std::io::stderr().is_terminal() {
            true => ProgressBar::hidden(),
            false => ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()),
        };
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} URLs  {msg}").expect("a constant template");
        bar.set_style(style);
        Bar(bar)
    }

    fn show(&self, progress: &Progress, stop: &AtomicBool) -> ControlFlow<()> {
        if !self.0.is_hidden() {
            self.0.set_length(progress.settled + progress.left);
            self.0.set_position(progress.settled);
            self.0.set_message(message(progress));
        }
        match stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn finish(self) {
        self.0.finish_and_clear();
    }
}

fn message(progress: &Progress) -> String {
    let mut message = format!(
        "{:.1}/s  {}  {} failed  {} active",
        progress.rate,
        HumanBytes(progress.bytes),
        progress.failed,
        progress.active
    );
    if let Some(eta) = progress.eta {
        message.push_str(&format!("  {} left", HumanDuration(eta)));
    }
    for host in &progress.hosts {
        let state = match &host.state {
            HostState::Active => "asked now".to_owned(),
            HostState::Waiting(wait) => format!("asked again in {:.1} s", wait.as_secs_f64()),
            HostState::GivenUp => "given up".to_owned(),
        };
        message.push_str(&format!("\n  {}: {} queued, {state}", host.name, host.queued));
    }
    message
}
