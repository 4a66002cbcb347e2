//! Judges files of plain text by rules and density alone, a line a block, and writes what is kept.
//!
//! ```sh
//! cargo run -p dechaff-strip --example judge_text -- OUT FILE...   # OUT `-` prints every line with its verdict
//! ```
#![allow(clippy::disallowed_methods)]

use std::{error::Error, path::Path};

use dechaff_document::{Label, Reason};
use dechaff_strip::{
    Judge, Settings,
    rules::{RuleSet, text_page},
};

#[derive(serde::Deserialize)]
struct Configuration {
    strip: Settings,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("usage: judge_text OUT FILE...")?;
    let configuration: Configuration = toml::from_str(include_str!("../../../config/default.toml"))?;
    let judge = Judge::new(configuration.strip, RuleSet::load(&[])?, None, None)?;
    for file in arguments {
        let judged = judge.judge(text_page(&std::fs::read_to_string(&file)?));
        if out == "-" {
            println!("== {file} empty: {:?}", judged.empty);
            for (_, block, verdict) in judged.blocks() {
                let label = match &verdict.label {
                    Label::Content => "KEEP".to_owned(),
                    Label::Comment => "COMMENT".to_owned(),
                    Label::Chrome(category) => category.to_string(),
                };
                let reason = match &verdict.reason {
                    Reason::Rule(origin) => origin.id.to_string(),
                    other => format!("{other:?}"),
                };
                println!(
                    "{:4} {label:18} {reason:42} {}",
                    block.line,
                    block.text.chars().take(100).collect::<String>()
                );
            }
            continue;
        }
        let kept: Vec<&str> = judged.content().map(|(_, block)| block.text.as_str()).collect();
        let name = Path::new(&file).file_name().ok_or("a file has a name")?;
        std::fs::write(Path::new(&out).join(name), kept.join("\n"))?;
    }
    Ok(())
}
