//! Licences, sources and banned crates, by the lists of `deny.toml`: what `cargo deny` checks too, without having to
//! build it first. Advisories are cargo-deny's own.
use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::graph::{Graph, Package};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

/// Every package that must not be here.
pub(crate) fn check(graph: &Graph) -> Result<Vec<String>> {
    let text = fs::read_to_string(crate::root().join("deny.toml")).context("While reading deny.toml")?;
    let deny: Deny = toml::from_str(&text).context("While reading deny.toml")?;
    Ok(graph.packages.iter().flat_map(|package| faults(package, &deny)).collect())
}

fn faults(package: &Package, deny: &Deny) -> Vec<String> {
    let Package { name, version, source, license, .. } = package;
    let mut faults = Vec::new();
    if source.as_deref().is_some_and(|source| source != CRATES_IO) {
        faults.push(format!("{name} {version} does not come from crates.io"));
    }
    let excepted = deny.licenses.exceptions.iter().filter(|exception| exception.name == *name);
    let known: Vec<_> = excepted.flat_map(|exception| &exception.allow).chain(&deny.licenses.allow).collect();
    let allowed = |licence: &str| known.iter().any(|known| *known == licence);
    if !license.as_deref().is_some_and(|expression| is_allowed(expression, &allowed)) {
        faults.push(format!("{name} {version} has the licence {license:?}, which deny.toml does not allow"));
    }
    let banned = deny.bans.deny.iter().filter(|ban| ban.name == *name);
    faults.extend(banned.map(|ban| format!("{name} {version} is banned: {}", ban.reason)));
    faults
}

/// Whether an SPDX expression can be met with allowed licences: one side of an OR, both of an AND.
fn is_allowed(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let expression = expression.trim();
    if let Some(sides) = split(expression, &[" OR ", "/"]) {
        return sides.iter().any(|side| is_allowed(side, allowed));
    }
    if let Some(sides) = split(expression, &[" AND "]) {
        return sides.iter().all(|side| is_allowed(side, allowed));
    }
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => is_allowed(inner, allowed),
        None => allowed(expression),
    }
}

/// Splits at these words where no bracket is open; `None` where there is nothing to split.
fn split<'a>(expression: &'a str, words: &[&str]) -> Option<Vec<&'a str>> {
    let (mut sides, mut depth, mut from, mut at) = (Vec::new(), 0_usize, 0, 0);
    while let Some(rest) = expression.get(at..).filter(|rest| !rest.is_empty()) {
        let word = words.iter().find(|word| depth == 0 && rest.starts_with(**word));
        if let Some(word) = word {
            sides.push(expression.get(from..at)?);
            at += word.len();
            from = at;
            continue;
        }
        match rest.as_bytes().first() {
            Some(b'(') => depth += 1,
            Some(b')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    sides.push(expression.get(from..)?);
    (sides.len() > 1).then_some(sides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_met_by_one_side_of_an_or_and_both_of_an_and() {
        let allowed = |licence: &str| ["MIT", "ISC"].contains(&licence);
        for good in [
            "MIT",
            "GPL-3.0 OR MIT",
            "GPL-3.0/MIT",
            "MIT AND ISC",
            "(GPL-3.0 OR MIT) AND ISC",
            "ISC AND (MIT OR X)",
        ] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR X) AND MIT", ""] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }
}
