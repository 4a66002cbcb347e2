//! Settings from layers: defaults, files, environment, command line.
//!
//! Every layer is TOML. A later layer wins over an earlier one, key by key (a list replaces a list). `config/default.toml`
//! is the first layer and says which keys there are: a key that it does not have is an error in any other layer, and
//! the error points at it. [`Configuration::show`] prints what is in force and which layer each value came from.
//!
//! ```
//! use dechaff::config::{Configuration, Layer};
//! let layers = [Layer::assignment("--set", "pipeline.threads=2").unwrap()];
//! let configuration = Configuration::load(&layers).unwrap();
//! assert_eq!(configuration.settings.pipeline.threads, 2);
//! assert!(configuration.show().contains("threads = 2  # --set"));
//! ```

mod error;

use std::collections::BTreeMap;

pub use error::{ConfigError, Place};
use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

/// The default configuration: every key, with comments.
pub const DEFAULT: &str = include_str!("../../../../config/default.toml");

/// The name under which the defaults appear as an origin.
pub const DEFAULT_NAME: &str = "default";

/// All settings: one section a stage, in the order a document flows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Stage 1.
    pub read: dechaff_read::Settings,
    /// Stage 2.
    pub segment: dechaff_segment::Settings,
    /// Stage 3.
    pub strip: dechaff_strip::Settings,
    /// Stage 4.
    pub dedup: dechaff_dedup::Settings,
    /// Stage 5.
    pub write: dechaff_write::Settings,
    /// How the stages are run.
    pub pipeline: PipelineSettings,
    /// How URLs are fetched: before any stage, and kept apart from them.
    pub fetch: dechaff_fetch::Settings,
}

/// How the stages are run: `[pipeline]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PipelineSettings {
    /// Rule files, or directories of them, over the built-in rules.
    pub rules: Vec<String>,
    /// Model for HTML in place of the built-in one; empty for that.
    pub html_model: String,
    /// Model for plain text in place of the built-in one; empty for that.
    pub text_model: String,
    /// Threads; 0 takes one for each processor.
    pub threads: usize,
    /// Documents in flight, for each thread.
    pub in_flight: usize,
    /// Bytes of documents in flight, as read; one document is always let through.
    pub in_flight_bytes: u64,
    /// Wall-clock limit for one document in seconds, 0 for none. Checked between the steps of a document.
    pub max_seconds: f64,
}

/// One source of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// What the user knows it by: a file name, `--set`, the name of a flag or of an environment variable.
    name: String,
    /// TOML.
    text: String,
    /// Whether `text` was typed in a file, so that line and column mean something to the user.
    is_file: bool,
}

impl Layer {
    /// A configuration file, read by the caller.
    pub fn file(name: impl Into<String>, text: impl Into<String>) -> Layer {
        Layer { name: name.into(), text: text.into(), is_file: true }
    }

    /// `section.key=value`, from the command line. The value is TOML; what is not TOML is taken as a string, so quotes
    /// may be left out.
    ///
    /// # Errors
    /// If there is no `=`, or the key is not dotted words.
    pub fn assignment(name: &str, assignment: &str) -> Result<Layer, ConfigError> {
        let Some((key, value)) = assignment.split_once('=') else {
            return Err(ConfigError::new(format!("`{name} {assignment}`: expected section.key=value")));
        };
        let (key, value) = (key.trim(), value.trim());
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        if !key.split('.').all(word) {
            return Err(ConfigError::new(format!("`{name} {assignment}`: `{key}` is not a key; expected section.key")));
        }
        Ok(Layer::value(name, key, value))
    }

    /// One key set by a flag or an environment variable. See [`Layer::assignment`] for the value.
    pub fn value(name: &str, key: &str, value: &str) -> Layer {
        let wants_string = default_entries().get(key).is_some_and(|entry| entry.value.is_str());
        let literal = match toml::from_str::<toml::Table>(&format!("value = {value}")) {
            Ok(table) if !wants_string || table["value"].is_str() => value.to_owned(),
            _ => toml::Value::String(value.to_owned()).to_string(),
        };
        Layer { name: name.to_owned(), text: format!("{key} = {literal}"), is_file: false }
    }

    /// Layers from environment variables: `DECHAFF_STRIP__PROFILE` sets `strip.profile` (two underscores for the dot,
    /// one for a hyphen). Variables with another beginning are passed over, and so are the names in `reserved`.
    pub fn environment(
        variables: impl Iterator<Item = (String, String)>,
        reserved: &[&str],
    ) -> Result<Vec<Layer>, ConfigError> {
        let mut layers = Vec::new();
        for (variable, value) in variables {
            let Some(name) = variable.strip_prefix("DECHAFF_") else { continue };
            if reserved.contains(&variable.as_str()) {
                continue;
            }
            if !name.contains("__") {
                return Err(ConfigError::new(format!(
                    "environment variable {variable}: expected DECHAFF_<SECTION>__<KEY>, for example DECHAFF_STRIP__PROFILE"
                )));
            }
            let key = name.to_ascii_lowercase().replace("__", ".").replace('_', "-");
            layers.push(Layer::value(&variable, &key, &value));
        }
        layers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(layers)
    }
}

/// Settings in force, and where each came from.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The settings.
    pub settings: Settings,
    entries: BTreeMap<String, Entry>,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
struct Entry {
    value: toml::Value,
    place: Place,
}

impl Configuration {
    /// The defaults alone.
    ///
    /// # Panics
    /// Never: a test loads the compiled-in file.
    pub fn defaults() -> Configuration {
        Configuration::load(&[]).expect("the compiled-in defaults are valid")
    }

