//! What repeats on each site: counted before a run, or learned to be written down.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use dechaff_dedup::repeats::learned::{LearnedRepeat, LearnedSite, learn as write_down};
use dechaff_dedup::repeats::{PageDigest, SiteCounter, Sites, fold, site_of};
use dechaff_dedup::{Repeats, Site};
use dechaff_document::{Category, Label, Page};
use dechaff_read::Loaded;
use dechaff_strip::rules::RuleSet;

use crate::cleaner::Cleaner;
use crate::error::RunError;
use crate::job::Job;
use crate::process::guarded;
use crate::reading::Reading;

/// Counts what repeats, by the settings. Sites that a rule file has counts for are left to it.
pub(crate) fn count(reading: &Reading<'_>) -> Result<Sites, RunError> {
    let settings = &reading.cleaner.settings().dedup.repeats;
    let counter = Mutex::new(SiteCounter::new(settings));
    each_page(
        reading,
        settings,
        &counter,
        |page| PageDigest::new(&page),
        |counter, site, digest| {
            counter.insert(site, digest);
        },
    )?;
    Ok(counter.into_inner().unwrap_or_else(PoisonError::into_inner).finish())
}

/// What repeats on every site with enough pages, to be written down. Categories are what this cleaner makes of the
/// texts where it drops them.
///
/// # Errors
/// Inputs that cannot be named.
pub fn learn(cleaner: &Cleaner, job: &Job, stop: &AtomicBool) -> Result<Vec<LearnedSite>, RunError> {
    let mut settings = cleaner.settings().dedup.repeats.clone();
    if settings.site == Site::Off {
        settings.site = Site::Host;
    }
    let counter = Mutex::new(SiteCounter::new(&settings));
    let mut categories: HashMap<u64, HashMap<Category, u32>> = HashMap::new();
    let digest = |page: Page| {
        let digest = PageDigest::with_texts(&page);
        let judged = cleaner.judge_page(page);
        let chrome = judged.blocks().filter_map(|(_, block, verdict)| match &verdict.label {
            Label::Chrome(category) => Some((text_key(&block.text), category.clone())),
            Label::Content | Label::Comment => None,
        });
        (digest, chrome.collect::<Vec<_>>())
    };
    let reading = Reading { cleaner, job, output: None, stop };
    each_page(&reading, &settings, &counter, digest, |counter, site, (digest, chrome)| {
        counter.insert(site, digest);
        for (key, category) in chrome {
            *categories.entry(key).or_default().entry(category).or_default() += 1;
        }
    })?;
    let guess = |text: &str, _: &str| {
        let counts = categories.get(&text_key(text))?;
        let dropped: u32 = counts.values().sum();
        // "other" says no more than where the text stands; and what is a second title on one page is a link on the rest.
        let named = counts.iter().filter(|(category, count)| category.as_str() != "other" && **count * 2 >= dropped);
        named.max_by_key(|(category, count)| (**count, std::cmp::Reverse(category.as_str()))).map(|it| it.0.to_string())
    };
    let counter = counter.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(write_down(counter, &settings, guess))
}

/// The counts that rule files bring.
pub(crate) fn learned_sites(rules: &RuleSet, settings: &Repeats) -> Option<Sites> {
    let site = if settings.site == Site::Off { Site::Host } else { settings.site.clone() };
    let mut sites = Sites::new(site);
    for site in rules.sites().iter().filter(|site| !site.repeats.is_empty()) {
        let of = site.repeats.iter().map(|repeat| repeat.of).max().unwrap_or_default();
        let repeat = |it: &dechaff_strip::rules::SiteRepeat| LearnedRepeat {
            text: it.text.clone(),
            place: it.place.clone(),
            pages: it.pages,
            category: it.category.to_string(),
            confidence: f64::from(it.confidence),
            examples: Vec::new(),
        };
        let learned =
            LearnedSite { site: site.host.to_string(), of, repeats: site.repeats.iter().map(repeat).collect() };
        sites.insert(&site.host, learned.counts());
    }
    (!sites.is_empty()).then_some(sites)
}

/// Runs over the pages of a job that a counter wants: segmented, digested on any thread, taken in input order.
fn each_page<T: Send>(
    reading: &Reading<'_>,
    settings: &Repeats,
    counter: &Mutex<SiteCounter>,
    digest: impl Fn(Page) -> T + Sync,
    mut take: impl FnMut(&mut SiteCounter, &str, T) + Send,
) -> Result<(), RunError> {
    let cleaner = reading.cleaner;
    let lock = || counter.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = |page: &Page| {
        let site = site_of(page, &settings.site);
        let known = |site: &str| cleaner.learned().is_some_and(|learned| learned.get(site).is_some());
        let wanted = site.as_deref().is_none_or(|site| !known(site) && lock().wants(site, &page.source.id));
        (site, wanted)
    };
    reading.each(
        |entry| {
            let Ok(Loaded::Document(raw)) = guarded("read", || entry.load()) else { return None };
            // Where the record tells the site, a page that is not in the sample need not be segmented.
            let shell = Page { source: raw.source.clone(), fields: raw.fields.clone(), ..Page::default() };
            if !wanted(&shell).1 {
                return None;
            }
            let page = guarded("segment", || cleaner.segment(raw)).ok()?;
            match wanted(&page) {
                (Some(site), true) => guarded("dedup", || digest(page)).ok().map(|digest| (site, digest)),
                _ => None,
            }
        },
        |found| {
            if let Some((site, digest)) = found {
                take(&mut lock(), &site, digest);
            }
            Ok(())
        },
    )?;
    Ok(())
}

fn text_key(text: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(&fold(text), &mut hasher);
    std::hash::Hasher::finish(&hasher)
}
