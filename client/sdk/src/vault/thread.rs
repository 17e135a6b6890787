//! The vault's own thread: SQLite waits for the disk there, and nobody else does.
use std::sync::mpsc;

use tokio::sync::oneshot;

use super::{Vault, VaultError};

type Job = Box<dyn FnOnce(&mut Vault) + Send>;

/// A vault that can be asked from any task; one question at a time.
#[derive(Clone)]
pub struct VaultThread {
    jobs: mpsc::Sender<Job>,
}

impl VaultThread {
    /// Moves the vault to its thread. It closes when the last clone is dropped.
    ///
    /// # Errors
    /// [`VaultError::Closed`] when the system gives no thread.
    pub fn start(mut vault: Vault) -> Result<Self, VaultError> {
        let (jobs, received) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("vault".to_owned())
            .spawn(move || {
                for job in received {
                    job(&mut vault);
                }
            })
            .map_err(|_| VaultError::Closed)?;
        Ok(Self { jobs })
    }

    /// Does something with the vault and gives what came of it.
    ///
    /// # Errors
    /// What the work returned, or [`VaultError::Closed`].
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let (answer, received) = oneshot::channel();
        let job = Box::new(move |vault: &mut Vault| {
            // Whoever asked may have stopped waiting.
            let _forgotten = answer.send(work(vault));
        });
        self.jobs.send(job).map_err(|_| VaultError::Closed)?;
        received.await.unwrap_or(Err(VaultError::Closed))
    }
}

impl std::fmt::Debug for VaultThread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VaultThread(…)")
    }
}
