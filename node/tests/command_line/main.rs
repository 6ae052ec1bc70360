//! The command line as a process: help, answers as JSON, exit codes.

mod refusals;
mod repairs;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

use holdfast_node::{
    enrol::{Enrolment, IdentityFolder},
    exit_code,
};
use holdfast_schemas::{
    identity::NodeNumber,
    wire::enrol::{Der, Enrolled},
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ED25519, SanType};

const NOUNS_AND_VERBS: [&[&str]; 33] = [
    &[],
    &["init"],
    &["enrol"],
    &["run"],
    &["replay"],
    &["order"],
    &["order", "list"],
    &["order", "show"],
    &["order", "history"],
    &["return"],
    &["return", "show"],
    &["session"],
    &["session", "open"],
    &["session", "paid-in"],
    &["session", "paid-out"],
    &["session", "count"],
    &["session", "close"],
    &["session", "list"],
    &["session", "show"],
    &["stock"],
    &["stock", "show"],
    &["stock", "move"],
    &["sync", "status"],
    &["misfit"],
    &["misfit", "list"],
    &["store"],
    &["store", "check"],
    &["store", "rebuild"],
    &["store", "export"],
    &["store", "import"],
    &["store", "backup"],
    &["store", "restore"],
    &["config", "show"],
];

/// Runs the program in `folder`, which is also its data folder, away from the settings of whoever runs the test.
fn till(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdfast-node"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOLDFAST_NODE_DATA_DIR", folder)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// Runs a command that must succeed, and reads its answer.
fn answer(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = till(folder, &[arguments, &["--output", "json"]].concat());
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Runs a command that must fail, and gives its exit code.
fn failure(folder: &Path, arguments: &[&str]) -> u8 {
    let output = till(folder, &[arguments, &["--output", "json"]].concat());
    assert!(
        output.stdout.is_empty(),
        "{arguments:?}: standard output is data"
    );
    let report: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON");
    let code = output.status.code().expect("an exit code");
    assert_eq!(report["error"]["exit_code"], code, "{report}");
    u8::try_from(code).expect("small")
}

/// As [`failure`], of a command that wrote its progress to standard error before.
fn failure_after_progress(folder: &Path, arguments: &[&str]) -> u8 {
    let output = till(folder, arguments);
    assert!(
        output.stdout.is_empty(),
        "{arguments:?}: standard output is data"
    );
    assert!(text(&output.stderr).contains("error: "));
    u8::try_from(output.status.code().expect("an exit code")).expect("small")
}

/// Makes the folder a till's that is enrolled with an authority of this test.
fn enrol(folder: &Path) {
    let identity = IdentityFolder::within(folder);
    let key = identity.key_or_new().expect("a key");
    let authority = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let root = params
        .self_signed(&authority)
        .expect("signed")
        .der()
        .to_vec();
    let issuer = Issuer::new(params, authority);
    let mut leaf = CertificateParams::default();
    leaf.subject_alt_names = vec![SanType::URI(
        "holdfast://example/s1/12".try_into().expect("a URI"),
    )];
    let leaf = leaf.signed_by(&key, &issuer).expect("signed");
    let enrolled = Enrolled {
        tenant: "example".parse().expect("a tenant"),
        store: "s1".parse().expect("a store"),
        node: NodeNumber::new(12).expect("in range"),
        certificates: vec![
            Der::new(leaf.der().to_vec()).expect("short"),
            Der::new(root).expect("short"),
        ],
    };
    identity
        .keep(&Enrolment {
            server: "127.0.0.1:9".parse().expect("an address"),
            enrolled,
        })
        .expect("kept");
}

/// Puts fixed values in the place of those that differ each time.
fn stable(mut value: serde_json::Value, names: &[&str]) -> serde_json::Value {
    match &mut value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                *field = if names.contains(&name.as_str()) && !field.is_null() {
                    format!("[{name}]").into()
                } else {
                    stable(field.take(), names)
                };
            }
        }
        serde_json::Value::Array(items) => {
            for item in items.iter_mut() {
                *item = stable(item.take(), names);
            }
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
    value
}

const CHANGING: [&str; 12] = [
    "document",
    "log",
    "change",
    "at",
    "id",
    "operation",
    "data_dir",
    "value",
    "digest",
    "oldest",
    "file",
    "bytes",
];

