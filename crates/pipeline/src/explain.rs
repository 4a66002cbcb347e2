//! Every block of a document with its verdict and the reason: the answer to "why was this line dropped?"

use dechaff_document::{BlockKind, JudgedPage, Label, Reason, Repeats};
use serde::Serialize;

/// One block as `dechaff explain --json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedBlock<'a> {
    /// Its place on the page, from 0.
    pub block: usize,
    /// `content` or `chrome`.
    pub verdict: &'static str,
    /// Category of chrome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<&'a str>,
    /// What settled it.
    pub reason: &'a Reason,
    /// The model's probability that it is content, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// What the block is.
    pub kind: BlockKind,
    /// Line of the decoded source, from 1.
    pub line: u32,
    /// Bytes of the decoded source: start and end (HTML: the start of that line).
    pub offsets: [usize; 2],
    /// How often it stands on other pages of the site.
    #[serde(skip_serializing_if = "is_unknown")]
    pub repeats: Repeats,
    /// The text.
    pub text: &'a str,
}

/// The blocks of a page, in order.
pub fn explain(judged: &JudgedPage) -> impl Iterator<Item = ExplainedBlock<'_>> {
    judged.blocks().map(|(block, found, verdict)| {
        let (name, category) = match &verdict.label {
            Label::Content => ("content", None),
            Label::Comment => ("comment", None),
            Label::Chrome(category) => ("chrome", Some(category.as_str())),
        };
        ExplainedBlock {
            block,
            verdict: name,
            category,
            reason: &verdict.reason,
            score: verdict.score,
            kind: found.kind,
            line: found.line,
            offsets: [found.span.start, found.span.end],
            repeats: found.repeats,
            text: &found.text,
        }
    })
}

/// A reason in one phrase.
pub fn reason_text(reason: &Reason) -> String {
    match reason {
        Reason::Rule(rule) => format!("rule {} ({}:{})", rule.id, rule.file, rule.line),
        Reason::Model { score, cut } => format!("model {score:.2}, cut {cut:.2}"),
        Reason::Repeats { with, of } => format!("repeats on {with} of {of} pages of the site"),
        Reason::Neighbours => "judged by its neighbours".to_owned(),
        Reason::CopyOf(block) => format!("says again what block {block} says"),
        Reason::Title => "the page's title".to_owned(),
        Reason::Lead => "the page's lead, which is its description too".to_owned(),
        Reason::Stated(origin) => format!("not shown, but stated in {origin}"),
        Reason::Hidden => "hidden from readers".to_owned(),
        Reason::EmptyPage => "the page holds no content".to_owned(),
        Reason::Default => "nothing speaks against it".to_owned(),
    }
}

fn is_unknown(repeats: &Repeats) -> bool {
    *repeats == Repeats::Unknown
}
