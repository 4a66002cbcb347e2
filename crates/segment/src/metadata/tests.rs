//! Pages in many shapes, and what is read from them.

use dechaff_document::{Body, MediaType, Metadata, Origin, RawDocument, Source};

use crate::{Segmenter, Settings};

fn settings() -> Settings {
    let all: toml::Table = toml::from_str(include_str!("../../../../config/default.toml")).unwrap();
    all["segment"].clone().try_into().unwrap()
}

fn read(media: MediaType, text: &str, url: Option<&str>, fields: &[(&str, &str)]) -> Metadata {
    let raw = RawDocument {
        source: Source { url: url.map(str::to_owned), ..Source::default() },
        media,
        charset: None,
        body: Body::Text(text.to_owned()),
        limits: Vec::new(),
        fields: fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
    };
    Segmenter::new(settings(), Vec::new()).page(raw).metadata
}

fn html(text: &str) -> Metadata {
    read(MediaType::Html, text, None, &[])
}

/// Value and origin, for comparing.
fn told(found: &Option<dechaff_document::Found>) -> Option<(&str, Origin)> {
    found.as_ref().map(|found| (found.value.as_str(), found.origin))
}

fn values(found: &[dechaff_document::Found]) -> Vec<&str> {
    found.iter().map(|found| found.value.as_str()).collect()
}

#[test]
fn a_news_page_with_a_graph() {
    let metadata = html(
        r##"<html lang="en-GB"><head><title>River rises again | The Ferry Post</title>
        <meta property="og:site_name" content="The Ferry Post"><meta property="og:type" content="article">
        <link rel="canonical" href="https://ferry.example/2024/05/06/river">
        <script type="application/ld+json">{"@context":"https://schema.org","@graph":[
          {"@type":"WebSite","@id":"#site","name":"Ferry"},
          {"@type":"Person","@id":"#ann","name":"Ann Poe"},
          {"@type":"ImageObject","@id":"#pic","url":"https://ferry.example/p.jpg"},
          {"@type":"NewsArticle","headline":"River rises again","author":[{"@id":"#ann"},{"@type":"Person","name":"Ben Roe"}],
           "datePublished":"2024-05-06T07:08:09+01:00","dateModified":"2024-05-07","image":{"@id":"#pic"},
           "keywords":["river","flood"],"articleSection":"Weather","license":"https://creativecommons.org/licenses/by/4.0/",
           "comment":[{"@type":"Comment","author":{"name":"Not Me"}}]}]}</script></head>
        <body><h1>River rises again</h1><p>The water came at night.</p></body></html>"##,
    );
    assert_eq!(told(&metadata.title), Some(("River rises again", Origin::Heading)));
    assert_eq!(values(&metadata.authors), ["Ann Poe", "Ben Roe"]);
    assert_eq!(told(&metadata.published), Some(("2024-05-06T07:08:09+01:00", Origin::JsonLd)));
    assert_eq!(told(&metadata.modified), Some(("2024-05-07", Origin::JsonLd)));
    assert_eq!(told(&metadata.site), Some(("The Ferry Post", Origin::OpenGraph)));
    assert_eq!(told(&metadata.url), Some(("https://ferry.example/2024/05/06/river", Origin::Link)));
    assert_eq!(told(&metadata.language), Some(("en-GB", Origin::LangAttribute)));
    assert_eq!(values(&metadata.tags), ["Weather", "river", "flood"]);
    assert_eq!(told(&metadata.licence), Some(("https://creativecommons.org/licenses/by/4.0/", Origin::JsonLd)));
    assert_eq!(told(&metadata.image), Some(("https://ferry.example/p.jpg", Origin::JsonLd)));
    assert_eq!(told(&metadata.page_type), Some(("NewsArticle", Origin::JsonLd)));
}

