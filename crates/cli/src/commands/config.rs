//! `dechaff config`: the settings in force.

use std::io::Write;

use dechaff::config::DEFAULT;

use crate::arguments::Config;
use crate::configuration;
use crate::exit::{Exit, Failure};

pub fn run(command: Config) -> Result<Exit, Failure> {
    let text = match command {
        Config::Show(settings) => configuration::load(&settings, &[])?.show(),
        Config::Default => DEFAULT.to_owned(),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Well)
}
