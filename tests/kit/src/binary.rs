//! Where the binaries are: beside the program that runs, built by cargo if they are not fresh.
use std::{
    env,
    path::PathBuf,
    process::Command,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Result, ensure};

/// A binary of this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// The server.
    Sottod,
    /// The client.
    Sotto,
}

/// How it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build.
    Dev,
    /// Quick to run.
    Release,
}

/// What was built already by this process: once is enough.
static FRESH: Mutex<Vec<(Binary, Profile)>> = Mutex::new(Vec::new());

impl Binary {
    /// The path of the binary as the sources are now. `SOTTO_BIN_DIR` names a directory where it is, whatever its age.
    ///
    /// # Errors
    /// When it does not build.
    pub fn path(self, profile: Profile) -> Result<PathBuf> {
        if let Some(directory) = env::var_os("SOTTO_BIN_DIR") {
            return Ok(PathBuf::from(directory).join(self.name()));
        }
        // Held while building: several tests ask at once, and one build serves them all.
        let mut fresh = FRESH.lock().unwrap_or_else(PoisonError::into_inner);
        if !fresh.contains(&(self, profile)) {
            self.build(profile)?;
            fresh.push((self, profile));
        }
        Ok(target().join(profile.folder()).join(self.name()))
    }

    fn build(self, profile: Profile) -> Result<()> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        build.args(["build", "--quiet", "-p", self.package(), "--profile", profile.name()]);
        build.arg("--target-dir").arg(target());
        let status = build.status().context("While starting cargo")?;
        ensure!(status.success(), "cargo could not build {}", self.name());
        Ok(())
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sottod => "sottod",
            Self::Sotto => "sotto",
        }
    }

    const fn package(self) -> &'static str {
        match self {
            Self::Sottod => "daemon-shell",
            Self::Sotto => "client-tui",
        }
    }
}

impl Profile {
    /// The profile of the program that runs.
    #[must_use]
    pub fn current() -> Self {
        if cfg!(debug_assertions) { Self::Dev } else { Self::Release }
    }

    /// What cargo calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// The target directory of the program that runs; a program that was carried elsewhere builds in the workspace's own.
fn target() -> PathBuf {
    let of_this = env::current_exe().ok().and_then(|exe| {
        let folder = exe.ancestors().find(|path| path.ends_with("debug") || path.ends_with("release"))?;
        folder.parent().map(PathBuf::from)
    });
    of_this.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")))
}