#[test]
fn every_noun_and_verb_explains_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut help = String::new();
    for words in NOUNS_AND_VERBS {
        let output = till(folder.path(), &[words, &["--help"]].concat());
        assert!(output.status.success(), "{words:?}");
        help.push_str(&format!("$ holdfast-node {} --help\n\n", words.join(" ")));
        // The options that every command has are shown once, at the top.
        let shown = text(&output.stdout);
        let own = match shown.find("      --config <FILE>") {
            Some(globals) if !words.is_empty() => &shown[..globals],
            Some(_) | None => shown,
        };
        help.push_str(own.trim_end());
        help.push_str("\n\n");
    }
    insta::assert_snapshot!("help", help);
}

#[test]
fn a_till_that_is_not_enrolled_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(answer(folder.path(), &["init"])["made_key"], true);
    assert_eq!(answer(folder.path(), &["init"])["made_key"], false);
    for arguments in [
        &["run"] as &[&str],
        &["order", "list"],
        &["session", "open", "--float", "10000"],
        &["store", "backup", "copy"],
        &["sync", "status"],
    ] {
        assert_eq!(
            failure(folder.path(), arguments),
            exit_code::NOT_ENROLLED,
            "{arguments:?}"
        );
    }
}

#[test]
fn wrong_settings_and_wrong_words_have_their_own_exit_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(
        failure(
            folder.path(),
            &["config", "show", "--config", "no-such-file"]
        ),
        exit_code::SETTINGS
    );
    for wrong in [
        &["order", "sell"] as &[&str],
        &["order", "list", "--limit", "0"],
        &["session", "count", "12.50"],
    ] {
        assert_eq!(failure(folder.path(), wrong), exit_code::USAGE, "{wrong:?}");
    }
    let usage = till(folder.path(), &["order", "sell"]);
    assert_eq!(usage.status.code(), Some(i32::from(exit_code::USAGE)));
    assert!(text(&usage.stderr).starts_with("error: unrecognized subcommand"));
    let code = format!("HF1-{}", "0".repeat(77));
    assert_eq!(
        failure(folder.path(), &["enrol", "--code", &code]),
        exit_code::SETTINGS
    );
}

#[test]
fn settings_are_shown_with_their_sources() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown = answer(folder.path(), &["config", "show", "--log-filter", "warn"]);
    let settings = stable(shown, &[]);
    let listed = settings["settings"].as_array().expect("a list");
    let setting = |key: &str| {
        let found = listed.iter().find(|setting| setting["key"] == key);
        found.expect("it is shown")
    };
    assert_eq!(
        setting("data_dir")["source"],
        "environment HOLDFAST_NODE_DATA_DIR"
    );
    assert_eq!(setting("log.filter")["value"], "warn");
    assert_eq!(setting("log.filter")["source"], "flag --log-filter");
    assert_eq!(setting("log.format")["source"], "default");
}

#[test]
fn a_session_is_traded_from_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    let mut shown = Vec::new();
    for arguments in [
        &[
            "session",
            "open",
            "--float",
            "10000",
            "--business-date",
            "2026-03-02",
        ] as &[&str],
        &["session", "paid-in", "500", "--reason", "change"],
        &["session", "paid-out", "200", "--reason", "window-cleaner"],
        &[
            "stock",
            "move",
            "EXAMPLE-1",
            "5",
            "--kind",
            "received",
            "--reason",
            "delivery",
        ],
        &["stock", "show"],
        &["session", "count", "10300"],
        &["session", "close"],
        &["session", "list"],
        &["session", "show"],
        &["order", "list"],
        &["store", "check"],
        &["store", "rebuild"],
        &["sync", "status"],
    ] {
        let answer = stable(answer(folder.path(), arguments), &CHANGING);
        shown.push(serde_json::json!({ "command": arguments.join(" "), "answer": answer }));
    }
    insta::assert_json_snapshot!("session", shown);
    let again = failure(folder.path(), &["session", "close"]);
    assert_eq!(again, exit_code::REFUSED);
    let nothing = failure(folder.path(), &["order", "show", "till:no-such-order"]);
    assert_eq!(nothing, exit_code::NOT_FOUND);
}

