//! Pages whose elements are empty and whose data hold the text.

use dechaff::{Cleaner, Extras, config::Configuration};
use dechaff_document::{JudgedPage, Reason};

const STORY: [&str; 3] = [
    "The ferry will run again from Monday, the harbour master said on the quay, and all tickets that were bought in the \
     winter stay valid until the end of June.",
    "Repairs took nine weeks longer than planned because the shaft had to be cast anew in a foundry that makes bells for \
     most of the year, and ships' parts only when nobody is to be buried.",
    "The first boat leaves at six in the morning, and there will be soup on board for as long as the cook can keep the pot \
     on the stove.",
];

fn judged(head: &str, body: &str) -> JudgedPage {
    let cleaner = Cleaner::new(&Configuration::defaults(), &Extras::default()).unwrap();
    let html = format!("<html><head><title>The ferry will run again</title>{head}</head><body>{body}</body></html>");
    cleaner.clean_html(&html, None)
}

fn text(page: &JudgedPage) -> Vec<&str> {
    page.content().map(|(_, block)| block.text.as_str()).collect()
}

fn origins(page: &JudgedPage) -> Vec<&str> {
    let stated = page.verdicts.iter().filter_map(|verdict| match &verdict.reason {
        Reason::Stated(origin) => Some(origin.as_str()),
        _ => None,
    });
    stated.collect()
}

const SHELL: &str = "<div id=root></div><noscript>You need to enable JavaScript to run this app.</noscript>";

fn linked_data() -> String {
    let body = STORY.join("\\n\\n");
    format!("<script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"articleBody\":\"{body}\"}}</script>")
}

#[test]
fn an_empty_application_is_read_from_its_linked_data() {
    let page = judged(&linked_data(), SHELL);
    assert_eq!(text(&page), STORY);
    assert_eq!(page.empty, None);
    assert_eq!(origins(&page), ["JSON-LD articleBody"; 3]);
}

#[test]
fn or_from_the_state_of_its_scripts_with_headings_and_lists() {
    let body =
        format!("<h2>Why it took so long</h2><p>{}</p><ul><li>{}</li></ul><p>{}</p>", STORY[1], STORY[2], STORY[0]);
    let state = format!(
        "{{\"props\":{{\"pageProps\":{{\"menu\":[{{\"text\":\"Sea\"}}],\"article\":{{\"body\":\"{body}\"}}}}}}}}"
    );
    let page =
        judged("", &format!("<div id=__next></div><script id=__NEXT_DATA__ type='application/json'>{state}</script>"));
    assert_eq!(text(&page), ["Why it took so long", STORY[1], STORY[2], STORY[0]]);
    assert_eq!(origins(&page), ["__NEXT_DATA__.props.pageProps.article.body"; 4]);
    let page = judged("", &format!("<div id=app></div><script>window.__INITIAL_STATE__ = {state};</script>"));
    assert_eq!(text(&page).len(), 4);
}

#[test]
fn what_the_page_shows_is_not_printed_twice() {
    let shown: String = STORY.iter().map(|paragraph| format!("<p>{paragraph}</p>")).collect();
    let page = judged(&linked_data(), &format!("<article><h1>The ferry will run again</h1>{shown}</article>"));
    assert_eq!(origins(&page).len(), 0);
    assert_eq!(text(&page).iter().filter(|text| **text == STORY[0]).count(), 1);
}

#[test]
fn an_error_is_no_page_whatever_came_with_it() {
    let page = judged(&linked_data(), "<main><h1>404 - Page not found</h1><p>The page could not be found.</p></main>");
    assert!(page.empty.is_some() && text(&page).is_empty());
}
