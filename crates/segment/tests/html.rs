//! What becomes of HTML: blocks, kinds, marks, limits.

use std::fmt::Write as _;

use dechaff_document::{Block, BlockKind, Body, Break, MarkKind, MediaType, Page, RawDocument, Source, TableCell};
use dechaff_segment::{Segmenter, Selector, Settings};

fn settings() -> Settings {
    #[derive(serde::Deserialize)]
    struct File {
        segment: Settings,
    }
    toml::from_str::<File>(include_str!("../../../config/default.toml")).unwrap().segment
}

fn raw(html: &str) -> RawDocument {
    RawDocument {
        source: Source::default(),
        media: MediaType::Html,
        charset: None,
        body: Body::Text(html.to_owned()),
        limits: Vec::new(),
        fields: Vec::new(),
    }
}

fn page(html: &str) -> Page {
    Segmenter::new(settings(), Vec::new()).page(raw(html))
}

fn texts(page: &Page) -> Vec<&str> {
    page.blocks.iter().map(|block| block.text.as_str()).collect()
}

fn kinds(html: &str) -> Vec<(String, BlockKind)> {
    page(html).blocks.into_iter().map(|Block { text, kind, .. }| (text, kind)).collect()
}

fn limits(page: &Page) -> Vec<&str> {
    page.limits.iter().map(|hit| hit.limit.as_str()).collect()
}

#[test]
fn inline_elements_neither_glue_nor_split_words() {
    let page = page("<p>un<b>break</b>able H<sub>2</sub>O <a href=/a>one</a><a href=/b>two</a><span>three</span>");
    assert_eq!(texts(&page), ["unbreakable H2O one two three"]);
}

#[test]
fn a_line_break_ends_a_block_and_two_part_paragraphs() {
    let page = page("<p>Rose<br>Lily<br><br>Oak</p><p>Elm</p>");
    assert_eq!(texts(&page), ["Rose", "Lily", "Oak", "Elm"]);
    let breaks: Vec<Break> = page.blocks.iter().map(|block| block.starts).collect();
    assert_eq!(breaks, [Break::Paragraph(1), Break::Line, Break::Paragraph(1), Break::Paragraph(1)]);
}

#[test]
fn kinds_are_kept() {
    let found = kinds(
        "<h2>Tools</h2><p>Bring:</p><blockquote><p>Said</p></blockquote><figure><img src=x alt=''>\
         <figcaption>A spade</figcaption></figure><dl><dt>Hoe</dt><dd>Loosens</dd></dl><button>Send it</button>",
    );
    let found: Vec<(&str, BlockKind)> = found.iter().map(|(text, kind)| (text.as_str(), *kind)).collect();
    assert_eq!(
        found,
        [
            ("Tools", BlockKind::Heading(2)),
            ("Bring:", BlockKind::Paragraph),
            ("Said", BlockKind::Quotation),
            ("A spade", BlockKind::Caption),
            ("Hoe", BlockKind::Term),
            ("Loosens", BlockKind::Definition),
            ("Send it", BlockKind::FormControl),
        ]
    );
}

#[test]
fn lists_keep_nesting_and_numbers() {
    let page =
        page("<ol start=3><li>Mix<ul><li>flour</li><li>salt</li></ul></li><li><p>Bake</p><p>slowly</p></li></ol>");
    let found: Vec<(&str, BlockKind, u8)> =
        page.blocks.iter().map(|block| (block.text.as_str(), block.kind, block.list_depth)).collect();
    assert_eq!(
        found,
        [
            ("Mix", BlockKind::ListItem(Some(3)), 1),
            ("flour", BlockKind::ListItem(None), 2),
            ("salt", BlockKind::ListItem(None), 2),
            ("Bake", BlockKind::ListItem(Some(4)), 1),
            ("slowly", BlockKind::Paragraph, 1),
        ]
    );
    assert_eq!(page.blocks[2].starts, Break::Line, "items of a tight list");
}

