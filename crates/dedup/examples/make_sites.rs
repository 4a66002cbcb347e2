//! Makes a corpus of sites to measure what counting repeats is worth: every site has its own template with chrome of
//! every category, in words of its own where it can, and stories that share quotations.
//!
//! ```text
//! cargo run --release -p dechaff-dedup --example make_sites -- OUT [--sites 40] [--pages 50] [--seed 1]
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `OUT/html/<host>/<page>.html` | the pages |
//! | `OUT/text/<host>/<page>.txt` | the same pages as a naive text dump, a block a line |
//! | `OUT/urls.tsv` | path of each text, and its URL: text does not say it |
//! | `OUT/gold.jsonl` | `id` (file name without ending), `text` (the story), `with` (its sentences), `without` (chrome) |
//!
//! The same seed gives the same bytes. Names of hosts end in `.example`; texts are made of word lists in this file.

use std::{
    error::Error,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut out, mut sites, mut pages, mut seed) = (None, 40, 50, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number =
            || arguments.next().and_then(|it| it.parse::<u64>().ok()).ok_or("an option without its number");
        match argument.as_str() {
            "--sites" => sites = number()?,
            "--pages" => pages = number()?,
            "--seed" => seed = number()?,
            _ => out = Some(argument),
        }
    }
    let out = out.ok_or("OUT [--sites N] [--pages N] [--seed N]")?;
    let out = Path::new(&out);
    fs::create_dir_all(out)?;
    let mut gold = BufWriter::new(File::create(out.join("gold.jsonl"))?);
    let mut urls = BufWriter::new(File::create(out.join("urls.tsv"))?);
    for number in 0..sites {
        let mut random = Random(seed << 32 | number);
        let site = Site::new(number, &mut random);
        let folders = ["html", "text"].map(|kind| out.join(kind).join(&site.host));
        folders.iter().try_for_each(fs::create_dir_all)?;
        let stories: Vec<Story> = (0..pages).map(|_| Story::new(&site, &mut random)).collect();
        for (place, story) in stories.iter().enumerate() {
            let name = format!("{}-{place:04}", site.name);
            let url = format!("https://{}/news/{name}.html", site.host);
            let page = site.page(story, &stories, place, &url, &mut random);
            fs::write(folders[0].join(format!("{name}.html")), page.html)?;
            fs::write(folders[1].join(format!("{name}.txt")), page.text)?;
            writeln!(urls, "{}/{name}.txt\t{url}", site.host)?;
            let text = story.paragraphs.join("\n\n");
            let with: Vec<&str> =
                story.paragraphs.iter().flat_map(|it| it.split_inclusive(". ")).map(str::trim).collect();
            let row = serde_json::json!({ "id": name, "text": text, "with": with, "without": page.chrome });
            writeln!(gold, "{row}")?;
        }
    }
    gold.flush()?;
    urls.flush()?;
    eprintln!("{sites} sites of {pages} pages in {}", out.display());
    Ok(())
}

/// SplitMix64 (public domain, Sebastiano Vigna).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

