//! Phrases that furniture is made of, in groups: the model reads whether a block holds one of a group.
//!
//! These are weak signals for a model that weighs them, not rules: short, common, in the languages that most pages are
//! written in. Phrases that settle a matter stand in `config/rules`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::trie::Trie;

const GROUPS: &[(&str, &[&str])] = &[
    (
        "legal",
        &[
            "all rights reserved",
            "copyright",
            "©",
            "privacy policy",
            "terms of",
            "trademark",
            "disclaimer",
            "cookie",
            "alle rechte",
            "datenschutz",
            "impressum",
            "tous droits",
            "mentions légales",
            "derechos reservados",
            "aviso legal",
            "все права",
            "конфиденциальн",
            "усі права",
            "diritti riservati",
            "zastrzeżone",
        ],
    ),
    (
        "subscribe",
        &[
            "subscrib",
            "sign up",
            "newsletter",
            "inbox",
            "email address",
            "e-mail address",
            "unsubscribe",
            "abonnieren",
            "s'abonner",
            "abonnez",
            "suscríb",
            "suscrib",
            "подпис",
            "підпис",
            "iscriviti",
            "assine",
        ],
    ),
    (
        "login",
        &[
            "log in",
            "login",
            "sign in",
            "register",
            "create an account",
            "create account",
            "password",
            "my account",
            "anmelden",
            "registrieren",
            "connexion",
            "se connecter",
            "iniciar sesión",
            "войти",
            "регистрац",
            "увійти",
            "accedi",
            "entrar",
        ],
    ),
    (
        "share",
        &[
            "share",
            "facebook",
            "twitter",
            "pinterest",
            "whatsapp",
            "linkedin",
            "follow us",
            "copy link",
            "tweet",
            "teilen",
            "partager",
            "compartir",
            "поделиться",
            "поділитися",
            "condividi",
            "telegram",
            "instagram",
        ],
    ),
    (
        "more",
        &[
            "read more",
            "learn more",
            "view all",
            "see all",
            "show more",
            "see more",
            "load more",
            "continue reading",
            "view more",
            "shop now",
            "weiterlesen",
            "mehr erfahren",
            "lire la suite",
            "en savoir plus",
            "leer más",
            "ver más",
            "подробнее",
            "читать далее",
            "детальніше",
            "leggi tutto",
            "saiba mais",
            "czytaj",
        ],
    ),
    (
        "related",
        &[
            "related",
            "you may also",
            "you might also",
            "recommended",
            "more from",
            "similar",
            "trending",
            "most read",
            "most popular",
            "up next",
            "read next",
            "popular",
            "latest",
            "das könnte sie",
            "mehr zum thema",
            "auch interessant",
            "à lire aussi",
            "sur le même",
            "relacionad",
            "te puede interesar",
            "читайте также",
            "читайте також",
            "по теме",
            "похожие",
            "leggi anche",
            "leia também",
            "powiązane",
        ],
    ),
    (
        "comment",
        &["comment", "reply", "replies", "leave a", "kommentar", "commentaire", "comentari", "коммент", "комент"],
    ),
    (
        "cart",
        &[
            "add to cart",
            "add to bag",
            "add to basket",
            "wishlist",
            "wish list",
            "buy now",
            "checkout",
            "in stock",
            "out of stock",
            "shipping",
            "quantity",
            "free delivery",
            "warenkorb",
            "panier",
            "carrito",
            "в корзину",
            "sold out",
            "save for later",
            "add to compare",
        ],
    ),
    ("price", &["$", "€", "£", "¥", "₽", "₴", "usd", "eur"]),
    (
        "ago",
        &[
            "hours ago",
            "hour ago",
            "days ago",
            "day ago",
            "weeks ago",
            "week ago",
            "months ago",
            "month ago",
            "years ago",
            "year ago",
            "minutes ago",
            "min ago",
            "vor ",
            "il y a",
            "hace ",
            "назад",
            "тому",
        ],
    ),
    (
        "month",
        &[
            "january",
            "february",
            "march ",
            "april",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
            "jan ",
            "feb ",
            "mar ",
            "apr ",
            "jun ",
            "jul ",
            "aug ",
            "sep ",
            "oct ",
            "nov ",
            "dec ",
        ],
    ),
    (
        "byline",
        &[
            "author",
            "min read",
            "minute read",
            "minutes read",
            "last updated",
            "published",
            "updated",
            "posted",
            "written by",
            "reviewed by",
            "edited by",
            "von ",
            "veröffentlicht",
            "publié",
            "publicado",
            "автор",
            "опубликован",
            "reading time",
        ],
    ),
    (
        "skip",
        &[
            "skip to",
            "back to top",
            "toggle",
            "menu",
            "close",
            "open",
            "search",
            "loading",
            "javascript",
            "print",
            "next",
            "previous",
            "zum inhalt",
            "suche",
            "recherche",
            "buscar",
            "поиск",
            "пошук",
            "schließen",
            "fermer",
        ],
    ),
    (
        "contact",
        &[
            "contact us",
            "call us",
            "call now",
            "get in touch",
            "phone",
            "tel:",
            "request a",
            "get a quote",
            "book a",
            "book now",
            "free trial",
            "get started",
            "kontakt",
            "contactez",
            "contacto",
            "контакт",
            "schedule a",
        ],
    ),
    (
        "advertisement",
        &["advertis", "sponsored", "affiliate", "commission", "promot", "anzeige", "publicité", "publicidad", "реклам"],
    ),
    ("photo", &["photo", "image", "credit", "getty", "courtesy", "caption", "foto", "фото", "©", "reuters", "afp"]),
    (
        "helpful",
        &[
            "was this",
            "helpful",
            "feedback",
            "report",
            "edit this",
            "github",
            "upvote",
            "like",
            "views",
            "votes",
            "points",
            "flag",
            "permalink",
            "quote",
            "joined",
        ],
    ),
    (
        "filter",
        &["filter", "sort by", "results", "showing", "items", "per page", "compare", "clear all", "select", "view as"],
    ),
    ("separator", &["|", "›", "»", "•", "·", "→", "/"]),
    ("mail", &["@", "http", "www."]),
];

