//! The trees are those that html5ever's own tokenizer gives.

use html5ever::{
    tokenizer::{BufferQueue, TokenSink, Tokenizer, TokenizerOpts},
    tree_builder::TreeSink,
};

use super::*;
use crate::{
    Settings,
    html::{
        attributes::ReadAttributes,
        parse::Filter,
        tree::{NodeId, NodeRef, Tree},
    },
};

const SETTINGS: Settings = Settings { max_depth: 256, max_attributes: 256, max_nodes: 2_000_000, max_blocks: 500_000 };

/// Hands html5ever's tokens to the tree builder as they are, but for attributes that are not read.
struct Plain<'s> {
    filter: Filter<'s>,
    read: &'s ReadAttributes,
}

impl TokenSink for Plain<'_> {
    type Handle = NodeId;

    fn process_token(&self, mut token: Token, line: u64) -> TokenSinkResult<NodeId> {
        if let Token::TagToken(tag) = &mut token {
            tag.attrs.retain(|attribute| self.read.number(attribute.name.local.as_bytes()).is_some());
        }
        self.filter.builder.process_token(token, line)
    }

    fn end(&self) {
        self.filter.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.filter.in_foreign_content()
    }
}

fn read() -> ReadAttributes {
    ReadAttributes::new(["[data-x]"].into_iter())
}

fn ours(text: &str) -> String {
    let read = read();
    let filter = Filter::new(text, &read, &SETTINGS);
    tokenize(text, SETTINGS.max_attributes, &filter);
    filter.builder.end();
    shown(&filter.builder.sink.finish())
}

fn html5evers(text: &str) -> String {
    let read = read();
    let filter = Filter::new(text, &read, &SETTINGS);
    let tokenizer = Tokenizer::new(Plain { filter, read: &read }, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(text));
    while !matches!(tokenizer.feed(&queue), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    shown(&tokenizer.sink.filter.builder.sink.finish())
}

fn shown(tree: &Tree<'_>) -> String {
    let mut out = String::new();
    show(tree.root(), &mut out);
    format!("{out} {:?}", tree.comments)
}

fn show(node: NodeRef<'_>, out: &mut String) {
    if let Some(element) = node.element() {
        out.push_str(&format!("<{}", element.local()));
        let mut attributes: Vec<_> = element
            .attributes()
            .map(|(name, foreign, value)| format!(" {}{foreign}={value:?}", element.name_of_attribute(name)))
            .collect();
        attributes.sort();
        out.push_str(&format!("{}>", attributes.concat()));
    } else if let Some(text) = node.text() {
        out.push_str(&format!("{text:?}"));
    }
    node.children().for_each(|child| show(child, out));
    if node.is_element() {
        out.push_str("</>");
    }
}

#[test]
fn the_tree_is_the_one_that_html5evers_tokenizer_gives() {
    let texts = [
        "<!DOCTYPE html><p class=\"a b\" ID=x data-x data-y=1>Fish &amp; chips &notit; &notin; &#x26;&#128;</p>",
        "<a href=?a=1&copy=2&lt;&ltx>&copy2 &amp</a><br/><div/ >x</div",
        "<script>if (a < b) '<!-- <script> </script> -->' </script>after<script><!--></script>",
        "<script><!-- <script></script></script>x<style></styl></STYLE >y",
        "<title>a</titl>&lt;<b></title><textarea>\n\n<p></textarea><xmp>&amp;</xmp><plaintext>a</plaintext>",
        "<!--><!---><!-- a --!><!-- a -- b --><!- c --><?php echo ?></ x><//><!doctype x>",
        "<svg viewBox=1><![CDATA[a<b]]><p>out</svg><![CDATA[x]]><math><annotation-xml encoding='text/html'><p>x",
        "a\0b<p\0 class=\"\0\">\0<svg>\0</svg><!--\0--><title>\0</title><a class='x' class=y>",
        "<p =x y== z = 'a'b=c>< p></p/></><a/b><table>x<tr>&nbsp;<td>y",
        "<pre>\n\nx</pre><frameset><frame></frameset><noframes><p></noframes>",
        "<p><a class=x href='&amp;y'>a<p>b</a><html class=z id=q><body class=k><body id=l><image src=i alt=&lt;>",
        "<table>a<tr class=x>b<td id=&amp;>c<input type=hidden value=1></table><col class=y><svg><a href=x class=X>",
        "<p><font size=1><font size=1><font size=1><font size=1 color=red><p>x</font></font><font size=1><p>y",
    ];
    for text in texts {
        assert_eq!(ours(text), html5evers(text), "{text:?}");
        // Cut anywhere, it ends in every state.
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            assert_eq!(ours(&text[..end]), html5evers(&text[..end]), "{:?}", &text[..end]);
        }
    }
}

