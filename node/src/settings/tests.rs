use super::*;

const EXAMPLE: &str = include_str!("../../holdfast-node.example.toml");

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("node.toml");
    std::fs::write(&path, text).expect("written");
    (folder, path)
}

#[test]
fn a_flag_goes_before_environment_before_file_before_default() {
    let (_folder, path) =
        file("data_dir = \"from-file\"\n[log]\nformat = \"json\"\nfilter = \"warn\"\n");
    let flags = Flags {
        config: Some(path.clone()),
        data_dir: Some("from-flag".into()),
        ..Flags::default()
    };
    let environment = environment(&[
        (DATA_DIR_VARIABLE, "from-environment"),
        (LOG_FILTER_VARIABLE, "debug"),
        ("HOME", "/nowhere"),
    ]);
    let settings = Settings::resolve(flags, &environment).expect("resolves");
    assert_eq!(settings.data_dir.value, Path::new("from-flag"));
    assert_eq!(settings.data_dir.source, Source::Flag("--data-dir"));
    assert_eq!(settings.log_filter.value.to_string(), "debug");
    assert_eq!(
        settings.log_filter.source,
        Source::Environment(LOG_FILTER_VARIABLE)
    );
    assert_eq!(settings.log_format.value, LogFormat::Json);
    assert_eq!(settings.log_format.source, Source::File(path));
    assert_eq!(settings.server_address, None);
}

#[test]
fn what_is_not_known_is_an_error() {
    let unknown = environment(&[("HOLDFAST_NODE_DATADIR", "x")]);
    assert!(matches!(
        Settings::resolve(Flags::default(), &unknown),
        Err(SettingsError::UnknownVariable { variable }) if variable == "HOLDFAST_NODE_DATADIR"
    ));
    for text in [
        "data_directory = \"x\"",
        "[log]\nlevel = \"info\"",
        "[sync]\n",
        "[server]\naddress = \"nowhere\"",
    ] {
        let (_folder, path) = file(text);
        let flags = Flags {
            config: Some(path),
            ..Flags::default()
        };
        assert!(
            matches!(
                Settings::resolve(flags, &Environment::default()),
                Err(SettingsError::File { .. })
            ),
            "{text}"
        );
    }
}

#[test]
fn a_wrong_variable_is_an_error_even_behind_a_flag() {
    let flags = Flags {
        log_format: Some(LogFormat::Text),
        ..Flags::default()
    };
    let wrong = environment(&[(LOG_FORMAT_VARIABLE, "xml")]);
    assert!(matches!(
        Settings::resolve(flags, &wrong),
        Err(SettingsError::Variable {
            variable: LOG_FORMAT_VARIABLE,
            ..
        })
    ));
}

#[test]
fn a_file_that_was_named_must_exist() {
    let flags = Flags {
        config: Some("no/such/file.toml".into()),
        ..Flags::default()
    };
    assert!(matches!(
        Settings::resolve(flags, &Environment::default()),
        Err(SettingsError::Read { .. })
    ));
}

#[test]
fn the_example_file_names_every_key_and_shows_the_defaults() {
    let (_folder, path) = file(EXAMPLE);
    let flags = Flags {
        config: Some(path.clone()),
        ..Flags::default()
    };
    let example = Settings::resolve(flags, &Environment::default()).expect("the example resolves");
    let default = Settings::resolve(Flags::default(), &Environment::default()).expect("resolves");
    let from_file = Source::File(path);
    assert_eq!(
        (&example.data_dir.value, &example.data_dir.source),
        (&default.data_dir.value, &from_file)
    );
    assert_eq!(
        (&example.log_filter.value, &example.log_filter.source),
        (&default.log_filter.value, &from_file)
    );
    assert_eq!(
        (&example.log_format.value, &example.log_format.source),
        (&default.log_format.value, &from_file)
    );
    assert_eq!(
        example.server_address.map(|address| address.source),
        Some(from_file.clone())
    );
    assert_eq!(
        example.terminal_address.map(|address| address.source),
        Some(from_file.clone())
    );
    assert_eq!(
        example.printer_address.map(|address| address.source),
        Some(from_file)
    );
}
