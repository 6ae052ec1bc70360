//! The command line as a script sees it: processes, exit codes, JSON.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use holdfast_server::exit_code;
use serde_json::Value;
use tempfile::TempDir;

struct Server {
    folder: TempDir,
}

impl Server {
    fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// A server of tenant `acme` with a store `leeds`.
    fn initialised() -> Self {
        let server = Self::empty();
        server.json(&["init", "--tenant", "acme"]);
        server.json(&["store", "add", "leeds"]);
        server
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("text").to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run_in(&self.path("data"), arguments)
    }

    /// The answer of a command that must succeed.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// The error of a command that must fail with this exit code.
    fn error(&self, arguments: &[&str], exit_code: u8) -> Value {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(i32::from(exit_code)),
            "{arguments:?}: {output:?}"
        );
        assert!(output.stdout.is_empty(), "standard output is data");
        let error: Value = serde_json::from_slice(&output.stderr).expect("JSON");
        assert_eq!(error["error"]["exit_code"], exit_code);
        error
    }
}

fn run_in(data_dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdfast-server"))
        .env_clear()
        .args(["--output", "json", "--log-filter", "warn", "--data-dir"])
        .arg(data_dir)
        .args(arguments)
        .output()
        .expect("the program runs")
}

#[test]
fn nothing_works_before_init_and_init_works_once() {
    let server = Server::empty();
    for command in [
        &["store", "list"][..],
        &["till", "list"],
        &["key", "list"],
        &["misfit", "list"],
        &["quarantine", "list"],
        &["store", "check"],
    ] {
        let error = server.error(command, exit_code::NOT_INITIALISED);
        assert_eq!(error["error"]["name"], "not_initialised");
    }
    let made = server.json(&["init", "--tenant", "acme"]);
    assert_eq!(made["tenant"], "acme");
    assert_eq!(made["ca_fingerprint"].as_str().map(str::len), Some(64));
    server.error(&["init", "--tenant", "acme"], exit_code::ALREADY_EXISTS);
    assert_eq!(server.json(&["store", "check"])["sound"], true);
}

#[test]
fn an_init_that_was_cut_short_can_be_run_again() {
    let server = Server::empty();
    server.json(&["init", "--tenant", "acme"]);
    std::fs::remove_dir_all(server.path("data/pki")).expect("removed");
    server.error(&["store", "list"], exit_code::NOT_INITIALISED);
    server.error(&["init", "--tenant", "other"], exit_code::ALREADY_EXISTS);
    server.json(&["init", "--tenant", "acme"]);
    assert_eq!(
        server.json(&["store", "list"])["stores"],
        serde_json::json!([])
    );
}

#[test]
fn a_store_is_added_once() {
    let server = Server::initialised();
    server.error(&["store", "add", "leeds"], exit_code::ALREADY_EXISTS);
    let listed = server.json(&["store", "list"]);
    assert_eq!(listed["stores"][0]["store"], "leeds");
}

#[test]
fn an_enrolment_code_is_for_a_store_that_is_there() {
    let server = Server::initialised();
    let code = server.json(&["till", "enrol-code", "--store", "leeds", "--minutes", "5"]);
    assert!(
        code["code"]
            .as_str()
            .is_some_and(|code| code.starts_with("HF1-"))
    );
    server.error(
        &["till", "enrol-code", "--store", "york"],
        exit_code::NOT_FOUND,
    );
    server.error(&["till", "revoke", "7"], exit_code::NOT_FOUND);
    assert_eq!(
        server.json(&["till", "list"])["tills"],
        serde_json::json!([])
    );
}

