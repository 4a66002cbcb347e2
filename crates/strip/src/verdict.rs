//! The one place where a verdict is written.

use dechaff_document::{Block, BlockKind, Category, Label, Reason, RuleOrigin, Verdict};

use crate::{
    Comments,
    evidence::{BlockEvidence, BlockHints},
    rules::{Rule, RuleSet},
};

/// Least score of a lead. Below, the model is sure that it is a teaser; of the leads that it drops on the pages of
/// multilang-dev most score between .2 and .5.
const LEAST_OF_LEAD: f32 = 0.15;

/// What one block is decided from.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The block.
    pub block: &'a Block,
    /// What the models could read.
    pub hints: &'a BlockHints,
    /// What else is known.
    pub evidence: &'a BlockEvidence,
    /// The block it is a copy of is the title, or is (or will be) kept.
    pub original_kept: bool,
    /// The block it is a copy of is the title.
    pub copy_of_title: bool,
    /// The `content` selector of the page's site, where one matched.
    pub root: Option<&'a RuleOrigin>,
    /// Hidden text is shown by a script: so much of the page is hidden, or the block stands in a tab.
    pub revealed: bool,
    /// What becomes of it if it stands among readers' comments; `None` elsewhere, and where they are the page's content.
    pub comments: Option<Comments>,
    /// It belongs to a whole of which most is kept.
    pub in_company: bool,
    /// The model's score.
    pub score: f32,
    /// The cut in force.
    pub cut: f32,
}

/// Decides one block. The order is the whole policy:
///
/// 1. a **keep rule** keeps;
/// 2. the page's **title** is kept, unless a rule of the site drops it;
/// 3. a **veto** of a rule drops;
/// 4. outside a site's **content** selector: dropped; inside: kept, as far as the next three allow;
/// 5. a **copy** of a block that is kept is dropped;
/// 6. **hidden** text is dropped unless a script shows it and the model likes it;
/// 7. what **repeats** on the site, and something else points the same way, is dropped;
/// 8. readers' **comments** below an article go where the settings say;
/// 9. the page's **lead** is kept, unless the model is sure against it;
/// 10. the **score** decides against the cut; below it, a block stays whose whole stays.
///
/// Every drop has a category: of the rule, else of a rule that hints at the block, else by the block's links.
pub fn decide(case: &Case<'_>, rules: &RuleSet) -> Verdict {
    let Case { block, hints, evidence, score, cut, .. } = *case;
    let keep = |reason| Verdict { label: Label::Content, reason, score: Some(score) };
    let drop = |category, reason| Verdict { label: Label::Chrome(category), reason, score: Some(score) };
    let rule = |number: u32| &rules.rules()[number as usize];

    if let Some(number) = evidence.keep {
        return keep(Reason::Rule(origin(rule(number))));
    }
    if hints.title && evidence.veto.is_none_or(|number| rule(number).host.is_none()) {
        return keep(Reason::Title);
    }
    if let Some(number) = evidence.veto {
        return drop(rule(number).category.clone(), Reason::Rule(origin(rule(number))));
    }
    let hinted = || evidence.hint.map(|number| rule(number).category.clone());
    if let (Some(false), Some(root)) = (evidence.root, case.root) {
        return drop(hinted().unwrap_or_else(|| by_structure(evidence)), Reason::Rule(root.clone()));
    }
    if let Some(original) = hints.copy_of.filter(|_| case.original_kept) {
        let category = if case.copy_of_title { "duplicate-title" } else { "duplicate-caption" };
        return drop(Category::new(category), Reason::CopyOf(original as usize));
    }
    // The model knows that a block is hidden, and keeps it where whole pages and tabs are shown by a script.
    if block.hidden && (score < cut || !case.revealed) {
        return drop(hinted().unwrap_or_else(|| Category::new("other")), Reason::Hidden);
    }
    if let Some((with, of)) = evidence.repeats {
        return drop(hinted().unwrap_or_else(|| by_structure(evidence)), Reason::Repeats { with, of });
    }
    if let (Some(true), Some(root)) = (evidence.root, case.root) {
        return keep(Reason::Rule(root.clone()));
    }
    if let Some(comments) = case.comments {
        let reason = evidence.hint.map_or(Reason::Default, |number| Reason::Rule(origin(rule(number))));
        // The thread's controls and the names of its sections are not what anybody wrote.
        let written = evidence.words >= 3 && evidence.link_density <= 0.5 && block.kind != BlockKind::FormControl;
        match comments {
            Comments::Keep if written => return keep(reason),
            Comments::Separate if written => return Verdict { label: Label::Comment, reason, score: Some(score) },
            Comments::Keep => {}
            Comments::Drop | Comments::Separate => return drop(Category::new("comments"), reason),
        }
    }
    if hints.lead && score < cut && score >= LEAST_OF_LEAD {
        return keep(Reason::Lead);
    }
    match score >= cut {
        true => keep(Reason::Model { score, cut }),
        false if case.in_company => keep(Reason::Neighbours),
        false => drop(hinted().unwrap_or_else(|| by_structure(evidence)), Reason::Model { score, cut }),
    }
}

/// Where a rule stands.
pub fn origin(rule: &Rule) -> RuleOrigin {
    RuleOrigin { id: rule.id.clone(), file: rule.file.clone(), line: rule.line }
}

/// The likeliest category of a block that no rule hints at: links of one to three words are navigation, longer ones
/// lead to other pages.
fn by_structure(evidence: &BlockEvidence) -> Category {
    thread_local! {
        // Most blocks of a page are one of these; a name each would be a thousand allocations.
        static NAMES: [Category; 3] = ["nav", "related-links", "other"].map(Category::new);
    }
    let name = match evidence.link_density > 0.5 {
        true if evidence.words <= 3 => 0,
        true => 1,
        false => 2,
    };
    NAMES.with(|names| names[name].clone())
}