#[test]
fn a_question_is_by_who_asked_it() {
    let metadata = html(
        r#"<html><body><div itemprop="mainEntity" itemscope itemtype="https://schema.org/Question">
        <h1 itemprop="name">Why do roofs leak?</h1>
        <div itemprop="author" itemscope itemtype="https://schema.org/Person"><span itemprop="name">wetfeet</span></div>
        <p>Mine does, all winter long.</p>
        <div itemprop="suggestedAnswer" itemscope itemtype="https://schema.org/Answer"><p>Old slates.</p>
        <div itemprop="author" itemscope itemtype="https://schema.org/Person"><span itemprop="name">slater</span></div></div>
        </div></body></html>"#,
    );
    assert_eq!(values(&metadata.authors), ["wetfeet"]);
}

#[test]
fn links_to_the_authors_of_other_stories_name_no_author_of_this_one() {
    let metadata = html(
        r#"<article><h1>Ten roofs compared</h1><p class=meta><span><a rel=author href=/ann>Ann Poe</a></span> and
        <span><a rel=author href=/ben>Ben Roe</a></span></p><p>Slate lasts longest.</p></article>
        <div class=cards><div class=card><h3>Gutters</h3><p><a rel=author href=/cid>Cid Doe</a></p></div></div>"#,
    );
    assert_eq!(values(&metadata.authors), ["Ann Poe", "Ben Roe"]);
}

#[test]
fn a_documentation_page_a_shop_and_a_page_of_components() {
    let documentation = html(
        r#"<html lang=en><head><title>Introduction | Rainkit</title><meta property="og:title" content="Introduction | Rainkit">
        <link rel=canonical href="https://rainkit.example/docs/"></head><body><main class="docMainContainer"><article>
        <h1>Introduction</h1><p>Rainkit measures rain.</p></article><span class="theme-last-updated">Last updated on
        <time datetime="2024-05-06T00:00:00.000Z">May 6, 2024</time> by <b>ann</b></span></main></body></html>"#,
    );
    assert_eq!(documentation.title.as_ref().unwrap().value, "Introduction");
    assert_eq!(documentation.site.as_ref().unwrap().value, "Rainkit");
    let shop = html(
        r#"<html><head><title>Rain coat, blue – Some Shop</title><meta property="og:site_name" content="Some Shop">
        <meta property="og:type" content="product"><script type="application/ld+json">{"@type":"Product","name":"Rain coat, blue",
        "image":["https://shop.example/coat.jpg"],"brand":{"@type":"Brand","name":"Ferry"},"review":[{"@type":"Review",
        "author":{"@type":"Person","name":"A customer"},"datePublished":"2024-01-01"}],"offers":{"price":"80"}}</script></head>
        <body><h1>Rain coat, blue</h1><p>Dry in any rain.</p><p class="review-author">Tom K.</p></body></html>"#,
    );
    assert_eq!(shop.title.as_ref().unwrap().value, "Rain coat, blue");
    assert_eq!((shop.authors.len(), shop.published.is_none()), (0, true), "those of reviews are not the page's");
    assert_eq!(told(&shop.page_type), Some(("Product", Origin::JsonLd)));
    assert_eq!(told(&shop.image), Some(("https://shop.example/coat.jpg", Origin::JsonLd)));
    let components = html(
        r#"<div class="_infoContainer_ertsd_104"><h1>Why roofs leak</h1><a href="/blog/author/ann"
        class="_authorName_1r0t6_51 formRegular">Ann Poe</a><div>7 min read</div></div><p>Old slates.</p>"#,
    );
    assert_eq!(values(&components.authors), ["Ann Poe"]);
}

