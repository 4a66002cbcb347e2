//! What the user names, and under which name it stands in the output.

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    path::{Component, Path, PathBuf},
};

/// One input as named by the user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Input {
    /// A file, a directory (read with everything below it), or something that can be read once, as a named pipe.
    Path(PathBuf),
    /// A glob: every file that it matches, and every file below a directory that it matches.
    Glob(String),
    /// A file that lists inputs, one path a line (or NUL-terminated, where it holds a NUL); `-` for standard input.
    List(PathBuf),
    /// Standard input: a page, or a container of pages.
    Stdin,
}

impl Input {
    /// The input that an argument of the command line names: `-` is standard input, what exists is a path, what does
    /// not and holds `*`, `?`, `[` or `{` is a glob.
    ///
    /// ```
    /// use dechaff_read::Input;
    /// assert_eq!(Input::from_argument("-".as_ref()), Input::Stdin);
    /// assert_eq!(Input::from_argument("crawl/**/*.html".as_ref()), Input::Glob("crawl/**/*.html".into()));
    /// assert_eq!(Input::from_argument("missing.html".as_ref()), Input::Path("missing.html".into()));
    /// ```
    pub fn from_argument(argument: &OsStr) -> Input {
        match argument.to_str() {
            Some("-") => Input::Stdin,
            Some(text) if text.contains(['*', '?', '[', '{']) && Path::new(text).symlink_metadata().is_err() => {
                Input::Glob(text.to_owned())
            }
            _ => Input::Path(argument.into()),
        }
    }
}

/// The names of inputs in the output: none for a lone directory (its tree is mirrored as it is), else each input's own
/// name, made distinct by a number where two are alike.
pub(crate) fn prefixes(inputs: &[Input]) -> Vec<PathBuf> {
    let alone = inputs.len() == 1;
    let mut taken = HashSet::new();
    inputs
        .iter()
        .map(|input| match input {
            Input::Path(path) if alone && path.is_dir() => PathBuf::new(),
            Input::Path(path) => distinct(own_name(path), &mut taken),
            Input::Glob(_) if alone => PathBuf::new(),
            Input::Glob(glob) => distinct(own_name(&glob_base(glob)), &mut taken),
            // The lines of a list name themselves.
            Input::List(_) => PathBuf::new(),
            Input::Stdin => distinct("stdin".into(), &mut taken),
        })
        .collect()
}

/// The directory that a glob searches: its components before the first that holds a special character.
pub(crate) fn glob_base(glob: &str) -> PathBuf {
    let mut base = PathBuf::new();
    let components: Vec<Component<'_>> = Path::new(glob).components().collect();
    for component in &components[..components.len().saturating_sub(1)] {
        if component.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\']) {
            break;
        }
        base.push(component);
    }
    if base.as_os_str().is_empty() { PathBuf::from(".") } else { base }
}

/// A path that cannot lead out of the output directory: no root, no prefix, no `.` and `..`.
pub(crate) fn contained(path: &Path) -> PathBuf {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect()
}

/// The last component of a path; of `.`, `..` and the like the name of the directory they lead to.
pub(crate) fn own_name(path: &Path) -> OsString {
    path.file_name()
        .map(OsStr::to_owned)
        .or_else(|| path.canonicalize().ok().and_then(|path| path.file_name().map(OsStr::to_owned)))
        .unwrap_or_else(|| "root".into())
}

fn distinct(name: OsString, taken: &mut HashSet<OsString>) -> PathBuf {
    let path = PathBuf::from(&name);
    let mut candidate = name.clone();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        let mut next = path.file_stem().unwrap_or(&name).to_owned();
        next.push(format!("-{number}"));
        if let Some(extension) = path.extension() {
            next.push(".");
            next.push(extension);
        }
        candidate = next;
        number += 1;
    }
    candidate.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_of_one_name_stand_apart() {
        let inputs = ["a/page.html", "b/page.html", "b/page-2.html"].map(|path| Input::Path(path.into()));
        let names = prefixes(&inputs);
        assert_eq!(names[0], Path::new("page.html"));
        assert_eq!(names[1], Path::new("page-2.html"));
        assert_eq!(names[2], Path::new("page-2-2.html"));
    }

    #[test]
    fn the_base_of_a_glob_has_no_special_characters() {
        assert_eq!(glob_base("*.html"), Path::new("."));
        assert_eq!(glob_base("crawl/2024-*/x/*.html"), Path::new("crawl"));
        assert_eq!(glob_base("/data/a/*"), Path::new("/data/a"));
    }

    #[test]
    fn no_name_leads_out_of_the_output() {
        assert_eq!(contained(Path::new("/etc/../../passwd")), Path::new("etc/passwd"));
    }
}
