//! The daemon's process: started on a directory of its own, killed, restarted in the same place, accounted for.
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{Binary, Door, Profile, Startup, Usage};

/// A configuration for tests: anybody may register, and nobody is too fast or too many.
pub const OPEN: &str = r#"
registration = "open"
[listen]
connections_max = 100000
[limits]
strangers_max = 100000
strangers_per_source_max = 100000
appends_per_second = 1000000
requests_per_second = 1000000
[store]
account_queue_mib = 4096
room_queue_mib = 4096
"#;

/// Starting may include loading everything that waits.
const START_DEADLINE: Duration = Duration::from_secs(60);
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// How a daemon is started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// `sottod.toml`.
    pub config: String,
    /// Which build.
    pub profile: Profile,
    /// In which directory its own is made; `None`: where temporary files are.
    pub under: Option<PathBuf>,
    /// What starts it, with its arguments; for looking at it through a tool.
    pub through: Vec<String>,
}

/// A running daemon. Dropping it kills it and removes its directory.
pub struct Daemon {
    setup: Setup,
    home: TempDir,
    child: Child,
    startup: Startup,
    door: Door,
    started_in: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self { config: OPEN.to_owned(), profile: Profile::current(), under: None, through: Vec::new() }
    }
}

impl Daemon {
    /// Starts a daemon and waits until it says where it is.
    ///
    /// # Errors
    /// When it does not start; with what it said.
    pub fn start(setup: Setup) -> Result<Self> {
        let under = setup.under.clone().unwrap_or_else(std::env::temp_dir);
        let home = tempfile::Builder::new().prefix("sotto-").tempdir_in(under)?;
        fs::create_dir(home.path().join("data"))?;
        fs::write(home.path().join("sottod.toml"), &setup.config)?;
        let (child, startup, started_in) = spawn(&setup, home.path(), "127.0.0.1:0")?;
        let door = startup.door()?;
        Ok(Self { setup, home, child, startup, door, started_in })
    }

    /// Ends it as a power cut would end a process: at once. [`Daemon::revive`] starts it again.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits until it did.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub fn stop(&mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let end = Instant::now() + STOP_DEADLINE;
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the daemon ended with {status}:\n{}", self.log()),
                None if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
                None => bail!("the daemon did not end within {STOP_DEADLINE:?}:\n{}", self.log()),
            }
        }
    }

    /// Starts it again after its end: the same directory, the same port.
    ///
    /// # Errors
    /// When it does not start.
    pub fn revive(&mut self) -> Result<()> {
        let (child, startup, started_in) = spawn(&self.setup, self.home.path(), &self.door.address)?;
        (self.child, self.startup, self.started_in) = (child, startup, started_in);
        anyhow::ensure!(self.startup.door()? == self.door, "the daemon came back as another one");
        Ok(())
    }

    /// After its end: starts it and kills it so long after that, wherever it is then.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn start_and_kill(&self, after: Duration) -> Result<()> {
        let mut child = command(&self.setup, self.home.path(), &self.door.address)?.spawn()?;
        thread::sleep(after);
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// When it is no more.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid =
            i32::try_from(self.pid()).ok().and_then(Pid::from_raw).context("the daemon has no process")?;
        kill_process(pid, signal).context("While sending the daemon a signal")
    }

    /// Where it is.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// What it said at its last start.
    #[must_use]
    pub fn startup(&self) -> &Startup {
        &self.startup
    }

    /// From its start until it said where it is: then it accepts.
    #[must_use]
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.startup.pid
    }

    /// Where it keeps everything.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Where its configuration is.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.home.path().join("sottod.toml")
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn is_alive(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// What the operating system says about it.
    ///
    /// # Errors
    /// When it is no more.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.pid())
    }

    /// Bytes of the files that it keeps.
    ///
    /// # Errors
    /// When they cannot be looked at.
    pub fn disk_bytes(&self) -> Result<u64> {
        bytes_below(&self.data())
    }

    /// What it wrote into its log.
    #[must_use]
    pub fn log(&self) -> String {
        log_of(self.home.path())
    }

    /// What it counts, by the metrics' names, over its control socket.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn metrics(&self) -> Result<BTreeMap<String, f64>> {
        let answer = self.ask_control(r#"{"v":1,"command":"metrics"}"#)?;
        let text = answer["metrics"]["text"].as_str().context("the daemon answers without metrics")?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Ok(lines.filter_map(|line| line.rsplit_once(' ')).filter_map(reading).collect())
    }

    /// Asks something over the control socket.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn ask_control(&self, question: &str) -> Result<serde_json::Value> {
        let mut stream =
            UnixStream::connect(&self.startup.control).context("While calling the control socket")?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(format!("{question}\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
        if thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(4000);
            let _unseen =
                writeln!(std::io::stderr(), "the daemon's log ends:\n{}", log.get(from..).unwrap_or(&log));
        }
    }
}

fn reading((name, value): (&str, &str)) -> Option<(String, f64)> {
    Some((name.to_owned(), value.parse().ok()?))
}

fn command(setup: &Setup, home: &Path, listen: &str) -> Result<Command> {
    let binary = Binary::Sottod.path(setup.profile)?;
    let words: Vec<String> = setup.through.iter().cloned().chain([binary.display().to_string()]).collect();
    let log = fs::File::options().create(true).append(true).open(home.join("log"))?;
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg("--config").arg(home.join("sottod.toml"));
    command.arg("--data").arg(home.join("data")).args(["--listen", listen, "--json"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    // Nothing of the machine that the test runs on shall matter.
    for name in ["STATE_DIRECTORY", "RUNTIME_DIRECTORY", "NOTIFY_SOCKET", "JOURNAL_STREAM", "RUST_LOG"] {
        command.env_remove(name);
    }
    Ok(command)
}

fn spawn(setup: &Setup, home: &Path, listen: &str) -> Result<(Child, Startup, Duration)> {
    let mut command = command(setup, home, listen)?;
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("While starting {command:?}"))?;
    let line = first_line(&mut child);
    let started_in = began.elapsed();
    let startup = line.and_then(|line| Startup::parse(&line));
    match startup {
        Ok(startup) => Ok((child, startup, started_in)),
        Err(why) => {
            drop(child.kill());
            drop(child.wait());
            Err(why.context(format!("the daemon did not start:\n{}", log_of(home))))
        }
    }
}

/// Reads one line in time, and goes on reading, so that the daemon never waits for us.
fn first_line(child: &mut Child) -> Result<String> {
    let out = child.stdout.take().context("the daemon has no standard output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(out).lines();
        if let Some(Ok(line)) = lines.next() {
            drop(sender.send(line));
        }
        lines.for_each(drop);
    });
    receiver.recv_timeout(START_DEADLINE).map_err(|_| anyhow!("it said nothing"))
}

fn log_of(home: &Path) -> String {
    fs::read_to_string(home.join("log")).unwrap_or_default()
}

fn bytes_below(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let about = entry?;
        let kind = about.metadata()?;
        sum += if kind.is_dir() { bytes_below(&about.path())? } else { kind.len() };
    }
    Ok(sum)
}
