//! The command line: what can be typed, and nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Text without the chrome: navigation, appeals, consent text, players, share bars, related links.
#[derive(Debug, Parser)]
#[command(name = "dechaff", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// Say more on standard error (repeat for more: -vv)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    all well (unsupported and empty inputs included)
  1    some inputs are missing, unreadable or failed; the manifest says which
  2    usage or configuration error; nothing was done
  3    the output cannot be written
  130  interrupted; the same command goes on where it stopped";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Clean files, directories and archives into a directory (or standard output)
    Clean(Box<Clean>),
    /// Put the outputs of all shards (`clean --shard I/N`) together: what one run would have made
    Merge(Merge),
    /// Show every block of one document with its verdict and the reason
    Explain(Explain),
    /// Find exact and near duplicates among documents as they are, without cleaning
    Dedup(Dedup),
    /// Write down what repeats across the pages of each site, as rule files to read, edit and use
    Learn(Learn),
    /// Score cleaned text against gold texts
    Eval(Eval),
    /// Fetch URLs, lists of URLs, sitemaps and feeds into a WARC file, politely
    #[cfg(feature = "fetch")]
    Fetch(Box<Fetch>),
    /// List, explain and test the rules
    #[command(subcommand)]
    Rules(Rules),
    /// Show the settings in force and where each came from
    #[command(subcommand)]
    Config(Config),
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
}

/// Settings, common to the commands that clean.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
pub struct SettingsArguments {
    /// Configuration file (TOML); may be given several times, a later one wins
    #[arg(long, value_name = "FILE", env = "DECHAFF_CONFIG", value_delimiter = ':')]
    pub config: Vec<PathBuf>,
    /// Set any key, for example strip.profile=precision
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub set: Vec<String>,
    /// How much doubt is tolerated in what is kept
    #[arg(long)]
    pub profile: Option<Profile>,
    /// Rule files (TOML), or directories of them, over the built-in rules
    #[arg(long, value_name = "FILE|DIRECTORY")]
    pub rules: Vec<PathBuf>,
    /// Threads; 0 takes one for each processor
    #[arg(short = 'j', long, value_name = "N")]
    pub threads: Option<usize>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Profile {
    Balanced,
    Precision,
    Recall,
}

impl Profile {
    pub fn name(self) -> &'static str {
        match self {
            Profile::Balanced => "balanced",
            Profile::Precision => "precision",
            Profile::Recall => "recall",
        }
    }
}

#[derive(Debug, Args)]
pub struct Clean {
    /// Files, directories, archives, URLs, or `-` for standard input
    #[arg(required_unless_present = "files_from", value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Where to write: a directory (new, empty, or an earlier output), or `-` for JSON lines on standard output.
    /// Without it, one document goes to standard output as text
    #[arg(short, long, value_name = "DIRECTORY|-")]
    pub output: Option<PathBuf>,
    /// Read further inputs from a file, one a line (`-`: standard input)
    #[arg(long, value_name = "FILE")]
    pub files_from: Option<PathBuf>,
    /// Format of the output
    #[arg(short, long)]
    pub format: Option<String>,
    /// Take only files that match this glob (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Leave out files and directories that match this glob (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Take hidden files and directories too
    #[arg(long)]
    pub hidden: bool,
    /// Follow symbolic links
    #[arg(short = 'L', long)]
    pub follow: bool,
    /// Tab-separated file: path or id, URL
    #[arg(long, value_name = "TSV")]
    pub url_map: Option<PathBuf>,
    /// Write the manifest here (for runs that write to standard output)
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Write what was left out as well, to dropped.jsonl in the output directory: every block with its category and reason
    #[arg(long)]
    pub keep_dropped: bool,
    /// Write duplicates all the same
    #[arg(long)]
    pub keep_duplicates: bool,
    /// State of documents that earlier runs have kept (made if it is not there): copies of them go, and what this run
    /// keeps is added. Filled from B, it drops from A what is in B
    #[arg(long, value_name = "STATE")]
    pub seen: Option<PathBuf>,
    /// Write a record of every duplicate here (a directory gets its own duplicates.jsonl where more than exact copies
    /// is looked for)
    #[arg(long, value_name = "FILE")]
    pub clusters: Option<PathBuf>,
    /// Say what would be done with every input, and write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Take no more than N documents
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Take a share of the documents, 0 to 1, chosen by a hash of their ids
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub sample: Option<f64>,
    /// Another seed takes another sample
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Take one of N shards of the documents, I from 1 to N
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<(u64, u64)>,
    /// Remove outputs of earlier runs whose inputs are gone
    #[arg(long)]
    pub prune: bool,
    #[command(flatten)]
    pub settings: SettingsArguments,
}

#[derive(Debug, Args)]
pub struct Merge {
    /// Output directories of all shards of a run
    #[arg(required = true, value_name = "SHARD")]
    pub shards: Vec<PathBuf>,
    /// Where to write: a directory (new, empty, or an earlier output)
    #[arg(short, long, value_name = "DIRECTORY")]
    pub output: PathBuf,
    /// Remove outputs of earlier runs that this one does not write
    #[arg(long)]
    pub prune: bool,
}

