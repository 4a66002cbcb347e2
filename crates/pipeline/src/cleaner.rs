//! One document: bytes to judged page. This is the public API for programs that bring their own documents.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dechaff_dedup::repeats::Sites;
use dechaff_dedup::{Hash, content_hash};
use dechaff_document::{Body, JudgedPage, Label, MediaType, PageKind, RawDocument, Source, display_path};
use dechaff_segment::{Segmenter, Selector};
use dechaff_strip::{
    Judge, html,
    rules::{RuleFile, RuleSet},
    text,
};
use dechaff_write::{Stamp, title_block};
use sha2::{Digest, Sha256};

use crate::config::{ConfigError, Configuration, Place, Settings};
use crate::corpus::learned_sites;

/// Cleans one document at a time. Built once; one serves all threads.
///
/// ```
/// use dechaff::{Cleaner, config::Configuration};
///
/// let cleaner = Cleaner::new(&Configuration::defaults(), &Extras::default()).unwrap();
/// # use dechaff::Extras;
/// let page = cleaner.clean_html("<nav>Home</nav><h1>Tide</h1><p>The ferry leaves at noon, an hour before high water, \
///     and comes back when the last passenger has had lunch on the island.</p>", None);
/// assert!(page.content().any(|(_, block)| block.text.starts_with("The ferry leaves")));
/// ```
#[derive(Debug)]
pub struct Cleaner {
    segmenter: Segmenter,
    judge: Judge,
    settings: Settings,
    stamp: Stamp,
    /// What rule files say repeats on their sites.
    learned: Option<Sites>,
}

/// What the user brings beside settings: rule files and models, read by the caller.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// Rule files, in order; a later one wins.
    pub rules: Vec<RuleFile>,
    /// A model for HTML in place of the built-in one.
    pub html_model: Option<Vec<u8>>,
    /// A model for plain text in place of the built-in one.
    pub text_model: Option<Vec<u8>>,
}

impl Extras {
    /// Reads what `pipeline.rules`, `pipeline.html-model` and `pipeline.text-model` name. Of a directory, its `.toml`
    /// files are read in order of their names, and those of its directories.
    ///
    /// # Errors
    /// A file that cannot be read, and where the setting came from.
    pub fn read(configuration: &Configuration) -> Result<Extras, ConfigError> {
        let pipeline = &configuration.settings.pipeline;
        let cannot_read = |key: &str, path: &Path, error: std::io::Error| {
            let message = format!("{key}: cannot read {}: {error}", path.display());
            match configuration.place(key) {
                Some(place) => ConfigError::at(message, place.clone()),
                None => ConfigError::new(message),
            }
        };
        let mut extras = Extras::default();
        for path in &pipeline.rules {
            let path = Path::new(path);
            let files = toml_files(path).map_err(|error| cannot_read("pipeline.rules", path, error))?;
            for file in files {
                let text = fs::read_to_string(&file).map_err(|error| cannot_read("pipeline.rules", &file, error))?;
                extras.rules.push(RuleFile { name: display_path(&file), text });
            }
        }
        let model = |key: &str, path: &str| match path {
            "" => Ok(None),
            path => fs::read(path).map(Some).map_err(|error| cannot_read(key, Path::new(path), error)),
        };
        extras.html_model = model("pipeline.html-model", &pipeline.html_model)?;
        extras.text_model = model("pipeline.text-model", &pipeline.text_model)?;
        Ok(extras)
    }
}

impl Cleaner {
    /// A cleaner with these settings, and these rules over the built-in ones.
    ///
    /// # Errors
    /// A mistake in a rule file or a selector, with its place; a setting out of its range; a model file that is none.
    pub fn new(configuration: &Configuration, extras: &Extras) -> Result<Cleaner, ConfigError> {
        let settings = configuration.settings.clone();
        let rules = RuleSet::load(&extras.rules).map_err(|error| {
            let text = text_of(&extras.rules, &error.file);
            let place = Place::at_line(&error.file, text, error.line as usize, error.column as usize);
            ConfigError::at(error.message, place)
        })?;
        let mut selectors = Vec::new();
        for wanted in rules.selectors() {
            selectors.push(Selector::parse(&wanted.css).map_err(|error| {
                let (line, column) = (wanted.line as usize, wanted.column as usize);
                let place = Place::at_line(&wanted.file, text_of(&extras.rules, &wanted.file), line, column);
                ConfigError::at(format!("`{}` is not a CSS selector: {}", wanted.css, error.message), place)
            })?);
        }
        let unusable = |key: &str, error: &dyn std::fmt::Display| {
            let message = format!("{key}: not a model that this version can use: {error}");
            match configuration.place(key) {
                Some(place) => ConfigError::at(message, place.clone()),
                None => ConfigError::new(message),
            }
        };
        let html_model = match &extras.html_model {
            Some(bytes) => html::Model::from_bytes(bytes).map_err(|error| unusable("pipeline.html-model", &error))?,
            None => html::Model::builtin(),
        };
        let text_model = match &extras.text_model {
            Some(bytes) => text::Model::from_bytes(bytes).map_err(|error| unusable("pipeline.text-model", &error))?,
            None => text::Model::builtin(),
        };
        let stamp = Stamp { dechaff: env!("CARGO_PKG_VERSION").into(), configuration: fingerprint(&settings, extras) };
        let segmenter = Segmenter::new(settings.segment.clone(), selectors);
        let learned = learned_sites(&rules, &settings.dedup.repeats);
        let judge = Judge::new(settings.strip.clone(), rules, Some(html_model), Some(text_model))
            .map_err(|error| ConfigError::new(error.to_string()))?;
        Ok(Cleaner { segmenter, judge, settings, stamp, learned })
    }

