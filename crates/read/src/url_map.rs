//! URLs of pages by path: the file that `read.url-map` names.

use std::{collections::HashMap, fs, path::Path};

use dechaff_document::{Source, display_path};

use crate::Error;

/// URL by path, relative path or file name.
#[derive(Debug, Default)]
pub(crate) struct UrlMap(HashMap<String, String>);

impl UrlMap {
    /// Reads the file; an empty path gives an empty map. Lines are `path<TAB>URL`; empty lines are passed over.
    pub(crate) fn read(path: &str) -> Result<UrlMap, Error> {
        if path.is_empty() {
            return Ok(UrlMap::default());
        }
        let bytes = fs::read(path).map_err(|error| Error::UrlMap { path: path.into(), error })?;
        let mut urls = HashMap::new();
        for (index, line) in String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let (page, url) = match line.split_once('\t') {
                Some((page, url)) if !page.is_empty() && !url.trim().is_empty() => (page, url.trim()),
                _ => return Err(Error::UrlMapLine { path: path.into(), line: index + 1 }),
            };
            urls.insert(page.strip_prefix("./").unwrap_or(page).to_owned(), url.to_owned());
        }
        Ok(UrlMap(urls))
    }

    /// The URL of a source: by its path below the input, then as it was found, then by file name.
    pub(crate) fn url(&self, source: &Source) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        let relative = display_path(&source.relative);
        let below = relative.split_once('/').map(|(_, below)| below);
        let name = source.relative.file_name().map(|name| display_path(Path::new(name)));
        [Some(relative.as_str()), below, Some(source.input.trim_start_matches("./")), name.as_deref()]
            .into_iter()
            .flatten()
            .find_map(|key| self.0.get(key))
            .map(String::as_str)
    }
}