const PLACES: [&str; 24] = [
    "Holte",
    "Varnholm",
    "Brattvig",
    "Norrvik",
    "Osterlund",
    "Kiesa",
    "Marendal",
    "Tolvar",
    "Ravna",
    "Sankt Olai",
    "Hemsby",
    "Lutte",
    "Aldenau",
    "Pereva",
    "Castrel",
    "Mirov",
    "Dunfell",
    "Orsa",
    "Velke",
    "Tarnow Bay",
    "Isla Corta",
    "Grauheim",
    "Lindal",
    "Kestrel Point",
];
const PEOPLE: [&str; 20] = [
    "Mette Krog",
    "Jonas Lind",
    "Birgit Aas",
    "Per Holm",
    "Karin Ek",
    "Lena Sandahl",
    "Tomas Reyes",
    "Ivana Petrak",
    "Oleh Marchuk",
    "Anna Weiss",
    "Hugo Martel",
    "Sara Okafor",
    "Nils Bergman",
    "Ruth Calder",
    "Paulo Teles",
    "Mina Sato",
    "Erik Dahl",
    "Olga Sereda",
    "Ian Frost",
    "Clara Bonnet",
];
const BODIES: [&str; 16] = [
    "the town council",
    "the port authority",
    "the regional court",
    "the water board",
    "the teachers' union",
    "the fire service",
    "the national museum",
    "the harbour company",
    "the ministry of transport",
    "the county hospital",
    "the farmers' association",
    "the coast guard",
    "the university",
    "the railway company",
    "the housing committee",
    "the weather service",
];
const DEEDS: [&str; 20] = [
    "approved a plan to rebuild",
    "postponed its decision on",
    "asked for more money for",
    "published a report on",
    "rejected an appeal against",
    "opened an inquiry into",
    "signed a contract for",
    "promised to finish",
    "warned of delays to",
    "withdrew its support for",
    "called a public meeting about",
    "presented three designs for",
    "agreed to share the cost of",
    "changed the rules for",
    "hired an outside expert for",
    "set a deadline for",
    "voted by a narrow margin for",
    "began work on",
    "admitted mistakes in",
    "ordered a second opinion on",
];
const THINGS: [&str; 24] = [
    "the northern bridge",
    "the old swimming hall",
    "the night ferry",
    "the school roof",
    "the flood barrier",
    "the tram line",
    "the fish market",
    "the grain terminal",
    "the cycle path along the shore",
    "the district heating network",
    "the archive of the shipyard",
    "the emergency ward",
    "the wind farm off the coast",
    "the bus depot",
    "the town library",
    "the cable under the strait",
    "the quarry road",
    "the youth theatre",
    "the lighthouse",
    "the sewage works",
    "the cattle market",
    "the airfield",
    "the reservoir above the valley",
    "the concert hall",
];
const REASONS: [&str; 16] = [
    "after months of argument",
    "because the estimate had doubled",
    "although two members left the room",
    "in spite of a petition with thousands of names",
    "once the engineers had been heard",
    "as winter storms came closer",
    "following a fire in the spring",
    "while neighbours looked on from the gallery",
    "to the surprise of its own staff",
    "for the third time in a decade",
    "under pressure from the insurers",
    "in a session that lasted until midnight",
    "before the summer recess",
    "with the votes of the opposition",
    "on the advice of its lawyers",
    "without giving reasons",
];
const COSTS: [&str; 8] = [
    "The bill is put at {} million crowns, a third of which the state will pay.",
    "Some {} families live close enough to hear the machines.",
    "The work is expected to take {} weeks, weather permitting.",
    "In a survey {} in a hundred residents said they were in favour.",
    "About {} people depend on it every working day.",
    "The contract runs over {} pages and was made public on request.",
    "At the last count {} complaints had been received.",
    "Traffic has grown by {} per cent since the last census.",
];
const SPEECH: [&str; 12] = [
    "We have waited long enough, and nobody in this room believes that waiting makes it cheaper",
    "I would rather answer for a mistake than for doing nothing",
    "There is no plan that pleases everyone, and this one pleases more people than the last",
    "My grandfather helped to build it, and I do not intend to be the one who tears it down",
    "What we need now is a date, a budget and one person who signs for both",
    "If the sea takes another metre of the bank, the question will answer itself",
    "They measured for eleven years and forgot to ask who lives there",
    "It is not a large sum until you have to find it in a small town",
    "Nobody was told, and everybody is expected to pay",
    "A promise that has no deadline is a hope, and we have had enough of hope",
    "The children walk past it every day, and that is reason enough for me",
    "We are not against it, we are against being told about it in the newspaper",
];

