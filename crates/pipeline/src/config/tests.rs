use super::*;

fn error(toml: &str) -> String {
    Configuration::load(&[Layer::file("my.toml", toml)]).unwrap_err().to_string()
}

#[test]
fn a_misspelt_key_is_pointed_at_with_the_nearest_real_one() {
    assert_eq!(
        error("# mine\n[pipeline]\nthread = 3\n"),
        "unknown key `pipeline.thread`\n  --> my.toml:3:1\n  |\n3 | thread = 3\n  | ^^^^^^^^^^\n  = help: did you mean `pipeline.threads`?"
    );
}

#[test]
fn of_a_long_line_a_part_is_shown() {
    let names = (0..80).map(|n| format!("\"rule-{n}\"")).collect::<Vec<_>>().join(", ");
    let message = error(&format!("pipeline.thread = [{names}]\n"));
    assert!(message.lines().all(|line| line.chars().count() < 120), "{message}");
    assert!(message.contains("1 | pipeline.thread = [\"rule-0\"") && message.contains("…\n"), "{message}");
    let inline = error(&format!("strip = {{ rules-off = [{names}], profil = 1 }}\n"));
    assert!(inline.lines().all(|line| line.chars().count() < 120), "{inline}");
}

#[test]
fn a_value_of_the_wrong_type_is_pointed_at() {
    let message = error("pipeline.threads = \"many\"");
    assert!(message.contains("`pipeline.threads` is a string, expected a integer"), "{message}");
    assert!(message.contains("my.toml:1:1"), "{message}");
}

#[test]
fn a_value_outside_its_choices_is_pointed_at() {
    let message = error("\n[strip]\nprofile = \"precise\"\n");
    assert!(message.contains("strip.profile") && message.contains("`balanced`"), "{message}");
    assert!(message.contains("my.toml:3:1"), "{message}");
}

#[test]
fn what_is_not_toml_is_pointed_at() {
    let message = error("[pipeline]\nthreads = = 3\n");
    assert!(message.contains("my.toml:2:11"), "{message}");
}

#[test]
fn a_later_layer_wins_and_the_origin_is_shown() {
    let layers = [
        Layer::file("a.toml", "[pipeline]\nthreads = 3\nmax-seconds = 5\n"),
        Layer::assignment("--set", "pipeline.threads=4").unwrap(),
    ];
    let configuration = Configuration::load(&layers).unwrap();
    assert_eq!(configuration.settings.pipeline.threads, 4);
    assert_eq!(configuration.settings.pipeline.max_seconds, 5.0);
    let shown = configuration.show();
    assert!(shown.contains("threads = 4  # --set\n"), "{shown}");
    assert!(shown.contains("max-seconds = 5.0  # a.toml:3:1\n"), "{shown}");
    assert!(shown.contains("# default\n"), "{shown}");
}

#[test]
fn what_show_prints_loads_again_to_the_same_settings() {
    let first = Configuration::load(&[Layer::assignment("--set", "pipeline.threads=3").unwrap()]).unwrap();
    let second = Configuration::load(&[Layer::file("shown.toml", first.show())]).unwrap();
    assert_eq!(first.settings, second.settings);
}

#[test]
fn environment_variables_name_section_and_key() {
    let variables = [("DECHAFF_PIPELINE__IN_FLIGHT", "9"), ("PATH", "/bin"), ("DECHAFF_CONFIG", "x")];
    let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let layers = Layer::environment(owned.into_iter(), &["DECHAFF_CONFIG"]).unwrap();
    assert_eq!(Configuration::load(&layers).unwrap().settings.pipeline.in_flight, 9);
    let wrong = [("DECHAFF_THREADS".to_owned(), "9".to_owned())];
    assert!(Layer::environment(wrong.into_iter(), &[]).is_err());
}

#[test]
fn strings_need_no_quotes_on_the_command_line() {
    let configuration = Configuration::load(&[Layer::assignment("--set", "strip.profile=precision").unwrap()]).unwrap();
    assert!(configuration.show().contains("profile = \"precision\"  # --set"));
    assert!(Layer::assignment("--set", "strip.profile").is_err());
}
