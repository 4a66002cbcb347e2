//! Reading a file of rules: from TOML to the types of [`schema`](super::schema), with the place of every mistake.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use dechaff_document::{Category, EmptyReason, PageKind};
use toml::de::{DeTable, DeValue};

use super::{
    RuleError, RuleSelector,
    reader::{Document, Placed, TableReader},
    schema::{
        Action, Conditions, Example, Kind, Near, Pattern, Rule, Scope, Shape, Site, SiteRepeat, Strength, Triggers,
    },
};
use crate::category::is_slug;

type Result<T> = std::result::Result<T, RuleError>;

/// The farthest a rule may reach or look, in blocks: keeps the work on a page linear.
const FARTHEST: u32 = 200;

/// One file of rules, read.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleSheet {
    pub(super) without_defaults: bool,
    pub(super) disable: Vec<Placed<String>>,
    pub(super) rules: Vec<Placed<Rule>>,
    pub(super) site: Option<Site>,
}

const KINDS: [(&str, Kind); 10] = [
    ("heading", Kind::Heading),
    ("paragraph", Kind::Paragraph),
    ("list-item", Kind::ListItem),
    ("table-cell", Kind::TableCell),
    ("code", Kind::Code),
    ("quotation", Kind::Quotation),
    ("caption", Kind::Caption),
    ("term", Kind::Term),
    ("definition", Kind::Definition),
    ("form-control", Kind::FormControl),
];
const ACTIONS: [(&str, Action); 2] = [("drop", Action::Drop), ("keep", Action::Keep)];

/// Reads one file. `known` has the rules that `extends = "id"` of a rule can name: those read so far; this file's are
/// added. `selectors` numbers the selectors of all files.
pub(super) fn read_sheet(
    document: &Document<'_>,
    known: &mut BTreeMap<Arc<str>, Rule>,
    selectors: &mut Vec<RuleSelector>,
) -> Result<RuleSheet> {
    let parsed = DeTable::parse(document.text).map_err(|error| syntax_error(document, &error))?;
    let mut sheet = RuleSheet::default();
    let mut top = TableReader::new(document, parsed.get_ref(), 0..0, "this file");
    let category = top.text("category")?;
    let host = top.text("host")?;
    top.text("why")?;
    if let Some(extends) = top.text("extends")? {
        sheet.without_defaults = top.choose("extends", &extends, &[("default", false), ("none", true)])?;
    }
    sheet.disable = top.texts("disable")?;
    if let Some(host) = &host {
        sheet.site = Some(read_site(&mut top, document, host, selectors)?);
    } else if let Some(key) = ["content", "title", "repeats"].into_iter().find(|key| top.has(key)) {
        let span = top.value(key).map_or(0..0, |value| value.span());
        return Err(top.error(&span, format!("`{key}` is for site files: expected a `host` in this file")));
    }
    if let Some(category) = &category {
        check_category(document, category)?;
    }
    for table in top.tables("rule", "a rule")? {
        let rule = read_rule(table, document, category.as_ref(), host.as_ref(), selectors, known)?;
        known.insert(rule.value.id.clone(), rule.value.clone());
        sheet.rules.push(rule);
    }
    top.finish()?;
    Ok(sheet)
}

fn syntax_error(document: &Document<'_>, error: &toml::de::Error) -> RuleError {
    document.error(&error.span().unwrap_or(0..0), error.message().to_owned())
}

fn check_category(document: &Document<'_>, category: &Placed<String>) -> Result<()> {
    match is_slug(&category.value) {
        true => Ok(()),
        false => Err(document.error(
            &category.span,
            format!("`category` is \"{}\": expected lower-case letters, digits and hyphens", category.value),
        )),
    }
}

