//! What is measured in a process of its own: this program, started again.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use super::{bare_quic, fleet::runtime, large, machine::field, till};

/// A part of this program that runs in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Child {
    /// Greets connections, with nothing of Holdfast behind them.
    BareQuic,
    /// Opens a till's file, and says how long that took, in microseconds.
    OpenTill,
    /// Starts a till whose desk shows its state.
    OpenShop,
    /// Sells 10,000 baskets in one session, and says what that took.
    LongDay,
    /// The same, with twenty.
    ShortDay,
}

impl Child {
    fn name(self) -> &'static str {
        match self {
            Self::BareQuic => "bare-quic",
            Self::OpenTill => "open-till",
            Self::OpenShop => "open-shop",
            Self::LongDay => "long-day",
            Self::ShortDay => "short-day",
        }
    }

    /// Runs it: it says one line when it is ready, and ends when its standard input does.
    pub fn run(self, folder: &Path) {
        match self {
            Self::BareQuic => runtime().block_on(async {
                let endpoint = bare_quic::endpoint(folder);
                say(&endpoint.local_addr().expect("bound").to_string());
                let served = bare_quic::serve_greetings(&endpoint);
                let ended = tokio::task::spawn_blocking(wait_for_end);
                tokio::select! {
                    () = served => {}
                    _ = ended => {}
                }
            }),
            Self::OpenTill => {
                let opened = large::open(folder);
                say(&opened.elapsed_us().to_string());
                wait_for_end();
                drop(opened);
            }
            Self::OpenShop => till::open(folder, || {
                say("open");
                wait_for_end();
            }),
            Self::LongDay => say(&till::sell(folder, 10_000)),
            Self::ShortDay => say(&till::sell(folder, 20)),
        }
    }
}

fn say(line: &str) {
    println!("{line}");
    io::stdout().flush().expect("a parent that listens");
}

fn wait_for_end() {
    let mut line = String::new();
    drop(io::stdin().read_line(&mut line));
}

/// A running child.
pub(super) struct Running {
    child: std::process::Child,
    /// What it said when it was ready.
    pub(super) said: String,
}

impl Running {
    /// Starts a child, and waits until it is ready.
    pub(super) fn start(child: Child, folder: &Path) -> Self {
        let program = env::current_exe().expect("this program has a file");
        let mut child = Command::new(program)
            .args(["--child", child.name(), "--folder"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let stdout = child.stdout.take().expect("it was piped");
        let mut said = String::new();
        BufReader::new(stdout).read_line(&mut said).expect("a line");
        Self {
            child,
            said: said.trim().to_owned(),
        }
    }

    /// Its process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it.
    pub(super) fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().expect("it ends");
    }
}

/// How much of a process is in memory, in KiB.
pub(super) fn resident_kib(process: u32) -> u64 {
    let found = field(&format!("/proc/{process}/status"), "VmRSS");
    found
        .as_deref()
        .and_then(|kib| kib.split_whitespace().next())
        .and_then(|kib| kib.parse().ok())
        .expect("the process runs, on Linux")
}
