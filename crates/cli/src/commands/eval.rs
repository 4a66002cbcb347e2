//! `dechaff eval`: how good is the text, against gold texts of one's own?

use std::collections::HashMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use dechaff::config::Layer;
use dechaff::eval::{Gold, gold_id, parse_gold, score};
use dechaff::read::Input;

use crate::arguments::Eval;
use crate::configuration;
use crate::exit::{Exit, Failure};

pub fn run(arguments: Eval) -> Result<Exit, Failure> {
    let mut flags = Vec::new();
    if arguments.samples {
        flags.push(Layer::value("--samples", "read.include", r#"["source.*"]"#));
    }
    let configuration = configuration::load(&arguments.settings, &flags)?;
    let cleaner = configuration::cleaner(&configuration)?;
    dechaff::start_threads(configuration.settings.pipeline.threads)
        .map_err(|error| Failure::usage(format!("cannot start threads: {error}")))?;
    let gold = match &arguments.gold {
        Some(path) => gold_file(path)?,
        None => arguments.inputs.iter().map(|path| sample_gold(path)).collect::<Result<Vec<_>, _>>()?.concat(),
    };
    let inputs: Vec<Input> = arguments.inputs.iter().map(|path| Input::from_argument(path.as_os_str())).collect();
    let mut predictions = HashMap::new();
    let mut failed = 0;
    dechaff::run::visit(&cleaner, &inputs, &AtomicBool::new(false), |visited| {
        let id = match arguments.samples {
            true => visited.record.id.rsplit_once('/').map_or("", |(case, _)| case),
            false => gold_id(&visited.record.id),
        };
        failed += u64::from(visited.record.outcome.name() == "failed");
        predictions.insert(id.to_owned(), visited.text.trim_end().to_owned());
    })?;
    if let Some(path) = &arguments.predictions {
        write_predictions(path, &gold, &predictions)
            .map_err(|error| Failure::input(format!("cannot write {}: {error}", path.display())))?;
    }
    let report = score(&gold, &predictions);
    let mut out = std::io::stdout();
    if arguments.json {
        serde_json::to_writer(&mut out, &report).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{report}")?;
    }
    for (id, page) in report.pages.iter().take(arguments.worst) {
        writeln!(out, "{:.4}  P {:.4}  R {:.4}  {id}", page.f1, page.precision, page.recall)?;
    }
    Ok(if failed > 0 { Exit::SomeFailed } else { Exit::Well })
}

pub(crate) fn gold_file(path: &Path) -> Result<Vec<Gold>, Failure> {
    let text =
        fs::read_to_string(path).map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
    parse_gold(&text).map_err(|(line, error)| {
        Failure::usage(format!("{}:{line}: expected a JSON object with `id` and `text`: {error}", path.display()))
    })
}

/// The case folders below a directory: `expected.txt` is the gold text, `about.toml` has the snippets and the category.
fn sample_gold(directory: &Path) -> Result<Vec<Gold>, Failure> {
    let cannot = |path: &Path, error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    let mut cases: Vec<PathBuf> = fs::read_dir(directory)
        .map_err(|error| cannot(directory, &error))?
        .filter_map(|entry| Some(entry.ok()?.path()).filter(|path| path.join("expected.txt").is_file()))
        .collect();
    cases.sort();
    let mut gold = Vec::new();
    for case in cases {
        let text = fs::read_to_string(case.join("expected.txt")).map_err(|error| cannot(&case, &error))?;
        let about = case.join("about.toml");
        let table: toml::Table = fs::read_to_string(&about)
            .map_err(|error| cannot(&about, &error))?
            .parse()
            .map_err(|error| cannot(&about, &error))?;
        let list = |key: &str| {
            let items = table.get(key).and_then(toml::Value::as_array).into_iter().flatten();
            items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        gold.push(Gold {
            id: case.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            text: Some(text),
            with: list("contains"),
            without: list("lacks"),
            category: table.get("type").and_then(toml::Value::as_str).map(str::to_owned),
        });
    }
    Ok(gold)
}

/// One {"id","text"} a line, in the order of the gold file.
fn write_predictions(path: &Path, gold: &[Gold], predictions: &HashMap<String, String>) -> std::io::Result<()> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    for page in gold {
        if let Some(text) = predictions.get(&page.id) {
            serde_json::to_writer(&mut out, &serde_json::json!({"id": page.id, "text": text}))?;
            writeln!(out)?;
        }
    }
    out.flush()
}