fn read_site(
    top: &mut TableReader<'_, '_>,
    document: &Document<'_>,
    host: &Placed<String>,
    selectors: &mut Vec<RuleSelector>,
) -> Result<Site> {
    let folded = host.value.trim().trim_end_matches('.').to_lowercase();
    if folded.is_empty() || folded.contains(|c: char| c.is_whitespace() || "/:*".contains(c)) {
        let message = format!("`host` is \"{}\": expected a host name such as \"example.org\"", host.value);
        return Err(document.error(&host.span, message));
    }
    let mut place = host.span.start;
    let content = top.texts("content")?;
    if let Some(first) = content.first() {
        place = first.span.start;
    }
    let content = number_selectors(document, content, selectors)?;
    let title = number_selectors(document, top.texts("title")?, selectors)?;
    let mut repeats = Vec::new();
    for mut table in top.tables("repeats", "`[[repeats]]`")? {
        let category = table.required_text("category")?;
        check_category(document, &category)?;
        repeats.push(SiteRepeat {
            text: table.required_text("text")?.value,
            place: table.text("place")?.map_or(String::new(), |place| place.value),
            pages: table.integer("pages", 0..u32::MAX)?.unwrap_or(0),
            of: table.integer("of", 0..u32::MAX)?.unwrap_or(0),
            category: Category::new(&category.value),
            confidence: table.share("confidence")?.unwrap_or(0.0),
            action: table.choice("action", &ACTIONS)?,
        });
        table.texts("examples")?;
        table.finish()?;
    }
    let line = document.place(place).0;
    Ok(Site { host: folded.into(), file: document.file.clone(), line, content, title, repeats })
}

fn number_selectors(
    document: &Document<'_>,
    written: Vec<Placed<String>>,
    selectors: &mut Vec<RuleSelector>,
) -> Result<Vec<u32>> {
    written
        .into_iter()
        .map(|selector| {
            if selector.value.trim().is_empty() {
                return Err(document.error(&selector.span, "an empty selector: expected CSS"));
            }
            let (line, column) = document.place(selector.span.start + 1);
            selectors.push(RuleSelector { css: selector.value, file: document.file.clone(), line, column });
            Ok(selectors.len() as u32 - 1)
        })
        .collect()
}

fn read_rule(
    mut table: TableReader<'_, '_>,
    document: &Document<'_>,
    category: Option<&Placed<String>>,
    host: Option<&Placed<String>>,
    selectors: &mut Vec<RuleSelector>,
    known: &BTreeMap<Arc<str>, Rule>,
) -> Result<Placed<Rule>> {
    let span = table.span.clone();
    let id = table.required_text("id")?;
    check_id(document, &id)?;
    let own = table.text("category")?;
    if let Some(own) = &own {
        check_category(document, own)?;
    }
    let base = match table.text("extends")? {
        Some(base) => match known.get(base.value.as_str()) {
            Some(rule) => Some(rule),
            None => {
                let names: Vec<&str> = known.keys().map(|id| &**id).collect();
                let near = super::reader::near(&base.value, &names);
                let message = format!("`extends` is \"{}\": no rule of this id was read before{near}", base.value);
                return Err(document.error(&base.span, message));
            }
        },
        None => None,
    };
    let stem = id.value.split('.').next().unwrap_or_default().to_owned();
    let category = own.as_ref().or(category).map_or(stem, |category| category.value.clone());
    let given: Vec<&str> = RULE_KEYS.into_iter().filter(|key| table.has(key)).collect();
    let why = match base {
        Some(base) if !given.contains(&"why") => base.why.clone(),
        _ => table.required_text("why")?.value,
    };
    let languages = table.texts("languages")?;
    if let Some(wrong) = languages.iter().find(|language| {
        !(2..=3).contains(&language.value.len()) || !language.value.bytes().all(|byte| byte.is_ascii_lowercase())
    }) {
        let message = format!("`languages` has \"{}\": expected ISO 639 codes such as \"en\"", wrong.value);
        return Err(document.error(&wrong.span, message));
    }
    let input = table
        .choice("input", &[("html", Some(PageKind::Html)), ("text", Some(PageKind::Text)), ("both", None)])?
        .flatten();
    let action = table.choice("action", &ACTIONS)?.unwrap_or(Action::Drop);
    let strength = table
        .choice("strength", &[("veto", Strength::Veto), ("hint", Strength::Hint), ("marker", Strength::Marker)])?
        .unwrap_or(Strength::Veto);
    let page = table.choice(
        "page",
        &[
            ("consent-wall", EmptyReason::ConsentWall),
            ("javascript-shell", EmptyReason::JavascriptShell),
            ("login-wall", EmptyReason::LoginWall),
            ("error-page", EmptyReason::ErrorPage),
        ],
    )?;
    let scope = read_scope(&mut table)?;
    let triggers = read_triggers(&mut table, document, selectors)?;
    let when = match table.table("when", "`when`")? {
        Some(table) => read_conditions(table)?,
        None => Conditions::default(),
    };
    let mut examples = read_examples(&mut table, "strips", document, input)?;
    examples.extend(read_examples(&mut table, "keeps", document, input)?);
    table.finish()?;
    let line = document.place(id.span.start).0;
    let mut rule = Rule {
        id: id.value.as_str().into(),
        category: Category::new(&category),
        why,
        file: document.file.clone(),
        line,
        host: host.map(|host| host.value.trim().to_lowercase().into()),
        languages: languages.into_iter().map(|language| language.value).collect(),
        input,
        action,
        strength,
        scope,
        triggers,
        when,
        page,
        examples,
    };
    if let Some(base) = base {
        inherit(&mut rule, base, &given);
    }
    check_rule(document, &rule, &id.span)?;
    Ok(Placed { value: rule, span })
}

