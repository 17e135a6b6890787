//! Where everything is kept: one directory that only its owner may look into, and only one daemon uses.
use std::{
    env,
    fs::{self, DirBuilder, File, TryLockError},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use crate::exit::Failure;

/// The directory, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Place {
    directory: PathBuf,
    _lock: File,
}

impl Place {
    /// Takes the directory for this process: makes it if it is not there, refuses it if others may look in.
    ///
    /// # Errors
    /// [`Failure`] says what to do.
    pub(crate) fn take(directory: &Path) -> Result<Self, Failure> {
        if !directory.exists() {
            make(directory)?;
        }
        keep_private(directory)?;
        Ok(Self { directory: directory.to_owned(), _lock: lock(directory)? })
    }

    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The control socket where nothing else was decided.
    pub(crate) fn control_socket(&self) -> PathBuf {
        let runtime = env::var_os("RUNTIME_DIRECTORY").filter(|_| is_under_systemd());
        let runtime = runtime.and_then(|given| env::split_paths(&given).next());
        runtime.unwrap_or_else(|| self.directory.clone()).join("control.sock")
    }
}

/// The directory where nothing was decided: systemd's, else the user's own.
pub(crate) fn default_directory() -> Option<PathBuf> {
    if let Some(given) = env::var_os("STATE_DIRECTORY") {
        return env::split_paths(&given).next();
    }
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Some(state?.join("sottod"))
}

/// The configuration where none was named, if it is there.
pub(crate) fn default_config() -> Option<PathBuf> {
    let path = if is_under_systemd() {
        PathBuf::from("/etc/sotto/sottod.toml")
    } else {
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_CONFIG_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".config")))?
            .join("sotto/sottod.toml")
    };
    path.exists().then_some(path)
}

/// Whether systemd gave us a directory.
pub(crate) fn is_under_systemd() -> bool {
    env::var_os("STATE_DIRECTORY").is_some()
}

fn make(directory: &Path) -> Result<(), Failure> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|why| Failure::file("making the directory", directory, &why))
}

fn keep_private(directory: &Path) -> Result<(), Failure> {
    let reading = |why| Failure::file("looking at the directory", directory, &why);
    let about = fs::metadata(directory).map_err(reading)?;
    if !about.is_dir() {
        return Err(Failure::Machine(format!("{} is no directory.", directory.display())));
    }
    if about.mode() & 0o077 == 0 {
        return Ok(());
    }
    // A directory that was made just now for this holds nothing yet: closing it harms nobody.
    let is_empty = fs::read_dir(directory).map_err(reading)?.next().is_none();
    if is_empty && about.uid() == rustix::process::geteuid().as_raw() {
        return fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
            .map_err(|why| Failure::file("closing the directory", directory, &why));
    }
    Err(Failure::Machine(format!(
        "Others may look into {} (mode {:o}), and it will hold keys. Close it first: chmod 700 {0}",
        directory.display(),
        about.mode() & 0o777
    )))
}

fn lock(directory: &Path) -> Result<File, Failure> {
    let path = directory.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|why| Failure::file("opening", &path, &why))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::Machine(format!(
            "Another sottod is already using {}. Stop it first, or give this one another place with --data.",
            directory.display()
        ))),
        Err(TryLockError::Error(why)) => Err(Failure::file("locking", &path, &why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_new_directory_belongs_to_its_owner_alone() {
        let parent = tempfile::tempdir().unwrap();
        let place = Place::take(&parent.path().join("a/b")).unwrap();
        assert_eq!(mode(place.directory()), 0o700);
    }

    #[test]
    fn an_open_directory_is_closed_if_it_is_empty_and_refused_if_not() {
        let parent = tempfile::tempdir().unwrap();
        let open = parent.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        drop(Place::take(&open).unwrap());
        assert_eq!(mode(&open), 0o700);
        fs::set_permissions(&open, fs::Permissions::from_mode(0o750)).unwrap();
        let refused = Place::take(&open).unwrap_err().to_string();
        assert!(refused.contains("(mode 750)") && refused.contains("chmod 700"), "{refused}");
    }

    #[test]
    fn a_directory_is_used_by_one_daemon_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let first = Place::take(parent.path()).unwrap();
        let second = Place::take(parent.path()).unwrap_err();
        assert!(second.to_string().starts_with("Another sottod is already using"));
        drop(first);
        Place::take(parent.path()).unwrap();
    }
}
