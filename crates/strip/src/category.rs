//! The categories of chrome, and sets of them.

use dechaff_document::Category;

/// The categories dechaff knows from the start: the names of the files in `config/rules/`, in the order in which
/// [`CategorySet`] numbers them. Rules of a user may name others; they share the bit of `other`.
///
/// New categories go to the end, before nothing: a trained model reads the numbers.
pub const CATEGORIES: [&str; 29] = [
    "other",
    "accessibility",
    "breaking-banner",
    "nav",
    "breadcrumb",
    "donation-appeal",
    "newsletter",
    "cookie-consent",
    "legal-notice",
    "video-residue",
    "font-size-picker",
    "share",
    "author-bio",
    "byline-residue",
    "timestamp-residue",
    "read-time",
    "related-links",
    "comments",
    "comment-form",
    "copyright",
    "footer",
    "payment-widget",
    "subscription",
    "paywall-counter",
    "duplicate-title",
    "duplicate-caption",
    "org-blurb",
    "advertisement",
    "caption",
];

/// Categories of what stands right below a headline.
pub(crate) const BELOW_HEADLINE: [&str; 6] =
    ["byline-residue", "timestamp-residue", "read-time", "share", "font-size-picker", "video-residue"];

/// A set of categories of [`CATEGORIES`].
///
/// ```
/// use dechaff_strip::CategorySet;
/// let set = CategorySet::of("share").with(CategorySet::of("newsletter"));
/// assert!(set.contains("share") && !set.contains("footer"));
/// assert_eq!(set.names().collect::<Vec<_>>(), ["newsletter", "share"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CategorySet(pub u32);

impl CategorySet {
    /// The empty set.
    pub const EMPTY: CategorySet = CategorySet(0);

    /// The set of one category. One that is not in [`CATEGORIES`] counts as `other`.
    pub fn of(slug: &str) -> Self {
        CategorySet(1 << number(slug))
    }

    /// The set of these categories.
    pub fn of_all(slugs: &[&str]) -> Self {
        slugs.iter().fold(CategorySet::EMPTY, |set, slug| set.with(CategorySet::of(slug)))
    }

    /// The set of the category with this number, see [`number`].
    pub fn of_number(number: u8) -> Self {
        CategorySet(1 << (number as u32 % 32))
    }

    /// Union.
    #[must_use]
    pub fn with(self, other: CategorySet) -> Self {
        CategorySet(self.0 | other.0)
    }

    /// Whether a category is in the set.
    pub fn contains(self, slug: &str) -> bool {
        self.0 & Self::of(slug).0 != 0
    }

    /// Whether any category is in both sets.
    pub fn meets(self, other: CategorySet) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether no category is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The slugs, in the order of [`CATEGORIES`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        CATEGORIES.iter().enumerate().filter(move |(bit, _)| self.0 >> bit & 1 == 1).map(|(_, slug)| *slug)
    }
}

/// The number of a category in [`CATEGORIES`]; 0, `other`, for one that is not there.
pub fn number(slug: &str) -> u8 {
    CATEGORIES.iter().position(|known| *known == slug).unwrap_or(0) as u8
}

/// Whether a text can name a category: lower-case ASCII letters, digits and single hyphens, a letter first.
pub fn is_slug(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// The category by its slug.
pub fn category(slug: &str) -> Category {
    Category::new(slug)
}