/// The keys that a rule takes from the one it extends where it does not give them itself.
const RULE_KEYS: [&str; 18] = [
    "why",
    "category",
    "languages",
    "input",
    "action",
    "strength",
    "page",
    "scope",
    "whole",
    "prefix",
    "contains",
    "regex",
    "selectors",
    "tokens",
    "tags",
    "roles",
    "when",
    "strips",
];

fn inherit(rule: &mut Rule, base: &Rule, given: &[&str]) {
    for key in RULE_KEYS.into_iter().filter(|key| !given.contains(key)) {
        match key {
            "category" => rule.category = base.category.clone(),
            "languages" => rule.languages = base.languages.clone(),
            "input" => rule.input = base.input,
            "action" => rule.action = base.action,
            "strength" => rule.strength = base.strength,
            "page" => rule.page = base.page,
            "scope" => rule.scope = base.scope.clone(),
            "whole" => rule.triggers.whole = base.triggers.whole.clone(),
            "prefix" => rule.triggers.prefix = base.triggers.prefix.clone(),
            "contains" => rule.triggers.contains = base.triggers.contains.clone(),
            "regex" => rule.triggers.regex = base.triggers.regex.clone(),
            "selectors" => rule.triggers.selectors = base.triggers.selectors.clone(),
            "tokens" => rule.triggers.tokens = base.triggers.tokens.clone(),
            "tags" => rule.triggers.tags = base.triggers.tags.clone(),
            "roles" => rule.triggers.roles = base.triggers.roles.clone(),
            "when" => rule.when = base.when.clone(),
            // `why` was taken while reading; examples are a rule's own.
            _ => {}
        }
    }
}

fn check_id(document: &Document<'_>, id: &Placed<String>) -> Result<()> {
    let parts: Vec<&str> = id.value.split('.').collect();
    let well_formed = parts.len() >= 2
        && parts.iter().all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
    match well_formed {
        true => Ok(()),
        false => Err(document.error(
            &id.span,
            format!("`id` is \"{}\": expected \"category.name\" in lower-case letters, digits and hyphens", id.value),
        )),
    }
}

/// What a rule must have for it to be safe, whoever wrote it.
fn check_rule(document: &Document<'_>, rule: &Rule, span: &Range<usize>) -> Result<()> {
    let triggers = &rule.triggers;
    let by_text = !(triggers.whole.is_empty()
        && triggers.prefix.is_empty()
        && triggers.contains.is_empty()
        && triggers.regex.is_empty());
    let by_element = !(triggers.selectors.is_empty()
        && triggers.tokens.is_empty()
        && triggers.tags.is_empty()
        && triggers.roles.is_empty());
    if !by_text && !by_element && rule.when.near.is_none() {
        return Err(document.error(
            span,
            "the rule has nothing that makes it look: expected one of `whole`, `prefix`, `contains`, `regex`, \
             `selectors`, `tokens`, `tags`, `roles` or `when.near`",
        ));
    }
    let support = &rule.when;
    let supported = support.max_words.is_some()
        || support.max_share.is_some()
        || support.min_link_density.is_some()
        || support.near.is_some()
        || !support.says.is_empty()
        || !support.kinds.is_empty();
    if !triggers.tokens.is_empty()
        && rule.host.is_none()
        && rule.strength == Strength::Veto
        && rule.action == Action::Drop
        && !supported
    {
        return Err(document.error(
            span,
            "names of classes are not proof enough to drop text on every site: expected `when` with one of \
             `max-words`, `max-share`, `min-link-density`, `says`, `kinds` or `near`, or `strength = \"hint\"`",
        ));
    }
    Ok(())
}