/// Number of groups.
pub(super) const COUNT: usize = 20;

/// The bit of the group of prices.
pub(super) const PRICE: u32 = 1 << 8;

/// Names of the groups, in the order of their bits.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().map(|(name, _)| *name)
}

/// The phrases, and the groups of each as bits.
struct Phrases {
    trie: Trie,
    groups: Vec<u32>,
    /// Whether a phrase begins with a byte.
    begins: [bool; 256],
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    assert_eq!(GROUPS.len(), COUNT);
    let mut groups: FxHashMap<&str, u32> = FxHashMap::default();
    for (group, (_, phrases)) in GROUPS.iter().enumerate() {
        phrases.iter().for_each(|phrase| *groups.entry(phrase).or_default() |= 1 << group);
    }
    let (phrases, groups): (Vec<&str>, Vec<u32>) = groups.into_iter().unzip();
    let mut begins = [false; 256];
    phrases.iter().for_each(|phrase| begins[usize::from(phrase.as_bytes()[0])] = true);
    Phrases { trie: Trie::new(&phrases), groups, begins }
});

/// The groups whose phrases stand in a lower-case text, as bits. Only its beginning is read.
pub(super) fn groups(text: &str) -> u32 {
    /// A block longer than this is running text; a phrase further down says nothing of the whole.
    const READ: usize = 400;
    let Phrases { trie, groups, begins } = &*PHRASES;
    let bytes = &text.as_bytes()[..text.len().min(READ)];
    let mut bits = 0;
    let mut before = b' ';
    for (at, &byte) in bytes.iter().enumerate() {
        // A phrase that begins with a letter begins a word.
        if begins[usize::from(byte)] && (!byte.is_ascii_alphabetic() || !before.is_ascii_alphanumeric()) {
            trie.at(bytes, at, |phrase, _| bits |= groups[phrase]);
        }
        before = byte;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_begins_a_word() {
        let named = |text| {
            names()
                .enumerate()
                .filter(|(group, _)| groups(text) >> group & 1 == 1)
                .map(|(_, name)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(groups("only $5") & PRICE, PRICE);
        assert_eq!(named("sign up for our newsletter"), ["subscribe"]);
        assert_eq!(named("a reproductive system"), Vec::<&str>::new());
    }
}