    /// Layers over the defaults; a later one wins.
    ///
    /// # Errors
    /// A file that is not TOML, an unknown key, a value of the wrong type or outside its choices; always with the
    /// layer, and with line and column where it is a file.
    pub fn load(layers: &[Layer]) -> Result<Configuration, ConfigError> {
        let defaults = default_entries();
        let mut entries = defaults.clone();
        for layer in layers {
            for (key, entry) in flatten(layer)? {
                let Some(default) = defaults.get(&key) else {
                    return Err(ConfigError::unknown_key(&key, defaults.keys().map(String::as_str), entry.place));
                };
                entries
                    .insert(key.clone(), Entry { value: coerce(&key, entry.value, default, &entry.place)?, ..entry });
            }
        }
        let settings = serde_path_to_error::deserialize(toml::Value::Table(nest(&entries))).map_err(|error| {
            let path = error.path().to_string();
            // A list's element has the place of the list.
            let key = path.split('[').next().unwrap_or_default();
            let message = format!("{path}: {}", error.inner().message());
            match entries.get(key) {
                Some(entry) => ConfigError::at(message, entry.place.clone()),
                None => ConfigError::new(message),
            }
        })?;
        Ok(Configuration { settings, entries })
    }

    /// The effective configuration as TOML, each value with the layer it came from.
    pub fn show(&self) -> String {
        let mut out = String::new();
        let mut section = "";
        for (key, entry) in &self.entries {
            let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
            if table != section {
                let gap = if out.is_empty() { "" } else { "\n" };
                out.push_str(&format!("{gap}[{table}]\n"));
                section = table;
            }
            out.push_str(&format!("{name} = {}  # {}\n", entry.value, entry.place));
        }
        out
    }

    /// Where the value of a key came from.
    pub fn place(&self, key: &str) -> Option<&Place> {
        self.entries.get(key).map(|entry| &entry.place)
    }

    /// Whether nobody set this key.
    pub fn is_default(&self, key: &str) -> bool {
        self.place(key).is_some_and(|place| place.name == DEFAULT_NAME)
    }

    /// All keys, dotted, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}

fn default_entries() -> &'static BTreeMap<String, Entry> {
    static ENTRIES: std::sync::OnceLock<BTreeMap<String, Entry>> = std::sync::OnceLock::new();
    ENTRIES.get_or_init(|| {
        let layer = Layer { name: DEFAULT_NAME.to_owned(), text: DEFAULT.to_owned(), is_file: false };
        flatten(&layer).expect("the compiled-in defaults are TOML").into_iter().collect()
    })
}

/// All values of a layer under their dotted keys, in document order.
fn flatten(layer: &Layer) -> Result<Vec<(String, Entry)>, ConfigError> {
    let document = DeTable::parse(&layer.text).map_err(|error| {
        let message = error.message().to_owned();
        match error.span() {
            Some(span) => ConfigError::at(message, place(layer, span)),
            None => ConfigError::new(format!("{}: {message}", layer.name)),
        }
    })?;
    let mut entries = Vec::new();
    walk(document.get_ref(), "", layer, &mut entries);
    Ok(entries)
}

fn walk(table: &DeTable<'_>, prefix: &str, layer: &Layer, entries: &mut Vec<(String, Entry)>) {
    for (key, value) in table {
        let name = key.get_ref();
        let path = if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
        match value.get_ref() {
            DeValue::Table(table) => walk(table, &path, layer, entries),
            other => {
                let place = place(layer, key.span().start..value.span().end);
                entries.push((path, Entry { value: owned(other), place }));
            }
        }
    }
}

fn place(layer: &Layer, span: std::ops::Range<usize>) -> Place {
    match layer.is_file {
        true => Place::in_file(&layer.name, &layer.text, span),
        false => Place::named(&layer.name),
    }
}

fn owned(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| toml::Value::String(number.to_string()), toml::Value::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| toml::Value::String(number.to_string()), toml::Value::Float)
        }
        DeValue::Boolean(value) => toml::Value::Boolean(*value),
        DeValue::Datetime(value) => toml::Value::Datetime(*value),
        DeValue::Array(items) => toml::Value::Array(items.iter().map(|item| owned(item.get_ref())).collect()),
        DeValue::Table(table) => toml::Value::Table(
            table.iter().map(|(key, value)| (key.get_ref().to_string(), owned(value.get_ref()))).collect(),
        ),
    }
}

/// A value as the type that the default has: whole numbers may stand where a fraction may.
fn coerce(key: &str, value: toml::Value, default: &Entry, place: &Place) -> Result<toml::Value, ConfigError> {
    match (value, &default.value) {
        (toml::Value::Integer(number), toml::Value::Float(_)) => Ok(toml::Value::Float(number as f64)),
        (value, default) if value.same_type(default) => Ok(value),
        (value, default) => {
            let message = format!("`{key}` is a {}, expected a {}", value.type_str(), default.type_str());
            Err(ConfigError::at(message, place.clone()).help(format!("the default is {default}")))
        }
    }
}

fn nest(entries: &BTreeMap<String, Entry>) -> toml::Table {
    let mut root = toml::Table::new();
    for (key, entry) in entries {
        let (tables, name) = key.rsplit_once('.').unwrap_or(("", key));
        let table = tables.split('.').filter(|word| !word.is_empty()).fold(&mut root, |table, word| {
            let next = table.entry(word).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            next.as_table_mut().expect("a key is a table or a value, not both")
        });
        table.insert(name.to_owned(), entry.value.clone());
    }
    root
}

#[cfg(test)]
mod tests;
