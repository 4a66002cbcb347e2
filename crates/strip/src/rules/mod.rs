//! Rules as data: what a rule can ask of a block, and how a set of them is loaded and asked.
//!
//! Rules stand in TOML, one file for each category of chrome in `config/rules/` and one for each host in
//! `config/sites/`; those are compiled in, and a user's files are laid over them. `docs/rules.md` is the reference.
//! A set is asked as a whole ([`RuleSet::hits`]): a few automata read the page once and name candidates, and only
//! for those the conditions of their rules are looked at. The work is linear in the page.

mod alphabet;
mod automaton;
mod builtin;
mod bytes;
mod conditions;
mod examples;
mod expression;
mod fold;
mod hits;
mod literals;
mod load;
mod matcher;
mod memo;
mod reader;
mod schema;
mod sheet;
mod subject;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use dechaff_document::Page;

pub(crate) use conditions::{Measured, doubled};
pub use examples::{ExampleFailure, text_page};
pub(crate) use fold::core;
pub use fold::fold;
pub use hits::{Hit, Range32};
pub use schema::{
    Action, Conditions, Example, Kind, Near, Pattern, Rule, Scope, Shape, Site, SiteRepeat, Strength, Triggers,
};

/// A set of rules, loaded and checked. Immutable; one serves all threads.
///
/// ```
/// use dechaff_strip::rules::{RuleFile, RuleSet};
///
/// let mine = RuleFile {
///     name: "mine.toml".into(),
///     text: r#"
///         category = "newsletter"
///         [[rule]]
///         id = "newsletter.pigeon-post"
///         why = "Our partner's bulletin box stands under every story."
///         whole = ["Get the Pigeon Post"]
///         strips = ["Get the Pigeon Post!"]
///         keeps = ["She went out to get the pigeon post."]
///     "#.into(),
/// };
/// let rules = RuleSet::load(&[mine]).unwrap();
/// assert!(rules.rules().iter().any(|rule| &*rule.id == "newsletter.pigeon-post"));
///
/// let wrong = RuleFile { name: "mine.toml".into(), text: "[[rule]]\nid = \"a.b\"\nwhy = \"x\"\nhole = [\"y\"]".into() };
/// let error = RuleSet::load(&[wrong]).unwrap_err();
/// assert_eq!((error.line, error.column), (4, 1));
/// assert!(error.message.contains("did you mean `whole`?"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    sites: Vec<Site>,
    selectors: Vec<RuleSelector>,
    matcher: matcher::Matcher,
    /// For each rule the rules that its `near`, `not-near` and `until` name.
    near: Vec<Vec<u32>>,
    not_near: Vec<Vec<u32>>,
    until: Vec<Vec<u32>>,
    /// Whether another rule asks for nearness to it.
    looked_for: Vec<bool>,
    /// Rules that find their blocks by nearness alone.
    near_only: Vec<u32>,
    /// The round in which each rule is settled: after those it asks nearness to.
    level: Vec<u8>,
    levels: u8,
}

/// A file of rules as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Its name as the user knows it; errors and reasons quote it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A CSS selector that a rule asks for, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSelector {
    /// The selector as written.
    pub css: String,
    /// The file it stands in.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters of the selector's first character, from 1.
    pub column: u32,
}

/// A file of rules that cannot be used: where, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct RuleError {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong and what was expected.
    pub message: String,
}

impl RuleSet {
    /// The built-in rules with these files laid over them, in order: a rule with the id of an earlier one takes its
    /// place, `disable` takes rules away, `extends = "none"` starts from nothing.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn load(files: &[RuleFile]) -> Result<RuleSet, RuleError> {
        load::load(&builtin::files(), files)
    }

    /// These files alone, without the built-in rules.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn only(files: &[RuleFile]) -> Result<RuleSet, RuleError> {
        load::load(&[], files)
    }

    /// The rules, by file and line in the order of loading.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What site files say beside their rules.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The selectors of all rules, in the order in which segment is to number them.
    pub fn selectors(&self) -> &[RuleSelector] {
        &self.selectors
    }

    /// All hits on a page, sorted by rule and place. Linear in the page.
    pub fn hits(&self, page: &Page) -> Vec<Hit> {
        hits::hits(self, &Measured::of(page))
    }

    pub(crate) fn hits_of(&self, page: &Measured<'_>) -> Vec<Hit> {
        hits::hits(self, page)
    }

    /// The hosts of site files that a page belongs to: its own host and the domains above it, nearest first.
    pub(crate) fn sites_of(&self, page: &Page) -> Vec<&str> {
        if self.sites.is_empty() {
            return Vec::new();
        }
        let url = page.source.url.as_deref().or(page.metadata.url.as_ref().map(|found| found.value.as_str()));
        let Some(host) = url.and_then(host_of) else { return Vec::new() };
        let mut found: Vec<&str> = self
            .sites
            .iter()
            .map(|site| &*site.host)
            .filter(|site| host.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
            .collect();
        found.sort_by_key(|site| std::cmp::Reverse(site.len()));
        found.dedup();
        found
    }
}

/// The host of a URL, lower case, without user, port and a dot at the end.
///
/// ```
/// use dechaff_strip::rules::host_of;
/// assert_eq!(host_of("https://user@News.Example.org:8080/a?b").as_deref(), Some("news.example.org"));
/// assert_eq!(host_of("mailto:someone"), None);
/// ```
pub fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://").map(|(_, rest)| rest).or_else(|| url.strip_prefix("//"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.starts_with('[') {
        true => host.split(']').next()?.trim_start_matches('['),
        false => host.split(':').next()?,
    };
    let host = host.trim_end_matches('.').to_lowercase();
    (!host.is_empty()).then_some(host)
}