/// A site: its template.
struct Site {
    name: String,
    host: String,
    title: String,
    menu: Vec<&'static str>,
    appeal: String,
    newsletter: String,
    cookie: String,
    legal: String,
    slogan: String,
    org: String,
    rules_of_comments: String,
    player: String,
    promotion: String,
    quotations: Vec<String>,
    appeal_after: usize,
    old_markup: bool,
}

impl Site {
    fn new(number: u64, random: &mut Random) -> Site {
        let paper =
            random.of(&["Courier", "Herald", "Observer", "Sentinel", "Gazette", "Mail", "Tribune", "Chronicle"]);
        let place = PLACES[number as usize % PLACES.len()];
        let title = format!("{place} {paper}");
        let name = format!("s{number:03}-{}", title.to_lowercase().replace(' ', "-"));
        let sections =
            ["Home", "Local", "Harbour", "Business", "Culture", "Sport", "Opinion", "Weather", "Obituaries", "Puzzles"];
        let start = random.below(3);
        let fill = |text: &str| text.replace("{paper}", &title).replace("{place}", place);
        let mut pick = |list: &[&str]| fill(random.of(list));
        let appeal = pick(&[
            "This story is free to read because readers pay for it. Five crowns a month keep the {paper} going.",
            "Before you scroll on: three reporters live from what our readers give. Would you be one of them?",
            "No owner, no shareholders. The {paper} belongs to those who chip in, and today that could be you.",
            "You have read this far, so we dare to ask: put something in the hat for the {paper}.",
            "Help us stay on the quay when everyone else has gone home. Become a friend of the {paper}.",
        ]);
        let newsletter = pick(&[
            "The morning letter from {place}: six stories before the first coffee. Enter your address",
            "Get the tide table and the headlines at half past six, every working day",
            "Our editors write to you on Fridays. Join eleven thousand others",
            "One letter a week, no advertising: the {paper} on Sunday",
        ]);
        let cookie = pick(&[
            "We and our partners store cookies on your device to measure how the site is used. Accept all Settings",
            "This site uses cookies. By staying here you agree to them. Learn more OK",
            "Your privacy is your business: choose which cookies the {paper} may set. Reject Accept",
        ]);
        let legal = pick(&[
            "Published by {place} Press Ltd, registered office Harbour Street 4. All material is protected; use beyond private reading needs our written consent.",
            "The {paper} follows the code of the press council. Complaints go to the readers' editor, who answers within ten days.",
            "Photographs and texts may be quoted with a link. For reprints ask the rights desk of the {paper}.",
        ]);
        let slogan = pick(&[
            "News from the water's edge since 1887",
            "What {place} talks about",
            "Independent, local, awake",
            "First off the press in {place}",
        ]);
        let org = pick(&[
            "The {paper} is a newsroom of fourteen people that reports on the strait and its islands for readers on both shores.",
            "The {paper} was founded by dock workers and is owned by a foundation that may not take money out of it.",
            "Since 1911 the {paper} has covered courts, councils and catches in {place}, six days a week.",
        ]);
        let rules_of_comments = pick(&[
            "Keep it civil: we read every remark before it appears, and that takes until the next morning.",
            "To comment you need an account with your real name. The thread closes after three days.",
        ]);
        let player = pick(&[
            "Watch: the harbour camera, live Play Mute Current time 0:00 Duration -:- Loaded 0%",
            "Your browser cannot play this clip. Listen to the story 4 min 12 sec Share clip",
        ]);
        let promotion = pick(&[
            "Now in the shop: the {paper} calendar with twelve views of {place}, 149 crowns",
            "Tonight at the Old Pier: readers meet the editors. Doors open at seven, admission free",
            "Looking for a house by the sea? See this week's homes in {place}",
            "Win two tickets for the crossing: answer three questions about {place}",
        ]);
        let quotations = (0..4).map(|_| quotation(random)).collect();
        let menu = (0..7).map(|at| sections[(start + at) % sections.len()]).collect();
        let host = format!("{}.example", title.to_lowercase().replace(' ', "-").replace('\'', ""));
        let (appeal_after, old_markup) = (1 + random.below(3), random.one_in(2));
        Site {
            host: format!("s{number:03}.{host}"),
            name,
            title,
            menu,
            appeal,
            newsletter,
            cookie,
            legal,
            slogan,
            org,
            rules_of_comments,
            player,
            promotion,
            quotations,
            appeal_after,
            old_markup,
        }
    }

