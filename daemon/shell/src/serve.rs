//! The life of the daemon, from its first to its last line.
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use daemon_core::session::Input;
use rand::Rng as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
    task::JoinSet,
    time::{Instant, interval, sleep, timeout},
};

use crate::{
    args::Args,
    clock::Clock,
    config::Settings,
    control::{Admin, Control},
    exit::Failure,
    housekeeping,
    hub::Hub,
    log, net,
    place::{self, Place},
    reload::{Origin, Reloader},
    shell::Shell,
    store::{Opened, Store},
    supervisor,
    welcome::Welcome,
};

/// Stack of a thread: deep enough for the curves of an unoptimised build.
const STACK_BYTES: usize = 1024 * 1024;
/// Everybody has this long to hear that the server stops; with the store's own last step it must stay below 5 s.
const FAREWELL: Duration = Duration::from_secs(3);
/// When people come back after a stop, at the earliest and at the latest: not all at once.
const RECONNECT_AFTER_MS: std::ops::Range<u32> = 1000..4000;
/// Descriptors that are not connections.
const OTHER_FILES: u64 = 64;

/// Runs until it is told to stop.
pub(crate) fn serve(args: &Args) -> Result<(), Failure> {
    let origin =
        Origin { file: args.config.clone().or_else(place::default_config), listen: args.listen.clone() };
    let settings = origin.read()?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let volume = log::begin(settings.level);
    log_panics();
    let files = raise_file_limit();
    if files < u64::from(settings.connections_max) + OTHER_FILES {
        tracing::info!(files, "the limit of open files allows fewer connections than are configured");
    }
    let place = Place::take(&directory(args, &settings)?)?;
    let runtime = runtime(settings.threads)?;
    let served = runtime.block_on(live(args, origin, settings, volume, &place));
    runtime.shutdown_timeout(Duration::from_millis(200));
    served
}

async fn live(
    args: &Args,
    origin: Origin,
    settings: Settings,
    volume: log::Volume,
    place: &Place,
) -> Result<(), Failure> {
    let clock = Clock::start();
    let hub = Arc::new(Hub::default());
    let Opened { store, identity, broken } = Store::open(place.directory(), settings.store, clock, &hub)?;
    let listeners =
        net::bind(&settings.addresses, !args.listen.is_empty() || !settings.addresses_are_default())?;
    let listening: Vec<SocketAddr> =
        listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    let socket = settings.control_socket.clone().unwrap_or_else(|| place.control_socket());
    let control = Control::open(&socket, settings.control_group.as_deref())?;

    let reloader = Arc::new(Reloader::new(origin, identity, volume));
    let shell = Arc::new(Shell::new(clock, hub, store, reloader.decide(settings)?));
    let admin = Arc::new(Admin {
        shell: Arc::clone(&shell),
        reloader: Arc::clone(&reloader),
        listening,
        directory: place.directory().to_owned(),
    });
    let mut signals = Signals::listen()?;
    let tasks = start(&shell, listeners, control, &admin);
    greet(args, &admin, socket.display().to_string()).await;
    supervisor::ready(&status(&shell));

    let ended = attend(&mut signals, &shell, &reloader, broken).await;
    supervisor::stopping();
    drop(tasks);
    farewell(&shell).await;
    shell.store.stop();
    tracing::info!("stopped");
    ended
}

/// Sees to signals until one of them, or the store, ends it.
async fn attend(
    signals: &mut Signals,
    shell: &Shell,
    reloader: &Reloader,
    mut broken: oneshot::Receiver<String>,
) -> Result<(), Failure> {
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => return Ok(()),
            _ = signals.interrupt.recv() => return Ok(()),
            _ = signals.hangup.recv() => reload(shell, reloader),
            why = &mut broken => {
                let why = why.unwrap_or_else(|_| "the store has stopped".to_owned());
                tracing::error!(%why, "the store is broken; ending, so that the next start begins from the disk");
                return Err(Failure::Machine(why));
            }
        }
    }
}

fn reload(shell: &Shell, reloader: &Reloader) {
    supervisor::reloading();
    match reloader.reload(shell) {
        Ok(restart) if restart.is_empty() => {
            tracing::info!("the configuration was read again and holds");
            supervisor::ready(&status(shell));
        }
        Ok(restart) => {
            let keys = restart.join(", ");
            tracing::warn!("the configuration was read again; these need a restart: {keys}");
            supervisor::ready(&format!("{}; a restart is needed for {keys}", status(shell)));
        }
        Err(fault) => {
            tracing::error!("the configuration is wrong, the old one stays in force.\n{fault}");
            supervisor::ready("the new configuration is wrong, the old one stays in force: see the log");
        }
    }
}

fn start(
    shell: &Arc<Shell>,
    listeners: Vec<TcpListener>,
    control: Control,
    admin: &Arc<Admin>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for listener in listeners {
        tasks.spawn(net::accept(Arc::clone(shell), listener));
    }
    tasks.spawn(control.serve(Arc::clone(admin)));
    tasks.spawn(housekeeping::keep(Arc::clone(shell)));
    if let Some(every) = supervisor::alive_every() {
        tasks.spawn(async move {
            let mut ticks = interval(every);
            loop {
                ticks.tick().await;
                supervisor::alive();
            }
        });
    }
    tasks
}

/// Tells how to join: a person, a program, or the journal.
async fn greet(args: &Args, admin: &Admin, control: String) {
    let is_by_hand = !place::is_under_systemd();
    let welcome = Welcome::gather(admin, control, args.invite, is_by_hand || args.json).await;
    match (args.json, is_by_hand) {
        (true, _) => welcome.print_json(),
        (false, true) => welcome.print(),
        (false, false) => welcome.log(),
    }
}

/// Says goodbye to everybody, and waits a little for them to hear it.
async fn farewell(shell: &Shell) {
    let reconnect_after_ms = rand::thread_rng().gen_range(RECONNECT_AFTER_MS);
    shell.hub.tell_all(&Input::Stop { reconnect_after_ms });
    let all_gone = async {
        while shell.hub.sessions() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let began = Instant::now();
    if timeout(FAREWELL, all_gone).await.is_err() {
        tracing::info!(sessions = shell.hub.sessions(), "not everybody took the goodbye");
    }
    tracing::debug!(took = ?began.elapsed(), "said goodbye");
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|why| Failure::machine("listening to signals", why));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }
}

fn directory(args: &Args, settings: &Settings) -> Result<PathBuf, Failure> {
    args.data.clone().or_else(|| settings.directory.clone()).or_else(place::default_directory).ok_or_else(
        || {
            Failure::Usage(
                "There is no home directory to keep things in; name a place with --data DIR.".to_owned(),
            )
        },
    )
}

fn runtime(threads: usize) -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(2)
        .thread_name("sottod")
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|why| Failure::machine("starting threads", why))
}

/// As many files as the system lets us have; gives their number.
fn raise_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
    .unwrap_or(u64::MAX)
}

/// A panic is logged like everything else; what it ends is decided where it is caught.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| tracing::error!("a mistake in the program: {panic}")));
}

fn status(shell: &Shell) -> String {
    let settings = shell.decided().settings;
    format!(
        "{} serves {}",
        settings.policy.server_name,
        if settings.public { "everybody" } else { "this network" }
    )
}
