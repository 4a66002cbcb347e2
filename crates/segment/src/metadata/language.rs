//! The language of a page: as declared, and as its text tells.

use dechaff_document::{Block, BlockKind};
use whatlang::{Lang, detect};

use super::latin;

/// Characters of text that detection reads: enough for any pair of languages it knows (its error on clean text falls
/// below one in a hundred from some 200 characters on) and a fixed cost on every page.
const SAMPLE: usize = 1_200;
/// Blocks looked at for the sample.
const MOST_BLOCKS: usize = 2_000;

/// The language of the text, ISO 639-1, and the detector's confidence in thousandths.
pub(super) fn detected(blocks: &[Block]) -> Option<(String, u16)> {
    let sample = sample(blocks);
    let (language, confidence) =
        latin::detected(&sample).or_else(|| detect(&sample).map(|info| (info.lang(), info.confidence())))?;
    Some((code(language).to_owned(), (confidence * 1000.0).clamp(0.0, 1000.0) as u16))
}

/// A declared language as BCP 47: `en`, `en-GB`, `zh-Hant-TW`. `None` if it is none.
pub(super) fn declared(value: &str) -> Option<String> {
    let first = value.split([',', ';', ' ']).next()?.replace('_', "-");
    let mut parts = first.split('-');
    let primary = parts.next()?.to_ascii_lowercase();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !(2..=3).contains(&primary.len()) || !letters(&primary) || primary == "und" {
        return None;
    }
    let mut out = primary;
    for part in parts.take(3) {
        match part.len() {
            2 if letters(part) => out.push_str(&format!("-{}", part.to_ascii_uppercase())),
            4 if letters(part) => {
                out.push_str(&format!("-{}{}", part[..1].to_ascii_uppercase(), part[1..].to_ascii_lowercase()))
            }
            3 if part.bytes().all(|byte| byte.is_ascii_digit()) => out.push_str(&format!("-{part}")),
            _ => break,
        }
    }
    Some(out)
}

/// Running text of the page: blocks with few links first, from the middle of the page outwards being no better than
/// in order, in order. Furniture is mostly links and short lines.
fn sample(blocks: &[Block]) -> String {
    let mut sample = String::with_capacity(SAMPLE + 256);
    let mut left = SAMPLE;
    for running in [true, false] {
        for block in blocks.iter().take(MOST_BLOCKS).filter(|block| is_running(block) == running) {
            if left == 0 || block.kind == BlockKind::Code {
                continue;
            }
            for c in block.text.chars().take(left.min(400)) {
                sample.push(c);
                left = left.saturating_sub(1);
            }
            sample.push(' ');
        }
        // Short lines are asked only where there is next to no running text.
        if SAMPLE - left >= 200 {
            break;
        }
    }
    sample
}

fn is_running(block: &Block) -> bool {
    // 60 bytes are ten words of English; menus and buttons stay below. Scripts without spaces take three bytes a sign.
    block.text.len() >= 60 && (block.link_characters as usize) * 3 < block.text.len() && !block.hidden
}

/// ISO 639-1 where the language has such a code, else ISO 639-3.
fn code(language: Lang) -> &'static str {
    match language.code() {
        "afr" => "af",
        "aka" => "ak",
        "amh" => "am",
        "ara" => "ar",
        "aze" => "az",
        "bel" => "be",
        "ben" => "bn",
        "bul" => "bg",
        "cat" => "ca",
        "ces" => "cs",
        "cmn" => "zh",
        "cym" => "cy",
        "dan" => "da",
        "deu" => "de",
        "ell" => "el",
        "eng" => "en",
        "epo" => "eo",
        "est" => "et",
        "fin" => "fi",
        "fra" => "fr",
        "guj" => "gu",
        "heb" => "he",
        "hin" => "hi",
        "hrv" => "hr",
        "hun" => "hu",
        "hye" => "hy",
        "ind" => "id",
        "ita" => "it",
        "jav" => "jv",
        "jpn" => "ja",
        "kan" => "kn",
        "kat" => "ka",
        "khm" => "km",
        "kor" => "ko",
        "lat" => "la",
        "lav" => "lv",
        "lit" => "lt",
        "mal" => "ml",
        "mar" => "mr",
        "mkd" => "mk",
        "mya" => "my",
        "nep" => "ne",
        "nld" => "nl",
        "nob" => "nb",
        "ori" => "or",
        "pan" => "pa",
        "pes" => "fa",
        "pol" => "pl",
        "por" => "pt",
        "ron" => "ro",
        "rus" => "ru",
        "sin" => "si",
        "slk" => "sk",
        "slv" => "sl",
        "sna" => "sn",
        "spa" => "es",
        "srp" => "sr",
        "swe" => "sv",
        "tam" => "ta",
        "tel" => "te",
        "tgl" => "tl",
        "tha" => "th",
        "tuk" => "tk",
        "tur" => "tr",
        "ukr" => "uk",
        "urd" => "ur",
        "uzb" => "uz",
        "vie" => "vi",
        "yid" => "yi",
        "zul" => "zu",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<(String, u16)> {
        detected(&[Block { text: text.to_owned(), ..Block::default() }])
    }

    #[test]
    fn the_text_tells_its_language() {
        for (text, code) in [
            (
                "It had rained all night, and in the morning the street was a river with small boats of paper on it.",
                "en",
            ),
            (
                "Es hatte die ganze Nacht geregnet, und am Morgen war die Straße ein Fluss mit kleinen Booten aus Papier.",
                "de",
            ),
            ("Всю ночь шёл дождь, и утром улица стала рекой, по которой плыли маленькие бумажные кораблики.", "ru"),
            ("Усю ніч ішов дощ, і вранці вулиця стала річкою, якою пливли маленькі паперові кораблики.", "uk"),
            ("一晚上都在下雨，早晨街道变成了一条河，上面漂着许多小小的纸船，孩子们在岸边大声地笑。", "zh"),
        ] {
            let (found, confidence) = told(text).unwrap();
            assert_eq!(found, code, "{text}");
            assert!(confidence > 500, "{found} {confidence}");
        }
        assert_eq!(told(""), None);
        assert_eq!(told("1234"), None);
        // Every language the detector knows has a code of two letters.
        assert!(Lang::all().iter().all(|language| code(*language).len() == 2));
    }

    #[test]
    fn menus_do_not_tell_the_language_of_the_text() {
        let menu = |text: &str| Block { text: text.into(), link_characters: text.len() as u32, ..Block::default() };
        let mut blocks: Vec<Block> =
            (0..300).map(|_| menu("Read more about all of the stories of the day on our front page")).collect();
        let text = "Es hatte die ganze Nacht geregnet, und am Morgen war die Straße ein Fluss mit Booten. ".repeat(3);
        blocks.push(Block { text, ..Block::default() });
        assert_eq!(detected(&blocks).unwrap().0, "de");
    }

    #[test]
    fn declarations_are_put_into_their_normal_form() {
        for (value, expected) in [
            ("en", Some("en")),
            ("EN_us", Some("en-US")),
            ("zh-hant-tw", Some("zh-Hant-TW")),
            ("de-DE, en", Some("de-DE")),
            ("es-419", Some("es-419")),
            ("english", None),
            ("", None),
            ("{{lang}}", None),
            ("x-default", None),
            ("é-1", None),
        ] {
            assert_eq!(declared(value).as_deref(), expected, "{value}");
        }
    }
}
