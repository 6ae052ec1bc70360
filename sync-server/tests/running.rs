//! The server as a running process: ready, asked, stopped.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
};

use holdfast_server::exit_code;
use serde_json::Value;
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn initialised() -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        folder.json(&["init", "--tenant", "acme"]);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-server"));
        command
            .env_clear()
            .args(["--output", "json", "--log-filter", "warn", "--data-dir"])
            .arg(self.path("data"))
            .args(arguments);
        command
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).output().expect("the program runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn exit_code(&self, arguments: &[&str]) -> Option<i32> {
        let output = self.command(arguments).output().expect("the program runs");
        output.status.code()
    }

    /// Runs the server on free ports until it says where it is.
    fn run(&self) -> Running {
        let ready_file = self.path("ready.json");
        let mut process = self
            .command(&[
                "run",
                "--sync-listen",
                "127.0.0.1:0",
                "--http-listen",
                "127.0.0.1:0",
            ])
            .arg("--ready-file")
            .arg(&ready_file)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut line = String::new();
        let output = process.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let ready = serde_json::from_str(&line).expect("JSON");
        Running {
            process,
            ready,
            ready_file,
        }
    }
}

struct Running {
    process: Child,
    ready: Value,
    ready_file: PathBuf,
}

impl Running {
    fn stop(mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        let told = Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .expect("kill runs");
        assert!(told.success());
        self.process.wait().expect("it ends")
    }

    /// Asks headquarters' door, trusting only the server's own authority.
    fn get(&self, path: &str, key: Option<&str>) -> (u16, String) {
        let file = self.ready["ca_certificate"].as_str().expect("a file");
        let pem = std::fs::read(file).expect("the authority's certificate");
        let root = ureq::tls::Certificate::from_pem(&pem).expect("a certificate");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(
                ureq::tls::TlsConfig::builder()
                    .root_certs(ureq::tls::RootCerts::new_with_certs(&[root]))
                    .build(),
            )
            .build()
            .new_agent();
        let address = self.ready["http"].as_str().expect("an address");
        let mut request = agent.get(format!("https://{address}{path}"));
        if let Some(key) = key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut response = request.call().expect("an answer");
        let text = response.body_mut().read_to_string().expect("text");
        (response.status().as_u16(), text)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves no server behind; one that stopped it finds it gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_server_says_where_it_is_answers_and_ends_when_told_to() {
    let folder = Folder::initialised();
    let server = folder.run();
    let written = std::fs::read_to_string(&server.ready_file).expect("the ready file");
    assert_eq!(
        serde_json::from_str::<Value>(&written).expect("JSON"),
        server.ready
    );
    assert_eq!(server.get("/readyz", None), (200, "ready\n".to_owned()));
    assert_eq!(server.get("/v1/orders", None).0, 401);

    // Commands work beside the running server, and it sees what they did.
    let made = folder.json(&["key", "create", "k", "--scope", "operations"]);
    let key = made["key"].as_str().expect("a key");
    assert_eq!(server.get("/v1/tills", Some(key)).0, 200);
    folder.json(&["key", "revoke", "k"]);
    assert_eq!(server.get("/v1/tills", Some(key)).0, 401);
    let backup = folder.path("backup.sqlite");
    folder.json(&["store", "backup", backup.to_str().expect("text")]);

    let ready_file = server.ready_file.clone();
    assert!(server.stop().success());
    assert!(!ready_file.exists(), "nobody is ready any more");
}

/// Beginning the log anew waits for every reader, and holds the server's writers meanwhile: only who has the file alone
/// does so.
#[test]
fn a_command_beside_a_running_server_leaves_its_write_ahead_log_alone() {
    let folder = Folder::initialised();
    let server = folder.run();
    folder.json(&["store", "add", "leeds"]);
    let log = folder.path("data/holdfast-server.sqlite-wal");
    let length = || std::fs::metadata(&log).expect("a log").len();
    let before = length();
    assert!(before > 0, "the store is in it");
    folder.json(&["store", "list"]);
    assert_eq!(length(), before, "who reads writes nothing");
    folder.json(&["store", "add", "york"]);
    assert!(length() > before, "what is written goes behind it");
    assert!(server.stop().success());
}

#[test]
fn what_needs_the_server_to_stand_still_is_refused_while_it_runs() {
    let folder = Folder::initialised();
    let backup = folder.path("backup.sqlite");
    let backup = backup.to_str().expect("text");
    folder.json(&["store", "backup", backup]);
    let server = folder.run();
    let in_use = Some(i32::from(exit_code::IN_USE));
    assert_eq!(folder.exit_code(&["store", "restore", backup]), in_use);
    assert_eq!(folder.exit_code(&["store", "rebuild"]), in_use);
    assert_eq!(folder.exit_code(&["run"]), in_use);
    assert!(server.stop().success());
    folder.json(&["store", "rebuild"]);
    folder.json(&["store", "restore", backup]);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let folder = Folder::initialised();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("bound").to_string();
    let arguments = [
        "run",
        "--sync-listen",
        "127.0.0.1:0",
        "--http-listen",
        &address,
    ];
    assert_eq!(
        folder.exit_code(&arguments),
        Some(i32::from(exit_code::ADDRESS))
    );
}
