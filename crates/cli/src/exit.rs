//! Exit codes, and errors that end the program.

use std::fmt;
use std::io;
use std::process::ExitCode;

use dechaff::config::ConfigError;
use dechaff::dedup::{near::NearError, seen::SeenError};
use dechaff::run::RunError;

/// How the program ends. The codes are part of the interface; `dechaff --help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All well, unsupported and empty inputs included.
    Well,
    /// Some inputs are missing, unreadable or failed.
    SomeFailed,
    /// Usage or configuration error: nothing was done.
    Usage,
    /// The output cannot be written.
    Output,
    /// Interrupted.
    Interrupted,
    /// Nobody reads standard output any more: no error, as for any filter in a pipe.
    BrokenPipe,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Well | Exit::BrokenPipe => 0,
            Exit::SomeFailed => 1,
            Exit::Usage => 2,
            Exit::Output => 3,
            Exit::Interrupted => 130,
        })
    }
}

/// An error that ends the program, and with which code.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    message: String,
}

impl Failure {
    /// A usage error.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into() }
    }

    /// An output that cannot be written.
    pub fn output(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Output, message: message.into() }
    }

    /// An input that cannot be read.
    pub fn input(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::SomeFailed, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::usage(error.to_string())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        let exit = match &error {
            RunError::State { .. } => Exit::SomeFailed,
            RunError::Input(_) | RunError::Unfit(_) | RunError::Seen(SeenError::Mismatch { .. }) => Exit::Usage,
            RunError::Near(NearError::Setting { .. }) => Exit::Usage,
            RunError::Near(NearError::Scratch(_)) | RunError::Seen(SeenError::Store(_)) => Exit::Output,
            RunError::Output { source, .. } if source.kind() == io::ErrorKind::BrokenPipe => Exit::BrokenPipe,
            RunError::Claim(_) | RunError::Output { .. } => Exit::Output,
        };
        let mut message = error.to_string();
        if let RunError::Output { source, .. } = &error
            && source.kind() == io::ErrorKind::StorageFull
        {
            message.push_str("; what was done is kept: make room, and the same command goes on there");
        }
        Failure { exit, message }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::BrokenPipe } else { Exit::Output };
        Failure { exit, message: format!("cannot write to standard output: {error}") }
    }
}
