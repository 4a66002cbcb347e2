//! Tests of the program as a whole, in one binary. Each module is a table of cases; where a case is a folder, adding the
//! folder adds the test.
//!
//! | module | holds | a new case is |
//! |---|---|---|
//! | `pages` | samples come out as a person expects | a folder in `samples/pages/` |
//! | `fidelity` | structure comes through to the letter, as text and as Markdown | a folder in `samples/fidelity/` |
//! | `sites` | what repeats across a site | a folder in `samples/sites/` |
//! | `clean_texts` | text without chrome comes back whole | a file in `samples/clean/` |
//! | `rules` | every rule strips and keeps its examples | an example in `config/rules/` |
//! | `config` | defaults are complete, unknown keys fail | – |
//! | `dropped` | `--keep-dropped` loses nothing | a function |
//! | `resume` | stopped, second and sharded runs equal one whole one | a function |
//! | `cli` | exit codes, output tree, manifest | a function |
//! | `hostile` | any bytes in, a row out | a function |
//! | `threads` | same bytes at any number of threads | – |
//! | `tidy` | the shape of the repository | – |

mod clean_texts;
mod cli;
mod dropped;
mod fidelity;
mod hostile;
mod pages;
mod resume;
mod rules;
mod support;
mod threads;
mod tidy;
