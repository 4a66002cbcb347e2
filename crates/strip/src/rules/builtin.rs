//! The rules that are compiled in: every file of `config/rules/` and `config/sites/`.

use super::RuleFile;

/// Includes files of the repository's `config` folder by name.
macro_rules! config {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../../../config/", $path)))),*]
    };
}

const FILES: [(&str, &str); 0] = config![];

pub(super) fn files() -> Vec<RuleFile> {
    FILES.iter().map(|(path, text)| RuleFile { name: format!("config/{path}"), text: (*text).to_owned() }).collect()
}