#[test]
fn a_forum_thread_and_a_blog_of_wordpress() {
    let thread = html(
        r#"<html><head><title>Leaking roof | Roof Forum</title><meta property="og:site_name" content="Roof Forum">
        <script type="application/ld+json">{"@context":"https://schema.org","@type":"DiscussionForumPosting",
        "headline":"Leaking roof","datePublished":"2024-05-06T08:00:00+0000","author":{"@type":"Person","name":"wetfeet"},
        "comment":[{"@type":"Comment","author":{"@type":"Person","name":"slater"},"datePublished":"2024-05-07"}]}</script></head>
        <body><h1 class="p-title-value">Leaking roof</h1><p>It drips.</p></body></html>"#,
    );
    assert_eq!(values(&thread.authors), ["wetfeet"]);
    assert_eq!(thread.published.as_ref().unwrap().value, "2024-05-06T08:00:00Z");
    let blog = html(
        r#"<html><body class="single single-post"><article class="post hentry category-roofs tag-slate"><h1 class="entry-title">Why
        slate</h1><div class="entry-meta"><span class="posted-on"><time class="entry-date published"
        datetime="2024-05-06T08:00:00+02:00">6 May 2024</time><time class="updated" datetime="2024-06-01T08:00:00+02:00">1 June
        2024</time></span> <span class="byline"><span class="author vcard"><a class="url fn n" href="/author/ann/">Ann
        Poe</a></span></span></div><p>It lasts.</p><footer><a href="/tag/slate/" rel="tag">slate</a></footer></article></body></html>"#,
    );
    assert_eq!(values(&blog.authors), ["Ann Poe"]);
    assert_eq!(told(&blog.published), Some(("2024-05-06T08:00:00+02:00", Origin::Text)));
    assert_eq!(told(&blog.modified), Some(("2024-06-01T08:00:00+02:00", Origin::Text)));
    assert_eq!(values(&blog.tags), ["slate"]);
}

#[test]
fn addresses_of_pictures_and_licences_are_whole() {
    let metadata = html(
        r#"<link rel=canonical href="https://roofs.example/slate"><meta property="og:image" content="http://roofs.example/a.jpg">
        <meta property="og:image:secure_url" content="https://roofs.example/a.jpg"><a rel=license href="/licence">Licence</a>"#,
    );
    assert_eq!(told(&metadata.image), Some(("https://roofs.example/a.jpg", Origin::OpenGraph)));
    assert_eq!(told(&metadata.licence), Some(("https://roofs.example/licence", Origin::Link)));
    let metadata = html(
        r#"<meta property="og:image" content="~/a.jpg"><meta name="twitter:image" content="https://roofs.example/b.jpg">
        <footer>Answers are under <a href="https://roofs.example/help/licensing">CC BY-SA 4.0</a></footer>"#,
    );
    assert_eq!(told(&metadata.image), Some(("https://roofs.example/b.jpg", Origin::TwitterCard)));
    assert_eq!(told(&metadata.licence), Some(("CC BY-SA 4.0", Origin::Text)));
}

#[test]
fn the_dates_of_a_page_about_a_product_are_the_pages() {
    let metadata = html(
        r#"<link rel=canonical href="https://roofs.example/offers/"><script type="application/ld+json">[
        {"@type":"WebPage","url":"https://roofs.example/offers/","name":"Offers | Roofs","datePublished":"2025-06-18",
        "dateModified":"2025-06-27"},{"@type":"Product","name":"Roofs","aggregateRating":{"ratingValue":"5"}}]</script>
        <p>Offers until 1 January 2026</p>"#,
    );
    assert_eq!(told(&metadata.published), Some(("2025-06-18", Origin::JsonLd)));
    assert_eq!(told(&metadata.modified), Some(("2025-06-27", Origin::JsonLd)));
}

#[test]
fn a_day_later_than_the_last_change_is_not_the_pages() {
    let metadata = html(
        r#"<meta property="article:modified_time" content="2019-04-01T22:15:58Z"><h1>Good practice for roofs</h1>
        <p>December 18, 2025</p><p>Look at them twice a year.</p>"#,
    );
    assert_eq!(metadata.published, None);
    assert_eq!(metadata.modified.unwrap().value, "2019-04-01T22:15:58Z");
}

