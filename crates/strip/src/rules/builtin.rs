//! The rules that are compiled in: every file of `config/rules/` and `config/sites/`.

use super::RuleFile;

/// Includes files of the repository's `config` folder by name.
macro_rules! config {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../../../config/", $path)))),*]
    };
}

const FILES: [(&str, &str); 30] = config![
    "rules/accessibility.toml",
    "rules/advertisement.toml",
    "rules/author-bio.toml",
    "rules/breadcrumb.toml",
    "rules/breaking-banner.toml",
    "rules/byline-residue.toml",
    "rules/caption.toml",
    "rules/comment-form.toml",
    "rules/comments.toml",
    "rules/cookie-consent.toml",
    "rules/copyright.toml",
    "rules/donation-appeal.toml",
    "rules/duplicate-caption.toml",
    "rules/duplicate-title.toml",
    "rules/font-size-picker.toml",
    "rules/footer.toml",
    "rules/keep.toml",
    "rules/legal-notice.toml",
    "rules/nav.toml",
    "rules/newsletter.toml",
    "rules/org-blurb.toml",
    "rules/other.toml",
    "rules/payment-widget.toml",
    "rules/paywall-counter.toml",
    "rules/read-time.toml",
    "rules/related-links.toml",
    "rules/share.toml",
    "rules/subscription.toml",
    "rules/timestamp-residue.toml",
    "rules/video-residue.toml",
];

pub(super) fn files() -> Vec<RuleFile> {
    FILES.iter().map(|(path, text)| RuleFile { name: format!("config/{path}"), text: (*text).to_owned() }).collect()
}
