//! Who depends on whom, as cargo has resolved it.
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// What `cargo metadata` says, as far as it is asked here.
#[derive(Deserialize)]
pub(crate) struct Graph {
    pub(crate) packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

/// One package.
#[derive(Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) manifest_path: PathBuf,
    /// `None`: a folder of ours.
    pub(crate) source: Option<String>,
    pub(crate) license: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Arrow>,
}

#[derive(Deserialize)]
struct Arrow {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `None`: normal.
    kind: Option<String>,
}

impl Graph {
    /// Asks cargo, for the machine that this runs on.
    pub(crate) fn read() -> Result<Self> {
        let host = host()?;
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--filter-platform", &host])
            .current_dir(crate::root())
            .output()
            .context("While asking cargo for the workspace's graph")?;
        ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).context("While reading the workspace's graph")
    }

    /// The workspace's own packages, in the order of their names.
    pub(crate) fn members(&self) -> Vec<&Package> {
        let mut members: Vec<_> =
            self.packages.iter().filter(|package| self.workspace_members.contains(&package.id)).collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members
    }

    /// What this package depends on directly.
    pub(crate) fn direct(&self, package: &Package, tests_too: bool) -> BTreeSet<&str> {
        self.arrows(&package.id, tests_too).filter_map(|id| self.name(id)).collect()
    }

    /// Everything that ends up in what is built from this package, itself included.
    pub(crate) fn reach<'a>(&'a self, package: &'a Package) -> BTreeMap<&'a str, &'a Package> {
        let mut found = BTreeMap::new();
        let mut next = vec![package.id.as_str()];
        while let Some(id) = next.pop() {
            let Some(package) = self.packages.iter().find(|package| package.id == id) else { continue };
            if found.insert(id, package).is_none() {
                next.extend(self.arrows(id, false));
            }
        }
        found
    }

    fn arrows<'a>(&'a self, id: &str, tests_too: bool) -> impl Iterator<Item = &'a str> {
        let node = self.resolve.nodes.iter().find(|node| node.id == id);
        node.into_iter()
            .flat_map(|node| &node.deps)
            .filter(move |arrow| arrow.counts(tests_too))
            .map(|arrow| arrow.pkg.as_str())
    }

    fn name(&self, id: &str) -> Option<&str> {
        self.packages.iter().find(|package| package.id == id).map(|package| package.name.as_str())
    }
}

impl Arrow {
    fn counts(&self, tests_too: bool) -> bool {
        self.dep_kinds.iter().any(|of| match of.kind.as_deref() {
            None => true,
            Some("dev") => tests_too,
            Some(_) => false,
        })
    }
}

/// The packages that a crate is really built from: with its own features, not with those of the whole workspace.
pub(crate) fn built_into(name: &str) -> Result<BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", name, "-e", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(crate::root())
        .output()
        .with_context(|| format!("While asking cargo what {name} is built from"))?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let package = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    Ok(text.lines().filter(|line| !line.is_empty()).map(package).collect())
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("While asking rustc where it runs")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}
