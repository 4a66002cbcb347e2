//! Scoring the text model: every page through the model that did not see its site, alone and with the rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::SystemTime,
};

use anyhow::{Context, Result};
use dechaff_document::{JudgedPage, Label, Reason};
use dechaff_strip::{
    Judge, Profile, Settings,
    rules::RuleSet,
    text::{Model, features::FEATURES, lexicon::KINDS, neighbours},
};

use super::{
    default_settings,
    dumps::{self, Layout},
    page_of_text,
};
use crate::{
    align,
    data::{self, Part, RENDERERS, Set},
    hand, html,
    score::word_f1,
    sites,
};

/// Which pages are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged<'a> {
    /// The learned pages, those labelled in this file among them, each by the model of the folds that its site is not in
    /// (`fold-<k>.bin`).
    OutOfFold(&'a Path),
    /// The held-out tenth, by the model of all learned pages (`text.bin`).
    HeldOut,
}

/// What the pages of [`Set::Multilang`] are called in the table.
const MANY_LANGUAGES: &str = "many languages";

/// Sums of F1, precision, recall; pages.
type Sums = [f64; 4];

/// Scores all renderings with the rules and without: a Markdown table of word F1, overall and by type of page, with
/// precision and recall overall. The title is left out, as with `write.title = "metadata"`: the gold texts mostly leave
/// it out. Writes each page's scores to `<work>/pages-<rules>-<renderer>.tsv`.
///
/// # Errors
/// Where data or models are missing.
pub fn table(data: &Path, work: &Path, judged: Judged<'_>) -> Result<String> {
    let (pages, names): (_, Vec<String>) = match judged {
        Judged::OutOfFold(labels) => {
            let names = (0..sites::FOLDS).map(|fold| format!("fold-{fold}.bin"));
            (data::learned(data, labels, &super::LABELLED, &html::segmenter()?)?, names.collect())
        }
        Judged::HeldOut => (data::gold(data, Set::Wcxb, Part::HeldOut)?, vec!["text.bin".to_owned()]),
    };
    // Types of pages, then those that were labelled by hand, which are in no other figure.
    let labelled = matches!(judged, Judged::OutOfFold(_)).then_some(MANY_LANGUAGES);
    let columns: Vec<&str> = KINDS.into_iter().chain(labelled).collect();
    let mut table = String::from("| rendering | judged by | F1 | precision | recall |");
    table += &columns.iter().map(|kind| format!(" {kind} |")).collect::<String>();
    table += "\n|---|---|---|---|---|";
    table += &"---|".repeat(columns.len());
    for renderer in RENDERERS {
        let mut texts = data::rendered(&data.join("text-dev"), renderer)?;
        if let Judged::OutOfFold(_) = judged {
            texts.extend(data::rendered(&work.join("rendered"), renderer)?);
        }
        let texts: BTreeMap<String, String> = texts.into_iter().map(|page| (page.id, page.text)).collect();
        for (name, rules) in [("model", false), ("model-and-rules", true)] {
            let judges: Result<Vec<Judge>> =
                names.iter().map(|name| judge(&work.join(name), rules, Profile::Balanced)).collect();
            let judges = judges?;
            let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
            let mut rows = String::new();
            for page in &pages {
                let judge = &judges[usize::from(sites::fold(&page.site())) % judges.len()];
                let text = texts.get(&page.id).map(String::as_str).unwrap_or_default();
                let (f1, precision, recall) = word_f1(&keep(judge, text), page.text.as_deref().unwrap_or_default());
                let kind = page.kind.as_deref().unwrap_or("-");
                let groups = if page.set == Set::Multilang { &[MANY_LANGUAGES][..] } else { &["all", kind] };
                for &kind in groups {
                    let sums = sums.entry(kind).or_default();
                    for (sum, value) in sums.iter_mut().zip([f1, precision, recall, 1.0]) {
                        *sum += f64::from(value);
                    }
                }
                rows += &format!("{}\t{kind}\t{f1:.4}\t{precision:.4}\t{recall:.4}\n", page.id);
            }
            fs::write(work.join(format!("pages-{name}-{renderer}.tsv")), rows)?;
            let mean = |kind: &str, at: usize| {
                let sums = sums.get(kind).copied().unwrap_or_default();
                format!(" {:.4} |", sums[at] / sums[3])
            };
            table += &format!("\n| {renderer} | {} |", name.replace('-', " "));
            table += &[0, 1, 2].map(|at| mean("all", at)).concat();
            table += &columns.iter().map(|kind| mean(kind, 0)).collect::<String>();
        }
    }
    table += "\n";
    Ok(table)
}