    fn page(&self, story: &Story, others: &[Story], at: usize, url: &str, random: &mut Random) -> Page {
        let mut page = Page::default();
        page.html.push_str(&format!(
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>{} - {}</title><link rel=canonical href=\"{url}\"></head>\n<body class=\"page page-{at}\">\n",
            story.title, self.title
        ));
        let (header, nav, main, aside, footer) = match self.old_markup {
            true => ("div class=head", "div class=menu", "div class=column", "div class=side", "div class=foot"),
            false => (
                "header class=site-header",
                "nav class=main-nav",
                "main",
                "aside class=rail",
                "footer class=site-footer",
            ),
        };
        page.open(header);
        page.chrome("div class=access", "Skip to content Text size A A+ A++ High contrast");
        page.chrome("p class=logo", &self.title);
        page.chrome("p class=tagline", &self.slogan);
        page.open(nav);
        page.open("ul");
        self.menu.iter().for_each(|item| page.chrome("li", item));
        page.close("ul");
        page.close(nav);
        page.close(header);
        if random.one_in(3) {
            page.chrome(
                "div class=breaking",
                &format!(
                    "Breaking: {} in {}",
                    random.of(&["storm warning", "road closed", "power cut"]),
                    random.of(&PLACES)
                ),
            );
        }
        page.chrome("div class=consent", &self.cookie);
        page.open(main);
        page.chrome("div class=crumbs", &format!("{} › {} › {}", self.menu[0], self.menu[1 + at % 5], story.title));
        page.open("div class=story");
        page.push("h1", &story.title);
        page.chrome("p class=byline", &format!("By {}, staff reporter", story.author));
        page.chrome(
            "p class=dateline",
            &format!(
                "{} March 2026, {}:{:02} · Updated {}:{:02}",
                1 + at % 28,
                6 + at % 12,
                at % 60,
                8 + at % 12,
                (7 * at) % 60
            ),
        );
        page.chrome("p class=reading", &format!("{} min read", 2 + story.paragraphs.len() / 3));
        page.chrome("div class=tools", "Share Post Mail Copy link Print Save for later");
        page.chrome("div class=player", &self.player);
        for (number, paragraph) in story.paragraphs.iter().enumerate() {
            page.push("p", paragraph);
            if number + 1 == self.appeal_after {
                page.chrome("p class=appeal", &self.appeal);
            }
            if number == self.appeal_after + 1 {
                page.chrome("div class=slot", "Advertisement");
                page.chrome("div class=promo", &self.promotion);
            }
        }
        page.chrome(
            "p class=author-box",
            &format!("{} writes about {} for the {}.", story.author, story.beat, self.title),
        );
        page.chrome("p class=org", &self.org);
        page.close("div");
        page.chrome("div class=count", &format!("You have read {} of 5 free articles this month", 1 + at % 5));
        page.chrome("div class=pay", "Give once 50 100 250 crowns Card Transfer Swish");
        page.chrome("h2", "More from this section");
        page.open("ul class=related");
        for step in 1..=4 {
            page.chrome("li", &others[(at + step * 3) % others.len()].title);
        }
        page.close("ul");
        page.open("div class=comments");
        page.chrome("h2", &format!("{} comments", at % 17));
        page.chrome("p", &self.rules_of_comments);
        page.chrome("div class=form", "Your name Your remark Send");
        page.close("div");
        page.close(main);
        page.open(aside);
        page.chrome("h3", "Most read today");
        for step in 0..5 {
            page.chrome("p class=top", &others[step % others.len()].title);
        }
        page.chrome("div class=letter", &self.newsletter);
        page.chrome("div class=subscribe", "Already a subscriber? Log in Subscribe from 89 crowns");
        page.close(aside);
        page.open(footer);
        page.open("ul");
        ["About us", "Contact", "Privacy", "Terms of use", "Advertise", "RSS"]
            .iter()
            .for_each(|item| page.chrome("li", item));
        page.close("ul");
        page.chrome("p class=legal", &self.legal);
        page.chrome("p class=copyright", &format!("© 2026 {} Press", self.title));
        page.close(footer);
        page.html.push_str("</body></html>\n");
        // What a story says too is no chrome to be missed (its own title among the related ones).
        page.chrome.retain(|text| *text != story.title);
        page
    }
}