#[test]
fn cells_know_their_place() {
    let found = kinds(
        "<table><tr><th>Plant</th><th colspan=2>Sow</th></tr>\
         <tr><td rowspan=2>Pea</td><td>March</td><td>-</td></tr><tr><td>April</td></tr></table>",
    );
    let cell =
        |row, column, columns, header| BlockKind::TableCell(TableCell { table: 0, row, column, columns, header });
    assert_eq!(
        found,
        [
            ("Plant".to_owned(), cell(0, 0, 1, true)),
            ("Sow".to_owned(), cell(0, 1, 2, true)),
            ("Pea".to_owned(), cell(1, 0, 1, false)),
            ("March".to_owned(), cell(1, 1, 1, false)),
            ("-".to_owned(), cell(1, 2, 1, false)),
            ("April".to_owned(), cell(2, 1, 1, false)),
        ]
    );
}

#[test]
fn layout_tables_are_not_tables() {
    let found = kinds("<table><tr><td>Menu</td><td><h1>News</h1><p>Rain.</p></td></tr></table>");
    assert!(found.iter().all(|(_, kind)| !matches!(kind, BlockKind::TableCell(_))), "{found:?}");
}

#[test]
fn code_keeps_its_white_space() {
    let page = page("<pre><code>if x:\n    <b>return</b> 1\n</code></pre>");
    assert_eq!(texts(&page), ["if x:\n    return 1"]);
    assert_eq!(page.blocks[0].kind, BlockKind::Code);
}

#[test]
fn marks_say_where_links_and_images_are() {
    let page = page("<p>Read <a href='/map'>the <em>map</em></a> <img src=i.png alt='An  arrow'> first</p>");
    let block = &page.blocks[0];
    assert_eq!(block.text, "Read the map first");
    assert_eq!(block.link_characters, 7);
    let marks: Vec<_> = block.marks.iter().map(|mark| (&block.text[mark.range.clone()], mark.kind.clone())).collect();
    assert_eq!(
        marks,
        [
            ("the map", MarkKind::Link("/map".into())),
            ("map", MarkKind::Emphasis),
            ("", MarkKind::Image { source: "i.png".into(), alternative: "An arrow".into() }),
        ]
    );
}

#[test]
fn hidden_text_is_known() {
    let page = page(
        "<p>Seen, and long enough to be most of what this page says.</p><p hidden>a1</p>\
         <div style='color:red; Display : NONE'><p>a2</p></div><div aria-hidden=true>a3</div><p>shown</p>",
    );
    let hidden: Vec<&str> = page.blocks.iter().filter(|block| block.hidden).map(|block| block.text.as_str()).collect();
    assert_eq!(hidden, ["a1", "a2", "a3"]);
}

#[test]
fn an_open_dialogue_does_not_hide_the_page() {
    let page = page("<div aria-hidden=true><p>The whole story stands in here.</p></div><dialog>Close</dialog>");
    assert!(page.blocks.iter().all(|block| !block.hidden));
}

#[test]
fn nothing_is_printed_twice() {
    let page = page(
        "<p>Rain is coming.</p><noscript><p>Rain is coming.</p><p>Only here.</p></noscript>\
         <template><p>Later</p></template><script>var a = 'b'</script><svg><title>Logo</title></svg>",
    );
    assert_eq!(texts(&page), ["Rain is coming.", "Only here."]);
}

#[test]
fn source_lines_are_exact() {
    let page = page("<html>\n<body>\n<p>\n\n  First\n</p>\r\n<p>Second</p>");
    assert_eq!(page.blocks.iter().map(|block| block.line).collect::<Vec<_>>(), [5, 7]);
    assert_eq!(page.blocks[1].span, 33..33);
}

#[test]
fn blocks_point_into_the_outline() {
    let page = page("<article class=Story><p>One <b>two</b></p><a href=/><div>three</div></a></article>");
    let outline = &page.outline;
    let tags = |block: &Block| (outline.tag(block.element).to_owned(), outline.tag(block.container).to_owned());
    assert_eq!(tags(&page.blocks[0]), ("p".into(), "p".into()));
    assert_eq!(tags(&page.blocks[1]), ("div".into(), "div".into()));
    assert_eq!(page.blocks[1].link_characters, 5, "a link around a block");
    let article = outline.ancestors(page.blocks[0].element).find(|&id| outline.tag(id) == "article").unwrap();
    assert_eq!(outline.classes(article).collect::<Vec<_>>(), ["story"]);
    assert_eq!(outline.blocks_of(article, page.blocks.len()), 0..2);
}

