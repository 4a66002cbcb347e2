//! What becomes of readers' comments below an article, and of a discussion.

use dechaff::{
    Cleaner, Extras,
    config::{Configuration, Layer},
};

fn cleaned(html: &str, comments: &str, format: &str) -> String {
    let layers = [("strip.comments", comments), ("write.format", format)]
        .map(|(key, value)| Layer::value("--set", key, &format!("\"{value}\"")));
    let cleaner = Cleaner::new(&Configuration::load(&layers).unwrap(), &Extras::default()).unwrap();
    cleaner.render(&cleaner.clean_html(html, None))
}

const ARTICLE: &str = "<html><head><title>The ferry runs again</title></head><body><nav><a href=/>Home</a><a href=/sea>Sea</a></nav>\
    <article><h1>The ferry runs again</h1>\
    <p>The ferry will run again from Monday, the harbour master said on the quay, and all tickets that were bought in the \
    winter stay valid until the end of June, whatever is printed on their backs.</p>\
    <p>Repairs took nine weeks longer than planned because the shaft had to be cast anew in a foundry that makes bells for \
    most of the year and ships' parts only when nobody is to be buried.</p>\
    <p>The first boat leaves at six in the morning, the last one comes back when the moon has set, and there will be soup \
    on board for as long as the cook can keep the pot on the stove.</p></article>\
    <section id=comments class=comments><h2>2 comments</h2><ol class=comment-list>\
    <li class=comment><cite>Ada</cite><p>At last! I walked around the whole bay for nine weeks.</p><a href=#>Reply</a></li>\
    <li class=comment><cite>Bo</cite><p>The soup is the best thing about that boat, everybody knows it.</p><a href=#>Reply</a></li>\
    </ol></section><footer><p>© The Island Gazette</p></footer></body></html>";

#[test]
fn comments_below_an_article_are_dropped_unless_asked_for() {
    let text = cleaned(ARTICLE, "drop", "text");
    assert!(text.contains("The first boat leaves at six") && !text.contains("At last!"), "{text}");
}

#[test]
fn comments_are_kept_where_they_stand() {
    let text = cleaned(ARTICLE, "keep", "text");
    assert!(text.contains("soup on board") && text.contains("At last! I walked") && !text.contains("Reply"), "{text}");
    assert!(!text.contains("\nComments\n"), "{text}");
}

#[test]
fn comments_are_set_apart_in_a_section_of_their_own() {
    for (format, heading) in
        [("text", "\nComments\n\n"), ("markdown", "\n## Comments\n\n"), ("html", "<section class=\"comments\">")]
    {
        let text = cleaned(ARTICLE, "separate", format);
        let (article, comments) = text.split_once(heading).unwrap_or_else(|| panic!("no section: {text}"));
        assert!(article.contains("The first boat leaves") && !article.contains("At last!"), "{text}");
        assert!(
            comments.contains("At last!") && comments.contains("The soup is the best") && !comments.contains("Reply")
        );
    }
}

#[test]
fn what_readers_write_is_the_text_of_a_discussion() {
    let declared = ARTICLE.replace(
        "</head>",
        "<script type=\"application/ld+json\">{\"@type\": \"DiscussionForumPosting\"}</script></head>",
    );
    let text = cleaned(&declared, "separate", "text");
    assert!(!text.contains("\nComments\n"), "nothing is set apart: {text}");
}
