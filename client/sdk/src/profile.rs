//! A profile: the directory in which one account's device lives on this computer. One process owns it at a time.
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use client_crypto::{
    DeviceKeys, KeyFileError, Passphrase, Protection, open_key_file, protection_of, write_key_file,
};
use rand_core::OsRng;

use crate::vault::{Vault, VaultError};

/// A profile directory that belongs to this process until it is dropped.
#[derive(Debug)]
pub struct Profile {
    directory: PathBuf,
    _lock: File,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Another process owns it.
    #[error("another sotto is using the profile {directory}")]
    Busy {
        /// which
        directory: String,
    },
    /// There is no key file in it.
    #[error("nobody has joined a server with the profile {directory}")]
    Empty {
        /// which
        directory: String,
    },
    /// The system said no.
    #[error("{path}: {error}")]
    Io {
        /// which file or directory
        path: String,
        /// why
        error: io::Error,
    },
    /// The key file gives no keys.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The local store cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The system names no home directory.
    #[error("no home directory: name a profile with --profile or SOTTO_PROFILE")]
    NoHome,
}

const KEYS: &str = "keys";
const VAULT: &str = "vault.db";

impl Profile {
    /// The directory that is meant when nobody says otherwise: `$SOTTO_PROFILE`, else `sotto/default` where the system
    /// keeps a person's data.
    ///
    /// # Errors
    /// [`ProfileError::NoHome`].
    pub fn usual() -> Result<PathBuf, ProfileError> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(directory) = variable("SOTTO_PROFILE") {
            return Ok(directory);
        }
        let data = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
        let data = data.or_else(|| variable("HOME").map(|home| home.join(".local/share")));
        data.map(|data| data.join("sotto/default")).ok_or(ProfileError::NoHome)
    }

    /// Takes the directory over, and makes it if it is not there.
    ///
    /// # Errors
    /// [`ProfileError::Busy`] when another process has it.
    pub fn open(directory: &Path) -> Result<Self, ProfileError> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(at(directory))?;
        let path = directory.join("lock");
        let lock = private().create(true).truncate(false).open(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory: directory.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(ProfileError::Busy { directory: directory.display().to_string() })
            }
            Err(TryLockError::Error(error)) => Err(at(&path)(error)),
        }
    }

    /// Whether there are keys in it, and who can open them.
    ///
    /// # Errors
    /// [`ProfileError`] when the key file cannot be read or is none.
    pub fn protection(&self) -> Result<Option<Protection>, ProfileError> {
        self.key_file()?.map(|file| Ok(protection_of(&file)?)).transpose()
    }

    /// Opens the keys.
    ///
    /// # Errors
    /// [`ProfileError::Empty`] when there are none; [`ProfileError::Keys`] when they do not open. They are never
    /// replaced for that.
    pub fn keys(&self, passphrase: Option<&Passphrase>) -> Result<DeviceKeys, ProfileError> {
        let empty = || ProfileError::Empty { directory: self.directory.display().to_string() };
        let file = self.key_file()?.ok_or_else(empty)?;
        Ok(open_key_file(&file, passphrase)?)
    }

    /// Stores keys, whole or not at all. Keys that were there before are kept aside.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn set_keys(&self, keys: &DeviceKeys, passphrase: Option<&Passphrase>) -> Result<(), ProfileError> {
        let (path, fresh) = (self.path(KEYS), self.path("keys.new"));
        let file = write_key_file(keys, passphrase, &mut OsRng);
        let mut out = private().create(true).truncate(true).open(&fresh).map_err(at(&fresh))?;
        out.write_all(&file).and_then(|()| out.sync_all()).map_err(at(&fresh))?;
        if path.exists() {
            let aside = self.path("keys.before");
            fs::rename(&path, &aside).map_err(at(&aside))?;
        }
        fs::rename(&fresh, &path).map_err(at(&path))?;
        File::open(&self.directory).and_then(|directory| directory.sync_all()).map_err(at(&self.directory))
    }

    /// Opens the local store.
    ///
    /// # Errors
    /// [`ProfileError::Vault`].
    pub fn vault(&self, keys: &DeviceKeys) -> Result<Vault, ProfileError> {
        let path = self.path(VAULT);
        // SQLite gives its other files the rights of this one.
        private().create(true).truncate(false).open(&path).map_err(at(&path))?;
        Ok(Vault::open(&path, &keys.vault)?)
    }

    /// Removes keys and store for good. The directory stays.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn erase(&self) -> Result<(), ProfileError> {
        for name in [KEYS, "keys.new", "keys.before"] {
            remove(&self.path(name))?;
        }
        self.erase_vault()
    }

    /// Removes the local store, which fits no other key than its own.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn erase_vault(&self) -> Result<(), ProfileError> {
        for name in [VAULT, "vault.db-wal", "vault.db-shm"] {
            remove(&self.path(name))?;
        }
        Ok(())
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn key_file(&self) -> Result<Option<Vec<u8>>, ProfileError> {
        let path = self.path(KEYS);
        match fs::read(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path)(error)),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

fn remove(path: &Path) -> Result<(), ProfileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ProfileError + use<> {
    let path = path.display().to_string();
    move |error| ProfileError::Io { path, error }
}