#[test]
fn a_key_is_shown_once_and_stored_as_a_hash() {
    let server = Server::initialised();
    let made = server.json(&[
        "key",
        "create",
        "dashboard",
        "--scope",
        "orders",
        "--scope",
        "stock",
    ]);
    let key = made["key"].as_str().expect("a key").to_owned();
    assert!(key.starts_with("hf_dashboard_"));
    server.error(
        &["key", "create", "dashboard", "--scope", "stock"],
        exit_code::ALREADY_EXISTS,
    );
    let listed = server.json(&["key", "list"]);
    assert_eq!(
        listed["keys"][0]["scopes"],
        serde_json::json!(["orders", "stock"])
    );
    let secret = key.rsplit('_').next().expect("a secret");
    assert!(!listed.to_string().contains(secret));
    server.json(&["key", "revoke", "dashboard"]);
    server.error(&["key", "revoke", "dashboard"], exit_code::ALREADY_EXISTS);
    server.error(&["key", "revoke", "nobody"], exit_code::NOT_FOUND);
}

#[test]
fn a_product_list_is_taken_in_whole_or_not_at_all() {
    let server = Server::initialised();
    let header = "sku,gtins,name,department,tax class,price,unit,age limit,discontinued\n";
    let bad = server.write(
        "bad.csv",
        &format!("{header}A1,,One,,standard,1,each,,\nA2,,Two,,standard,free,each,,\n"),
    );
    let output = server.run(&["catalog", "import", &bad]);
    assert_eq!(
        output.status.code(),
        Some(i32::from(exit_code::INPUT_REFUSED))
    );
    let refused: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(refused["imported"], false);
    assert_eq!(refused["faults"][0]["line"], 3);
    assert_eq!(refused["faults"].as_array().map(Vec::len), Some(1));

    let good = server.write("good.csv", &format!("{header}A1,,One,,standard,1,each,,\n"));
    let first = server.json(&["catalog", "import", &good]);
    assert_eq!(
        (&first["products"], &first["version"]),
        (&1.into(), &1.into())
    );
    let again = server.json(&["catalog", "import", &good]);
    assert_eq!(again["version"], 1, "nothing changed");
    server.error(&["catalog", "import", "no/such.csv"], exit_code::STORE);
}

#[test]
fn a_backup_is_restored_as_a_new_epoch() {
    let server = Server::initialised();
    let backup = server.path("backup.sqlite");
    let backup = backup.to_str().expect("text");
    server.json(&["store", "backup", backup]);
    server.error(&["store", "backup", backup], exit_code::ALREADY_EXISTS);
    server.json(&["store", "add", "york"]);

    let restored = server.json(&["store", "restore", backup]);
    assert_eq!(restored["tenant"], "acme");
    let aside = restored["set_aside"].as_str().expect("the file before");
    assert!(Path::new(aside).exists());
    let stores = server.json(&["store", "list"]);
    assert_eq!(
        stores["stores"].as_array().map(Vec::len),
        Some(1),
        "york came after the backup"
    );
    assert_eq!(server.json(&["store", "check"])["sound"], true);
    let opened = server.json(&["store", "open-rights", "leeds"]);
    assert_eq!(opened["not_awaited"], serde_json::json!([]));
    server.error(&["store", "open-rights", "york"], exit_code::NOT_FOUND);
    let again = server.json(&["store", "restore", backup]);
    assert_ne!(again["epoch"], restored["epoch"]);
}

/// After a restore a till's number is one that was skipped: whoever has it knocks with a good certificate.
#[test]
fn a_till_that_the_backup_does_not_know_is_revoked_before_it_comes() {
    let server = Server::initialised();
    let backup = server.path("backup");
    let backup = backup.to_str().expect("text");
    server.json(&["store", "backup", backup]);
    server.error(&["till", "revoke", "7"], exit_code::NOT_FOUND);
    server.json(&["store", "restore", backup]);
    server.json(&["till", "revoke", "7"]);
    server.error(&["till", "revoke", "7"], exit_code::ALREADY_EXISTS);
    server.error(&["till", "revoke", "0"], exit_code::NOT_FOUND);
    let again = server.json(&["store", "restore", backup]);
    assert_eq!(again["revoked_tills"], serde_json::json!([7]));
    server.error(&["till", "revoke", "7"], exit_code::ALREADY_EXISTS);
}

