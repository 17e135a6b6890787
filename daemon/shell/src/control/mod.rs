//! How the admin talks to the daemon: a Unix socket that only its owner and one group may use.

mod answer;
mod check;
mod message;

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::Semaphore,
    time::timeout,
};

pub(crate) use answer::{Admin, create_invite, hexadecimal};
use message::{Answer, QUESTION_BYTES_MAX, Question, Said, VERSION};

use crate::exit::Failure;

/// Conversations at once.
const AT_ONCE: usize = 16;
/// Bytes after a question that are heard and forgotten.
const SURPLUS_BYTES_MAX: u64 = 64 * 1024;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The socket; it goes with this.
#[derive(Debug)]
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Opens the socket. What stands in its place was left by a daemon that is no more: the directory's lock says so.
    ///
    /// # Errors
    /// [`Failure::Machine`] when the socket cannot be made, or somebody answers on it.
    pub(crate) fn open(path: &Path, group: Option<&str>) -> Result<Self, Failure> {
        let failure = |why: io::Error| Failure::file("opening the control socket", path, &why);
        clear(path)?;
        let listener = UnixListener::bind(path).map_err(failure)?;
        if let Some(group) = group {
            let gid = group_id(group).ok_or_else(|| {
                Failure::Machine(format!("There is no group {group} for the control socket."))
            })?;
            chown(path, None, Some(gid)).map_err(failure)?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o660)).map_err(failure)?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Answers for ever; ends when it is dropped.
    pub(crate) async fn serve(self, admin: Arc<Admin>) {
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(turn) = Arc::clone(&at_once).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let admin = Arc::clone(&admin);
                    tokio::spawn(async move {
                        if timeout(PATIENCE, converse(&admin, stream)).await.is_err() {
                            tracing::debug!("a conversation on the control socket took too long");
                        }
                        drop(turn);
                    });
                }
                Err(why) => {
                    tracing::warn!(%why, "the control socket does not accept");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // If it is gone already, all the better.
        drop(fs::remove_file(&self.path));
    }
}

fn clear(path: &Path) -> Result<(), Failure> {
    let Ok(about) = fs::symlink_metadata(path) else { return Ok(()) };
    if !about.file_type().is_socket() {
        return Err(Failure::Machine(format!("{} is there and is no socket.", path.display())));
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(Failure::Machine(format!("Another sottod answers on {}.", path.display())));
    }
    fs::remove_file(path).map_err(|why| Failure::file("removing the old socket", path, &why))
}

fn group_id(name: &str) -> Option<u32> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
}

async fn converse(admin: &Admin, mut stream: UnixStream) {
    let who = stream.peer_cred().ok();
    let (mut reader, mut writer) = stream.split();
    let mut line = String::new();
    let read = BufReader::new((&mut reader).take(QUESTION_BYTES_MAX)).read_line(&mut line).await;
    let said = match read.map(|_| serde_json::from_str::<Question>(&line)) {
        Ok(Ok(Question { v: VERSION, command })) => {
            let (uid, pid) = (who.map(|who| who.uid()), who.and_then(|who| who.pid()));
            tracing::info!(?uid, ?pid, ?command, "the admin asks");
            admin.answer(command).await
        }
        Ok(Ok(Question { v, .. })) => {
            Said::error("version.unsupported", format_args!("This server speaks version {VERSION}, not {v}."))
        }
        Ok(Err(why)) => Said::error("request.malformed", why),
        Err(why) => Said::error("request.malformed", why),
    };
    if let Ok(mut text) = serde_json::to_vec(&Answer { v: VERSION, said }) {
        text.push(b'\n');
        // Who does not wait for the answer does not get it.
        drop(writer.write_all(&text).await);
        drop(writer.shutdown().await);
    }
    // What was said too much is heard out: a socket that is closed over unread bytes takes its answer back.
    drop(tokio::io::copy(&mut reader.take(SURPLUS_BYTES_MAX), &mut tokio::io::sink()).await);
}
