//! `dechaff explain`: why is a block kept or dropped?

use std::io::{BufWriter, Write};
use std::path::Path;

use dechaff::document::RawDocument;
use dechaff::explain::{explain, reason_text};
use dechaff::read::{Input, Loaded};

use crate::arguments::Explain;
use crate::configuration;
use crate::exit::{Exit, Failure};

/// Characters of a block's text that the table shows.
const EXCERPT: usize = 80;

pub fn run(arguments: Explain) -> Result<Exit, Failure> {
    let configuration = configuration::load(&arguments.settings, &[])?;
    let cleaner = configuration::cleaner(&configuration)?;
    let input = match arguments.input == Path::new("-") {
        true => Input::Stdin,
        false => Input::Path(arguments.input.clone()),
    };
    let reader = dechaff::read::open(&[input], &configuration.settings.read)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let mut out = BufWriter::new(std::io::stdout());
    for entry in reader {
        let mut raw = match entry.load() {
            Loaded::Document(raw) => raw,
            Loaded::Unsupported { source, what } => {
                return Err(Failure::input(format!("{}: {what} is not a kind of document that is read", source.input)));
            }
            Loaded::Skipped { source, why } => return Err(Failure::input(format!("{}: skipped: {why}", source.input))),
            Loaded::Failed { source, message } => return Err(Failure::input(format!("{}: {message}", source.input))),
        };
        if arguments.url.is_some() {
            raw.source.url.clone_from(&arguments.url);
        }
        print(&cleaner, raw, arguments.json, &mut out)?;
    }
    out.flush()?;
    Ok(Exit::Well)
}

fn print(cleaner: &dechaff::Cleaner, raw: RawDocument, json: bool, out: &mut impl Write) -> std::io::Result<()> {
    let judged = cleaner.judge(raw);
    if !json {
        let page = &judged.page;
        let title = page.metadata.title.as_ref().map_or("none", |title| title.value.as_str());
        writeln!(out, "{}", page.source.input)?;
        writeln!(out, "title: {title}; encoding: {}; confidence: {:.2}", page.encoding.name, judged.confidence)?;
        if let Some(empty) = judged.empty {
            writeln!(out, "the page is empty: {empty:?}")?;
        }
    }
    for block in explain(&judged) {
        if json {
            serde_json::to_writer(&mut *out, &block)?;
            writeln!(out)?;
        } else {
            let label = block.category.map_or_else(|| "+".to_owned(), |category| format!("- {category}"));
            let text: String = block.text.chars().take(EXCERPT).map(|c| if c == '\n' { ' ' } else { c }).collect();
            writeln!(out, "{:>5}  {label:<20} {text}", block.line)?;
            writeln!(out, "{:>5}  {:<20} = {}", "", "", reason_text(block.reason))?;
        }
    }
    Ok(())
}