#[test]
fn and_so_it_is_on_any_mixture_of_markup() {
    const PARTS: [&str; 76] = [
        "<",
        ">",
        "/",
        "</",
        "<a",
        "<b>",
        "</b>",
        "<div",
        "<p>",
        "</p>",
        "<script",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<textarea>",
        "</textarea>",
        "<svg>",
        "</svg>",
        "<math>",
        "<table>",
        "<tr>",
        "<td>",
        "<template>",
        "</template>",
        "<select>",
        "<option>",
        "<!--",
        "-->",
        "--!>",
        "-",
        "--",
        "!",
        "<!",
        "<?",
        "&",
        "&amp;",
        "&amp",
        "&lt",
        "&notit;",
        "&NotEqualTilde;",
        "&#x41;",
        "&#",
        "&#x",
        "&#55;",
        ";",
        "\0",
        "\n",
        " ",
        "\t",
        "\"",
        "'",
        "=",
        "class",
        "CLASS='",
        "href=",
        " id=x",
        "data-x",
        "<![CDATA[",
        "]]>",
        "<!doctype html>",
        "<pre>",
        "<Img ",
        "é",
        "word",
        "<li>",
        "<h1>",
        "<font size=1>",
        "<body class='b'>",
        "<a href=1 class=y>",
        "<tr id=i>",
        "<input type=hidden>",
        "<form>",
        "<xmp>",
    ];
    let mut state = 7u64;
    let mut draw = |count: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % count
    };
    for _ in 0..20_000 {
        let length = 1 + draw(24);
        let text: String = (0..length).map(|_| PARTS[draw(PARTS.len())]).collect();
        assert_eq!(ours(&text), html5evers(&text), "{text:?}");
    }
}

#[test]
fn an_iframe_in_noscript_ends_with_it() {
    let open = "<p>a<noscript><iframe src=x /></noscript><p>b";
    let closed = "<p>a<noscript><iframe src=x></iframe></noscript><p>b";
    assert_eq!(ours(open), ours(closed));
    // Where the element is closed, or `<noscript>` is not, nothing is different from the standard.
    for text in [closed, "<noscript><iframe /><p>b", "<noscript></noscript><iframe /><p>b</noscript>"] {
        assert_eq!(ours(text), html5evers(text), "{text:?}");
    }
}

#[test]
fn what_is_made_again_takes_no_more_room() {
    let long = "x".repeat(10_000);
    for tag in ["b", "a", "svg><b"] {
        let text = format!("<{tag} class='{long}'>{}", "<p>y</p>".repeat(1_000));
        let read = read();
        let filter = Filter::new(&text, &read, &SETTINGS);
        tokenize(&text, SETTINGS.max_attributes, &filter);
        filter.builder.end();
        let tree = filter.builder.sink.finish();
        assert!(tree.len() > 2_000);
        assert!(tree.bytes_of_texts() < 4 * long.len(), "{tag}: {}", tree.bytes_of_texts());
        assert_eq!(ours(&text), html5evers(&text));
    }
}
