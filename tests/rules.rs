//! Every rule strips and keeps its own examples, and is documented.

use crate::support::{root, run};

#[test]
fn every_rule_does_what_its_examples_say() {
    let result = run(&["rules", "test"], &root()).expect(0);
    assert!(result.stdout.contains(", 0 failed"), "{}", result.stdout);
}

#[test]
fn every_rule_is_listed_with_its_reason_and_can_be_shown() {
    let list = run(&["rules", "list"], &root()).expect(0).stdout;
    assert!(list.lines().count() > 50);
    let id = list.lines().find(|line| line.starts_with("donation-appeal.")).unwrap().split_whitespace().next().unwrap();
    let shown = run(&["rules", "show", id], &root()).expect(0).stdout;
    assert!(shown.contains("config/rules/donation-appeal.toml:") && shown.contains("example"), "{shown}");
    run(&["rules", "show", "no-such.rule"], &root()).expect(2);
}
