use dechaff_strip::{Hints, text::Model};
use dechaff_training::{
    align,
    data::{self, Part, RENDERERS},
    sites,
    text::page_of_text,
};
use std::{collections::HashMap, fs, io::Write, path::Path};
fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().collect();
    let (data, work) = (Path::new(&a[1]), Path::new(&a[2]));
    let models: Vec<Model> =
        (0..5).map(|k| Model::from_bytes(&fs::read(work.join(format!("fold-{k}.bin"))).unwrap()).unwrap()).collect();
    let pages = data::gold(data, Part::Learned)?;
    let mut out = std::io::BufWriter::new(fs::File::create(work.join("dump.jsonl"))?);
    for r in RENDERERS {
        let texts: HashMap<String, String> = data::rendered(data, r)?.into_iter().map(|p| (p.id, p.text)).collect();
        for p in &pages {
            let page = page_of_text(&texts[&p.id]);
            let gold = p.text.clone().unwrap_or_default();
            let m = align::label(page.blocks.iter().map(|b| b.text.as_str()), &gold);
            let s = models[sites::fold(&p.site()) as usize].scores(&page, &Hints::none(page.blocks.len()));
            writeln!(
                out,
                "{}",
                serde_json::json!({"r": r, "id": p.id, "type": p.kind, "gold": align::words(&gold).len(), "n": m.iter().map(|x| x.1).collect::<Vec<_>>(), "y": m.iter().map(|x| x.0).collect::<Vec<_>>(), "p": s.scores, "cut": s.cut, "t": page.blocks.iter().map(|b| b.text.chars().take(120).collect::<String>()).collect::<Vec<_>>()})
            )?;
        }
    }
    Ok(())
}
