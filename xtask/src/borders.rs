//! The walls: arrows run down only, the daemon never reaches what opens an envelope, deciding code reaches no world.
use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use crate::{
    graph::{self, Graph, Package},
    licences, sources,
};

/// What a crate of ours may depend on directly. Crates below `tests/` and `xtask` may use everything; nobody uses them.
const MAY_USE: &[(&str, &[&str])] = &[
    ("sotto-protocol", &[]),
    ("daemon-core", &["sotto-protocol"]),
    ("daemon-groups", &["daemon-core", "sotto-protocol"]),
    ("daemon-store", &["daemon-core", "daemon-groups", "sotto-protocol"]),
    ("daemon-shell", &["daemon-core", "daemon-groups", "daemon-store", "sotto-protocol"]),
    ("sotto-ctl", &["sotto-protocol"]),
    ("client-crypto", &["sotto-protocol"]),
    ("client-stego", &[]),
    ("client-direct", &["sotto-protocol"]),
    ("client-sdk", &["client-crypto", "client-direct", "sotto-protocol"]),
    ("client-tui", &["client-crypto", "client-sdk", "client-stego", "sotto-protocol"]),
];

/// What code that decides must not even be able to call.
const WORLDLY: &[&str] =
    &["async-std", "libsqlite3-sys", "mio", "quinn", "rusqlite", "rustls", "smol", "socket2", "tokio"];
/// The crates that decide.
const DECIDING: &[&str] = &["sotto-protocol", "daemon-core"];
/// Packages that the daemon may be made of: every one is somebody who could harm it.
const DAEMON_CRATES_MAX: usize = 149;

/// Checks all walls and says what it saw.
pub(crate) fn check() -> Result<()> {
    let graph = Graph::read()?;
    let mut faults = Vec::new();
    for package in graph.members() {
        faults.extend(arrows(&graph, package));
        faults.extend(reach(&graph, package));
    }
    faults.extend(sources::check()?);
    faults.extend(licences::check(&graph)?);
    for fault in &faults {
        println!("  {fault}");
    }
    ensure!(faults.is_empty(), "{} borders are crossed", faults.len());
    let crates = graph::built_into("daemon-shell")?.len();
    ensure!(
        crates <= DAEMON_CRATES_MAX,
        "the daemon is made of {crates} crates, {DAEMON_CRATES_MAX} are allowed"
    );
    println!("borders: kept by {} crates of ours; the daemon is made of {crates}", graph.members().len());
    Ok(())
}

fn arrows(graph: &Graph, package: &Package) -> Vec<String> {
    let ours: BTreeSet<_> = graph.members().iter().map(|member| member.name.as_str()).collect();
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == package.name) else {
        return if is_ours_alone(package) {
            Vec::new()
        } else {
            vec![format!(
                "{} has no place among the borders: give it one in xtask/src/borders.rs",
                package.name
            )]
        };
    };
    let mut faults: Vec<_> = graph
        .direct(package, false)
        .intersection(&ours)
        .filter(|used| !allowed.contains(used))
        .map(|used| format!("{} must not use {used}", package.name))
        .collect();
    if is_server(package) {
        let tested_with = graph.direct(package, true).into_iter().filter(|used| used.starts_with("client-"));
        faults.extend(tested_with.map(|used| {
            format!(
                "{} must not use {used}, not in its tests either: put the test below tests/",
                package.name
            )
        }));
    }
    faults
}

fn reach(graph: &Graph, package: &Package) -> Vec<String> {
    let reached: BTreeSet<_> = graph.reach(package).values().map(|reached| reached.name.as_str()).collect();
    let mut faults = Vec::new();
    if is_server(package) {
        let opens = reached.iter().filter(|name| name.starts_with("client-"));
        faults.extend(opens.map(|name| format!("{} reaches {name}, which opens envelopes", package.name)));
    }
    if DECIDING.contains(&package.name.as_str()) {
        let worldly = WORLDLY.iter().filter(|name| reached.contains(**name));
        faults.extend(worldly.map(|name| format!("{} decides, and reaches {name}", package.name)));
    }
    faults
}

fn is_server(package: &Package) -> bool {
    package.name.starts_with("daemon-") || package.name == "sotto-ctl"
}

fn is_ours_alone(package: &Package) -> bool {
    let folder = package.manifest_path.parent().and_then(|path| path.strip_prefix(crate::root()).ok());
    folder.is_some_and(|folder| folder.starts_with("tests") || folder.starts_with("xtask"))
}
