//! The command line.
use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;

/// The server of Sotto, a private messenger for people who share a network.
///
/// Started without anything it listens on port 7688, for peers on the same network only, and prints how to join.
#[derive(Debug, Parser)]
#[command(name = "sottod", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Read this configuration instead of the usual one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Keep everything in this directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Listen here instead of what the configuration says; may be repeated, and the port may be 0.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Vec<SocketAddr>,
    /// Make first invites even though people are here already.
    #[arg(long)]
    pub(crate) invite: bool,
    /// Say how to join in one line of JSON, for programs.
    #[arg(long)]
    pub(crate) json: bool,
    /// Only check a configuration: this one, or the one that would be used.
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub(crate) check: Option<Option<PathBuf>>,
}

const EXIT_CODES: &str = "\
Signals: SIGTERM and SIGINT end it in good order, SIGHUP reads the configuration again.
Exit codes: 0 ended as asked, 64 wrong command line, 70 a mistake in the program, 74 disk or network trouble, \
78 wrong configuration.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }

    #[test]
    fn check_takes_a_file_or_none() {
        let check = |args: &[&str]| Args::try_parse_from(args).unwrap().check;
        assert_eq!(check(&["sottod"]), None);
        assert_eq!(check(&["sottod", "--check"]), Some(None));
        assert_eq!(check(&["sottod", "--check", "a.toml"]), Some(Some("a.toml".into())));
    }
}