/// The training report in Markdown: figures out of fold, importances, sizes, data.
///
/// # Errors
/// Where data, models or the importances that `gbdt.py` wrote are missing.
pub fn report(data: &Path, labels: &Path, work: &Path) -> Result<String> {
    let pages = data::gold(data, Set::Wcxb, Part::Learned)?;
    let labelled = hand::read(&labels.join(Set::Multilang.labels()))?;
    let sites: BTreeSet<String> = pages.iter().map(data::GoldPage::site).collect();
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let size = fs::metadata(work.join("text.bin"))?.len();
    let mut out = format!(
        "# The text model\n\nWritten by `training/train.sh` on {}. The model, `crates/strip/models/text.bin`, has {size} \
         bytes.\n\n## Data\n\n{} pages of {} sites from the development split of WCXB (Web Content eXtraction Benchmark, \
         M. Foley, 2026, CC BY 4.0) and {} pages in many languages of Trafilatura's evaluation set (A. Barbaresi), \
         labelled by hand (`training/labels`), each flattened to text by three renderers ({}), and {} dumps written for the \
         project. A tenth of the sites, by hash of the registrable domain, is not among them. Lines are labelled by aligning a page's words with its gold text; the \
         first pass has {} features, the second {} more.\n\n## Word F1 out of fold\n\nEvery page is judged by the model \
         of the four folds that its site is not in. The second pass is grown on scores of the first that are out of fold \
         themselves, but by models that saw the judged fold: a leak of second order, as in any stacked model that is not \
         nested. The title is left out.\n\n",
        date(seconds),
        pages.len(),
        sites.len(),
        labelled.len(),
        RENDERERS.join(", "),
        dumps::read(&labels.join("dumps"))?.len(),
        FEATURES.len(),
        neighbours::FEATURES.len(),
    );
    out += &table(data, work, Judged::OutOfFold(labels))?;
    out += "\n## Dumps out of fold\n\nThe dumps written for the project (`training/labels/dumps`), each by the model of the \
            folds that it is not in; those of its writer's other dumps may be in them. In one line, a line is what the \
            program cuts.\n\n";
    out += &dumps(labels, work)?;
    out += &format!("\n## Profiles\n\nOn {}, with the rules, out of fold.\n\n", RENDERERS[0]);
    out += &profiles(data, work)?;
    for (pass, title) in [("first", "First pass"), ("second", "Second pass"), ("headline", "Headline")] {
        let path = work.join(pass).join("importance.json");
        let ranked: Vec<(String, f64)> = serde_json::from_str(&fs::read_to_string(path)?)?;
        out += &format!("\n## {title}: share of the gain\n\n");
        let listed = ranked.iter().take(30).map(|(name, share)| format!("`{name}` {share:.3}"));
        out += &listed.collect::<Vec<_>>().join(", ");
        out += "\n";
    }
    out += "\n## Rules\n\nLines of all three renderings whose verdict is a rule's, and the wrong ones: lines of which half the \
            words or more stand in the gold text (of rules that keep: do not). The same for the dumps.\n\n";
    out += &super::rules::table(data, labels)?;
    Ok(out)
}

/// Scores the dumps, each by the model of the folds that it is not in: means of word F1, precision and recall of the story
/// without the headline; lines of the story that were lost and of chrome that were left; headlines told.
///
/// # Errors
/// Where dumps or models are missing.
pub fn dumps(labels: &Path, work: &Path) -> Result<String> {
    let judges: Result<Vec<Judge>> =
        (0..sites::FOLDS).map(|fold| judge(&work.join(format!("fold-{fold}.bin")), true, Profile::Balanced)).collect();
    let judges = judges?;
    let dumps = dumps::read(&labels.join("dumps"))?;
    let mut table = String::from(
        "| layout | F1 | precision | recall | story lines lost | chrome lines left | headlines told |\n|---|---|---|---|---|---|---|\n",
    );
    for (name, layout) in [
        ("a line each", Layout::Lines),
        ("blank lines between", Layout::Apart),
        ("wrapped at 72", Layout::Wrapped(72)),
        ("one line", Layout::OneLine),
    ] {
        let mut sums = [0.0f64; 3];
        let (mut lines, mut told) = (Counts::default(), 0);
        for dump in &dumps {
            let judged = judges[usize::from(dump.fold())].judge(page_of_text(&dump.text(layout)));
            let figures = lines.add(&judged, &dump.labels(&judged.page.blocks)?);
            sums.iter_mut().zip(figures).for_each(|(sum, value)| *sum += f64::from(value));
            let title = judged.page.metadata.title.as_ref().map(|title| align::words(&title.value));
            told += u32::from(title == dump.title().map(align::words));
        }
        let means = sums.map(|sum| format!(" {:.4} |", sum / dumps.len() as f64)).concat();
        let Counts { story: [lost, story], chrome: [left, chrome] } = lines;
        let count = dumps.len();
        table += &format!("| {name} |{means} {lost} of {story} | {left} of {chrome} | {told} of {count} |\n");
    }
    Ok(table)
}

