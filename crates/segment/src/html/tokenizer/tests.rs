//! The trees are those that html5ever's own tokenizer gives.

use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink};
use scraper::Node;

use super::*;
use crate::html::tree::{Sink, Tree};

struct Builder {
    builder: TreeBuilder<ego_tree::NodeId, Sink>,
    read: ReadAttributes,
}

impl Builder {
    fn new() -> Builder {
        let options = TreeBuilderOpts { scripting_enabled: false, drop_doctype: true, ..TreeBuilderOpts::default() };
        let read = ReadAttributes::new(["[data-x]"].into_iter());
        Builder { builder: TreeBuilder::new(Sink::new(100), options), read }
    }
}

impl Tokens for Builder {
    fn token(&self, token: Token, _: usize) -> After {
        self.builder.process_token(token, 0).into()
    }

    fn in_foreign_content(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }

    fn attributes_cut(&self) {}
}

impl TokenSink for Builder {
    type Handle = ego_tree::NodeId;

    fn process_token(&self, mut token: Token, line: u64) -> TokenSinkResult<ego_tree::NodeId> {
        if let Token::TagToken(tag) = &mut token {
            tag.attrs.retain(|attribute| self.read.name(attribute.name.local.as_bytes()).is_some());
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.in_foreign_content()
    }
}

fn ours(text: &str) -> String {
    let builder = Builder::new();
    tokenize(&StrTendril::from_slice(text), &builder.read, 256, &builder);
    builder.builder.end();
    shown(&builder.builder.sink.finish())
}

fn html5evers(text: &str) -> String {
    let tokenizer = Tokenizer::new(Builder::new(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(text));
    while !matches!(tokenizer.feed(&queue), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    shown(&tokenizer.sink.builder.sink.finish())
}

fn shown(tree: &Tree) -> String {
    let mut out = String::new();
    for edge in tree.root().traverse() {
        match edge {
            ego_tree::iter::Edge::Open(node) => match node.value() {
                Node::Element(element) => {
                    out.push_str(&format!("<{}{:?}>", element.name(), element.attrs().collect::<Vec<_>>()));
                }
                Node::Text(text) => out.push_str(&format!("{:?}", &**text)),
                _ => {}
            },
            ego_tree::iter::Edge::Close(node) if node.value().is_element() => out.push_str("</>"),
            ego_tree::iter::Edge::Close(_) => {}
        }
    }
    let comments: Vec<&str> = tree.comments.iter().map(|comment| &**comment).collect();
    format!("{out} {comments:?}")
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
    const PARTS: [&str; 72] = [
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