fn read_scope(table: &mut TableReader<'_, '_>) -> Result<Scope> {
    #[derive(Clone, Copy, PartialEq)]
    enum Word {
        Block,
        Container,
        Section,
        Run,
        RunUp,
        Between,
        Tail,
    }
    let word = table
        .choice(
            "scope",
            &[
                ("block", Word::Block),
                ("container", Word::Container),
                ("section", Word::Section),
                ("run", Word::Run),
                ("run-up", Word::RunUp),
                ("between", Word::Between),
                ("tail", Word::Tail),
            ],
        )?
        .unwrap_or(Word::Block);
    let reach = match matches!(word, Word::Section | Word::Run | Word::RunUp | Word::Between) {
        true => table.integer("reach", 1..FARTHEST + 1)?,
        false => None,
    };
    Ok(match word {
        Word::Block => Scope::Block,
        Word::Container => Scope::Container,
        Word::Section => Scope::Section { reach: reach.unwrap_or(30) },
        Word::Run | Word::RunUp => {
            let Some(conditions) = table.table("run", "`run`")? else {
                return Err(table.error(&table.span, "the rule has no `run`: expected what each block must meet"));
            };
            let conditions = Box::new(read_conditions(conditions)?);
            Scope::Run { reach: reach.unwrap_or(20), conditions, upwards: word == Word::RunUp }
        }
        Word::Between => {
            let until: Vec<String> = table.texts("until")?.into_iter().map(|id| id.value).collect();
            if until.is_empty() {
                return Err(table.error(&table.span, "the rule has no `until`: expected ids of the rules that end it"));
            }
            Scope::Between { reach: reach.unwrap_or(20), until }
        }
        Word::Tail => Scope::Tail {
            rest_share: table.share("rest-share")?.unwrap_or(0.05),
            otherwise_block: table.boolean("otherwise-block")?.unwrap_or(true),
        },
    })
}

fn read_triggers(
    table: &mut TableReader<'_, '_>,
    document: &Document<'_>,
    selectors: &mut Vec<RuleSelector>,
) -> Result<Triggers> {
    let phrases = |written: Vec<Placed<String>>| -> Result<Vec<String>> {
        written
            .into_iter()
            .map(|phrase| match super::fold::fold(&phrase.value) {
                folded if super::fold::core(&folded).is_empty() => {
                    Err(document.error(&phrase.span, "a phrase without letters or digits"))
                }
                folded => Ok(folded),
            })
            .collect()
    };
    let whole = phrases(table.texts("whole")?)?;
    let prefix = phrases(table.texts("prefix")?)?;
    let contains = phrases(table.texts("contains")?)?;
    let mut regex = Vec::new();
    for expression in table.texts("regex")? {
        match Pattern::new(expression.value) {
            Ok(pattern) => regex.push(pattern),
            Err(error) => {
                return Err(document.error(&expression.span, format!("not a regular expression: {error}")));
            }
        }
    }
    let selectors = number_selectors(document, table.texts("selectors")?, selectors)?;
    let mut tokens = Vec::new();
    for token in table.texts("tokens")? {
        let core = token.value.trim_matches('*');
        if core.is_empty() || core.contains(|c: char| c.is_whitespace() || c == '*' || c == '.' || c == '#') {
            let message = format!(
                "`tokens` has \"{}\": expected a class or id without dot or number sign, `*` at its ends only",
                token.value
            );
            return Err(document.error(&token.span, message));
        }
        tokens.push(token.value.to_lowercase());
    }
    let lower = |texts: Vec<Placed<String>>| texts.into_iter().map(|text| text.value.to_lowercase()).collect();
    let tags = lower(table.texts("tags")?);
    let roles = lower(table.texts("roles")?);
    Ok(Triggers { whole, prefix, contains, regex, selectors, tokens, tags, roles })
}

