//! The dechaff program: from the command line to one call of the library, and from its result to an exit code.

mod arguments;
mod commands;
mod configuration;
mod exit;
mod progress;

use clap::Parser;

use arguments::{Arguments, Command};
use exit::Exit;

// Judging a page makes many small allocations on every thread; the system's allocator serialises some of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // clap ends with 2 on a usage error, as documented.
    let arguments = Arguments::parse();
    let exit = match run(arguments) {
        Ok(exit) => exit,
        Err(failure) => {
            if failure.exit != Exit::BrokenPipe {
                eprintln!("dechaff: error: {failure}");
            }
            failure.exit
        }
    };
    exit.into()
}

fn run(arguments: Arguments) -> Result<Exit, exit::Failure> {
    start_logging(arguments.verbose, arguments.quiet);
    match arguments.command {
        Command::Clean(clean) => commands::clean::run(*clean, arguments.quiet),
        Command::Merge(merge) => commands::merge::run(&merge, arguments.quiet),
        Command::Dedup(dedup) => commands::dedup::run(dedup, arguments.quiet),
        Command::Learn(learn) => commands::learn::run(learn, arguments.quiet),
        Command::Explain(explain) => commands::explain::run(explain),
        Command::Eval(eval) => commands::eval::run(eval),
        #[cfg(feature = "fetch")]
        Command::Fetch(fetch) => commands::fetch::run(*fetch, arguments.quiet, &commands::clean::stop_on_interrupt()?),
        Command::Rules(rules) => commands::rules::run(rules),
        Command::Config(config) => commands::config::run(config),
        Command::Completions { shell } => {
            let mut command = <Arguments as clap::CommandFactory>::command();
            clap_complete::generate(shell, &mut command, "dechaff", &mut std::io::stdout());
            Ok(Exit::Well)
        }
    }
}

/// Log lines of our own crates go to standard error; targets are the stages (`dechaff_read`, …). `RUST_LOG` overrules the
/// flags and lets other crates speak too.
fn start_logging(verbose: u8, quiet: bool) {
    use tracing_subscriber::EnvFilter;
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, _) => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(format!("dechaff={level}")));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
}
