//! Layering files of rules into one set.

use std::{collections::BTreeMap, sync::Arc};

use rustc_hash::FxHashMap;

use super::{
    RuleError, RuleFile, RuleSelector, RuleSet,
    automaton::Automaton,
    fold::fold,
    matcher::Matcher,
    reader::{Document, Placed, near},
    schema::{Action, Conditions, Rule, Scope, Site, Strength, Triggers},
    sheet::read_sheet,
};

/// Loads the built-in files and lays the user's over them.
pub(super) fn load(builtin: &[RuleFile], files: &[RuleFile]) -> Result<RuleSet, RuleError> {
    let mut layers = Layers::default();
    for file in builtin {
        layers.add(file)?;
    }
    for file in files {
        layers.add(file)?;
    }
    layers.finish()
}

#[derive(Default)]
struct Layers {
    /// Rules by place, `None` where one was disabled or replaced.
    rules: Vec<Option<Rule>>,
    places: FxHashMap<Arc<str>, usize>,
    known: BTreeMap<Arc<str>, Rule>,
    sites: Vec<Site>,
    selectors: Vec<RuleSelector>,
    /// Names of rules inside rules are resolved last, when all are known: where to complain.
    references: FxHashMap<Arc<str>, (String, u32)>,
}

impl Layers {
    fn add(&mut self, file: &RuleFile) -> Result<(), RuleError> {
        let document = Document { file: file.name.as_str().into(), text: &file.text };
        let sheet = read_sheet(&document, &mut self.known, &mut self.selectors)?;
        if sheet.without_defaults {
            self.rules.clear();
            self.places.clear();
            self.sites.clear();
        }
        for id in &sheet.disable {
            self.disable(&document, id)?;
        }
        let mut own: FxHashMap<Arc<str>, u32> = FxHashMap::default();
        for Placed { value: rule, span } in sheet.rules {
            if let Some(line) = own.insert(rule.id.clone(), rule.line) {
                let message = format!("the id `{}` stands twice in this file: first on line {line}", rule.id);
                return Err(document.error(&span, message));
            }
            self.references.insert(rule.id.clone(), (file.name.clone(), rule.line));
            self.place(rule);
        }
        if let Some(site) = sheet.site {
            for rule in rules_of_repeats(&site) {
                self.place(rule);
            }
            self.sites.retain(|other| other.host != site.host);
            self.sites.push(site);
        }
        Ok(())
    }

    fn place(&mut self, rule: Rule) {
        match self.places.get(&rule.id) {
            Some(&place) => self.rules[place] = Some(rule),
            None => {
                self.places.insert(rule.id.clone(), self.rules.len());
                self.rules.push(Some(rule));
            }
        }
    }

    /// `category.*` takes away all rules of a category.
    fn disable(&mut self, document: &Document<'_>, id: &Placed<String>) -> Result<(), RuleError> {
        let mut found = false;
        for slot in &mut self.rules {
            if slot.as_ref().is_some_and(|rule| names(&id.value, rule)) {
                *slot = None;
                found = true;
            }
        }
        let rules = &self.rules;
        self.places.retain(|_, place| rules[*place].is_some());
        match found {
            true => Ok(()),
            false => {
                let ids: Vec<&str> = self.known.keys().map(|id| &**id).collect();
                let near = near(&id.value, &ids);
                Err(document.error(&id.span, format!("`disable` names no rule: \"{}\"{near}", id.value)))
            }
        }
    }

    fn finish(self) -> Result<RuleSet, RuleError> {
        let rules: Vec<Rule> = self.rules.into_iter().flatten().collect();
        let mut set = RuleSet { sites: self.sites, ..RuleSet::default() };
        let resolve = |rule: &Rule, wanted: &[String]| -> Result<Vec<u32>, RuleError> {
            let mut found = Vec::new();
            for id in wanted {
                let before = found.len();
                found.extend((0..rules.len() as u32).filter(|&other| names(id, &rules[other as usize])));
                // A rule that was disabled leaves nothing to be near to; a name that never was is a mistake.
                if found.len() == before && !id.ends_with(".*") && !self.known.contains_key(id.as_str()) {
                    let ids: Vec<&str> = self.known.keys().map(|id| &**id).collect();
                    let (file, line) = self.references.get(&rule.id).cloned().unwrap_or_default();
                    let message = format!("`{}` names no rule: \"{id}\"{}", rule.id, near(id, &ids));
                    return Err(RuleError { file, line, column: 1, message });
                }
            }
            Ok(found)
        };
        for rule in &rules {
            let named = |near: &Option<super::Near>| near.as_ref().map_or(Vec::new(), |near| near.rules.clone());
            set.near.push(resolve(rule, &named(&rule.when.near))?);
            set.not_near.push(resolve(rule, &named(&rule.when.not_near))?);
            set.until.push(match &rule.scope {
                Scope::Between { until, .. } => resolve(rule, until)?,
                _ => Vec::new(),
            });
        }
        set.looked_for = vec![false; rules.len()];
        for &other in set.near.iter().chain(&set.not_near).chain(&set.until).flatten() {
            set.looked_for[other as usize] = true;
        }
        set.near_only = (0..rules.len() as u32).filter(|&rule| finds_by_nearness(&rules[rule as usize])).collect();
        set.level = levels(&rules, &set, &self.references)?;
        set.levels = set.level.iter().copied().max().unwrap_or(0);
        set.rules = rules;
        set.number_selectors(self.selectors);
        match Matcher::new(&set.rules, set.selectors.len()) {
            Some(matcher) => set.matcher = matcher,
            None => return Err(too_large(&set.rules)),
        }
        Ok(set)
    }
}

