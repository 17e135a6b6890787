//! Mosquitto's process, on a directory of its own.
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};
use sotto_kit::Door;
use sotto_protocol::Pin;
use tempfile::TempDir;

/// Where Debian installs it, which is not in everybody's path.
const PROGRAMS: [&str; 2] = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
const START_DEADLINE: Duration = Duration::from_secs(10);

/// A running broker; dropping it ends it.
pub(crate) struct Broker {
    child: Child,
    /// Where it is.
    pub(crate) door: Door,
    /// What it calls itself.
    pub(crate) version: String,
    _home: TempDir,
}

impl Broker {
    /// Starts it with persistence as Debian sets it, and TLS with a certificate like ours.
    pub(crate) fn start(under: Option<&Path>) -> Result<Self> {
        let program = PROGRAMS.into_iter().find(|path| Path::new(path).exists());
        let program = program.context("Mosquitto is not installed: apt-get install mosquitto")?;
        let home = match under {
            Some(under) => tempfile::tempdir_in(under)?,
            None => tempfile::tempdir()?,
        };
        let made = rcgen::generate_simple_self_signed(vec!["bare".to_owned()])?;
        let pin = Pin::new(Sha256::digest(made.cert.der()).into());
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = home.path().display();
        fs::write(home.path().join("cert.pem"), made.cert.pem())?;
        fs::write(home.path().join("key.pem"), made.signing_key.serialize_pem())?;
        let config = format!(
            "listener {port} 127.0.0.1\ncertfile {folder}/cert.pem\nkeyfile {folder}/key.pem\ntls_version tlsv1.3\n\
             allow_anonymous true\npersistence true\npersistence_location {folder}/\nset_tcp_nodelay true\n\
             max_inflight_messages 64\nuser root\nlog_type error\n"
        );
        fs::write(home.path().join("mosquitto.conf"), config)?;
        let child = Command::new(program)
            .arg("-c")
            .arg(home.path().join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("While starting Mosquitto")?;
        let address = format!("127.0.0.1:{port}");
        let broker = Self { child, door: Door { address, pin }, version: version(program), _home: home };
        broker.wait_for_it()?;
        Ok(broker)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_for_it(&self) -> Result<()> {
        let end = Instant::now() + START_DEADLINE;
        while TcpStream::connect(&self.door.address).is_err() {
            ensure!(Instant::now() < end, "Mosquitto does not accept");
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The first line of its help says it.
fn version(program: &str) -> String {
    let said = Command::new(program).arg("-h").output();
    let text = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}
