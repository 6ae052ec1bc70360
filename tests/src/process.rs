//! The shipped programs, run as processes: their files, their output, their end.

use std::{
    env,
    fs::File,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde::{Deserialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// How long a program may take to be ready, or to end, before it counts as stuck.
const PROGRAM_SECONDS_MAX: u64 = 60;

/// Why a program did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It is not beside this program.
    #[error("{} is not there; build the whole workspace first", .0.display())]
    Missing(PathBuf),
    /// It could not be started, or its output could not be read.
    #[error("{program} could not be run")]
    Run {
        /// Which program.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// It ended with an error.
    #[error("{command} ended with {status}: {stderr}")]
    Failed {
        /// What was run.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said.
        stderr: String,
    },
    /// Its output is not what was expected.
    #[error("{command} wrote {stdout:?}")]
    Output {
        /// What was run.
        command: String,
        /// What it wrote.
        stdout: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It was not ready, or did not end, in time.
    #[error("{program} took longer than {PROGRAM_SECONDS_MAX} s")]
    Stuck {
        /// Which program.
        program: String,
    },
}

/// Where the shipped programs are: beside this program, or one folder up for tests.
///
/// # Errors
/// [`ProgramError::Missing`] where it was not built.
pub fn program(name: &str) -> Result<PathBuf, ProgramError> {
    let here = env::current_exe().map_err(|source| ProgramError::Run {
        program: name.to_owned(),
        source,
    })?;
    let candidates = here
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name));
    candidates
        .clone()
        .find(|path| path.is_file())
        .ok_or_else(|| ProgramError::Missing(here.with_file_name(name)))
}

/// Runs a program to its end and reads what it wrote as JSON.
///
/// # Errors
/// [`ProgramError`], with what it said.
pub async fn run_json<T: DeserializeOwned>(
    program: &Path,
    arguments: &[&str],
) -> Result<T, ProgramError> {
    let command = format!("{} {}", program.display(), arguments.join(" "));
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(Duration::from_secs(PROGRAM_SECONDS_MAX), output)
        .await
        .map_err(|_| ProgramError::Stuck {
            program: command.clone(),
        })?
        .map_err(|source| ProgramError::Run {
            program: command.clone(),
            source,
        })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        return Err(ProgramError::Failed {
            command,
            status: output.status,
            stderr: text(&output.stderr),
        });
    }
    serde_json::from_slice(&output.stdout).map_err(|source| ProgramError::Output {
        command,
        stdout: text(&output.stdout),
        source,
    })
}

/// Where a server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct ServerAddresses {
    /// Tills, over QUIC.
    pub sync: SocketAddr,
    /// Headquarters, over HTTPS.
    pub http: SocketAddr,
}

/// A running `holdfast-server`. It is killed when it is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    addresses: ServerAddresses,
    data_dir: PathBuf,
}

impl ServerProcess {
    /// Starts the server over an initialised data folder, on free ports of loopback (or on `sync`'s, to come back where
    /// it was), and waits until it is ready.
    ///
    /// # Errors
    /// [`ProgramError`], with what it said.
    pub async fn start(data_dir: &Path, sync: Option<SocketAddr>) -> Result<Self, ProgramError> {
        let program = program("holdfast-server")?;
        let failed = |source| ProgramError::Run {
            program: program.display().to_string(),
            source,
        };
        // Its log lines go to a file beside its folder: they outlive whoever started it.
        let log = File::options()
            .create(true)
            .append(true)
            .open(data_dir.with_extension("log"))
            .map_err(failed)?;
        let sync = sync.map_or_else(|| "127.0.0.1:0".to_owned(), |address| address.to_string());
        let mut child = Command::new(&program)
            .arg("--data-dir")
            .arg(data_dir)
            .args(["--output", "json", "--log-filter", "warn", "run"])
            .args(["--http-listen", "127.0.0.1:0", "--sync-listen", &sync])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let stdout = child.stdout.take().expect("standard output was piped");
        let mut line = String::new();
        timeout(
            Duration::from_secs(PROGRAM_SECONDS_MAX),
            BufReader::new(stdout).read_line(&mut line),
        )
        .await
        .map_err(|_| ProgramError::Stuck {
            program: program.display().to_string(),
        })?
        .map_err(failed)?;
        let addresses = serde_json::from_str(&line).map_err(|source| ProgramError::Output {
            command: program.display().to_string(),
            stdout: line.clone(),
            source,
        })?;
        Ok(Self {
            child,
            addresses,
            data_dir: data_dir.to_owned(),
        })
    }

    /// Where it answers.
    #[must_use]
    pub fn addresses(&self) -> ServerAddresses {
        self.addresses
    }

    /// Its data folder.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it as a power cut would: SIGKILL.
    ///
    /// # Errors
    /// [`ProgramError::Run`].
    pub async fn kill(mut self) -> Result<(), ProgramError> {
        self.child.kill().await.map_err(|source| ProgramError::Run {
            program: "holdfast-server".to_owned(),
            source,
        })
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// [`ProgramError`] where it does not end in time, or ends with an error.
    pub async fn stop(mut self) -> Result<(), ProgramError> {
        let program = || "holdfast-server".to_owned();
        let id = self.child.id().map(|id| id.to_string()).unwrap_or_default();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await;
        sent.map_err(|source| ProgramError::Run {
            program: "kill".to_owned(),
            source,
        })?;
        let status = timeout(Duration::from_secs(PROGRAM_SECONDS_MAX), self.child.wait())
            .await
            .map_err(|_| ProgramError::Stuck { program: program() })?
            .map_err(|source| ProgramError::Run {
                program: program(),
                source,
            })?;
        if status.success() {
            Ok(())
        } else {
            Err(ProgramError::Failed {
                command: program(),
                status,
                stderr: String::new(),
            })
        }
    }

    /// Lets it run on after this program has ended, and gives its process id.
    pub fn leave_running(self) -> Option<u32> {
        let id = self.child.id();
        // A child that is forgotten is neither killed nor waited for.
        std::mem::forget(self.child);
        id
    }
}