impl RuleSet {
    /// Keeps the selectors that rules and sites still use, and numbers them anew.
    fn number_selectors(&mut self, all: Vec<RuleSelector>) {
        let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
        let used = self.rules.iter_mut().map(|rule| &mut rule.triggers.selectors);
        let used = used.chain(self.sites.iter_mut().flat_map(|site| [&mut site.content, &mut site.title]));
        for number in used.flatten() {
            *number = *numbers.entry(*number).or_insert_with(|| {
                self.selectors.push(all[*number as usize].clone());
                self.selectors.len() as u32 - 1
            });
        }
    }
}

/// Whether an id, or `category.*`, names a rule.
fn names(id: &str, rule: &Rule) -> bool {
    match id.strip_suffix(".*") {
        Some(category) => rule.category.as_str() == category,
        None => *rule.id == *id,
    }
}

fn finds_by_nearness(rule: &Rule) -> bool {
    let t = &rule.triggers;
    rule.when.near.is_some()
        && t.whole.is_empty()
        && t.prefix.is_empty()
        && t.contains.is_empty()
        && t.regex.is_empty()
        && t.selectors.is_empty()
        && t.tokens.is_empty()
        && t.tags.is_empty()
        && t.roles.is_empty()
}

/// Which rule has an expression that is too large, or that all are together.
fn too_large(rules: &[Rule]) -> RuleError {
    let large = |rule: &&Rule| rule.triggers.regex.iter().any(|pattern| !Automaton::new(pattern.hir.clone()).fits());
    let (rule, what) = match rules.iter().find(large) {
        Some(rule) => (Some(rule), "has a regular expression that is too large when compiled"),
        None => (rules.last(), "is the last of rules whose regular expressions are too large together"),
    };
    let (file, line) = rule.map_or_else(Default::default, |rule| (rule.file.to_string(), rule.line));
    let id = rule.map_or("", |rule| &rule.id);
    let message = format!("`{id}` {what}: repeat smaller classes, `[^ ]+` in place of `\\w+` or `\\p{{L}}+`");
    RuleError { file, line, column: 1, message }
}

/// The round in which each rule is settled: 0 without nearness, else one more than the latest of those it names.
fn levels(
    rules: &[Rule],
    set: &RuleSet,
    references: &FxHashMap<Arc<str>, (String, u32)>,
) -> Result<Vec<u8>, RuleError> {
    const MOST: u8 = 8;
    let mut level = vec![0u8; rules.len()];
    loop {
        let mut changed = None;
        for rule in 0..rules.len() {
            // A category as a whole may hold the rule itself: it is not near to itself.
            let others = set.near[rule].iter().chain(&set.not_near[rule]).filter(|&&other| other as usize != rule);
            let wanted = others.map(|&other| level[other as usize] + 1).max().unwrap_or(0);
            if wanted > level[rule] {
                level[rule] = wanted;
                changed = Some(rule);
            }
        }
        match changed {
            None => return Ok(level),
            Some(rule) if level[rule] > MOST => {
                let (file, line) = references.get(&rules[rule].id).cloned().unwrap_or_default();
                let message = format!("`{}` asks nearness to a rule that asks nearness to it in turn", rules[rule].id);
                return Err(RuleError { file, line, column: 1, message });
            }
            Some(_) => {}
        }
    }
}

/// The rules that a hand has made of what `dechaff learn` counted.
fn rules_of_repeats(site: &Site) -> Vec<Rule> {
    let acted = site.repeats.iter().enumerate().filter_map(|(number, repeat)| Some((number, repeat, repeat.action?)));
    acted
        .map(|(number, repeat, action): (usize, _, Action)| Rule {
            id: format!("{}.repeats-{}", site.host, number + 1).into(),
            category: repeat.category.clone(),
            why: format!(
                "Repeats on {} of {} pages of the site; the action was added by hand.",
                repeat.pages, repeat.of
            ),
            file: site.file.clone(),
            line: site.line,
            host: Some(site.host.clone()),
            languages: Vec::new(),
            input: None,
            action,
            strength: Strength::Veto,
            scope: Scope::Block,
            triggers: Triggers { whole: vec![fold(&repeat.text)], ..Triggers::default() },
            when: Conditions::default(),
            page: None,
            examples: Vec::new(),
        })
        .collect()
}