    /// The document in blocks, each with its verdict and reason.
    pub fn judge(&self, raw: RawDocument) -> JudgedPage {
        self.judge_page(self.segmenter.page(raw))
    }

    /// The document in blocks, not judged yet.
    pub fn segment(&self, raw: RawDocument) -> dechaff_document::Page {
        self.segmenter.page(raw)
    }

    /// Parses HTML and drops the tree; gives the number of its nodes. For measuring what parsing takes.
    pub fn parse_alone(&self, html: &str) -> usize {
        self.segmenter.parse_alone(html)
    }

    /// A verdict on every block of a page.
    pub fn judge_page(&self, mut page: dechaff_document::Page) -> JudgedPage {
        if let Some(learned) = &self.learned {
            learned.apply(&mut page);
        }
        let mut judged = self.judge.judge(page);
        if judged.page.kind == PageKind::Text {
            let mut metadata = std::mem::take(&mut judged.page.metadata);
            let (bylines, stamps) = (dropped_as(&judged, "byline-residue"), dropped_as(&judged, "timestamp-residue"));
            dechaff_segment::add_residue(&mut metadata, &bylines, &stamps);
            judged.page.metadata = metadata;
        }
        judged
    }

    /// What rule files say repeats on their sites.
    pub(crate) fn learned(&self) -> Option<&Sites> {
        self.learned.as_ref()
    }

    /// A cleaner that renders what another one has judged, under its configuration: by its settings of these stages.
    pub(crate) fn of_judged(
        dedup: &dechaff_dedup::Settings,
        write: &dechaff_write::Settings,
        stamp: Stamp,
    ) -> Result<Cleaner, ConfigError> {
        let mut configuration = Configuration::defaults();
        configuration.settings.dedup = dedup.clone();
        configuration.settings.write = write.clone();
        Ok(Cleaner { stamp, ..Cleaner::new(&configuration, &Extras::default())? })
    }

    /// Judges HTML that is text already.
    pub fn clean_html(&self, html: &str, url: Option<&str>) -> JudgedPage {
        self.judge(raw_text(MediaType::Html, html, url))
    }

    /// Judges plain text.
    pub fn clean_text(&self, text: &str, url: Option<&str>) -> JudgedPage {
        self.judge(raw_text(MediaType::Text, text, url))
    }

    /// The kept text in the markup of the settings' format.
    pub fn render(&self, page: &JudgedPage) -> String {
        let settings = &self.settings.write;
        dechaff_write::render(page, dechaff_write::markup_of(settings.format, settings), settings)
    }

    /// The rules in force.
    pub fn rules(&self) -> &RuleSet {
        self.judge.rules()
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Version and configuration hash, as they stand in every row of the manifest.
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

/// The lines that were dropped under a category.
fn dropped_as<'a>(judged: &'a JudgedPage, category: &str) -> Vec<&'a str> {
    let of = |label: &Label| matches!(label, Label::Chrome(found) if found.as_str() == category);
    judged.blocks().filter(|(_, _, verdict)| of(&verdict.label)).map(|(_, block, _)| block.text.as_str()).collect()
}

/// Hash of the kept text without the title, or `None` where nothing is left: empty documents are copies of nothing.
pub fn kept_hash(judged: &JudgedPage) -> Option<Hash> {
    let title = title_block(judged);
    let mut kept = judged.content().filter(|(index, _)| Some(*index) != title).peekable();
    kept.peek()?;
    Some(content_hash(kept.map(|(_, block)| block.text.as_str())))
}

/// The file itself, or every `.toml` below a directory, sorted.
fn toml_files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "toml") {
            files.extend(toml_files(&entry)?);
        }
    }
    Ok(files)
}

fn raw_text(media: MediaType, text: &str, url: Option<&str>) -> RawDocument {
    RawDocument {
        source: Source { url: url.map(str::to_owned), ..Source::default() },
        media,
        charset: None,
        body: Body::Text(text.to_owned()),
        limits: Vec::new(),
        fields: Vec::new(),
    }
}

fn text_of<'a>(files: &'a [RuleFile], name: &str) -> &'a str {
    files.iter().find(|file| file.name == name).map_or("", |file| file.text.as_str())
}

/// Hash of everything that can change the output: version, settings of the stages, rule files, models.
fn fingerprint(settings: &Settings, extras: &Extras) -> Arc<str> {
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    part(env!("CARGO_PKG_VERSION").as_bytes());
    let Settings { read, segment, strip, dedup, write, pipeline, fetch: _ } = settings;
    // How much memory may be taken changes no output.
    let dedup = dechaff_dedup::Settings { memory: 0, ..dedup.clone() };
    let stages = serde_json::to_vec(&(read, segment, strip, &dedup, write, pipeline.max_seconds));
    part(&stages.expect("settings are plain values"));
    for file in &extras.rules {
        part(file.name.as_bytes());
        part(file.text.as_bytes());
    }
    for model in [&extras.html_model, &extras.text_model] {
        part(model.as_deref().unwrap_or_default());
    }
    hex(&digest.finalize()[..16]).into()
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