/// Two days at an example shop: three sales, a give-away, a return of two lines, a breakage, and a row with no price.
const TRADE: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID
536365,MUG,EXAMPLE MUG,6,2026-03-02 08:26:00,2.55,17850
536365,POST,POSTAGE,1,2026-03-02 08:26:00,3.00,17850
536366,bowl,EXAMPLE BOWL,2,2026-03-02 09:00:00,4.25,
536367,PLATE,EXAMPLE PLATE,1,2026-03-02 09:30:00,0,17850
536368,PLATE,EXAMPLE PLATE,3,2026-03-03 09:30:00,10.00,
C536369,MUG,EXAMPLE MUG,-2,2026-03-03 10:00:00,2.55,17850
C536369,BOWL,EXAMPLE BOWL,-1,2026-03-03 10:00:00,4.25,17850
536370,BOWL,broken,-1,2026-03-03 11:00:00,0,
536371,MUG,EXAMPLE MUG,1,2026-03-03 12:00:00,dear,
";

fn trade_file(folder: &Path) {
    std::fs::write(folder.join("trade.csv"), TRADE).expect("written");
}

#[test]
fn a_file_of_past_trade_is_traded_at_one_till() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    trade_file(folder.path());
    let replay = &["replay", "--input", "trade.csv"];
    insta::assert_json_snapshot!("replay", answer(folder.path(), replay));
    assert_eq!(
        answer(folder.path(), &["store", "check"])["findings"],
        serde_json::json!([])
    );
    let orders = answer(folder.path(), &["order", "list"]);
    assert_eq!(orders["orders"].as_array().expect("orders").len(), 4);
    let found = answer(folder.path(), &["order", "show", "invoice:536365"]);
    assert_eq!(found["orders"][0]["returns"][0]["refunded_minor"], 510);
    // A session that somebody left open is not traded into.
    answer(folder.path(), &["session", "open", "--float", "0"]);
    assert_eq!(
        failure_after_progress(folder.path(), replay),
        exit_code::REFUSED
    );
}

#[test]
fn tills_that_share_a_file_trade_each_row_once() {
    let mut trades = 0;
    for share in ["1/2", "2/2"] {
        let folder = tempfile::tempdir().expect("a folder");
        enrol(folder.path());
        trade_file(folder.path());
        let replay = ["replay", "--input", "trade.csv", "--share", share];
        let account = answer(folder.path(), &replay);
        let number = |name: &str| account[name].as_u64().expect("a number");
        assert_eq!(number("trades") + number("trades_elsewhere"), 6);
        trades += number("trades");
    }
    assert_eq!(trades, 6);
}

#[test]
fn a_file_that_is_no_trade_is_refused_before_anything_is_traded() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    std::fs::write(folder.path().join("other.csv"), "a,b\n1,2\n").expect("written");
    let no_trade = failure(folder.path(), &["replay", "--input", "other.csv"]);
    assert_eq!(no_trade, exit_code::REFUSED);
    let missing = failure(folder.path(), &["replay", "--input", "no-such.csv"]);
    assert_eq!(missing, exit_code::FAILED);
    let usage = till(
        folder.path(),
        &["replay", "--input", "other.csv", "--share", "3/2"],
    );
    assert_eq!(usage.status.code(), Some(i32::from(exit_code::USAGE)));
}

#[test]
fn an_operator_reads_a_trade_file_orders_and_their_returns() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    trade_file(folder.path());
    let mut shown = String::new();
    let mut show = |arguments: &[&str]| {
        let output = till(folder.path(), arguments);
        shown.push_str(&format!(
            "$ holdfast-node {}\n\n{}{}\n",
            stable_words(&arguments.join(" ")).trim_end(),
            stable_words(text(&output.stdout)),
            stable_words(
                &text(&output.stderr).replace(&*folder.path().to_string_lossy(), "[folder]")
            ),
        ));
    };
    // Before anything was sold.
    show(&["session", "show"]);
    show(&["order", "list"]);
    let open = ["session", "open", "--float", "5000"];
    show(&[&open[..], &["--business-date", "2026-03-01"]].concat());
    show(&["session", "show"]);
    show(&["session", "count", "4750"]);
    show(&["session", "close", "--reason", "miscounted"]);
    show(&["session", "show"]);
    show(&["order", "show", "invoice:536365"]);
    show(&["order", "list"]);
    show(&["replay", "--input", "trade.csv"]);
    show(&["order", "show", "invoice:536365"]);
    show(&["order", "history", "invoice:536366"]);
    show(&["session", "show"]);
    show(&["stock", "show"]);
    show(&["sync", "status"]);
    let found = answer(folder.path(), &["order", "show", "invoice:536365"]);
    let returned = &found["orders"][0]["returns"][0];
    let number = returned["number"].as_str().expect("a number");
    show(&["return", "show", number]);
    // By an order's command a return is not shown as an order that lacks everything.
    show(&["order", "show", number]);
    insta::assert_snapshot!("texts", shown);
}