#[test]
fn broken_json_ld_is_read_as_far_as_it_goes() {
    for script in [
        r#"{"@type":"Article",/* c */"headline":"Rain","author":"Ann Poe","datePublished":"2024-05-06",}"#,
        "{\"@type\":\"Article\",\"headline\":\"Rain\",\"description\":\"a\nb\u{1}\",\"author\":{\"name\":\"Ann Poe\"},\"datePublished\":\"2024-05-06\"",
        r#"[{"@type":["Article","NewsArticle"],"author":["Ann Poe"],"datePublished":["2024-05-06"]}]"#,
        r#"{&quot;@type&quot;:&quot;Article&quot;,&quot;author&quot;:&quot;Ann Poe&quot;,&quot;datePublished&quot;:&quot;2024-05-06&quot;}"#,
        r#"<!-- {"@type":"http://schema.org/BlogPosting","author":"Ann Poe","datePublished":"2024-05-06"} -->"#,
        r#"{"@type":"WebPage","mainEntity":{"@type":"Article","author":"Ann Poe","datePublished":"2024-05-06"}}"#,
    ] {
        let page = format!("<script type=\"application/ld+json\">{script}</script><p>Rain.");
        let metadata = html(&page);
        assert_eq!(values(&metadata.authors), ["Ann Poe"], "{script}");
        assert_eq!(told(&metadata.published), Some(("2024-05-06", Origin::JsonLd)), "{script}");
    }
}

#[test]
fn of_a_list_of_articles_only_the_pages_own_counts() {
    let list = r#"<script type="application/ld+json">[
        {"@type":"NewsArticle","headline":"Other story","author":"Ben Roe"},
        {"@type":"NewsArticle","headline":"Rain at last","author":"Ann Poe"}]</script>"#;
    let own = html(&format!("<title>Rain at last - Ferry</title>{list}<p>Rain."));
    assert_eq!(values(&own.authors), ["Ann Poe"]);
    let front = html(&format!("<title>Ferry Post, front page</title>{list}<p>Rain."));
    assert!(front.authors.is_empty() && front.title.unwrap().origin == Origin::TitleElement);
}

#[test]
fn meta_elements_of_many_vocabularies() {
    let metadata = html(
        r#"<title>x</title><meta name="DC.title" content="On rain"><meta name="dcterms.creator" content="Poe, Ann">
        <meta name="DC.Date.Issued" content="2019-02-03"><meta name="DC.rights" content="CC BY 4.0">
        <meta http-equiv="content-language" content="de_at"><meta name="Keywords" content="rain, Regen; rain">
        <meta name="description" content="Of &amp;amp; about rain."><meta name="citation_author" content="Roe, Ben">"#,
    );
    assert_eq!(told(&metadata.title), Some(("On rain", Origin::DublinCore)));
    assert_eq!(values(&metadata.authors), ["Ben Roe"]);
    assert_eq!(told(&metadata.published), Some(("2019-02-03", Origin::DublinCore)));
    assert_eq!(told(&metadata.licence), Some(("CC BY 4.0", Origin::DublinCore)));
    assert_eq!(told(&metadata.language), Some(("de-AT", Origin::Meta)));
    assert_eq!(values(&metadata.tags), ["rain", "Regen"]);
    assert_eq!(told(&metadata.description), Some(("Of & about rain.", Origin::Meta)));
}

#[test]
fn microdata_and_links() {
    let metadata = html(
        r#"<body itemscope itemtype="https://schema.org/WebPage"><div itemscope itemtype="http://schema.org/Article">
        <h1 itemprop="headline">Rain at last</h1>
        <span itemprop="author" itemscope><a href="/ann"><span itemprop="name">Ann Poe</span></a> <i>editor</i></span>
        <time itemprop="datePublished" datetime="2020-01-02T03:04Z">yesterday</time><p>It rained.</p>
        <a rel="tag" href="/t/rain">rain</a> <a rel="license" href="https://example.org/licence">terms</a>
        <div class="comments"><span itemprop="author">Someone Else</span><time datetime="2022-01-01"></time></div></div>"#,
    );
    assert_eq!(values(&metadata.authors), ["Ann Poe"]);
    assert_eq!(told(&metadata.published), Some(("2020-01-02T03:04:00Z", Origin::Microdata)));
    assert_eq!(values(&metadata.tags), ["rain"]);
    assert_eq!(told(&metadata.licence), Some(("https://example.org/licence", Origin::Link)));
    assert_eq!(told(&metadata.page_type), Some(("WebPage", Origin::Microdata)));
}