#[test]
fn selectors_tell_which_elements_they_match() {
    let selectors = ["p.lead", "article > p", "#top, nav a", "[data-x]", "p:not(.lead)"];
    let selectors = selectors.iter().map(|css| Selector::parse(css).unwrap()).collect();
    let page = Segmenter::new(settings(), selectors)
        .page(raw("<article id=top><p class='big lead'>A</p><p data-x=1>B</p></article>"));
    let hits: Vec<(u32, &str)> = page.selector_hits.iter().map(|&(which, id)| (which, page.outline.tag(id))).collect();
    assert_eq!(hits, [(0, "p"), (1, "p"), (1, "p"), (2, "article"), (3, "p"), (4, "p")]);
}

#[test]
fn deep_nesting_is_capped_and_the_text_stays() {
    for (open, close) in [
        ("<div>", "</div>"),
        ("<div>", ""),
        ("<b>", ""),
        ("<i><p>", ""),
        ("<table><tr><td>", ""),
        ("<ul><li>", ""),
        ("<svg><g>", ""),
        ("<select><option>", ""),
        ("<button>", ""),
    ] {
        let html = format!("<p>Before</p>{}the text{}<p>After</p>", open.repeat(60_000), close.repeat(60_000));
        let page = page(&html);
        let text = texts(&page).join(" ");
        let words: &[&str] = if open.contains("svg") { &["Before"] } else { &["Before", "the text", "After"] };
        assert!(words.iter().all(|word| text.contains(word)), "{open}: {text:.80}");
    }
    let deep = page(&format!("{}x", "<div>".repeat(60_000)));
    assert_eq!(limits(&deep), ["segment.max-depth"]);
    assert!(deep.outline.elements().iter().all(|element| usize::from(element.depth) <= settings().max_depth));
}

#[test]
fn blocks_after_a_capped_nest_stand_where_they_stood() {
    let html = format!("<section>{}x{}</section><p>After</p>", "<div>".repeat(9000), "</div>".repeat(9000));
    let page = page(&html);
    assert_eq!(page.outline.tag(page.outline.element(page.blocks[1].element).parent), "body");
}

#[test]
fn unclosed_formatting_elements_do_not_multiply() {
    let mut html = String::new();
    for number in 0..20_000 {
        write!(html, "<p><font color={number}>word").unwrap();
    }
    let page = page(&html);
    assert_eq!(page.blocks.len(), 20_000);
    assert!(page.outline.len() < 40 * 20_000);
}

#[test]
fn a_tag_with_too_many_attributes_is_cut() {
    let mut html = String::from("<p>Before</p><p class=lead ");
    for number in 0..100_000 {
        write!(html, "a{number}=\">\" ").unwrap();
    }
    html.push_str(">After</p>");
    let page = page(&html);
    assert_eq!(texts(&page), ["Before", "After"]);
    assert_eq!(limits(&page), ["segment.max-attributes"]);
    assert_eq!(page.outline.classes(page.blocks[1].element).collect::<Vec<_>>(), ["lead"]);
}

#[test]
fn long_comments_and_attribute_values_are_left_alone() {
    let long = "word \"quoted\" a=b ".repeat(5000);
    let page = page(&format!("<!-- {long} --><p data-x='{long}' class=lead>Text</p><p>{long}</p>"));
    assert_eq!(page.blocks.len(), 2);
    assert_eq!(page.outline.classes(page.blocks[0].element).collect::<Vec<_>>(), ["lead"]);
    assert!(page.limits.is_empty());
}

#[test]
fn nodes_and_blocks_have_limits() {
    let few = Settings { max_nodes: 100, ..settings() };
    let html = "<p>word</p>".repeat(1000);
    let page = Segmenter::new(few, Vec::new()).page(raw(&html));
    assert_eq!(texts(&page).join(" ").matches("word").count(), 1000);
    assert_eq!(limits(&page), ["segment.max-nodes"]);
    let few = Settings { max_blocks: 10, ..settings() };
    let page = Segmenter::new(few, Vec::new()).page(raw(&html));
    assert_eq!((page.blocks.len(), limits(&page)), (10, vec!["segment.max-blocks"]));
}

#[test]
fn any_bytes_give_a_page() {
    for bytes in
        [&b""[..], b"<", b"</", b"<!", b"<a b=\"", b"\0\0<p>\0x\0", b"\xff\xfe\x00", b"&#xffffffff;&#0;<table><tr"]
    {
        let raw = RawDocument { body: Body::Bytes(bytes.to_vec()), ..raw("") };
        let _ = Segmenter::new(settings(), Vec::new()).page(raw);
    }
}