#[derive(Debug, Args)]
pub struct Dedup {
    /// Files, directories, archives; JSON lines with `id` and `text` or `html`
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Where to write kept.txt (ids), clusters.tsv (id, cluster) and duplicates.jsonl (a record a removal)
    #[arg(short, long, value_name = "DIRECTORY")]
    pub output: PathBuf,
    /// Similarity from which two documents are copies, 0.5 to 1 [default: dedup.near.threshold]
    #[arg(short, long, value_name = "SIMILARITY")]
    pub threshold: Option<f64>,
    /// Look for exact copies only
    #[arg(long, conflicts_with = "threshold")]
    pub exact: bool,
    /// State of documents that earlier runs have kept (made if it is not there): copies of them go, and what this run
    /// keeps is added. Filled from B, it drops from A what is in B
    #[arg(long, value_name = "STATE")]
    pub seen: Option<PathBuf>,
    #[command(flatten)]
    pub settings: SettingsArguments,
}

#[derive(Debug, Args)]
pub struct Learn {
    /// Files, directories, archives
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Directory of rule files, one a host. Files that are there are renewed: counts change, edits stay
    #[arg(short, long, value_name = "DIRECTORY")]
    pub output: PathBuf,
    /// Tab-separated file: path or id, URL
    #[arg(long, value_name = "TSV")]
    pub url_map: Option<PathBuf>,
    #[command(flatten)]
    pub settings: SettingsArguments,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// The document, or `-` for standard input
    pub input: PathBuf,
    /// One JSON object a block
    #[arg(long)]
    pub json: bool,
    /// The document's URL, for site rules
    #[arg(long)]
    pub url: Option<String>,
    #[command(flatten)]
    pub settings: SettingsArguments,
}

#[derive(Debug, Args)]
pub struct Eval {
    /// Files, directories, archives to clean and score
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Gold texts: one JSON object a line (`id`, `text`, `with`, `without`, `type`)
    #[arg(long, value_name = "JSONL", required_unless_present = "samples")]
    pub gold: Option<PathBuf>,
    /// INPUT holds case folders (`source.html` or `source.txt`, `expected.txt`, `about.toml`)
    #[arg(long, conflicts_with = "gold")]
    pub samples: bool,
    /// Write the texts that were scored here, one {"id","text"} a line
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
    /// Name the worst N pages
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub worst: usize,
    /// One JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: SettingsArguments,
}

#[cfg(feature = "fetch")]
#[derive(Debug, Args)]
pub struct Fetch {
    /// URLs, files of URLs (one a line), sitemaps or feeds, or `-` for standard input
    #[arg(required = true, value_name = "URL|FILE|-")]
    pub inputs: Vec<String>,
    /// The archive: new, or one to go on with; compressed if the name ends in .gz
    #[arg(short, long, value_name = "WARC")]
    pub output: PathBuf,
    /// Fetch again what is done; asks conditionally where the server gave an ETag or a date
    #[arg(long, conflicts_with = "retry_failed")]
    pub refresh: bool,
    /// Try again what failed in earlier runs
    #[arg(long)]
    pub retry_failed: bool,
    /// A URL or mail address for site owners, sent with User-Agent
    #[arg(long, value_name = "URL|MAIL")]
    pub contact: Option<String>,
    /// Allow connections to a network that is not public, for example 127.0.0.0/8 (repeatable)
    #[arg(long, value_name = "NETWORK")]
    pub allow_address: Vec<String>,
    /// Configuration file (TOML); may be given several times, a later one wins
    #[arg(long, value_name = "FILE", env = "DECHAFF_CONFIG", value_delimiter = ':', help_heading = "Settings")]
    pub config: Vec<PathBuf>,
    /// Set any key, for example fetch.requests-per-second=0.5
    #[arg(long, value_name = "SECTION.KEY=VALUE", help_heading = "Settings")]
    pub set: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// One line for each rule
    List {
        /// Only this category
        #[arg(long)]
        category: Option<String>,
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// All there is to say of one rule
    Show {
        /// Its id
        id: String,
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Run every rule's own examples; with a corpus, list hits and false hits of every rule on it
    Test {
        /// Files or directories to try the rules on
        #[arg(value_name = "CORPUS")]
        corpus: Vec<PathBuf>,
        /// Gold texts of the corpus, see `dechaff eval`; a hit on a block whose words are in the gold is a false one
        #[arg(long, value_name = "JSONL")]
        gold: Option<PathBuf>,
        #[command(flatten)]
        settings: SettingsArguments,
    },
}

#[derive(Debug, Subcommand)]
pub enum Config {
    /// The effective settings as TOML, each with the layer it came from
    Show(SettingsArguments),
    /// The defaults with their comments
    Default,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

/// `2/8` as index from 0 and count.
fn shard(text: &str) -> Result<(u64, u64), String> {
    let parsed = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
    match parsed {
        Some((index, of)) if (1..=of).contains(&index) => Ok((index - 1, of)),
        _ => Err("expected I/N with I from 1 to N, for example 2/8".to_owned()),
    }
}