#[test]
fn a_key_that_was_made_under_the_name_of_a_revoked_one_outlives_a_restore() {
    let server = Server::initialised();
    let [before, after] = ["before", "after"].map(|name| server.path(name));
    let [before, after] = [&before, &after].map(|path| path.to_str().expect("text"));
    server.json(&["store", "backup", before]);
    server.json(&["key", "create", "k", "--scope", "orders"]);
    server.json(&["key", "revoke", "k"]);
    server.json(&["store", "restore", before]);
    server.json(&["key", "create", "k", "--scope", "orders"]);
    server.json(&["store", "backup", after]);
    let restored = server.json(&["store", "restore", after]);
    assert_eq!(restored["revoked_keys"], serde_json::json!([]));
    let listed = server.json(&["key", "list"]);
    assert!(listed["keys"][0]["revoked_at"].is_null(), "{listed}");
}

/// A list that is only in the backup would be lost with it.
#[test]
fn who_was_revoked_by_the_backups_list_is_in_the_servers_own_from_then_on() {
    let server = Server::initialised();
    let [old, new] = ["old", "new"].map(|name| server.path(name));
    let [old, new] = [&old, &new].map(|path| path.to_str().expect("text"));
    for key in ["one", "two"] {
        server.json(&["key", "create", key, "--scope", "orders"]);
    }
    server.json(&["store", "backup", old]);
    server.json(&["key", "revoke", "one"]);
    server.json(&["store", "backup", new]);
    // The machine is lost, and the old backup is all that is found at first.
    std::fs::remove_dir_all(server.path("data")).expect("removed");
    server.json(&["store", "restore", old]);
    server.json(&["key", "revoke", "two"]);
    server.json(&["store", "restore", new]);
    let restored = server.json(&["store", "restore", old]);
    assert_eq!(restored["revoked_keys"], serde_json::json!(["one", "two"]));
}

#[test]
fn another_tenants_backup_is_refused() {
    let (server, other) = (Server::initialised(), Server::empty());
    other.json(&["init", "--tenant", "other"]);
    let backup = other.path("backup.sqlite");
    let backup = backup.to_str().expect("text");
    other.json(&["store", "backup", backup]);
    server.error(&["store", "restore", backup], exit_code::INPUT_REFUSED);
    assert_eq!(
        server.json(&["store", "list"])["stores"][0]["store"],
        "leeds"
    );
}

#[test]
fn settings_are_shown_with_where_they_come_from() {
    let server = Server::empty();
    let config = server.write("settings.toml", "[http]\nlisten = \"127.0.0.1:1234\"\n");
    let shown = server.json(&["config", "show", "--config", &config]);
    let setting = |key: &str| {
        let settings = shown["settings"].as_array().expect("settings");
        settings
            .iter()
            .find(|setting| setting["key"] == key)
            .expect("there")
            .clone()
    };
    assert_eq!(setting("http.listen")["value"], "127.0.0.1:1234");
    assert_eq!(setting("http.listen")["source"], format!("file {config}"));
    assert_eq!(setting("data_dir")["source"], "flag --data-dir");
    assert_eq!(setting("sync.listen")["source"], "default");
    let wrong = server.write("wrong.toml", "[http]\nport = 1\n");
    server.error(&["config", "show", "--config", &wrong], exit_code::SETTINGS);
}

#[test]
fn a_command_line_that_is_not_understood_is_exit_code_2() {
    let server = Server::empty();
    for arguments in [
        &["sell"][..],
        &["store", "add", "not a code"],
        &["till", "revoke", "1048576"],
        &["key", "create", "k", "--scope", "everything"],
        &["till", "enrol-code", "--store", "leeds", "--minutes", "0"],
    ] {
        let output = server.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(i32::from(exit_code::USAGE)),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_file_that_is_no_export_changes_nothing() {
    let server = Server::initialised();
    let file = server.write("export", "no export");
    server.error(&["till", "import", &file], exit_code::INPUT_REFUSED);
    server.error(&["till", "import", "no/such/file"], exit_code::STORE);
}