/// A text with words of the same width in the place of ids, numbers and times that differ each time.
fn stable_words(shown: &str) -> String {
    shown
        .lines()
        .map(|line| format!("{}\n", stable_line(line)))
        .collect()
}

fn stable_line(line: &str) -> String {
    let mut words: Vec<String> = line.split(' ').map(stable_word).collect();
    for at in 1..words.len() {
        if words[at] == "hh:mm:ss" {
            words[at - 1] = "YYYY-MM-DD".to_owned();
        }
    }
    words.join(" ")
}

fn stable_word(word: &str) -> String {
    let bare = word.trim_end_matches([',', ':']);
    let mark = &word[bare.len()..];
    let capitals = |part: &str| {
        let capital = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
        part.bytes().all(capital)
    };
    let parts: Vec<usize> = bare.split('-').map(str::len).collect();
    let clock: Vec<usize> = bare.split(':').map(str::len).collect();
    if bare.ends_with('Z') && bare.contains('T') && bare.contains(':') {
        format!("[time]{mark}")
    } else if bare.len() == 26 && capitals(bare) {
        format!("[document-----------------]{mark}")
    } else if parts == [5, 5, 4] && bare.split('-').all(capitals) {
        format!("[number--------]{mark}")
    } else if clock == [2, 2, 2]
        && bare
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b':')
    {
        "hh:mm:ss".to_owned()
    } else {
        word.to_owned()
    }
}

#[test]
#[cfg(unix)]
fn a_till_runs_until_it_is_told_to_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    let mut running = Command::new(env!("CARGO_BIN_EXE_holdfast-node"))
        .args(["run", "--ready-file", "ready.json"])
        .current_dir(folder.path())
        .env_clear()
        .env("HOLDFAST_NODE_DATA_DIR", folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let log = BufReader::new(running.stderr.take().expect("piped"));
    let mut lines = log.lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.contains("the till runs")));

    let ready = std::fs::read(folder.path().join("ready.json")).expect("ready");
    let ready: serde_json::Value = serde_json::from_slice(&ready).expect("JSON");
    assert_eq!(
        (&ready["node"], &ready["process"]),
        (&12.into(), &running.id().into())
    );
    answer(folder.path(), &["order", "list"]);
    answer(folder.path(), &["store", "backup", "copy"]);
    assert_eq!(
        failure(folder.path(), &["session", "open", "--float", "0"]),
        exit_code::IN_USE
    );
    // A second process that would run the till is turned away, and the first goes on.
    assert_eq!(
        failure_after_progress(folder.path(), &["run"]),
        exit_code::IN_USE
    );

    let killed = Command::new("kill")
        .arg(running.id().to_string())
        .status()
        .expect("kill starts");
    assert!(killed.success());
    assert!(lines.any(|line| line.contains("the till stopped")));
    assert!(running.wait().expect("ends").success());
    assert!(!folder.path().join("ready.json").exists());
}

#[test]
#[cfg(unix)]
fn why_there_is_no_connection_is_said_once() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    let nowhere = [
        "--server",
        "127.0.0.1:0",
        "--log-filter",
        "holdfast_node=debug",
    ];
    let mut running = Command::new(env!("CARGO_BIN_EXE_holdfast-node"))
        .arg("run")
        .args(nowhere)
        .current_dir(folder.path())
        .env_clear()
        .env("HOLDFAST_NODE_DATA_DIR", folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let log = BufReader::new(running.stderr.take().expect("piped"));
    let (mut tries, mut said) = (0, Vec::new());
    for line in log.lines().map(|line| line.expect("text")) {
        tries += usize::from(line.contains("no connection"));
        if line.contains("not connected") {
            said.push(line);
        }
        if tries == 3 {
            break;
        }
    }
    running.kill().expect("it runs");
    running.wait().expect("ends");
    let [said] = &said[..] else {
        panic!("once: {said:?}");
    };
    assert!(said.contains("no connection can be begun: "), "{said}");
}
