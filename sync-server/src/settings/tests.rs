use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), OsString::from(value)))
        .collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("settings.toml");
    std::fs::write(&path, text).expect("written");
    (folder, path)
}

#[test]
fn the_example_file_is_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("holdfast-server.example.toml");
    let flags = Flags {
        config: Some(path.clone()),
        ..Flags::default()
    };
    let example = Settings::resolve(flags, &environment(&[])).expect("the example is allowed");
    let defaults =
        Settings::resolve(Flags::default(), &environment(&[])).expect("defaults are allowed");
    let values = |settings: &Settings| -> Vec<_> {
        let rows = settings.listing().into_iter();
        rows.map(|(key, value, _)| (key, value)).collect()
    };
    assert_eq!(values(&example), values(&defaults));
    for (key, _, source) in example.listing() {
        assert_eq!(source, format!("file {}", path.display()), "{key} is in it");
    }
}

#[test]
fn flag_goes_before_environment_before_file_before_default() {
    let (_folder, path) = file("[http]\nlisten = \"127.0.0.1:1\"\n[log]\nformat = \"json\"");
    let variables = environment(&[
        ("HOLDFAST_SERVER_HTTP_LISTEN", "127.0.0.1:2"),
        ("HOLDFAST_SERVER_SYNC_LISTEN", "127.0.0.1:3"),
        ("UNRELATED", "x"),
    ]);
    let flags = Flags {
        config: Some(path.clone()),
        http_listen: Some(loopback(4)),
        ..Flags::default()
    };
    let settings = Settings::resolve(flags, &variables).expect("allowed");
    assert_eq!(settings.http_listen.value, loopback(4));
    assert_eq!(settings.http_listen.source, Source::Flag("--http-listen"));
    assert_eq!(settings.sync_listen.value, loopback(3));
    assert_eq!(
        settings.sync_listen.source,
        Source::Environment("HOLDFAST_SERVER_SYNC_LISTEN")
    );
    assert_eq!(settings.log_format.value, LogFormat::Json);
    assert_eq!(settings.log_format.source, Source::File(path));
    assert_eq!(settings.log_filter.source, Source::Default);
}

#[test]
fn the_file_may_be_named_by_the_environment() {
    let (_folder, path) = file("data_dir = \"elsewhere\"");
    let variables = environment(&[(CONFIG_VARIABLE, path.to_str().expect("text"))]);
    let settings = Settings::resolve(Flags::default(), &variables).expect("allowed");
    assert_eq!(settings.data_dir.value, Path::new("elsewhere"));
}

#[test]
fn what_is_unknown_or_wrong_is_refused_wherever_it_stands() {
    for text in [
        "lisen = 1",
        "[http]\nport = 1",
        "[http]\nlisten = \"nowhere\"",
        "[enrolment]\ncode_minutes = 0",
        "[enrolment]\ncode_minutes = 10081",
        "[log]\nfilter = \"a=b=c\"",
        "[log]\nformat = \"xml\"",
    ] {
        let (_folder, path) = file(text);
        let flags = Flags {
            config: Some(path),
            ..Flags::default()
        };
        let refused = Settings::resolve(flags, &environment(&[]));
        assert!(matches!(refused, Err(SettingsError::File { .. })), "{text}");
    }
    let refused = Settings::resolve(
        Flags::default(),
        &environment(&[("HOLDFAST_SERVER_PORT", "1")]),
    );
    assert!(matches!(
        refused,
        Err(SettingsError::UnknownVariable { .. })
    ));
    // Even where a flag hides it.
    let flags = Flags {
        sync_listen: Some(loopback(4)),
        ..Flags::default()
    };
    let refused = Settings::resolve(
        flags,
        &environment(&[("HOLDFAST_SERVER_SYNC_LISTEN", "nowhere")]),
    );
    assert!(matches!(refused, Err(SettingsError::Variable { .. })));
    let missing = Flags {
        config: Some(PathBuf::from("no/such/file")),
        ..Flags::default()
    };
    assert!(matches!(
        Settings::resolve(missing, &environment(&[])),
        Err(SettingsError::Read { .. })
    ));
}
