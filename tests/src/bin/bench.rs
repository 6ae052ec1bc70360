//! `make bench`: measures Holdfast against yardsticks, and prints and writes what came of it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use holdfast_tests::bench::{
    Bench, Child, Report, SUBJECTS, Stopwatch, describe_machine,
    peers::{self, Peers},
    till,
};

/// Measures Holdfast against yardsticks. A missed goal is said, and is no error: the time of a shared machine is no
/// property of a program.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only subjects whose name contains this
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// What somebody at a till waits for, instead; it is written to `till.json`
    #[arg(long)]
    till: bool,
    /// Small sizes: whether everything runs, not how fast
    #[arg(long)]
    quick: bool,
    /// End with an error where a goal is missed
    #[arg(long)]
    strict: bool,
    /// Where files are made, and what takes long to make is kept: on the disk that is to be measured
    #[arg(long, value_name = "FOLDER", default_value = "target/bench")]
    folder: PathBuf,
    /// Measure the same work at other systems, which are installed in this folder, instead
    #[arg(long, value_name = "FOLDER", requires = "samod")]
    peers: Option<PathBuf>,
    /// The program of one of them
    #[arg(long, value_name = "PROGRAM")]
    samod: Option<PathBuf>,
    /// Run a part that is measured in a process of its own
    #[arg(long, hide = true)]
    child: Option<Child>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter("error")
        .with_writer(io::stderr)
        .init();
    if let Some(child) = arguments.child {
        child.run(&arguments.folder);
        return ExitCode::SUCCESS;
    }
    let done = match (&arguments.peers, &arguments.samod) {
        (Some(peers), Some(samod)) => run_peers(&arguments, peers, samod),
        (_, _) => run(&arguments),
    };
    match done {
        Ok(missed) if missed > 0 && arguments.strict => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", arguments.folder.display());
            ExitCode::FAILURE
        }
    }
}

/// Measures other systems on the same work.
fn run_peers(arguments: &Arguments, peers: &Path, samod: &Path) -> io::Result<usize> {
    fs::create_dir_all(&arguments.folder)?;
    let folder = arguments.folder.canonicalize()?;
    let bench = Bench::new(folder.clone(), arguments.quick);
    let (peers, samod) = (peers.canonicalize()?, samod.canonicalize()?);
    let measured = Peers(peers::measure(&bench, &peers, &samod));
    fs::write(
        folder.join("peers.json"),
        serde_json::to_string_pretty(&measured)? + "\n",
    )?;
    println!("{}\n\n{measured}", describe_machine());
    Ok(0)
}

/// Measures, prints and writes; says how many goals are missed.
fn run(arguments: &Arguments) -> io::Result<usize> {
    fs::create_dir_all(&arguments.folder)?;
    let bench = Bench::new(arguments.folder.canonicalize()?, arguments.quick);
    let watch = Stopwatch::start();
    let mut report = Report::default();
    let (subjects, name) = if arguments.till {
        (till::SUBJECTS, "till.json")
    } else {
        (SUBJECTS, "report.json")
    };
    for subject in subjects {
        let wanted = arguments.only.as_ref();
        if wanted.is_none_or(|name| subject.name.contains(name.as_str())) {
            eprintln!("[{:>4} s] {}", watch.elapsed().as_secs(), subject.name);
            report.0.extend((subject.measure)(&bench));
        }
    }
    let file = arguments.folder.join(name);
    report.write(&file)?;
    println!("{}\n", describe_machine());
    println!("{report}");
    let (rows, missed) = (report.0.len(), report.missed());
    println!(
        "{} of {rows} goals met, {missed} missed, in {} s; as JSON in {}",
        rows - missed,
        watch.elapsed().as_secs(),
        file.display()
    );
    Ok(missed)
}
