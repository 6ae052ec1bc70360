//! The till as a program: see `holdfast-till --help`.
#![forbid(unsafe_code)]

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use holdfast_node::{
    Node,
    clock::{Clock, SystemClock},
    enrol::{self, EnrolError, IdentityFolder},
    net,
    settings::{Environment, Flags, ServerAddress, Settings},
};
use holdfast_schemas::{store_settings::Language, time::Timestamp, wire::enrol::EnrolCode};
use holdfast_till::{
    app::App,
    demo,
    event::Event,
    seam::{Seam, local_time},
    state::State,
    welcome::WelcomeEffect,
    welcome_window::{self, Choice, Enroller},
};
use rustls::time_provider::DefaultTimeProvider;
use slint::{ComponentHandle, Timer, TimerMode};
use tokio::{
    runtime::{Handle, Runtime},
    sync::oneshot,
};

/// How often the time of day is looked at.
const TICK: Duration = Duration::from_secs(5);

/// A till for cashiers. It sells with or without a line to its server.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The settings file, as for holdfast-node.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The folder that holds the till's file, its key and its certificate.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Where the server is; where it was when this till enrolled, without.
    #[arg(long)]
    server: Option<ServerAddress>,
    /// Opens the demo shop where this folder is no till yet. It has no server.
    #[arg(long)]
    demo: bool,
    /// Draws light on dark.
    #[arg(long)]
    dark: bool,
    /// Fills the whole screen.
    #[arg(long)]
    full_screen: bool,
    /// Opens a second window for the customer.
    #[arg(long)]
    customer_display: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("holdfast-till: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let settings = Settings::resolve(
        Flags {
            config: arguments.config.clone(),
            data_dir: arguments.data_dir.clone(),
            server_address: arguments.server.clone(),
            ..Flags::default()
        },
        &Environment::of_process(),
    )?;
    // The default renderer runs for ever without a window where there is no working GL.
    slint::BackendSelector::new()
        .backend_name("winit".into())
        .renderer_name("software".into())
        .select()?;
    let runtime = Runtime::new()?;
    let Some(node) = start(arguments, &settings, &runtime)? else {
        return Ok(());
    };
    let ran = show(arguments, &node, &runtime);
    runtime.block_on(node.stop());
    ran
}

/// Starts the till of this folder; at the first start, somebody says whose till it is. `None` where nobody did.
fn start(
    arguments: &Arguments,
    settings: &Settings,
    runtime: &Runtime,
) -> Result<Option<Node>, Box<dyn Error>> {
    let data_dir = &settings.data_dir.value;
    let choice = match IdentityFolder::within(data_dir).enrolment() {
        Ok(_) => Choice::Enrolled,
        Err(EnrolError::NotEnrolled { .. }) if arguments.demo || demo::is_in(data_dir) => {
            Choice::Demo
        }
        Err(EnrolError::NotEnrolled { .. }) => {
            welcome_window::ask(Language::En, enroller(data_dir.clone(), runtime.handle()))?
        }
        Err(other) => return Err(other.into()),
    };
    let _entered = runtime.enter();
    Ok(match choice {
        Choice::Leave => None,
        Choice::Demo => Some(demo::start(settings)?),
        Choice::Enrolled => Some(Node::start(settings)?),
    })
}

/// Asks servers to let the till of this folder in, on the runtime.
fn enroller(data_dir: PathBuf, runtime: &Handle) -> Enroller {
    let runtime = runtime.clone();
    Box::new(move |effect| {
        let (answer, answered) = oneshot::channel();
        if let WelcomeEffect::Enrol { server, code } = effect {
            let data_dir = data_dir.clone();
            runtime.spawn(async move {
                let enrolled = enrol_till(&data_dir, server, code).await;
                // Nobody hears it where the window was closed meanwhile.
                drop(answer.send(enrolled));
            });
        }
        answered
    })
}

async fn enrol_till(
    data_dir: &Path,
    server: ServerAddress,
    code: EnrolCode,
) -> Result<(), EnrolError> {
    let endpoint = net::endpoint().map_err(|source| EnrolError::Net {
        server: server.clone(),
        source,
    })?;
    std::fs::create_dir_all(data_dir).map_err(|source| EnrolError::File {
        path: data_dir.to_owned(),
        source,
    })?;
    let folder = IdentityFolder::within(data_dir);
    let tls_time = Arc::new(DefaultTimeProvider);
    let now = SystemClock.now();
    let enrolled = enrol::enrol(&endpoint, &folder, server, code, now, tls_time).await;
    endpoint.wait_idle().await;
    enrolled.map(drop)
}

fn show(arguments: &Arguments, node: &Node, runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let desk = node.desk();
    let mut seam = Seam::start(&desk, runtime.handle());
    let now = || SystemClock.now();
    let view = desk.watch().latest();
    let zone = view.settings.time_zone.to_string();
    let time = local_time(now(), &zone).ok_or("this machine's clock shows no date")?;
    let mut state = State::new(view, time);
    state.dark = arguments.dark;
    let sender = seam.sender();
    let sink = Box::new(move |effect| {
        sender.send(effect);
    });
    let app = App::new(state, Rc::new(now), sink, arguments.customer_display)?;
    app.happened(Event::Started);
    let listening = app.clone();
    slint::spawn_local(async move {
        while let Some(event) = seam.next().await {
            listening.happened(event);
        }
    })?;
    let ticking = app.clone();
    let tick = Timer::default();
    tick.start(TimerMode::Repeated, TICK, move || {
        tell_time(&ticking, now(), &zone);
    });
    app.window().window().set_fullscreen(arguments.full_screen);
    if let Some(customer) = app.customer() {
        customer.show()?;
    }
    app.window().run()?;
    Ok(())
}

fn tell_time(app: &App, now: Timestamp, zone: &str) {
    let Some(local) = local_time(now, zone) else {
        return;
    };
    let oldest = app.with_state(|state| state.desk.node.pending.oldest);
    let waited = oldest.map_or(0, |oldest| now.milliseconds_since(oldest));
    app.happened(Event::Time {
        local,
        pending_minutes: waited.div_euclid(60_000).max(0),
    });
    app.lock_if_idle(now);
}