/// Lines of dumps that went wrong, and all.
#[derive(Debug, Default)]
struct Counts {
    /// Of the story, those that were dropped.
    story: [u32; 2],
    /// Of chrome, those that were kept.
    chrome: [u32; 2],
}

impl Counts {
    /// Counts a dump's lines, of which `labels` says what share is story; its word F1, precision and recall.
    fn add(&mut self, judged: &JudgedPage, labels: &[Option<f32>]) -> [f32; 3] {
        // Words of the story and of chrome: kept ones, and all.
        let (mut kept, mut all) = ([0.0f32; 2], [0.0f32; 2]);
        for (block, label) in labels.iter().enumerate() {
            let words = align::words(&judged.page.blocks[block].text).len() as f32;
            let Some(share) = label.filter(|_| words > 0.0) else { continue };
            let is_kept = judged.verdicts[block].label == Label::Content;
            for (side, part) in [share * words, (1.0 - share) * words].into_iter().enumerate() {
                all[side] += part;
                kept[side] += if is_kept { part } else { 0.0 };
            }
            let (counts, wrong) = match share >= 0.5 {
                true => (&mut self.story, !is_kept),
                false => (&mut self.chrome, is_kept),
            };
            counts[0] += u32::from(wrong);
            counts[1] += 1;
        }
        let (precision, recall) = (kept[0] / kept.iter().sum::<f32>().max(1.0), kept[0] / all[0].max(1.0));
        [2.0 * precision * recall / (precision + recall).max(1e-6), precision, recall]
    }
}

/// Date (UTC) of seconds since 1970 (Hinnant, "chrono-compatible low-level date algorithms").
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + u64::from(month <= 2))
}

/// What the profiles cost and bring, on the first rendering, out of fold and with the rules.
fn profiles(data: &Path, work: &Path) -> Result<String> {
    let texts: BTreeMap<String, String> =
        data::rendered(&data.join("text-dev"), RENDERERS[0])?.into_iter().map(|page| (page.id, page.text)).collect();
    let pages = data::gold(data, Set::Wcxb, Part::Learned)?;
    let mut table = String::from("| profile | F1 | precision | recall |\n|---|---|---|---|\n");
    for (name, profile) in
        [("balanced", Profile::Balanced), ("precision", Profile::Precision), ("recall", Profile::Recall)]
    {
        let judges = judges_of_folds(work, profile)?;
        let mut sums = [0.0f64; 3];
        for page in &pages {
            let text = texts.get(&page.id).map(String::as_str).unwrap_or_default();
            let kept = keep(&judges[usize::from(sites::fold(&page.site()))], text);
            let (f1, precision, recall) = word_f1(&kept, page.text.as_deref().unwrap_or_default());
            sums.iter_mut().zip([f1, precision, recall]).for_each(|(sum, value)| *sum += f64::from(value));
        }
        let means = sums.map(|sum| format!(" {:.4} |", sum / pages.len() as f64)).concat();
        table += &format!("| {name} |{means}\n");
    }
    Ok(table)
}

/// For each fold a judge with the model that did not see it, and with the rules.
fn judges_of_folds(work: &Path, profile: Profile) -> Result<Vec<Judge>> {
    (0..sites::FOLDS).map(|fold| judge(&work.join(format!("fold-{fold}.bin")), true, profile)).collect()
}

fn judge(model: &Path, rules: bool, profile: Profile) -> Result<Judge> {
    let model = Model::from_bytes(&fs::read(model).with_context(|| model.display().to_string())?)?;
    Ok(Judge::new(Settings { rules, profile, ..default_settings() }, RuleSet::load(&[])?, None, Some(model))?)
}

/// What is kept of a text, without the title.
fn keep(judge: &Judge, text: &str) -> String {
    let judged = judge.judge(page_of_text(text));
    let kept = judged.content().filter(|(block, _)| judged.verdicts[*block].reason != Reason::Title);
    kept.map(|(_, block)| block.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_calendar_dates() {
        assert_eq!(super::date(0), "1970-01-01");
        assert_eq!(super::date(951_782_400), "2000-02-29");
        assert_eq!(super::date(1_767_225_599), "2025-12-31");
    }
}
