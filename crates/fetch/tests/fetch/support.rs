//! Settings, plans and archives for the tests.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use dechaff_fetch::{Plan, Seed, Settings, Summary};
use flate2::bufread::GzDecoder;

/// The shipped defaults, with loopback allowed and waits made short.
pub fn settings() -> Settings {
    let text = include_str!("../../../../config/default.toml");
    let mut table: toml::Table = text.parse().expect("default.toml is TOML");
    let shipped: Settings = table.remove("fetch").expect("[fetch]").try_into().expect("[fetch] has every key");
    Settings {
        allow_addresses: vec!["127.0.0.0/8".parse().expect("a network")],
        requests_per_second: 1000.0,
        backoff_seconds: 0.02,
        retries: 2,
        // Long, for machines that are busy with other things.
        connect_timeout_seconds: 60.0,
        first_byte_timeout_seconds: 60.0,
        total_timeout_seconds: 120.0,
        ..shipped
    }
}

/// A directory with an archive in it.
pub struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    pub fn archive(&self) -> PathBuf {
        self.directory.path().join("crawl.warc.gz")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn journal(&self) -> String {
        std::fs::read_to_string(self.path("crawl.warc.gz.journal")).expect("the journal")
    }

    pub fn plan(&self, urls: &[String]) -> Plan {
        Plan::new(urls.iter().map(|url| Seed::new(url)).collect(), self.archive())
    }

    pub fn fetch(&self, urls: &[String], settings: &Settings) -> Summary {
        run(self.plan(urls), settings)
    }

    pub fn records(&self) -> Vec<Record> {
        read_archive(&self.archive())
    }

    pub fn responses(&self) -> Vec<Record> {
        self.records().into_iter().filter(|record| record.kind() == "response").collect()
    }
}

pub fn run(plan: Plan, settings: &Settings) -> Summary {
    dechaff_fetch::fetch(plan, settings, &mut |_| ControlFlow::Continue(())).expect("the run ends well")
}

/// How often a problem occurred.
pub fn problems(summary: &Summary, word: &str) -> u64 {
    summary.problems.iter().filter(|(kind, _)| kind.word() == word).map(|(_, count)| count).sum()
}

/// A WARC record.
#[derive(Debug, Clone)]
pub struct Record {
    pub fields: HashMap<String, String>,
    pub block: Vec<u8>,
}

impl Record {
    pub fn kind(&self) -> &str {
        self.field("warc-type")
    }

    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub fn uri(&self) -> &str {
        self.field("warc-target-uri")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.block).into_owned()
    }
}

/// Reads a WARC file whose records are gzip members, strictly: any fault panics.
pub fn read_archive(path: &Path) -> Vec<Record> {
    let bytes = std::fs::read(path).expect("the archive");
    let mut rest = &bytes[..];
    let mut records = Vec::new();
    while !rest.is_empty() {
        let mut member = GzDecoder::new(rest);
        let mut record = Vec::new();
        member.read_to_end(&mut record).expect("a whole gzip member");
        rest = member.into_inner();
        records.push(read_record(&record));
    }
    records
}

fn read_record(bytes: &[u8]) -> Record {
    let mut reader = BufReader::new(bytes);
    let mut line = String::new();
    reader.read_line(&mut line).expect("a version line");
    assert_eq!(line, "WARC/1.1\r\n");
    let mut fields = HashMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).expect("a field");
        assert!(line.ends_with("\r\n"));
        if line == "\r\n" {
            break;
        }
        let (name, value) = line.split_once(": ").expect("a named field");
        fields.insert(name.to_ascii_lowercase(), value.trim_end().to_owned());
    }
    let length: usize = fields["content-length"].parse().expect("a length");
    let mut block = vec![0; length];
    reader.read_exact(&mut block).expect("a whole block");
    let mut end = Vec::new();
    reader.read_to_end(&mut end).expect("an end");
    assert_eq!(end, b"\r\n\r\n");
    Record { fields, block }
}
