//! Near copies: what must hold whatever the order, the memory and the shape of the corpus.

use std::collections::BTreeSet;

use dechaff_dedup::{
    Measure, Near, Spill,
    near::{Clusters, NearIndex, Sketcher},
};

fn settings(threshold: f64) -> Near {
    Near { measure: Measure::Jaccard, threshold, shingle: 5, crowded: 256 }
}

fn cluster(settings: &Near, spill: Spill, documents: &[(u32, String)]) -> Clusters {
    let sketcher = Sketcher::new(settings).unwrap();
    let mut index = NearIndex::new(settings, spill).unwrap();
    for (number, text) in documents {
        if let Some(sketch) = sketcher.sketch([text.as_str()].into_iter()) {
            index.insert(*number, &sketch).unwrap();
        }
    }
    index.cluster().unwrap().run().unwrap()
}

/// A small deterministic generator (SplitMix64, public domain, Sebastiano Vigna).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn words(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| format!("w{}", self.below(20_000))).collect()
    }
}

/// 300 originals of 120 words, and for each a copy in which one run of `edit` words is new: 4 + edit shingles of 116
/// differ on either side.
fn corpus(edit: usize) -> Vec<(u32, String)> {
    let mut random = Random(edit as u64);
    let mut documents = Vec::new();
    for original in 0..300 {
        let mut words = random.words(120);
        documents.push((2 * original, words.join(" ")));
        words.splice(50..50 + edit, random.words(edit));
        documents.push((2 * original + 1, words.join(" ")));
    }
    documents
}

#[test]
fn copies_above_the_threshold_meet_and_those_below_do_not() {
    // 16 of 116 shingles differ: Jaccard 100 / 132 = 0.758.
    let pairs: Vec<Vec<u32>> = (0..300).map(|it| vec![2 * it, 2 * it + 1]).collect();
    assert_eq!(cluster(&settings(0.75), Spill::never(), &corpus(12)).groups(), pairs);
    assert_eq!(cluster(&settings(0.76), Spill::never(), &corpus(12)).groups(), Vec::<Vec<u32>>::new());
}

#[test]
fn neither_order_nor_memory_changes_the_clusters() {
    let mut documents = corpus(8);
    let mut expected = cluster(&settings(0.8), Spill::never(), &documents);
    let mut random = Random(7);
    for round in 0..3 {
        for place in (1..documents.len()).rev() {
            documents.swap(place, random.below(place as u64 + 1) as usize);
        }
        // From one document a run to a handful of runs.
        let spill = Spill { limit: 1 << (12 + 4 * round), scratch: Box::new(tempfile::tempfile) };
        let mut found = cluster(&settings(0.8), spill, &documents);
        assert!(found.statistics().spilled > 0);
        assert_eq!(found.groups(), expected.groups());
        assert_eq!(found.similarity(10, 11).unwrap(), expected.similarity(10, 11).unwrap());
    }
}

#[test]
fn short_documents_are_never_merged_and_never_lost() {
    let documents: Vec<(u32, String)> =
        ["three short words", "three short words", "", "other four words here", "Sold out"]
            .iter()
            .zip(0..)
            .map(|(text, number)| (number, text.to_string()))
            .collect();
    let mut found = cluster(&settings(0.5), Spill::never(), &documents);
    assert!(found.groups().is_empty());
    assert_eq!(found.statistics().documents, 0);
    assert_eq!(found.similarity(0, 1).unwrap(), None);
}

#[test]
fn a_crowd_of_near_copies_is_one_cluster_and_strangers_stay_out() {
    // 2,000 notices from one form, each with its own name in one place of 150 words: any two share 141 of 151
    // shingles. And 50 strangers.
    let mut random = Random(3);
    let form = random.words(150);
    let mut documents: Vec<(u32, String)> = (0..2000)
        .map(|number| {
            let mut words = form.clone();
            words[70] = format!("name{number}");
            (number, words.join(" "))
        })
        .collect();
    documents.extend((2000..2050).map(|number| (number, random.words(150).join(" "))));
    let mut found = cluster(&settings(0.8), Spill::never(), &documents);
    assert!(found.statistics().crowded > 0);
    let groups = found.groups();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0], (0..2000).collect::<Vec<u32>>());
    documents.reverse();
    assert_eq!(cluster(&settings(0.8), Spill::never(), &documents).groups(), groups);
}

#[test]
fn a_crowd_that_shares_little_is_left_apart_in_bounded_time() {
    // 3,000 pages that share a footer of 30 words and have 60 of their own: Jaccard 26 / 154.
    let mut random = Random(5);
    let footer = random.words(30);
    let documents: Vec<(u32, String)> =
        (0..3000).map(|number| (number, [random.words(60).join(" "), footer.join(" ")].join(" "))).collect();
    assert!(cluster(&settings(0.5), Spill::never(), &documents).groups().is_empty());
}

#[test]
fn chains_join_and_the_measured_similarity_says_so() {
    // Each version replaces ten words further on: neighbours are alike, the ends are not.
    let mut random = Random(11);
    let mut words = random.words(120);
    let mut documents = Vec::new();
    for version in 0..4 {
        documents.push((version, words.join(" ")));
        let at = 10 + 25 * version as usize;
        words.splice(at..at + 10, random.words(10));
    }
    let mut found = cluster(&settings(0.75), Spill::never(), &documents);
    assert_eq!(found.groups(), [[0, 1, 2, 3]]);
    assert!(found.similarity(0, 1).unwrap().unwrap() > 0.75);
    assert!(found.similarity(0, 3).unwrap().unwrap() < 0.6);
}

#[test]
fn containment_joins_a_long_excerpt_to_the_whole() {
    let whole = Random(13).words(200);
    let documents = vec![(0, whole.join(" ")), (1, whole[20..160].join(" "))];
    assert!(cluster(&settings(0.8), Spill::never(), &documents).groups().is_empty());
    let containment = Near { measure: Measure::Containment, ..settings(0.8) };
    let mut found = cluster(&containment, Spill::never(), &documents);
    assert_eq!(found.similarity(0, 1).unwrap(), Some(1.0));
    assert_eq!(found.groups(), [[0, 1]]);
}

#[test]
fn chinese_copies_meet_by_their_characters() {
    let story = "市政府周三宣布，连接两岸的夜间渡轮将于下周一恢复通航。渡轮因机械故障已停航一个月，期间乘客只能绕行北桥。\
                 港务局表示，修理费用由保险公司承担，票价不变，首班船于晚上十点从老码头出发。";
    let edited = story.replace("一个月", "五个星期");
    let other = "气象台预计周末有大雪，山区道路可能封闭。教育局请家长留意学校通知，并准备好冬季衣物和食品。";
    let documents = vec![(0, story.to_owned()), (1, edited), (2, other.to_owned())];
    assert_eq!(cluster(&settings(0.7), Spill::never(), &documents).groups(), [[0, 1]]);
}

#[test]
fn a_setting_out_of_range_is_named() {
    let wrong: BTreeSet<String> = [
        Near { threshold: 0.2, ..settings(0.8) },
        Near { shingle: 0, ..settings(0.8) },
        Near { crowded: 1, ..settings(0.8) },
    ]
    .iter()
    .map(|it| Sketcher::new(it).unwrap_err().to_string())
    .collect();
    let expected = [
        "dedup.near.crowded = 1: expected at least 2 documents",
        "dedup.near.shingle = 0: expected 1 to 64 words",
        "dedup.near.threshold = 0.2: expected 0.5 to 1",
    ];
    assert_eq!(wrong.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
