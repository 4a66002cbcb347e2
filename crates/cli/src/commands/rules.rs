//! `dechaff rules`: what rules there are, why, and whether they do what they say.

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use dechaff::eval::{gold_id, words};
use dechaff::read::Input;
use dechaff::rules::{RuleTally, run_examples, tally};
use dechaff::strip::rules::{Action, Rule, RuleSet};

use crate::arguments::{Rules, SettingsArguments};
use crate::commands::eval::gold_file;
use crate::configuration;
use crate::exit::{Exit, Failure};

pub fn run(command: Rules) -> Result<Exit, Failure> {
    let mut out = BufWriter::new(std::io::stdout());
    let exit = match command {
        Rules::List { category, settings } => {
            let cleaner = configuration::cleaner(&configuration::load(&settings, &[])?)?;
            list(cleaner.rules(), category.as_deref(), &mut out)?;
            Exit::Well
        }
        Rules::Show { id, settings } => {
            let cleaner = configuration::cleaner(&configuration::load(&settings, &[])?)?;
            let rule = find(cleaner.rules(), &id)?;
            show(rule, &mut out)?;
            Exit::Well
        }
        Rules::Test { corpus, gold, settings } => test(&corpus, gold.as_ref(), &settings, &mut out)?,
    };
    out.flush()?;
    Ok(exit)
}

fn list(rules: &RuleSet, category: Option<&str>, out: &mut impl Write) -> std::io::Result<()> {
    for rule in rules.rules().iter().filter(|rule| category.is_none_or(|name| rule.category.as_str() == name)) {
        let languages = if rule.languages.is_empty() { "any".to_owned() } else { rule.languages.join(",") };
        writeln!(out, "{:<44} {:<5} {:<16} {}", rule.id, action(rule), languages, rule.why)?;
    }
    Ok(())
}

fn find<'a>(rules: &'a RuleSet, id: &str) -> Result<&'a Rule, Failure> {
    rules.rules().iter().find(|rule| &*rule.id == id).ok_or_else(|| {
        let near = rules.rules().iter().filter(|rule| rule.id.contains(id) || id.contains(rule.category.as_str()));
        let names: Vec<&str> = near.map(|rule| &*rule.id).take(5).collect();
        let help = if names.is_empty() { "`dechaff rules list` names all".to_owned() } else { names.join(", ") };
        Failure::usage(format!("there is no rule `{id}`; near it: {help}"))
    })
}

fn show(rule: &Rule, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}\n  {}", rule.id, rule.why)?;
    writeln!(out, "  category:  {}", rule.category)?;
    writeln!(out, "  action:    {} ({:?})", action(rule), rule.strength)?;
    writeln!(out, "  defined:   {}:{}", rule.file, rule.line)?;
    if !rule.languages.is_empty() {
        writeln!(out, "  languages: {}", rule.languages.join(", "))?;
    }
    if let Some(host) = &rule.host {
        writeln!(out, "  host:      {host}")?;
    }
    writeln!(out, "  scope:     {:?}\n  triggers:  {:?}\n  when:      {:?}", rule.scope, rule.triggers, rule.when)?;
    for example in &rule.examples {
        writeln!(out, "  example ({}:{}):", rule.file, example.line)?;
        for line in example.text.trim_end().lines() {
            let mark = if example.hits.iter().any(|hit| hit.trim() == line.trim()) { '-' } else { '+' };
            writeln!(out, "    {mark} {line}")?;
        }
    }
    Ok(())
}

fn test(
    corpus: &[PathBuf],
    gold: Option<&PathBuf>,
    settings: &SettingsArguments,
    out: &mut impl Write,
) -> Result<Exit, Failure> {
    let configuration = configuration::load(settings, &[])?;
    let cleaner = configuration::cleaner(&configuration)?;
    let failures = run_examples(&cleaner);
    for failure in &failures {
        writeln!(out, "{}:{}: {}", failure.file, failure.line, failure.rule)?;
        writeln!(out, "  expected to hit: {:?}\n  hit:             {:?}", failure.expected, failure.hit)?;
    }
    let examples: usize = cleaner.rules().rules().iter().map(|rule| rule.examples.len()).sum();
    writeln!(out, "{} rules, {examples} examples, {} failed", cleaner.rules().rules().len(), failures.len())?;
    if !corpus.is_empty() {
        let gold = gold.map(|path| gold_file(path)).transpose()?.unwrap_or_default();
        let texts: std::collections::HashMap<&str, HashSet<String>> = gold
            .iter()
            .filter_map(|page| Some((page.id.as_str(), words(page.text.as_deref()?).into_iter().collect())))
            .collect();
        let inputs: Vec<Input> = corpus.iter().map(|path| Input::from_argument(path.as_os_str())).collect();
        let tallies = tally(&cleaner, &inputs, &AtomicBool::new(false), |id| texts.get(gold_id(id)))?;
        write_tallies(cleaner.rules(), &tallies, out)?;
    }
    Ok(if failures.is_empty() { Exit::Well } else { Exit::SomeFailed })
}

fn write_tallies(rules: &RuleSet, tallies: &[RuleTally], out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{:<44} {:>8} {:>8} {:>8}  false hit", "rule", "pages", "blocks", "false")?;
    for (rule, tally) in rules.rules().iter().zip(tallies) {
        let example = tally.false_hit.as_ref().map_or(String::new(), |(id, text)| format!("{id}: {text}"));
        let example: String = example.chars().take(90).map(|c| if c == '\n' { ' ' } else { c }).collect();
        writeln!(out, "{:<44} {:>8} {:>8} {:>8}  {example}", rule.id, tally.pages, tally.blocks, tally.false_blocks)?;
    }
    Ok(())
}

fn action(rule: &Rule) -> &'static str {
    match rule.action {
        Action::Keep => "keep",
        Action::Drop => "drop",
    }
}
