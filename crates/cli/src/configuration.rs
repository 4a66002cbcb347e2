//! From the command line's settings to a configuration: the layers and their order.
//!
//! Later wins: defaults, `--config` files in order, environment (`DECHAFF_SECTION__KEY`), `--set`, flags.

use std::fs;

use dechaff::config::{ConfigError, Configuration, Layer};
use dechaff::{Cleaner, Extras};

use crate::arguments::SettingsArguments;

/// The configuration of the common arguments, with a command's own flags on top.
pub fn load(arguments: &SettingsArguments, flags: &[Layer]) -> Result<Configuration, ConfigError> {
    let mut layers = Vec::new();
    for path in &arguments.config {
        let name = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::new(format!("cannot read the configuration file {name}: {error}")))?;
        layers.push(Layer::file(name, text));
    }
    layers.extend(Layer::environment(std::env::vars(), &["DECHAFF_CONFIG"])?);
    for assignment in &arguments.set {
        layers.push(Layer::assignment("--set", assignment)?);
    }
    if let Some(profile) = arguments.profile {
        layers.push(Layer::value("--profile", "strip.profile", profile.name()));
    }
    if let Some(threads) = arguments.threads {
        layers.push(Layer::value("--threads", "pipeline.threads", &threads.to_string()));
    }
    if !arguments.rules.is_empty() {
        let paths: Vec<_> = arguments.rules.iter().map(|path| path.display().to_string()).collect();
        layers.push(Layer::value("--rules", "pipeline.rules", &list(&paths)));
    }
    layers.extend_from_slice(flags);
    Configuration::load(&layers)
}

/// The cleaner of a configuration.
pub fn cleaner(configuration: &Configuration) -> Result<Cleaner, ConfigError> {
    Cleaner::new(configuration, &Extras::read(configuration)?)
}

/// A TOML list of strings.
pub fn list(items: &[String]) -> String {
    serde_json::to_string(items).expect("strings are JSON, and JSON strings are TOML")
}