#[test]
fn what_readers_see_is_asked_last() {
    let metadata = html(
        r#"<html lang="de"><h1>Regen am Montag</h1><p class="meta">Von Anna Müller | 4. März 2021</p>
        <p>Es hat die ganze Nacht geregnet, und am Morgen stand das Wasser in allen Kellern der Stadt.</p>
        <aside><time datetime="2023-01-01">1.1.2023</time></aside></html>"#,
    );
    assert_eq!(values(&metadata.authors), ["Anna Müller"]);
    assert_eq!(told(&metadata.published), Some(("2021-03-04", Origin::Text)));
    assert_eq!(metadata.detected_language.as_ref().map(|(code, _)| code.as_str()), Some("de"));
    let classes = html(
        r#"<h1>Rain</h1><div><span class="post-author vcard">Ann Poe</span><span class="entry-date">May 6, 2024</span></div>"#,
    );
    assert_eq!(values(&classes.authors), ["Ann Poe"]);
    assert_eq!(told(&classes.published), Some(("2024-05-06", Origin::Text)));
}

#[test]
fn the_address_of_a_saved_page() {
    let saved = html("<!-- saved from url=(0028)https://ferry.example/river -->\n<p>Rain.");
    assert_eq!(told(&saved.url), Some(("https://ferry.example/river", Origin::SavedFrom)));
    let single = html(
        "<!DOCTYPE html><html><!--\n Page saved with SingleFile \n url: https://ferry.example/river \n saved date: today\n--><p>Rain.",
    );
    assert_eq!(told(&single.url), Some(("https://ferry.example/river", Origin::SavedFrom)));
    let canonical = r#"<link rel=canonical href="/river?x=1">"#;
    assert_eq!(told(&html(canonical).url), None);
    let known = read(MediaType::Html, canonical, Some("https://ferry.example/2024/05/06/r?utm=1"), &[]);
    assert_eq!(told(&known.url), Some(("https://ferry.example/river?x=1", Origin::Link)));
    assert_eq!(told(&known.published), Some(("2024-05-06", Origin::Record)));
}

#[test]
fn fields_of_a_record_come_first() {
    let fields = [
        ("title", "\"Rain\""),
        ("authors", "[\"Ann Poe\", \"Ben Roe\"]"),
        ("date", "\"2024-05-06\""),
        ("lang", "\"en\""),
        ("n", "3"),
    ];
    let metadata = read(MediaType::Html, "<title>Other title of the page</title><p>Rain.", None, &fields);
    assert_eq!(told(&metadata.title), Some(("Rain", Origin::Record)));
    assert_eq!(values(&metadata.authors), ["Ann Poe", "Ben Roe"]);
    assert_eq!(told(&metadata.published), Some(("2024-05-06", Origin::Record)));
    let text = read(MediaType::Text, "It rained.", None, &fields);
    assert_eq!(told(&text.title), Some(("Rain", Origin::Record)));
}

#[test]
fn plain_text_has_metadata_too() {
    let text = read(
        MediaType::Text,
        "# Rain at last\n\nBy Ann Poe\nMarch 4, 2021\n\nIt rained all night and the street was a river.\n",
        None,
        &[],
    );
    assert_eq!(told(&text.title), Some(("Rain at last", Origin::Text)));
    assert_eq!(values(&text.authors), ["Ann Poe"]);
    assert_eq!(told(&text.published), Some(("2021-03-04", Origin::Text)));
    assert_eq!(text.detected_language.unwrap().0, "en");
}

#[test]
fn empty_and_hostile_pages_give_what_they_have() {
    assert_eq!(html(""), Metadata::default());
    let many = "<meta property=article:tag content=tag><meta name=author content='A B'>".repeat(20_000);
    assert!(html(&many).tags.len() == 1);
    let scripts = "<script type=application/ld+json>[[[[{\"@type\":\"Article\",</script>".repeat(5_000);
    html(&scripts);
    let nested = format!(
        "<div class='author date' itemprop=author>{}",
        "<div class='author date' itemprop=author>x".repeat(5_000)
    );
    html(&nested);
}