struct Story {
    title: String,
    author: &'static str,
    beat: &'static str,
    paragraphs: Vec<String>,
}

impl Story {
    fn new(site: &Site, random: &mut Random) -> Story {
        let (body, thing, place) = (random.of(&BODIES), random.of(&THINGS), random.of(&PLACES));
        let title = capitalised(&format!("{body} {} {thing} in {place}", random.of(&DEEDS)));
        let mut paragraphs: Vec<String> = (0..5 + random.below(7))
            .map(|_| {
                let mut sentences: Vec<String> = (0..2 + random.below(3)).map(|_| sentence(random)).collect();
                if random.one_in(3) {
                    sentences.push(quotation(random));
                }
                sentences.join(" ")
            })
            .collect();
        // One story in three has a quotation, a paragraph of its own, that stands in four or five others too.
        if random.one_in(3) {
            paragraphs.insert(2, site.quotations[random.below(site.quotations.len())].clone());
        }
        Story {
            title,
            author: random.of(&PEOPLE),
            beat: random.of(&["courts", "the harbour", "schools", "the council"]),
            paragraphs,
        }
    }
}

fn sentence(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.of(&COSTS).replace("{}", &(3 + random.below(95)).to_string()),
        1 => format!("In {} {} {} {}.", random.of(&PLACES), random.of(&BODIES), random.of(&DEEDS), random.of(&THINGS)),
        2 => capitalised(&format!(
            "{} {} {} {}, said {}.",
            random.of(&BODIES),
            random.of(&DEEDS),
            random.of(&THINGS),
            random.of(&REASONS),
            random.of(&PEOPLE)
        )),
        _ => capitalised(&format!(
            "{}, {} {} {} near {}.",
            random.of(&REASONS),
            random.of(&BODIES),
            random.of(&DEEDS),
            random.of(&THINGS),
            random.of(&PLACES)
        )),
    }
}

fn quotation(random: &mut Random) -> String {
    format!("“{}”, said {} of {}.", random.of(&SPEECH), random.of(&PEOPLE), random.of(&BODIES))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// A page while it is put together.
#[derive(Default)]
struct Page {
    html: String,
    text: String,
    chrome: Vec<String>,
}

impl Page {
    fn open(&mut self, tag: &str) {
        self.html.push_str(&format!("<{tag}>\n"));
    }

    fn close(&mut self, tag: &str) {
        let name = tag.split(' ').next().unwrap_or_default();
        self.html.push_str(&format!("</{name}>\n"));
    }

    fn push(&mut self, tag: &str, text: &str) {
        let name = tag.split(' ').next().unwrap_or_default();
        self.html.push_str(&format!("<{tag}>{text}</{name}>\n"));
        self.text.push_str(text);
        self.text.push('\n');
        if name == "p" || name.starts_with('h') {
            self.text.push('\n');
        }
    }

    fn chrome(&mut self, tag: &str, text: &str) {
        self.push(tag, text);
        self.chrome.push(text.to_owned());
    }
}