fn read_conditions(mut table: TableReader<'_, '_>) -> Result<Conditions> {
    let many = 1..100_000_000;
    let strings = |texts: Vec<Placed<String>>| texts.into_iter().map(|text| text.value).collect::<Vec<_>>();
    let mut kinds = Vec::new();
    for word in table.texts("kinds")? {
        kinds.push(table.choose("kinds", &word, &KINDS)?);
    }
    let conditions = Conditions {
        kinds,
        min_words: table.integer("min-words", many.clone())?,
        max_words: table.integer("max-words", many.clone())?,
        min_characters: table.integer("min-characters", many.clone())?,
        max_characters: table.integer("max-characters", many.clone())?,
        min_link_density: table.share("min-link-density")?,
        max_link_density: table.share("max-link-density")?,
        first_blocks: table.integer("first-blocks", many.clone())?,
        last_blocks: table.integer("last-blocks", many)?,
        first_share: table.share("first-share")?,
        last_share: table.share("last-share")?,
        max_share: table.share("max-share")?,
        says: table.texts("says")?.iter().map(|phrase| super::fold::fold(&phrase.value)).collect(),
        voice: table.boolean("voice")?,
        shape: table
            .choice("shape", &[("name", Shape::Name), ("headline", Shape::Headline), ("doubled", Shape::Doubled)])?,
        sentence: table.boolean("sentence")?,
        inside_tags: strings(table.texts("inside-tags")?),
        inside_tokens: strings(table.texts("inside-tokens")?),
        page_languages: strings(table.texts("page-languages")?),
        near: read_near(&mut table, "near")?,
        not_near: read_near(&mut table, "not-near")?,
    };
    table.finish()?;
    Ok(conditions)
}

fn read_near(table: &mut TableReader<'_, '_>, key: &'static str) -> Result<Option<Near>> {
    let Some(mut near) = table.table(key, "`near`")? else { return Ok(None) };
    let rules: Vec<String> = near.texts("rules")?.into_iter().map(|id| id.value).collect();
    let before = near.integer("before", 0..FARTHEST + 1)?;
    let after = near.integer("after", 0..FARTHEST + 1)?;
    if rules.is_empty() || (before.is_none() && after.is_none()) {
        let message = format!("`{key}`: expected `rules`, and `before` or `after` in blocks");
        return Err(near.error(&near.span, message));
    }
    near.finish()?;
    Ok(Some(Near { rules, before: before.unwrap_or(0), after: after.unwrap_or(0) }))
}

fn read_examples(
    table: &mut TableReader<'_, '_>,
    key: &'static str,
    document: &Document<'_>,
    input: Option<PageKind>,
) -> Result<Vec<Example>> {
    let Some(value) = table.value(key) else { return Ok(Vec::new()) };
    let DeValue::Array(items) = value.get_ref() else {
        return Err(document.error(&value.span(), format!("`{key}`: expected a list of examples")));
    };
    let strips = key == "strips";
    let mut examples = Vec::new();
    for item in items.iter() {
        let line = document.place(item.span().start).0;
        examples.push(match item.get_ref() {
            DeValue::String(_) if input == Some(PageKind::Html) => {
                let message = "a rule for HTML needs examples in HTML: expected { html = \"…\", hits = [\"…\"] }";
                return Err(document.error(&item.span(), message));
            }
            DeValue::String(text) => text_example(text, strips, line),
            DeValue::Table(inner) => {
                let mut inner = table.nested(inner, item.span(), "an example");
                let text = inner.required_text("html")?.value;
                let hits: Vec<String> = inner.texts("hits")?.into_iter().map(|hit| hit.value).collect();
                if strips == hits.is_empty() {
                    let expected = if strips { "the texts of the blocks that are hit" } else { "none in `keeps`" };
                    return Err(document.error(&item.span(), format!("`hits`: expected {expected}")));
                }
                inner.finish()?;
                Example { kind: PageKind::Html, text, hits, line }
            }
            other => {
                let message = format!("`{key}`: expected a text or {{ html = \"…\" }}, found {}", other.type_str());
                return Err(document.error(&item.span(), message));
            }
        });
    }
    Ok(examples)
}

/// A page of plain text: lines that begin with `~ ` are those to be hit; without such a mark, all of `strips`.
fn text_example(text: &str, strips: bool, line: u32) -> Example {
    let marked = strips && text.lines().any(|line| line.starts_with("~ "));
    let mut hits = Vec::new();
    let mut page = String::new();
    for line in text.lines() {
        let plain = if marked { line.strip_prefix("~ ").unwrap_or(line) } else { line };
        if strips && !plain.trim().is_empty() && (!marked || line.starts_with("~ ")) {
            hits.push(plain.trim().to_owned());
        }
        page.push_str(plain);
        page.push('\n');
    }
    Example { kind: PageKind::Text, text: page, hits, line }
}
